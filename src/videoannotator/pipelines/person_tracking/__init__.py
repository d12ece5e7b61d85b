"""Person tracking: where each person is, in which posture, and who is who.

pose         17 points of one body (MoveNet), and `overlap`: which of them another body makes doubtful
appearance   what somebody looks like, as colours
cuts         where the picture may have changed to another shot
kalman       where somebody will be next
association  which box belongs to which track
tracker      tracks from boxes (ByteTrack), kept through occlusions
release      frames in order, gaps inside tracks filled and marked, doubtful beginnings dropped
heads        which face belongs to which body
people       which tracks are one person, by face
roles        adult or child, or what the user says
"""

from videoannotator.pipelines.person_tracking.options import PersonTrackingOptions
from videoannotator.pipelines.person_tracking.pipeline import PersonTracking

__all__ = ["PersonTracking", "PersonTrackingOptions"]
