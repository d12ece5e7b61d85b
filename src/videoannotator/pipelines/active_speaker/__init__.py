"""Who is speaking on screen: speakers linked to faces by the motion of their lips.

lips        how much the lips of each face move
evidence    what that says about being a certain speaker
linking     who each speaker is in the whole recording
people      whose face a face is, where people are tracked
stretches   who speaks in each turn, and why that is not known
"""

from videoannotator.pipelines.active_speaker.options import ActiveSpeakerOptions
from videoannotator.pipelines.active_speaker.pipeline import ActiveSpeaker

__all__ = ["ActiveSpeaker", "ActiveSpeakerOptions"]
