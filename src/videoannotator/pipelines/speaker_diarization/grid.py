"""The frames in which the segmentation network counts time."""

SAMPLE_RATE_HZ = 16_000
WINDOW_SAMPLES = 160_000
"""What the network hears at once: 10 s."""
FRAMES = 589
"""Frames per window."""
FRAME_SAMPLES = 270
"""From one frame to the next: 16.875 ms."""
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ
CENTRE_SAMPLES = 495.5
"""Centre of the first frame, which hears 991 samples."""
VOICES = 3
"""Speakers that the network tells apart within one window."""


def edge_sample(frame: int) -> int:
    """Where a frame begins, when every frame is as long as their distance: a sample from the start of the stream."""
    return round(frame * FRAME_SAMPLES + CENTRE_SAMPLES - FRAME_SAMPLES / 2)


def centre_sample(frame: int) -> int:
    """The centre of a frame: a sample from the start of the stream. Changes of activity are reported there."""
    return round(frame * FRAME_SAMPLES + CENTRE_SAMPLES)
