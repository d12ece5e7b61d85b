"""All measures of a face: only the networks that somebody asked for, only in the frames in which they say something."""

from collections.abc import Set
from dataclasses import dataclass

from videoannotator.annotations.faces import FaceFlag, Measure
from videoannotator.annotations.time import MediaTime
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.face_analysis import age_gender, expression, identity, shape
from videoannotator.pipelines.face_analysis.age_gender import AgeGenderNetworks, Votes
from videoannotator.pipelines.face_analysis.expression import expression_networks
from videoannotator.pipelines.face_analysis.identity import IdentityNetwork
from videoannotator.pipelines.face_analysis.pyfeat import PyFeatActionUnits
from videoannotator.pipelines.face_analysis.readings import Readings
from videoannotator.pipelines.face_analysis.shape import Place, ShapeMeasures
from videoannotator.pipelines.face_analysis.validity import Sight, flags_of

AGE_GENDER = frozenset({Measure.AGE, Measure.GENDER})
SAMPLED = AGE_GENDER | {Measure.IDENTITY}
"""Measures that do not change from frame to frame."""
WEIGHTS = (
    *shape.WEIGHTS,
    *(expression.FER_WEIGHTS, expression.API_WEIGHTS),
    *(age_gender.RES_WEIGHTS, age_gender.API_WEIGHTS),
    identity.WEIGHTS,
)


@dataclass(slots=True)
class _Memory:
    """What is kept about a track: where its mesh lay, and when it was sampled last."""

    place: Place | None = None
    sampled_at: MediaTime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was read off a face.

    Attributes:
        readings: values and gaps.
        votes: what the networks for age and gender say; None when they were not asked.
    """

    readings: Readings
    votes: Votes | None


class Measures:
    """Takes the wanted measures.

    Args:
        wanted: the measures asked for.
        sample_every_s: how often age, gender and identity are taken of one track.
        sessions: where the networks come from; only those needed are loaded.
        expression_weights, action_unit_weights: names of added weights that take a measure in place of those that come along.
    """

    def __init__(
        self,
        wanted: frozenset[Measure],
        sample_every_s: float,
        sessions: SessionPool,
        *,
        expression_weights: str | None = None,
        action_unit_weights: str | None = None,
    ) -> None:
        self._wanted = wanted
        self._sample_every_s = sample_every_s
        self._memories: dict[int, _Memory] = {}
        self._action_units = None
        if action_unit_weights is not None and Measure.ACTION_UNITS in wanted:
            self._action_units = PyFeatActionUnits(action_unit_weights, sessions)
        self._from_shape = wanted if self._action_units is None else wanted - {Measure.ACTION_UNITS}
        self._shape = ShapeMeasures(self._from_shape, sessions) if self._from_shape & shape.FROM_MESH else None
        self._expression = None
        if Measure.EXPRESSION in wanted:
            self._expression = expression_networks(sessions, expression_weights)
        self._age_gender = None
        if wanted & AGE_GENDER:
            self._age_gender = AgeGenderNetworks(sessions.get(age_gender.RES_WEIGHTS), sessions.get(age_gender.API_WEIGHTS))
        self._identity = IdentityNetwork(sessions.get(identity.WEIGHTS)) if Measure.IDENTITY in wanted else None

    def take(self, sight: Sight, track: int, time: MediaTime) -> Measured:
        """Measure a face.

        Args:
            sight: the face.
            track: its track.
            time: of the frame; for one track, later than at the last call.
        """
        memory = self._memories.setdefault(track, _Memory())
        readings = Readings(self._wanted, flags_of(sight))
        if self._shape is not None:
            memory.place = self._shape.read(sight, readings.of(self._from_shape), memory.place)
        if self._action_units is not None and readings.open({Measure.ACTION_UNITS}, sight):
            readings.enter(Measure.ACTION_UNITS, self._action_units.units(sight))
        if self._expression is not None and readings.open({Measure.EXPRESSION}, sight):
            cutting = sight.cutting(expression.SCALE, expression.CUT_SIDE)
            readings.enter(Measure.EXPRESSION, self._expression.probabilities(cutting))
        return Measured(readings, self._sample(sight, readings, memory, time))

    def forget(self, alive: Set[int]) -> None:
        """Let go of tracks that ended."""
        self._memories = {track: memory for track, memory in self._memories.items() if track in alive}

    def _sample(self, sight: Sight, readings: Readings, memory: _Memory, time: MediaTime) -> Votes | None:
        if memory.sampled_at is not None and time.since(memory.sampled_at) < self._sample_every_s:
            readings.miss(SAMPLED, FaceFlag.NOT_SAMPLED)
            return None
        votes = None
        if self._age_gender is not None and readings.open(AGE_GENDER, sight):
            votes = self._age_gender.votes(sight.cutting(age_gender.SCALE, age_gender.CUT_SIDE))
            readings.enter(Measure.AGE, votes.age() if votes else None)
            readings.enter(Measure.GENDER, votes.female_probability() if votes else None)
        if self._identity is not None and readings.open({Measure.IDENTITY}, sight):
            readings.enter(Measure.IDENTITY, self._identity.embedding(sight))
        if readings.values.keys() & SAMPLED:
            memory.sampled_at = time
        return votes
