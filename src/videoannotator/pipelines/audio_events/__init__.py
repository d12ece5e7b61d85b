"""Sound events: what can be heard, by a network that the user adds."""

from videoannotator.pipelines.audio_events.options import AudioEventsOptions
from videoannotator.pipelines.audio_events.pipeline import AudioEvents

__all__ = ["AudioEvents", "AudioEventsOptions"]
