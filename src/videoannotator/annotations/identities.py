"""Looking up who somebody in a frame is."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable

from videoannotator.annotations.persons import PersonIdentity
from videoannotator.annotations.time import MediaTime


class Identities:
    """Who is behind a track of a person or of a face, at a time."""

    def __init__(self, identities: Iterable[PersonIdentity] = ()) -> None:
        self._by_track: dict[int, list[PersonIdentity]] = defaultdict(list)
        self._by_face: dict[int, list[PersonIdentity]] = defaultdict(list)
        for identity in sorted(identities, key=lambda each: each.start):
            self._by_track[identity.track_id].append(identity)
            for face in identity.face_track_ids:
                self._by_face[face].append(identity)

    def of_person(self, track_id: int, time: MediaTime) -> PersonIdentity | None:
        """Who the track of a person is at this time; None when nothing is known."""
        return _at(self._by_track.get(track_id, ()), time)

    def of_face(self, track_id: int, time: MediaTime) -> PersonIdentity | None:
        """Whose face this track of a face is at this time; None when nobody's body was found around it."""
        return _at(self._by_face.get(track_id, ()), time)


def _at(stretches: "list[PersonIdentity] | tuple[()]", time: MediaTime) -> PersonIdentity | None:
    """The latest stretch that has begun by then, if it has not ended."""
    place = bisect_right([each.start for each in stretches], time)
    return next((each for each in reversed(stretches[:place]) if time <= each.end), None)
