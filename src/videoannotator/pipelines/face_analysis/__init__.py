"""Face analysis: where faces are, whose track each belongs to, and what can be measured on them.

cuts        where the picture may have changed to another shot
tracks      which faces of neighbouring frames are one
release     observations in order of time, with the gaps between them filled
measures    all measures of one face, as far as they are wanted; gathered in `readings`
validity    which of them a face allows
shape       what is read off the `mesh`: `head` pose and gaze, `blendshapes` with blink and action units
expression, age_gender, identity
            what is read off a cutting (`crops`)
sums        what is known about a track in the end
"""

from videoannotator.pipelines.face_analysis.options import FaceAnalysisOptions
from videoannotator.pipelines.face_analysis.pipeline import FaceAnalysis

__all__ = ["FaceAnalysis", "FaceAnalysisOptions"]
