"""Lets frames go in order, when all that later frames say about them is known.

A track counts from its second sighting, or at once when it was sure from the start: a single unsure box is more often a mistake
than a person. A short gap inside a track is filled by boxes on the straight way between, marked as interpolated.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from videoannotator.annotations.boxes import Evidence
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.time import MediaTime

CONFIRMING_SIGHTINGS = 2


@dataclass(slots=True)
class _Waiting:
    time: MediaTime
    frame: int
    people: dict[int, PersonObservation] = field(default_factory=dict)


class Release:
    """Takes observations frame by frame, and gives them back in the same order.

    Args:
        longest_gap_s: gaps that last no longer are filled, in seconds.
    """

    def __init__(self, longest_gap_s: float) -> None:
        self._longest_gap_s = longest_gap_s
        self._frames: deque[_Waiting] = deque()
        self._sightings: dict[int, int] = {}
        self._last_place: dict[int, _Waiting] = {}

    def add(self, time: MediaTime, frame: int, people: list[PersonObservation], sure: frozenset[int]) -> list[PersonObservation]:
        """Take the next frame; gives what can go.

        Args:
            time, frame: of the frame.
            people: who was observed in it.
            sure: tracks that need no second sighting.
        """
        now = _Waiting(time, frame, {one.track_id: one for one in people})
        for number in now.people:
            self._sightings[number] = self._sightings.get(number, 0) + (CONFIRMING_SIGHTINGS if number in sure else 1)
            self._fill(number, now)
            self._last_place[number] = now
        self._frames.append(now)
        return list(self._go(time))

    def counts(self, number: int) -> bool:
        """Whether a track was seen often enough to be let go, as far as is known by now."""
        return self._sightings.get(number, 0) >= CONFIRMING_SIGHTINGS

    def finish(self) -> list[PersonObservation]:
        """Give the rest."""
        return list(self._go(None))

    def _fill(self, number: int, now: _Waiting) -> None:
        last = self._last_place.get(number)
        if last is None or now.time.since(last.time) > self._longest_gap_s:
            return
        begin, end, whole = last.people[number].box, now.people[number].box, now.time.since(last.time)
        for between in self._frames:
            if between.frame > last.frame and number not in between.people:
                box = begin.towards(end, between.time.since(last.time) / whole)
                between.people[number] = PersonObservation(between.time, between.frame, number, box, Evidence.INTERPOLATED, None)

    def _go(self, now: MediaTime | None) -> Iterator[PersonObservation]:
        """The people of every frame that no later frame can add to."""
        while self._frames and (now is None or self._is_settled(self._frames[0], now)):
            frame = self._frames.popleft()
            for number, one in sorted(frame.people.items()):
                if self.counts(number):
                    yield one
            gone = [number for number, place in self._last_place.items() if place is frame]
            for number in gone:  # a gap that began here is longer than any that is filled
                del self._last_place[number]

    def _is_settled(self, frame: _Waiting, now: MediaTime) -> bool:
        return now.since(frame.time) > self._longest_gap_s and len(self._frames) > CONFIRMING_SIGHTINGS
