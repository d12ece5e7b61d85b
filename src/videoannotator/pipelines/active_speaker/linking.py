"""Who each speaker is in the whole recording: the assignment of speakers to people that all evidence together speaks for.

Of everybody whose lips were measured and every speaker there is a log likelihood ratio (`evidence`). The assignment with the
largest sum is sought in which everybody is one speaker at most and every speaker one person at most, or somebody who is never seen
(Kuhn 1955, The Hungarian method for the assignment problem). How sure a link is follows from how much is lost without it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from videoannotator.inference.assignment import best_assignment
from videoannotator.pipelines.active_speaker.evidence import Contrast, Flags, log_odds_of, probability
from videoannotator.pipelines.active_speaker.lips import Floats, LipMotion

SEEN_TOGETHER_S = 0.5
"""Two that are seen at once for longer than this are not one person."""
_IMPOSSIBLE = -1e6


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Somebody who may be a speaker: a person with all their faces, or a face track of which no person is known.

    Attributes:
        person_id: the person; None when not known.
        faces: their face tracks.
        stays: when one of their faces is in the picture, seconds, ascending, shape (n, 2).
        motion: of their lips.
        contrasts: by speaker, as far as there is evidence.
    """

    person_id: str | None
    faces: tuple[int, ...]
    stays: Floats
    motion: LipMotion
    contrasts: Mapping[str, Contrast]


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """A speaker and who that is: one candidate, or several that are never seen at once.

    Attributes:
        candidates: those, the first one with the most evidence.
        log_odds: of each, how much is lost without it.
    """

    candidates: tuple[Candidate, ...] = ()
    log_odds: tuple[float, ...] = field(default=())


def links(candidates: Sequence[Candidate], speakers: Sequence[str], least_probability: float) -> dict[str, Link]:
    """Who each speaker is; a speaker of whom that cannot be said has no candidates.

    Whoever loses a track and gets another one, and was not recognised, is two candidates. So whoever is left over after the first
    assignment is assigned again, to speakers with whose candidates they are never seen at once. Those for whom nothing speaks are
    left out: nobody is better than they are.
    """
    candidates = [each for each in candidates if any(contrast.log_odds > 0 for contrast in each.contrasts.values())]
    together = np.array([[overlap_s(one.stays, other.stays) > SEEN_TOGETHER_S for other in candidates] for one in candidates])
    scores = np.array(
        [[c.contrasts[s].log_odds if s in c.contrasts else _IMPOSSIBLE for c in candidates] for s in speakers], np.float64
    )
    found = {speaker: Link() for speaker in speakers}
    while scores.size:
        taken = [pair for pair in _assigned(scores, together) if pair[2] >= log_odds_of(least_probability)]
        if not taken:
            break
        for row, column, log_odds in taken:
            link = found[speakers[row]]
            found[speakers[row]] = Link((*link.candidates, candidates[column]), (*link.log_odds, log_odds))
            scores[:, column] = _IMPOSSIBLE
            scores[row, together[column]] = _IMPOSSIBLE
    return found


def _assigned(scores: Floats, together: Flags) -> list[tuple[int, int, float]]:
    """Row, column, and what is lost without the two together, for every pair of the best assignment.

    Without it the speaker may be somebody else who is seen at once with this one, or nobody; a track that begins where this one
    breaks off is no other answer.
    """
    best, pairs = _best(scores)
    assigned = []
    for row, column in pairs:
        without = scores.copy()
        without[row, ~together[column]] = _IMPOSSIBLE
        without[row, column] = _IMPOSSIBLE
        assigned.append((row, column, best - _best(without)[0]))
    return assigned


def _best(scores: Floats) -> tuple[float, list[tuple[int, int]]]:
    """The largest sum, and its pairs of speaker and candidate; a speaker who is never seen counts 0."""
    rows, columns = scores.shape
    unseen = np.full((rows, rows), _IMPOSSIBLE)
    np.fill_diagonal(unseen, 0.0)
    padded = np.concatenate([scores, unseen], axis=1)
    chosen = best_assignment(padded)
    pairs = [(int(row), int(column)) for row, column in zip(*chosen, strict=True) if column < columns]
    return float(padded[chosen].sum()), pairs


def overlap_s(one: Floats, other: Floats) -> float:
    """For how long stretches of the one, shape (n, 2), overlap stretches of the other."""
    if one[-1, 1] <= other[0, 0] or other[-1, 1] <= one[0, 0]:
        return 0.0
    shared = np.minimum(one[:, None, 1], other[None, :, 1]) - np.maximum(one[:, None, 0], other[None, :, 0])
    return float(shared.clip(0).sum())


def confidence_of(link: Link) -> float | None:
    """How sure it is that a speaker is the candidate with the most evidence; None without one."""
    return round(probability(link.log_odds[0]), 4) if link.log_odds else None
