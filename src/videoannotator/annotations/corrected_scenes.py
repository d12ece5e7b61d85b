"""Corrections of scenes, which follow each other without gaps: a neighbour takes or gives the frames."""

from dataclasses import replace

from videoannotator.annotations.corrections import BY_HAND, refused
from videoannotator.annotations.draft import Draft, Place
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.time import MediaTime


def move_scene(draft: Draft, place: Place, key: str, start: MediaTime | None, end: MediaTime | None) -> None:
    """The boundary before, or after, or both, is at another frame: the one nearest to the time that was given."""
    if start is not None:
        _move_start(draft, place, key, start)
    if end is not None:
        ordered = [name for name, _ in draft.in_order(place)]
        number = ordered.index(key)
        if number + 1 == len(ordered):
            raise refused("The last scene ends with the recording.", "Add or move a boundary inside it.", "after.end_s")
        _move_start(draft, place, ordered[number + 1], end)
        draft.corrected[key] = None


def add_scene(draft: Draft, place: Place, key: str, start: MediaTime) -> None:
    """There is a boundary at the frame nearest to this time: what follows it is another scene."""
    times = _times(draft)
    frame = _nearest(times, start)
    for name, scene in draft.in_order(place):
        if scene.first_frame < frame <= scene.last_frame:
            draft.put(place, name, _pictured(replace(scene, end=times[frame], last_frame=frame - 1)))
            added = Scene(times[frame], scene.end, frame, scene.last_frame, Boundary.CUT, method=BY_HAND)
            draft.put(place, key, added)
            return
    raise refused(f"At {start} there is a boundary already, or no frame of any scene.", "Choose another time.", "after.start_s")


def delete_scene(draft: Draft, place: Place, key: str) -> None:
    """There is no boundary where this scene begins. Of the first one, the boundary at its end goes."""
    ordered = draft.in_order(place)
    number = [name for name, _ in ordered].index(key)
    gone = ordered[number][1]
    if len(ordered) == 1:
        raise refused("The only scene cannot be deleted: every frame belongs to one.", "Add boundaries instead.")
    if number:
        name, scene = ordered[number - 1]
        draft.put(place, name, replace(scene, end=gone.end, last_frame=gone.last_frame))
    else:
        name, scene = ordered[1]
        first = replace(
            scene,
            start=gone.start,
            first_frame=gone.first_frame,
            boundary=gone.boundary,
            confidence=gone.confidence,
            transition_start=gone.transition_start,
            transition_end=gone.transition_end,
            method=gone.method,
        )
        draft.put(place, name, first)
    draft.drop(place, key)


def _move_start(draft: Draft, place: Place, key: str, start: MediaTime) -> None:
    times = _times(draft)
    ordered = draft.in_order(place)
    number = [name for name, _ in ordered].index(key)
    if number == 0:
        raise refused("The first scene starts with the recording.", "Add or move a boundary inside it.", "after.start_s")
    (before_key, before), (_, scene) = ordered[number - 1], ordered[number]
    frame = _nearest(times, start)
    if not before.first_frame < frame <= scene.last_frame:
        first, last = times[before.first_frame + 1], times[scene.last_frame]
        raise refused(
            f"The boundary has to stay between its neighbours: from {first} to {last}.",
            "To join scenes, delete the boundary between them.",
            "after.start_s",
        )
    draft.put(place, before_key, _pictured(replace(before, end=times[frame], last_frame=frame - 1)))
    moved = replace(
        scene,
        start=times[frame],
        first_frame=frame,
        confidence=None,
        transition_start=None,
        transition_end=None,
        method=BY_HAND,
    )
    draft.put(place, key, _pictured(moved))


def _pictured(scene: Scene) -> Scene:
    """The scene, without a picture that shows another one."""
    inside = scene.keyframe_time is not None and scene.start <= scene.keyframe_time < scene.end
    return scene if inside else replace(scene, keyframe=None, keyframe_time=None)


def _times(draft: Draft) -> FrameTimes:
    times = draft.annotations.frame_times
    if times is None:
        raise refused("The times of the frames are not known, so no boundary can be put at one.", "Run the job again.")
    return times


def _nearest(times: FrameTimes, time: MediaTime) -> int:
    """The frame whose time is nearest."""
    before = times.index_at(time) or 0
    if before + 1 < len(times) and times[before + 1].since(time) < time.since(times[before]):
        return before + 1
    return before
