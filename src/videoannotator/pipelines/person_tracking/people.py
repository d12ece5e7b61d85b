"""Which tracks are one person: those that show the same face, and never two at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from videoannotator.annotations.faces import FaceTrack
from videoannotator.annotations.time import MediaTime

SAME_FACE = 0.6
"""Least cosine between the mean embeddings of two tracks of one face (MobileFace)."""


@dataclass(frozen=True, slots=True)
class TrackSpan:
    """When a track was seen, and which faces lie on it."""

    number: int
    start: MediaTime
    end: MediaTime
    faces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Why a track belongs to a person whom another track shows.

    Attributes:
        other: the track that it was joined to.
        similarity: cosine between the two faces, -1 to 1; 1 where both tracks show one unbroken track of a face.
    """

    other: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Person:
    """The tracks of one person, in order of time, and for all but one of them why."""

    tracks: tuple[TrackSpan, ...]
    joins: Mapping[int, Join]


def people_of(spans: Sequence[TrackSpan], faces: Mapping[int, FaceTrack]) -> list[Person]:
    """Join tracks by their faces, the most similar first; tracks that overlap in time are different people.

    Args:
        spans: all tracks of people.
        faces: tracks of faces by number.

    Returns:
        The people, in the order in which they first appear.
    """
    pairs = sorted(_pairs(spans, faces), key=lambda pair: (-pair[0], pair[1], pair[2]))
    group = {span.number: [span] for span in spans}
    joins: dict[int, Join] = {}
    for similarity, one, other in pairs:
        mine, theirs = group[one], group[other]
        if mine is theirs or any(_overlap(first, second) for first in mine for second in theirs):
            continue
        joins[other if other not in joins else one] = Join(one if other not in joins else other, similarity)
        mine += theirs
        for span in theirs:
            group[span.number] = mine
    together = {id(tracks): tracks for tracks in group.values()}.values()
    ordered = [tuple(sorted(tracks, key=lambda span: (span.start, span.number))) for tracks in together]
    ordered.sort(key=lambda tracks: (tracks[0].start, tracks[0].number))
    return [Person(tracks, {span.number: joins[span.number] for span in tracks if span.number in joins}) for tracks in ordered]


def _pairs(spans: Sequence[TrackSpan], faces: Mapping[int, FaceTrack]) -> list[tuple[float, int, int]]:
    """Pairs of tracks whose faces are alike enough: similarity, the earlier track, the later one."""
    found = []
    known = [span for span in sorted(spans, key=lambda span: (span.start, span.number)) if span.faces]
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            similarity = _similarity(one, other, faces)
            if similarity is not None and similarity >= SAME_FACE and not _overlap(one, other):
                found.append((similarity, one.number, other.number))
    return found


def _similarity(one: TrackSpan, other: TrackSpan, faces: Mapping[int, FaceTrack]) -> float | None:
    """How alike the faces of two tracks are; None when one of them is not known."""
    if set(one.faces) & set(other.faces):
        return 1.0
    sides = [[faces[face].embedding for face in span.faces if face in faces] for span in (one, other)]
    vectors = [np.array([vector for vector in side if vector is not None]) for side in sides]
    if not all(len(side) for side in vectors):
        return None
    return float((vectors[0] @ vectors[1].T).max())


def _overlap(one: TrackSpan, other: TrackSpan) -> bool:
    return one.start <= other.end and other.start <= one.end
