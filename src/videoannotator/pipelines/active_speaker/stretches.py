"""The stretches of a turn in which one and the same face speaks, or nobody who is seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from videoannotator.annotations.active_speaker import SpeakingMethod, SpeakingOnScreen, WhyUnknown
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.pipelines.active_speaker.evidence import Speech, log_odds_of, probability
from videoannotator.pipelines.active_speaker.linking import Candidate, Link, overlap_s
from videoannotator.pipelines.active_speaker.lips import Floats

SLIVER_S = 0.25
"""A face that comes or goes so shortly before an end of a turn makes no stretch of its own: faces are looked at every 0.2 s."""
TURN_LOG_ODDS = 3.0
"""That a turn is its speaker's, before the lips are looked at: about one second of twenty is given to a wrong voice."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the speaker is in the picture: a face, or a body alone, or neither.

    Attributes:
        face, body: number of the track.
        others: whether faces are there that may be the speaker's after all.
    """

    face: int | None = None
    body: int | None = None
    others: bool = False


class Scene:
    """What is known of the picture.

    Args:
        candidates: everybody whose face is seen.
        faces: when each face is in the picture, seconds, by track, shape (n, 2).
        bodies: the same of the bodies of people, by person and track.
        links: who each speaker is.
        least_probability: below which the speaker of a stretch is unknown.

    Attributes:
        possible: by speaker, those who may be the speaker without being linked: they are linked to nobody, and were not seen to
            keep their lips still when that one speaks.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        faces: Mapping[int, Floats],
        bodies: Mapping[str, Mapping[int, Floats]],
        links: Mapping[str, Link],
        least_probability: float,
    ) -> None:
        self._faces = faces
        self._bodies = bodies
        self._links = links
        self._least_probability = least_probability
        linked = {id(candidate) for link in links.values() for candidate in link.candidates}
        free = [candidate for candidate in candidates if id(candidate) not in linked]
        against = -log_odds_of(least_probability)
        self.possible: Mapping[str, Sequence[Candidate]] = {
            speaker: [each for each in free if speaker not in each.contrasts or each.contrasts[speaker].log_odds > against]
            for speaker in links
        }

    def stretches(self, turn: SpeakerTurn) -> list[SpeakingOnScreen]:
        """Who speaks on screen during a turn."""
        link = self._links[turn.speaker_id]
        span = np.array([[turn.start.seconds, turn.end.seconds]])
        possible = [each for each in self.possible[turn.speaker_id] if overlap_s(each.stays, span) > 0]
        pieces = self._pieces(turn, link, possible)
        return [self._stretch(turn, start, end, shown, link, possible) for start, end, shown in pieces]

    def why_unlinked(self, speaker: str, speech: Speech) -> WhyUnknown:
        """Why a speaker is nobody who is seen."""
        spoken = speech.stretches(speaker)
        there = [candidate for candidate in self.possible[speaker] if overlap_s(candidate.stays, spoken) > 0]
        if not there:
            return WhyUnknown.NOT_VISIBLE
        seen = any(speech.of(speaker, candidate.motion.times).any() for candidate in there)
        return WhyUnknown.UNDECIDED if seen else WhyUnknown.NO_LIPS

    def _pieces(self, turn: SpeakerTurn, link: Link, possible: Sequence[Candidate]) -> list[tuple[MediaTime, MediaTime, Shown]]:
        """The turn cut where what is shown changes."""
        start, end = turn.start.seconds, turn.end.seconds
        own = {face: self._faces[face] for candidate in link.candidates for face in candidate.faces}
        bodies = {
            track: stays
            for candidate in link.candidates
            for track, stays in self._bodies.get(candidate.person_id or "", {}).items()
        }
        others = [self._faces[face] for candidate in possible for face in candidate.faces]
        edges = np.concatenate([stays.ravel() for stays in (*own.values(), *bodies.values(), *others)] or [np.zeros(0)])
        inner = edges[(edges > start + SLIVER_S) & (edges < end - SLIVER_S)]
        cuts = [start, *np.unique(inner).tolist(), end]
        pieces: list[tuple[float, float, Shown]] = []
        for left, right in pairwise(cuts):
            shown = _shown((left + right) / 2, own, bodies, others)
            if pieces and (shown == pieces[-1][2] or right - left < SLIVER_S):
                pieces[-1] = (pieces[-1][0], right, pieces[-1][2])
            else:
                pieces.append((left, right, shown))
        exact = {start: turn.start, end: turn.end}
        return [
            (exact.get(left, MediaTime.from_seconds(left)), exact.get(right, MediaTime.from_seconds(right)), shown)
            for left, right, shown in pieces
        ]

    def _stretch(
        self, turn: SpeakerTurn, start: MediaTime, end: MediaTime, shown: Shown, link: Link, possible: Sequence[Candidate]
    ) -> SpeakingOnScreen:
        if shown.face is None and shown.body is None:
            why = WhyUnknown.NOT_VISIBLE
            if shown.others:
                seen = any(len(candidate.motion.within(start.seconds, end.seconds)) for candidate in possible)
                why = WhyUnknown.UNDECIDED if seen else WhyUnknown.NO_LIPS
            return SpeakingOnScreen(start, end, turn.speaker_id, why_unknown=why)
        return self._attributed(turn, start, end, shown, link)

    def _attributed(self, turn: SpeakerTurn, start: MediaTime, end: MediaTime, shown: Shown, link: Link) -> SpeakingOnScreen:
        """The linked person, unless the lips say otherwise.

        As sure as the link and as the turn: that it is this speaker's is likely from the start, and becomes more or less so by the
        lips.
        """
        candidate, link_log_odds = next(
            pair for pair in zip(link.candidates, link.log_odds, strict=True) if self._shows(pair[0], shown)
        )
        contrast = candidate.contrasts[turn.speaker_id]
        log_odds = TURN_LOG_ODDS
        evidence = {"link_log_odds": round(link_log_odds, 3)}
        levels = candidate.motion.within(start.seconds, end.seconds) if shown.face is not None else np.zeros(0)
        if len(levels):
            stretch = contrast.of_stretch(levels, candidate.motion.step_s)
            log_odds += stretch
            evidence |= {
                "stretch_log_odds": round(stretch, 3),
                "lip_motion_ratio": round(float(np.exp(levels.mean() - contrast.silent)), 3),
                "measured_s": round(len(levels) * candidate.motion.step_s, 3),
            }
        confidence = probability(link_log_odds) * probability(log_odds)
        if confidence < self._least_probability:
            return SpeakingOnScreen(start, end, turn.speaker_id, why_unknown=WhyUnknown.UNDECIDED, evidence=evidence)
        middle = (start.seconds + end.seconds) / 2
        bodies = self._bodies.get(candidate.person_id or "", {})
        return SpeakingOnScreen(
            start,
            end,
            turn.speaker_id,
            face_track_id=shown.face,
            person_id=candidate.person_id,
            track_id=shown.body or next((track for track, stays in bodies.items() if _is_in(middle, stays)), None),
            confidence=round(confidence, 4),
            method=SpeakingMethod.LIPS if len(levels) else SpeakingMethod.LINK,
            evidence=evidence,
        )

    def _shows(self, candidate: Candidate, shown: Shown) -> bool:
        if shown.face is not None:
            return shown.face in candidate.faces
        return shown.body in self._bodies.get(candidate.person_id or "", {})


def _shown(moment_s: float, own: Mapping[int, Floats], bodies: Mapping[int, Floats], others: Sequence[Floats]) -> Shown:
    for face, stays in own.items():
        if _is_in(moment_s, stays):
            return Shown(face=face)
    for body, stays in bodies.items():
        if _is_in(moment_s, stays):
            return Shown(body=body)
    return Shown(others=any(_is_in(moment_s, stays) for stays in others))


def _is_in(moment_s: float, stays: Floats) -> bool:
    place = int(np.searchsorted(stays[:, 0], moment_s, side="right")) - 1
    return place >= 0 and bool(moment_s < stays[place, 1])
