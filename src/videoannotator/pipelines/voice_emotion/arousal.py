"""A proxy of vocal arousal: how a stretch stands among those of the same speaker.

Method: after Bone, Lee & Narayanan 2014 ("Robust unsupervised arousal rating", IEEE Transactions on Affective Computing 5,
https://doi.org/10.1109/TAFFC.2014.2326393), who place each feature of a stretch within the distribution of the same speaker's and
average the places. Theirs are pitch, intensity and the share of high frequencies; here they are pitch, level and syllable rate,
each counts the same, and all of the speaker's stretches are what is compared with.

For a feature x of a stretch, place(x) = (weight of stretches with a smaller x + half the weight of those with an equal x) / weight
of all, where the weight is the duration and the stretch itself is one of them. arousal_proxy = mean of place(median pitch),
place(level in dB) and place(syllable rate), 0 to 1; the speaker's own median has 0.5.
"""

from array import array

import numpy as np

FEWEST_SEGMENTS = 5
FEWEST_SECONDS = 10.0
"""What must be known of a speaker before a stretch can be compared with the others."""

_FEATURES = 3


class Comparison:
    """The stretches of one speaker that can be compared."""

    def __init__(self) -> None:
        self._durations = array("d")
        self._features = tuple(array("d") for _ in range(_FEATURES))

    def add(self, duration_s: float, features: tuple[float, float, float]) -> None:
        """Add a stretch: its median pitch, its level in dB, and its syllable rate."""
        self._durations.append(duration_s)
        for known, value in zip(self._features, features, strict=True):
            known.append(value)

    @property
    def enough(self) -> bool:
        """Whether there is enough to compare with."""
        return len(self._durations) >= FEWEST_SEGMENTS and sum(self._durations) >= FEWEST_SECONDS

    def proxy(self, features: tuple[float, float, float]) -> float:
        """The proxy of one of the stretches that were added, 0 to 1."""
        weights = np.array(self._durations)
        places = []
        for known, value in zip(self._features, features, strict=True):
            values = np.array(known)
            places.append((weights[values < value].sum() + weights[values == value].sum() / 2) / weights.sum())
        return round(float(np.mean(places)), 4)
