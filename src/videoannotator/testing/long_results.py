"""A finished job with as many annotations as a long recording has at full rate: for benchmarks, and tests of what shows them."""

import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np

from videoannotator.annotations import saved
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.faces import (
    ACTION_UNITS,
    BLENDSHAPES,
    EXPRESSIONS,
    LANDMARK_COUNT,
    Blink,
    FaceObservation,
    FaceTrack,
    Gaze,
    HeadPose,
)
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineOutcome, PipelineStatus
from videoannotator.annotations.persons import KEYPOINTS, Keypoint, PersonIdentity, PersonObservation
from videoannotator.annotations.provenance import Provenance
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.sound import SoundEvent
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.annotations.voices import SpeakerTurn, speaker_id
from videoannotator.database import crud
from videoannotator.database.attempts import SAVED, VIEW
from videoannotator.database.models import Job
from videoannotator.database.queue import AttemptResult, JobQueue, WorkerIdentity
from videoannotator.database.session import Database
from videoannotator.engine.output import write_results
from videoannotator.engine.previews import Previews, Waveform, write_sheets
from videoannotator.engine.view.writer import FOLDER, write_view
from videoannotator.media.probe import probe
from videoannotator.media.thumbnails import Thumbnails, thumbnail_need
from videoannotator.media.types import AudioBlock, Frame
from videoannotator.media.waveform import WaveformWriter, levels
from videoannotator.storage.artifacts import ListedFile, begin_attempt, publish
from videoannotator.storage.config import Storage
from videoannotator.testing.long_recording import (
    LOOP_S,
    RATE_HZ,
    SOUND_RATE_HZ,
    picture_at,
    place,
    sound_at,
    write_long_recording,
)
from videoannotator.version import __version__
from videoannotator.worker.conclusion import VIEW_TYPES
from videoannotator.worker.verdict import report_of

WORKER = WorkerIdentity("long results", "here", "boot", 1, 1.0)
PIPELINES = ("person_tracking", "face_analysis", "scene_detection", "audio_processing", "audio_events")
WORDS = ("look", "at", "the", "red", "ball", "over", "there", "can", "you", "roll", "it", "to", "me", "please")
SCENE_S, SAID_S, EVENT_S = 20, 6, 15


def write_long_job(
    storage: Storage,
    database: Database,
    *,
    duration_s: int = 3600,
    persons: int = 4,
    faces: int = 2,
    formats: Sequence[str] = ("provenance",),
) -> str:
    """Write a completed job: recording, annotations of people at every frame, exports in these formats, and its view.

    Args:
        storage, database: of a server; both exist.
        duration_s: of the recording, whole seconds.
        persons, faces: how many tracks there are, each from start to end; every face has a mesh.
        formats: of the exports.

    Returns:
        The job's id.
    """
    job_id = str(uuid.uuid4())
    folder = storage.ensure_job_folder(job_id)
    recording = storage.source_path(job_id, "long.mp4")
    write_long_recording(recording, duration_s, persons)
    job = Job(
        id=job_id,
        selected_pipelines=list(PIPELINES),
        options={name: {} for name in PIPELINES},
        video_filename="long.mp4",
        video_path=storage.relative(recording),
        video_size_bytes=recording.stat().st_size,
        video_sha256=sha256_of(recording),
        storage_path=storage.relative(folder),
        video_browser_playable=True,
    )
    with database.writing() as session:
        crud.add_job(session, job)
    queue = JobQueue(database)
    claim = queue.claim(WORKER, job_id=job_id)
    if claim is None:
        raise RuntimeError("somebody else took the job")
    attempt = begin_attempt(storage, job_id, claim.token)
    with long_annotations(probe(recording), duration_s, persons, faces) as annotations:
        written = write_results(annotations, attempt, formats)
        saved.save(annotations, attempt / saved.FILE_NAME)
        view = write_long_view(annotations, attempt, duration_s, persons, token=claim.token)
        outcomes = list(annotations.outcomes.values())
    listed = [
        ListedFile(file.name, file.pipeline, file.format, "application/octet-stream", main=file.main) for file in written.files
    ]
    listed.append(ListedFile(saved.FILE_NAME, None, SAVED, "application/zip"))
    listed += [ListedFile(name, None, VIEW, VIEW_TYPES[PurePosixPath(name).suffix]) for name in view]
    files = publish(storage, job_id, claim.token, listed)
    result_path = storage.relative(storage.results_folder(job_id, claim.token))
    queue.finish(claim, AttemptResult([report_of(outcome) for outcome in outcomes], files, result_path, float(duration_s)), None)
    return job_id


def write_long_view(
    annotations: AnnotationSet,
    attempt: Path,
    duration_s: int,
    persons: int,
    *,
    token: int = 1,
    on_fraction: Callable[[float | None], None] | None = None,
) -> list[str]:
    """Write the view into an attempt's folder, as a worker does, with small pictures and sound of the known recording."""
    folder = attempt / FOLDER
    folder.mkdir()
    previews = Previews(folder, f"-{token}")
    previews.sheets = write_sheets(_thumbnails(annotations.media, duration_s, persons), folder, f"thumbnails-{token}")
    previews.waveform = _waveform(folder, f"waveform-{token}", duration_s)
    return write_view(annotations, attempt, token, previews, annotations.frame_times, None, on_fraction or _unwatched)


def _unwatched(_: float | None) -> None:
    """For callers that do not watch."""


def _thumbnails(media: MediaInfo, duration_s: int, persons: int) -> Thumbnails:
    need = thumbnail_need(media.video, float(duration_s)) if media.video else None
    thumbnails = Thumbnails()
    step = max(1, math.ceil(RATE_HZ / (need.rate_hz or 1.0))) if need else 0
    for frame in range(0, duration_s * RATE_HZ, step) if need else ():
        image = picture_at(frame, persons)[::2, ::2, ::-1]
        small = np.ascontiguousarray(image[::2, ::2])
        thumbnails.add(Frame(MediaTime(Fraction(frame, RATE_HZ)), frame, 1 / RATE_HZ, small))
    return thumbnails


def _waveform(folder: Path, stem: str, duration_s: int) -> Waveform:
    paths = dict(levels(folder / f"{stem}.bin"))
    with WaveformWriter(paths) as writer:
        for second in range(duration_s):
            writer.add(AudioBlock(MediaTime(Fraction(second)), second * SOUND_RATE_HZ, SOUND_RATE_HZ, sound_at(second)))
        writer.finish()
    return Waveform(tuple((rate, path.name, writer.bins[rate]) for rate, path in paths.items()))


def long_annotations(media: MediaInfo, duration_s: int, persons: int, faces: int) -> AnnotationSet:
    """What five pipelines would say about the recording: people and faces in every frame, scenes, speech and events."""
    began = datetime.now(timezone.utc)
    made: dict[str, Iterable[object]] = {
        "person_tracking": chain(_identities(duration_s, persons, faces), _people(duration_s, persons)),
        "face_analysis": chain(_face_tracks(duration_s, faces), _faces(duration_s, faces)),
        "scene_detection": _scenes(duration_s),
        "audio_processing": _speech(duration_s),
        "audio_events": _events(duration_s),
    }
    results = {name: PipelineRecords() for name in made}
    for name, some in made.items():
        for record in some:
            results[name].add(record)
    outcomes = {
        name: PipelineOutcome(
            *(name, PipelineStatus.COMPLETED, {"landmarks": True} if name == "face_analysis" else {}),
            started_at=began,
            finished_at=began + timedelta(seconds=duration_s),
            busy_s=float(duration_s),
            records=records.counts(),
        )
        for name, records in results.items()
    }
    times = FrameTimes(Fraction(1, RATE_HZ))
    for frame in range(duration_s * RATE_HZ):
        times.append(frame)
    provenance = Provenance(
        *("0" * 64, __version__, "3", "made up for tests", {}, "auto", "cpu", 1, (), began, began, {}, ("Made up for tests.",)),
        options={name: outcome.options for name, outcome in outcomes.items()},
    )
    return AnnotationSet(media, outcomes, results, times, provenance)


def _at(time_s: float) -> MediaTime:
    return MediaTime.from_seconds(time_s)


def _people(duration_s: int, count: int) -> Iterator[PersonObservation]:
    postures = [[_posture(place(number, frame / RATE_HZ)) for frame in range(LOOP_S * RATE_HZ)] for number in range(count)]
    for frame in range(duration_s * RATE_HZ):
        time = MediaTime(Fraction(frame, RATE_HZ))
        for number in range(count):
            box, posture = place(number, frame / RATE_HZ), postures[number][frame % (LOOP_S * RATE_HZ)]
            yield PersonObservation(
                time, frame, number + 1, box, Evidence.DETECTED, 0.5 + 0.4 * math.sin(frame / 500) ** 2, posture
            )


def _posture(box: Box) -> tuple[Keypoint, ...]:
    """Two columns of points from the top of the box to its bottom."""
    side = (0.5, *(0.25, 0.75) * 8)
    return tuple(
        Keypoint(box.left + box.width * side[n], box.top + box.height * (n + 0.5) / len(KEYPOINTS), 0.9, 2)
        for n in range(len(KEYPOINTS))
    )


def _faces(duration_s: int, count: int) -> Iterator[FaceObservation]:
    """Faces of the first people, in the upper third of their boxes."""
    meshes = [[_mesh(_face_box(number, frame / RATE_HZ)) for frame in range(LOOP_S * RATE_HZ)] for number in range(count)]
    for frame in range(duration_s * RATE_HZ):
        time, swing = MediaTime(Fraction(frame, RATE_HZ)), math.sin(frame / 40)
        for number in range(count):
            box = _face_box(number, frame / RATE_HZ)
            points = tuple(Point(box.left + box.width * (n + 1) / 6, box.top + box.height / 2) for n in range(5))
            happy = 0.5 + 0.4 * math.sin(frame / 60 + number)
            yield FaceObservation(
                *(time, frame, number + 1, box, Evidence.DETECTED, 0.9, points),
                landmarks=meshes[number][frame % (LOOP_S * RATE_HZ)],
                head_pose=HeadPose(30 * swing, 5 * swing, 0.0),
                gaze=Gaze(10 * swing, 0.0),
                blink=Blink(0.1, 0.1 if frame % 100 else 0.9),
                blendshapes=(0.1,) * len(BLENDSHAPES),
                action_units=dict.fromkeys(ACTION_UNITS, 0.25),
                expression={**dict.fromkeys(EXPRESSIONS, (1 - happy) / (len(EXPRESSIONS) - 1)), "happiness": happy},
            )


def _face_box(number: int, time_s: float) -> Box:
    body = place(number, time_s)
    return Box(body.left + 10, body.top + 5, body.width - 20, body.height / 3)


def _mesh(box: Box) -> tuple[tuple[float, float, float], ...]:
    """A spiral inside the box: as many numbers as a face has, and as little alike."""
    centre = box.left + box.width / 2, box.top + box.height / 2
    return tuple(
        (
            round(centre[0] + box.width / 2 * n / LANDMARK_COUNT * math.cos(n), 2),
            round(centre[1] + box.height / 2 * n / LANDMARK_COUNT * math.sin(n), 2),
            0.0,
        )
        for n in range(LANDMARK_COUNT)
    )


def _identities(duration_s: int, persons: int, faces: int) -> Iterator[PersonIdentity]:
    for number in range(persons):
        known = (f"person_{number + 1:03d}", "adult" if number % 2 else "child", 0.75, "body_size")
        yield PersonIdentity(number + 1, _at(0), _at(duration_s), *known, face_track_ids=(number + 1,) if number < faces else ())


def _face_tracks(duration_s: int, faces: int) -> Iterator[FaceTrack]:
    for number in range(faces):
        yield FaceTrack(number + 1, _at(0), _at(duration_s), duration_s * RATE_HZ, 0)


def _scenes(duration_s: int) -> Iterator[Scene]:
    for start in range(0, duration_s, SCENE_S):
        end = min(start + SCENE_S, duration_s)
        begun = (Boundary.CUT, 0.9) if start else (Boundary.START, None)
        yield Scene(_at(start), _at(end), start * RATE_HZ, end * RATE_HZ - 1, *begun)


def _speech(duration_s: int) -> Iterator[object]:
    """One speaker after the other, in turns of five seconds and pauses of one."""
    for number, start in enumerate(range(0, duration_s - SAID_S + 1, SAID_S)):
        speaker = speaker_id(1 + number % 3)
        step = (SAID_S - 1) / len(WORDS)
        words = tuple(
            Word(word, _at(start + n * step), _at(start + (n + 1) * step), 0.8, WordTiming.ALIGNED, speaker)
            for n, word in enumerate(WORDS)
        )
        yield SpeakerTurn(_at(start), _at(start + SAID_S - 1), speaker, 0.9)
        yield Utterance(_at(start), words[-1].end, " ".join(WORDS), "en", 0.8, words, speaker)


def _events(duration_s: int) -> Iterator[SoundEvent]:
    for start in range(0, duration_s - EVENT_S + 1, EVENT_S):
        yield SoundEvent(_at(start), _at(start + 2.5), "Laughter", 0.7, 0.5, 16)
