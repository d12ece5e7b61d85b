"""People: where each one is in a frame, in which posture, and who a track is."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from videoannotator.annotations.boxes import Box, Evidence
from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.corrections import BY_HAND
from videoannotator.annotations.time import MediaTime

KEYPOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)
"""The 17 keypoints of COCO (Lin et al. 2014, Microsoft COCO: Common Objects in Context), in its order; left is the person's."""

SKELETON = (
    *((15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8)),
    *((7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6)),
)
"""Which of `KEYPOINTS` COCO joins by a line, counted from 0."""

PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What names a person; it may become part of a file's name."""

UNKNOWN = "unknown"
"""The label of somebody for whose role there is no sufficient evidence."""


class Keypoint(NamedTuple):
    """One point of a body.

    Attributes:
        x, y: pixels of the stored picture after rotation; 0 when the point was not found.
        score: confidence of the network, 0 to 1, lowered where another body makes it doubtful.
        visibility: as in COCO: 0 not found, 1 placed without being seen well, 2 seen.
    """

    x: float
    y: float
    score: float
    visibility: int


@dataclass(frozen=True, slots=True)
class PersonObservation:
    """A person in one frame.

    Attributes:
        time: of the frame.
        frame: its index.
        track_id: who, from 1; the same number is the same unbroken track.
        box: around the visible person.
        evidence: how the box is known.
        score: of the detection that the box rests on, 0 to 1; None for an interpolated box, on which nothing was measured.
        keypoints: the posture, one per entry of `KEYPOINTS`; None when it was not measured in this frame.
    """

    time: MediaTime
    frame: int
    track_id: int
    box: Box
    evidence: Evidence
    score: float | None
    keypoints: tuple[Keypoint, ...] | None = None

    def __post_init__(self) -> None:
        require(self.frame >= 0 and self.track_id > 0, "frames are counted from 0, tracks from 1")
        require_probability("score", self.score)
        require((self.score is None) == (self.evidence is Evidence.INTERPOLATED), "every box but an interpolated one has a score")
        if self.keypoints is not None:
            require(self.evidence is not Evidence.INTERPOLATED, "a posture is measured, never interpolated")
            require(len(self.keypoints) == len(KEYPOINTS), f"a posture has {len(KEYPOINTS)} keypoints, not {len(self.keypoints)}")
            for point in self.keypoints:
                require_probability("the score of a keypoint", point.score)
                require(point.visibility in (0, 1, 2), "the visibility of a keypoint is 0, 1 or 2")


@dataclass(frozen=True, slots=True)
class PersonPicture:
    """A small picture of a tracked person, for people to look at.

    Attributes:
        time, frame: of the frame that it is cut from.
        track_id: who.
        picture: name of the attachment.
    """

    time: MediaTime
    frame: int
    track_id: int
    picture: str


@dataclass(frozen=True, slots=True)
class PersonIdentity:
    """Who a track is, over a stretch of time. The stretches of one track do not overlap.

    Attributes:
        track_id: the track.
        start, end: first and last time for which this holds, both inclusive.
        person_id: the same for all tracks of one person (`person_001`); a person whose tracks could not be joined has several.
        label: role (`parent`, `infant`, `adult`, `child` …), or `UNKNOWN`.
        label_confidence: 0 to 1; None without a label.
        labeling_method: what the label rests on (`labels_file`, `face_age`, `body_size`, joined by `+`); `none` without a label.
        identity_method: what joined this track to others (`face_identity`, `appearance`, `BY_HAND`); `track` when nothing did.
        identity_confidence: 0 to 1; None for `track` and `BY_HAND`.
        face_track_ids: tracks of `face_analysis` that show this person's face.
        evidence: the figures that label and identity were decided on, by name.
    """

    track_id: int
    start: MediaTime
    end: MediaTime
    person_id: str
    label: str = UNKNOWN
    label_confidence: float | None = None
    labeling_method: str = "none"
    identity_method: str = "track"
    identity_confidence: float | None = None
    face_track_ids: tuple[int, ...] = ()
    evidence: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(self.start <= self.end, f"an identity ends no earlier than it starts, not {self.start} to {self.end}")
        require(PLAIN_ID.fullmatch(self.person_id) is not None, f"{self.person_id!r} is not an id of plain letters and digits")
        require(bool(self.label), "a person has a label")
        require_probability("label_confidence", self.label_confidence)
        require_probability("identity_confidence", self.identity_confidence)
        require((self.label == UNKNOWN) == (self.label_confidence is None), "a label and its confidence come together")
        require((self.label == UNKNOWN) == (self.labeling_method == "none"), "a label and its method come together")
        unmeasured = self.identity_method in ("track", BY_HAND)
        require(unmeasured == (self.identity_confidence is None), "a join and its confidence come together")
