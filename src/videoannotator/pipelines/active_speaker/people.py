"""Whose face a face is, and when the bodies of people are in the picture, where people were tracked."""

from array import array
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from videoannotator.annotations.persons import PersonIdentity, PersonObservation
from videoannotator.pipelines.active_speaker.lips import VISIBLE_GAP_S, Floats


def owners_of(identities: Iterable[PersonIdentity]) -> dict[int, str]:
    """Whose each face track is: the person it is said to show for the longest time."""
    seconds: dict[int, dict[str, float]] = {}
    for identity in identities:
        for face in identity.face_track_ids:
            persons = seconds.setdefault(face, {})
            persons[identity.person_id] = persons.get(identity.person_id, 0.0) + identity.end.since(identity.start)
    return {face: max(persons, key=lambda person: persons[person]) for face, persons in seconds.items()}


class Bodies:
    """When the tracks of some people are in the picture. Keeps two numbers for every stay, not the observations.

    Args:
        identities: who the tracks are.
        persons: the ids of those who matter.
    """

    def __init__(self, identities: Iterable[PersonIdentity], persons: Collection[Any]) -> None:
        self._persons = {identity.track_id: identity.person_id for identity in identities if identity.person_id in persons}
        self._edges: dict[int, array[float]] = {}

    def add(self, seen: PersonObservation) -> None:
        """Take the next observation; those of one track come in order of time."""
        if seen.track_id not in self._persons:
            return
        moment = seen.time.seconds
        edges = self._edges.setdefault(seen.track_id, array("d", (moment, moment)))
        if moment - edges[-1] > VISIBLE_GAP_S:
            edges.extend((moment, moment))
        else:
            edges[-1] = moment

    def stays(self) -> dict[str, dict[int, Floats]]:
        """Start and end of every stay, seconds, by person and track, shape (n, 2)."""
        found: dict[str, dict[int, Floats]] = {}
        for track, edges in self._edges.items():
            found.setdefault(self._persons[track], {})[track] = np.array(edges, np.float64).reshape(-1, 2)
        return found
