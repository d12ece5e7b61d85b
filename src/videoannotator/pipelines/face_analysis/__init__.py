"""Face analysis: where faces are, whose track each belongs to, and what can be measured on them.

cuts        where the picture may have changed to another shot
tracks      which faces of neighbouring frames are one
release     observations in order of time, with the gaps between them filled
"""

from videoannotator.pipelines.face_analysis.options import FaceAnalysisOptions
from videoannotator.pipelines.face_analysis.pipeline import FaceAnalysis

__all__ = ["FaceAnalysis", "FaceAnalysisOptions"]
