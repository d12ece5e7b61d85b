"""Where a box will be next: a Kalman filter with constant velocity, for frames at any intervals.

State: centre, width and height in pixels, and how fast each changes, in pixels a second. The uncertainties grow with the size of
the box, as in SORT and ByteTrack (Bewley et al. 2016; Zhang et al. 2022), here per second instead of per frame.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

PLACE_NOISE = 0.3
"""Of the movement that the model does not explain, in box sizes after a second."""
SPEED_NOISE = 1.0
"""The same of the speed, in box sizes a second after a second."""
MEASURING_NOISE = 0.05
"""Of a detected box, in box sizes."""
FIRST_SPEED = 1.0
"""How fast somebody may move who is seen for the first time, in box sizes a second."""


class BoxFilter:
    """Follows one box; boxes are left, top, right, bottom in pixels."""

    def __init__(self, box: npt.NDArray[np.float32]) -> None:
        self._mean = np.concatenate([_state(box), np.zeros(4)])
        size = self._size
        self._covariance = np.diag(np.square([MEASURING_NOISE * size] * 4 + [FIRST_SPEED * size] * 4))

    @property
    def _size(self) -> float:
        return float(max(self._mean[2], self._mean[3], 1.0))

    @property
    def box(self) -> npt.NDArray[np.float32]:
        """Where it is now, by all that is known."""
        centre, sides = self._mean[:2], np.maximum(self._mean[2:4], 1.0)
        return np.concatenate([centre - sides / 2, centre + sides / 2]).astype(np.float32)

    def predict(self, seconds: float) -> None:
        """Let time go by."""
        move = np.eye(8)
        move[:4, 4:] = np.eye(4) * seconds
        self._mean = move @ self._mean
        size = self._size
        noise = np.diag(np.square([PLACE_NOISE * size] * 4 + [SPEED_NOISE * size] * 4)) * seconds
        self._covariance = move @ self._covariance @ move.T + noise

    def correct(self, box: npt.NDArray[np.float32]) -> None:
        """Take a measured box into account."""
        noise = np.eye(4) * (MEASURING_NOISE * self._size) ** 2
        gain = np.linalg.solve(self._covariance[:4, :4] + noise, self._covariance[:4]).T
        self._mean = self._mean + gain @ (_state(box) - self._mean[:4])
        self._covariance = self._covariance - gain @ self._covariance[:4]

    def halt(self) -> None:
        """Expect no movement: whoever is out of sight seldom goes on as before."""
        self._mean[4:] = 0.0


def _state(box: npt.NDArray[np.float32]) -> Floats:
    corners = box.astype(np.float64)
    return np.concatenate([(corners[:2] + corners[2:]) / 2, corners[2:] - corners[:2]])
