"""Who is speaking on screen: speakers linked to faces by the motion of their lips."""

from videoannotator.pipelines.active_speaker.options import ActiveSpeakerOptions
from videoannotator.pipelines.active_speaker.pipeline import ActiveSpeaker

__all__ = ["ActiveSpeaker", "ActiveSpeakerOptions"]
