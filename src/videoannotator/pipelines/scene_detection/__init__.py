"""Scene detection: where one shot ends and the next begins.

content     where the picture changes at once (PySceneDetect)
gradual     where one picture turns into another, and `fades` through a single colour
transnet    what a neural network says about it
detector    all of these, block by block, into changes of shot
spacing     no scene shorter than asked
scenes      the stretches between, with their `keyframes`
"""

from videoannotator.pipelines.scene_detection.options import SceneDetectionOptions
from videoannotator.pipelines.scene_detection.pipeline import SceneDetection

__all__ = ["SceneDetection", "SceneDetectionOptions"]
