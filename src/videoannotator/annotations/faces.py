"""Faces: where each one is in a frame, and what can be measured on it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.checks import require, require_probability
from videoannotator.annotations.time import MediaTime

FACE_POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
"""The five points of a detected face; right is the person's."""

LANDMARK_COUNT = 478
"""Points of the face mesh, the last ten of which lie on the irises (Grishchenko et al. 2020, Attention Mesh)."""

BLENDSHAPES = (
    *("_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff"),
    *("cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight"),
    *("eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight"),
    *("eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight"),
    *("mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft"),
    *("mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight"),
    *("mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight"),
)
"""Names of the 52 blendshapes, as ARKit has them, in the order of MediaPipe's network."""

ACTION_UNITS = {
    "AU01": "inner brow raiser",
    "AU02": "outer brow raiser",
    "AU04": "brow lowerer",
    "AU05": "upper lid raiser",
    "AU07": "lid tightener",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip pucker",
    "AU20": "lip stretcher",
    "AU22": "lip funneler",
    "AU24": "lip pressor",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU28": "lip suck",
    "AU43": "eyes closed",
    "AU45": "blink",
}
"""The action units of FACS for which blendshapes give a proxy. AU43 and AU45 differ in how long the eyes stay closed, which one
frame does not tell: they have the same value."""

OTHER_ACTION_UNITS = {
    "AU06": "cheek raiser",
    "AU09": "nose wrinkler",
    "AU11": "nasolabial deepener",
    "AU23": "lip tightener",
    "AU27": "mouth stretch",
}
"""Those that only networks tell which the user added."""

UNAVAILABLE_ACTION_UNITS = ("AU06", "AU09", "AU23")
"""Cheek raiser, nose wrinkler, lip tightener: with these weights nothing tells about cheeks and nose, and the last has no
blendshape."""

EXPRESSIONS = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The expressions that are told apart (Ekman's six, and none)."""
CONTEMPT = "contempt"
"""The expression that some networks tell apart besides."""


class Measure(str, Enum):
    """What can be measured on a face; each can be switched off."""

    LANDMARKS = "landmarks"
    HEAD_POSE = "head_pose"
    GAZE = "gaze"
    BLINK = "blink"
    BLENDSHAPES = "blendshapes"
    ACTION_UNITS = "action_units"
    EXPRESSION = "expression"
    AGE = "age"
    GENDER = "gender"
    IDENTITY = "identity"


class FaceFlag(str, Enum):
    """Why something could not be measured on a face, or should be read with care."""

    TOO_SMALL = "too_small"
    PROFILE = "profile"
    """Turned so far to the side that half of it is hidden."""
    OCCLUDED = "occluded"
    BLURRED = "blurred"
    CUT_OFF = "cut_off"
    """It reaches over the border of the picture."""
    EYES_CLOSED = "eyes_closed"
    NOT_SAMPLED = "not_sampled"
    """Measured only now and then, and not in this frame."""
    FAILED = "failed"
    """The computation gave no usable number."""


class HeadPose(NamedTuple):
    """Which way a head points, degrees, against the line from the camera to the head: who faces the camera has a yaw of 0 wherever
    they are in the picture. The zero of the pitch is that of an average head: level ones were read as lowered by 6° to 10°.

    Attributes:
        yaw_deg: positive towards the right side of the picture; 0 faces the camera.
        pitch_deg: positive upwards.
        roll_deg: positive clockwise in the picture.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


class Gaze(NamedTuple):
    """Where the eyes look, degrees, against the line from the camera to the head: yaw positive to the right of the picture, pitch
    positive upwards. Coarse: tell left from right by it, not one thing on a table from the next.
    """

    yaw_deg: float
    pitch_deg: float


class Blink(NamedTuple):
    """How far each eye is closed, 0 open to 1 closed; left is the person's."""

    left: float
    right: float


class Estimate(NamedTuple):
    """A number that is only estimated, and how far estimates of the same thing differ (standard deviation, same unit)."""

    value: float
    spread: float


@dataclass(frozen=True, slots=True)
class FaceObservation:
    """A face in one frame. A measure that is None was switched off, or stands in `missing` with the reason.

    Attributes:
        time: of the frame.
        frame: its index.
        track_id: whose, from 1; the same number is the same unbroken track of a face.
        box: around the face.
        evidence: how the box is known.
        score: of the detection that the box rests on, 0 to 1; None for an interpolated box.
        points: one per entry of `FACE_POINTS`; empty for an interpolated box.
        flags: what makes this face hard to measure.
        missing: measures that were asked for and could not be taken in this frame, each with why.
        landmarks: `LANDMARK_COUNT` points (x, y, z), pixels, z towards the camera negative.
        head_pose, gaze, blink: as their types say.
        blendshapes: one value from 0 to 1 per entry of `BLENDSHAPES`.
        action_units: of FACS (Ekman & Friesen 1978), 0 to 1, by name (`AU01`): proxies from blendshapes, or probabilities of an
            added network, which knows others.
        expression: probability of each of `EXPRESSIONS`, and of `CONTEMPT` where the network knows it; they add up to 1.
        age: in years.
        female_probability: estimated from the picture alone, 0 to 1: how a network reads the face, not who the person is.
        embedding: identity as a vector of length 1, when it was asked for in the output of every observation.
    """

    time: MediaTime
    frame: int
    track_id: int
    box: Box
    evidence: Evidence
    score: float | None
    points: tuple[Point, ...] = ()
    flags: tuple[FaceFlag, ...] = ()
    missing: dict[Measure, tuple[FaceFlag, ...]] = field(default_factory=dict)
    landmarks: tuple[tuple[float, float, float], ...] | None = None
    head_pose: HeadPose | None = None
    gaze: Gaze | None = None
    blink: Blink | None = None
    blendshapes: tuple[float, ...] | None = None
    action_units: dict[str, float] | None = None
    expression: dict[str, float] | None = None
    age: Estimate | None = None
    female_probability: Estimate | None = None
    embedding: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require(self.frame >= 0 and self.track_id > 0, "frames are counted from 0, tracks from 1")
        require_probability("score", self.score)
        interpolated = self.evidence is Evidence.INTERPOLATED
        require((self.score is None) == interpolated, "every box but an interpolated one has a score")
        require(len(self.points) == (0 if interpolated else len(FACE_POINTS)), "a face that was found has five points")
        require(self.landmarks is None or len(self.landmarks) == LANDMARK_COUNT, f"a mesh has {LANDMARK_COUNT} points")
        require(self.blendshapes is None or len(self.blendshapes) == len(BLENDSHAPES), "there are 52 blendshapes")
        named = set(EXPRESSIONS) if self.expression is None else set(self.expression) - {CONTEMPT}
        require(named == set(EXPRESSIONS), "every expression has a probability")
        for measure, why in self.missing.items():
            require(bool(why), f"{measure.value} is missing for a reason")
            require(self.value_of(measure) is None, f"{measure.value} is given and said to be missing")

    def value_of(self, measure: Measure) -> object | None:
        """What was measured; None when it was not."""
        fields = {Measure.GENDER: "female_probability", Measure.IDENTITY: "embedding"}
        value: object | None = getattr(self, fields.get(measure, measure.value))
        return value


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """What all observations of one face say together.

    Attributes:
        track_id: the track.
        start, end: time of its first and last observation.
        observations: how many there are, interpolated ones left out.
        samples: how many of them were good enough for age, gender and identity.
        age: median over the samples, in years; None without samples.
        female_probability: mean over the samples; None without samples.
        embedding: mean identity over the samples, a vector of length 1; None without samples. Written to files only on request.
    """

    track_id: int
    start: MediaTime
    end: MediaTime
    observations: int
    samples: int
    age: Estimate | None = None
    female_probability: Estimate | None = None
    embedding: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        require(self.start <= self.end, f"a track ends no earlier than it starts, not {self.start} to {self.end}")
        require(self.track_id > 0 and self.observations > 0, "a track has a number and was seen")
        require(0 <= self.samples <= self.observations, f"{self.samples} of {self.observations} observations cannot be samples")
        given = (self.age, self.female_probability, self.embedding)
        require(self.samples > 0 or not any(value is not None for value in given), "without samples nothing is known")
