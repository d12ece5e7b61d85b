"""Whether somebody is an adult or a child, as far as body and face tell; what the user says wins.

Only two roles are told apart, and only on strong evidence. Who is a parent, a therapist or an infant in the sense of a study cannot
be seen; a labels file says it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from videoannotator.annotations.faces import FaceTrack
from videoannotator.annotations.persons import KEYPOINTS, UNKNOWN, Keypoint, PersonObservation

ADULT, CHILD = "adult", "child"

LEAST_AGE_SAMPLES = 3
CHILD_BELOW_YEARS, ADULT_FROM_YEARS = 13.0, 20.0
"""An age speaks for a role when all of its spread lies on that side: the estimators squeeze ages towards 25 to 40."""
AGE_CONFIDENCE = 0.7

LEAST_FRAMES = 5
TALLER, SHORTER = 1 / 0.72, 0.72
"""Between standing people: a child of ten has 0.8 of an adult's height, one of six 0.7 (WHO growth standards)."""
SAME_GROUND = 0.1
"""Feet that are no farther apart in height than this share of the taller body stand about as far from the camera."""
SIZE_CONFIDENCE = 0.65
_ANKLES = tuple(KEYPOINTS.index(name) for name in ("left_ankle", "right_ankle"))
_HIPS = tuple(KEYPOINTS.index(name) for name in ("left_hip", "right_hip"))
_NOSE = KEYPOINTS.index("nose")


@dataclass(frozen=True, slots=True)
class Role:
    """A role and what it rests on."""

    label: str = UNKNOWN
    confidence: float | None = None
    method: str = "none"
    evidence: dict[str, float] = field(default_factory=dict)


class Heights:
    """Compares the heights of people who stand side by side, frame by frame."""

    def __init__(self) -> None:
        self._ratios: dict[int, list[float]] = {}

    def add(self, people: Sequence[PersonObservation]) -> None:
        """Look at the people of one frame."""
        standing = {one.track_id: stature for one in people if (stature := _stature(one)) is not None}
        for track, (height, feet) in standing.items():
            beside = [
                other_height
                for other, (other_height, other_feet) in standing.items()
                if other != track and abs(feet - other_feet) <= SAME_GROUND * max(height, other_height)
            ]
            if beside:
                self._ratios.setdefault(track, []).append(height / max(beside))

    def ratio(self, tracks: Iterable[int]) -> tuple[float, int] | None:
        """Median height over that of the tallest other one beside, and in how many frames; None where nobody stood beside."""
        ratios = [ratio for track in tracks for ratio in self._ratios.get(track, ())]
        return (median(ratios), len(ratios)) if ratios else None


def _stature(person: PersonObservation) -> tuple[float, float] | None:
    """Height from nose to feet and where the feet are, in pixels; None for somebody who does not stand in full view."""
    if person.keypoints is None:
        return None
    points = person.keypoints
    needed = (*_ANKLES, *_HIPS, _NOSE)
    if any(points[place].visibility < 2 for place in needed):
        return None
    feet, hips = _middle(points, _ANKLES), _middle(points, _HIPS)
    height, legs = feet - points[_NOSE].y, feet - hips
    return (height, feet) if height > 0 and legs >= 0.4 * height else None


def _middle(points: Sequence[Keypoint], places: Sequence[int]) -> float:
    return sum(points[place].y for place in places) / len(places)


def role_of(tracks: Sequence[int], faces: Sequence[FaceTrack], heights: Heights) -> Role:
    """The role of a person, from all tracks and faces; unknown where evidence is missing or contradicts itself."""
    by_face, by_size = _by_age(faces), _by_size(heights.ratio(tracks))
    evidence = by_face.evidence | by_size.evidence
    found = [role for role in (by_face, by_size) if role.label != UNKNOWN]
    if len({role.label for role in found}) != 1:
        return Role(evidence=evidence)
    sure = 1.0
    for role in found:
        sure *= 1 - (role.confidence or 0.0)
    return Role(found[0].label, round(1 - sure, 4), "+".join(role.method for role in found), evidence)


def _by_age(faces: Sequence[FaceTrack]) -> Role:
    aged = [face for face in faces if face.age is not None]
    samples = sum(face.samples for face in aged)
    if not samples:
        return Role()
    years = sum(face.age.value * face.samples for face in aged if face.age) / samples
    spread = max(face.age.spread for face in aged if face.age)
    evidence = {"face_age_years": round(years, 1), "face_age_spread_years": round(spread, 1), "face_age_samples": float(samples)}
    if samples < LEAST_AGE_SAMPLES or (years + spread >= CHILD_BELOW_YEARS and years - spread < ADULT_FROM_YEARS):
        return Role(evidence=evidence)
    return Role(CHILD if years + spread < CHILD_BELOW_YEARS else ADULT, AGE_CONFIDENCE, "face_age", evidence)


def _by_size(compared: tuple[float, int] | None) -> Role:
    if compared is None:
        return Role()
    ratio, frames = compared
    evidence = {"relative_height": round(ratio, 3), "relative_height_frames": float(frames)}
    if frames < LEAST_FRAMES or SHORTER < ratio < TALLER:
        return Role(evidence=evidence)
    return Role(ADULT if ratio >= TALLER else CHILD, SIZE_CONFIDENCE, "body_size", evidence)
