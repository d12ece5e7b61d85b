"""How well people, faces and postures are found: on sequences made here with exact truth, on pictures without anybody, and on
whatever annotated data one names.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.annotated_data import (
    PICTURES,
    STILL_RATE,
    coco_keypoints,
    even,
    mot_truth,
    mot_video,
    picture_at,
    still_clip,
    wider_faces,
)
from benchmarks.people_runs import (
    FACES,
    PERSONS,
    Found,
    find_people,
    found_postures,
    in_shots,
    looked_at,
    shot_of,
    true_faces,
    true_persons,
    true_postures,
)
from benchmarks.people_scores import MIN_IOU, FaceScores, KeypointScores, TrackScores, face_scores, keypoint_scores, track_scores
from videoannotator.annotations.boxes import Point
from videoannotator.media.clip_writer import Image, Picture, write_clip
from videoannotator.media.probe import open_media
from videoannotator.media.synthetic import regular_times
from videoannotator.testing.people_clips import SCENARIOS, PeopleTruth, people_clip
from videoannotator.testing.peopleless_pictures import KINDS, peopleless

MIN_IDF1 = 0.9
MIN_EMPTY = 0.99
SHOWN_FRAMES = 3
"""How many frames a picture without anybody is shown for: long enough for a tracker to believe in what it sees there."""


@dataclass(frozen=True, slots=True)
class RenderedScores:
    """What came of the rendered sequences.

    Attributes:
        tracks: by sequence, and of all together: by track, each shot for itself.
        persons: the same by identity, the same person all through the clip.
        mistaken: tracks that go on after a cut on somebody else.
        postures: of head and shoulders.
        faces: of those that can be seen.
        point_error: mean distance of the five points from where they are, in distances between the eyes.
    """

    tracks: Mapping[str, TrackScores]
    persons: Mapping[str, TrackScores]
    mistaken: int
    postures: KeypointScores
    faces: FaceScores
    point_error: float

    @property
    def recall(self) -> float:
        """Share of the people who had to be found."""
        overall = self.tracks["all"]
        return 1 - overall.missed / overall.boxes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that name annotated data."""
    group = parser.add_argument_group("quality", "annotated data of your own, scored besides the rendered sequences")
    group.add_argument(
        "--mot", type=Path, action="append", default=[], metavar="FOLDER", help="with gt/gt.txt, and img1 or a video"
    )
    group.add_argument("--keypoints", type=Path, metavar="JSON", help="COCO keypoints, with --images or --video")
    group.add_argument("--faces", type=Path, metavar="TXT", help="faces as WIDER FACE lists them, with --images")
    group.add_argument("--images", type=Path, metavar="FOLDER", help="where the pictures of --keypoints or --faces lie")
    group.add_argument("--video", type=Path, metavar="FILE", help="whose frames --keypoints counts in `frame_number`")
    group.add_argument("--limit", type=int, metavar="N", help="no more than N pictures of each data set")
    group.add_argument("--peopleless", type=Path, action="append", default=[], metavar="FOLDER", help="pictures that show nobody")


def quality(folder: Path, given: argparse.Namespace) -> None:
    """Print all scores beside their targets."""
    rendered = rendered_scores(folder)
    print_rendered(rendered)
    nobody(folder, given.peopleless, rendered.recall)
    for sequence in given.mot:
        frames, truth, found = mot_sequence(sequence, folder)
        print(f"{sequence.name}: {track_scores([(frames, truth, found.tracks)])[0]}")
    if given.keypoints:
        print(f"{given.keypoints.name}: {given_keypoints(folder, given.keypoints, given.images, given.video, given.limit)}")
    if given.faces:
        print(f"{given.faces.name}: {given_faces(folder, given.faces, given.images, given.limit)}")


def rendered_scores(
    folder: Path,
    names: Iterable[str] = tuple(SCENARIOS),
    pipelines: Sequence[str] = (PERSONS, FACES),
    options: Mapping[str, Any] | None = None,
    rate_hz: float | None = 5.0,
) -> RenderedScores:
    """Make the sequences and run the pipelines on them.

    Args:
        folder: where the clips are made.
        names: of the sequences.
        pipelines: what runs on each, side by side.
        options: of the pipelines.
        rate_hz: at which these options let them look.
    """
    runs: dict[str, tuple[PeopleTruth, list[int], Found]] = {}
    for name in names:
        path = folder / f"{name}.mp4"
        truth = people_clip(path, SCENARIOS[name])
        runs[name] = truth, looked_at(truth.frame_times, rate_hz), find_people(path, pipelines, options)
    labels = [*runs, "all"]
    tracks = track_scores(
        (frames, in_shots(true_persons(truth.people), truth), in_shots(found.tracks, truth))
        for truth, frames, found in runs.values()
    )
    persons = track_scores((frames, true_persons(truth.people), found.persons) for truth, frames, found in runs.values())
    return RenderedScores(
        tracks=dict(zip(labels, tracks, strict=True)),
        persons=dict(zip(labels, persons, strict=True)),
        mistaken=sum(_mistaken(truth, found) for truth, _, found in runs.values()),
        postures=_postures(list(runs.values())),
        faces=face_scores((frames, true_faces(truth.people), found.face_boxes) for truth, frames, found in runs.values()),
        point_error=_point_error(list(runs.values())),
    )


def _mistaken(truth: PeopleTruth, found: Found) -> int:
    """How many tracks mostly follow one person in a shot, and another in another shot."""
    followed: dict[tuple[int, int], Counter[int]] = {}
    for seen in found.people:
        near = max(truth.at(seen.frame), key=lambda person: person.box.iou(seen.box), default=None)
        if near is not None and near.box.iou(seen.box) >= MIN_IOU:
            followed.setdefault((seen.track_id, shot_of(seen.frame, truth)), Counter())[near.person] += 1
    people: dict[int, set[int]] = {}
    for (track, _), counts in followed.items():
        people.setdefault(track, set()).add(counts.most_common(1)[0][0])
    return sum(len(persons) > 1 for persons in people.values())


def _postures(runs: Sequence[tuple[PeopleTruth, list[int], Found]]) -> KeypointScores:
    images: list[Any] = []
    annotations: list[Any] = []
    results: list[Any] = []
    categories: list[Any] = []
    for number, (truth, frames, found) in enumerate(runs):
        first = 10_000 * (number + 1)
        data = true_postures(truth.people, frames, first)
        images += data["images"]
        annotations += data["annotations"]
        categories = data["categories"]
        results += found_postures(found.people, {frame: first + frame for frame in frames})
    return keypoint_scores({"images": images, "annotations": annotations, "categories": categories}, results)


def _point_error(runs: Sequence[tuple[PeopleTruth, list[int], Found]]) -> float:
    errors = []
    for truth, _, found in runs:
        for face in found.faces:
            near = [person for person in truth.at(face.frame) if person.face_box.iou(face.box) >= MIN_IOU and face.points]
            for person in near:
                eyes = _distance(*person.face_points[:2])
                errors += [_distance(a, b) / eyes for a, b in zip(face.points, person.face_points, strict=True)]
    return sum(errors) / len(errors) if errors else float("nan")


def _distance(a: Point, b: Point) -> float:
    return float(((a.x - b.x) ** 2 + (a.y - b.y) ** 2) ** 0.5)


def print_rendered(scores: RenderedScores) -> None:
    print("rendered sequences, at the default options:")
    for name in scores.tracks:
        print(f"  {name:10} by track     {scores.tracks[name]}")
        print(f"  {'':10} by identity  {scores.persons[name]}")
    idf1 = scores.tracks["all"].idf1
    print(f"  IDF1 of all by track: {idf1:.1%} (target: at least {MIN_IDF1:.0%}) {_verdict(idf1 >= MIN_IDF1)}")
    print(f"  tracks that go on after a cut on somebody else: {scores.mistaken}")
    print(f"  postures (head and shoulders): {scores.postures}")
    print(f"  faces: {scores.faces}, points {scores.point_error:.1%} of the distance between the eyes away")


def _verdict(holds: bool) -> str:
    return "holds" if holds else "FALLS SHORT"


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Frames in which nobody is, by kind of picture, and how many of them were said to show a person or a face."""

    frames: Counter[str]
    with_person: Counter[str]
    with_face: Counter[str]

    @property
    def without_person(self) -> float:
        """Share of the frames in which no person was found."""
        return 1 - self.with_person.total() / self.frames.total()

    @property
    def without_face(self) -> float:
        """Share of the frames in which no face was found."""
        return 1 - self.with_face.total() / self.frames.total()


def nobody(folder: Path, given: Sequence[Path], recall: float) -> None:
    """Pictures in which nobody is."""
    sources = {"made here": list(peopleless(None, 24))}
    for place in given:
        paths = sorted(path for path in place.rglob("*") if path.suffix.lower() in PICTURES)
        sources[str(place)] = [(path.stem, even(picture_at(path))) for path in paths]
    for source, pictures in sources.items():
        seen = emptiness(folder, pictures)
        kinds = f"{len(KINDS)} kinds" if source == "made here" else "pictures"
        print(f"nobody there, {source}, {len(pictures)} {kinds}:")
        share = seen.without_person
        print(f"  frames without a person: {share:.2%} (target: at least {MIN_EMPTY:.0%}) {_verdict(share >= MIN_EMPTY)}")
        print(f"  frames without a face: {seen.without_face:.2%}")
        print(f"  a person in {dict(seen.with_person) or 'none'}, a face in {dict(seen.with_face) or 'none'}")
        print(f"  recall of the rendered sequences at the same thresholds: {recall:.1%}")


def emptiness(folder: Path, pictures: Sequence[tuple[str, Image]], pipelines: Sequence[str] = (PERSONS, FACES)) -> Emptiness:
    """Show every picture for some frames, one clip for each size of picture, and count the frames in which somebody is found."""
    counts = Emptiness(Counter(), Counter(), Counter())
    by_size: dict[tuple[int, ...], list[tuple[str, Image]]] = {}
    for kind, picture in pictures:
        by_size.setdefault(picture.shape, []).append((kind, picture))
    for number, group in enumerate(by_size.values()):
        shown = [each for each in group for _ in range(SHOWN_FRAMES)]
        times = regular_times(len(shown), STILL_RATE)
        path = folder / f"nobody-{number}.mp4"
        stored = Picture(rate=STILL_RATE, options={"preset": "veryfast", "crf": "20"})
        write_clip(path, ((picture, time) for (_, picture), time in zip(shown, times, strict=True)), picture=stored)
        found = find_people(path, pipelines)
        counts.frames.update(kind for kind, _ in shown)
        counts.with_person.update(shown[frame][0] for frame in {person.frame for person in found.people})
        counts.with_face.update(shown[frame][0] for frame in {face.frame for face in found.faces})
    return counts


def mot_sequence(
    sequence: Path, folder: Path, options: Mapping[str, Any] | None = None, rate_hz: float | None = 5.0
) -> tuple[list[int], list[Any], Found]:
    """The frames that were looked at, what is in them, and what was found."""
    path = mot_video(sequence, folder)
    times = [frame.time for frame in open_media(path).frames()]
    return looked_at(times, rate_hz), mot_truth(sequence), find_people(path, (PERSONS,), options)


def given_keypoints(
    folder: Path, annotations: Path, images: Path | None, video: Path | None, limit: int | None = None
) -> KeypointScores:
    """A data set in COCO's format, on its pictures, or on the frames of a video.

    Raises:
        SystemExit: neither is named.
    """
    data = coco_keypoints(annotations)
    listed = data["images"][:limit]
    if video is not None:
        ids = {int(image["frame_number"]): image["id"] for image in listed}
        results = found_postures(find_people(video, (PERSONS,)).people, ids)
    elif images is not None:
        results = []
        for image in listed:
            clip = folder / "still.mkv"
            frame = still_clip(picture_at(images / image["file_name"]), clip)
            results += found_postures(find_people(clip, (PERSONS,)).people, {frame: image["id"]})
    else:
        raise SystemExit("--keypoints needs --images FOLDER or --video FILE.")
    scored = {image["id"] for image in listed}
    truth = {**data, "images": listed, "annotations": [each for each in data["annotations"] if each["image_id"] in scored]}
    return keypoint_scores(truth, results)


def given_faces(folder: Path, listed: Path, images: Path | None, limit: int | None = None) -> FaceScores:
    """Faces of a list, on its pictures.

    Raises:
        SystemExit: the pictures are not named.
    """
    if images is None:
        raise SystemExit("--faces needs --images FOLDER.")
    sequences = []
    for name, truth in list(wider_faces(listed).items())[:limit]:
        clip = folder / "still.mkv"
        frame = still_clip(picture_at(images / name), clip)
        found = [box for box in find_people(clip, (FACES,)).face_boxes if box.frame == frame]
        sequences.append(([frame], [replace(face, frame=frame) for face in truth], found))
    return face_scores(sequences)
