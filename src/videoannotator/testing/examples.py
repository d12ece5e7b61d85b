"""Annotation sets made in memory, with the edge cases that every file format has to survive: for exporters, ours and plugins'."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from types import MappingProxyType

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import AudioInfo, Damage, FrameTiming, MediaInfo, VideoInfo
from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.annotations.provenance import Provenance, WeightsUsed
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming

RECORDING_NAME = "face person Zoë"
"""Stem of the recording's file name in every example; no output file may be named after it."""

STARTED_AT = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)

RECORD_NAMES = {"scene_detection": "Scene", "speech_recognition": "Utterance"}
"""The record type that each pipeline of the examples makes."""

TEXTS = (
    "Guten Morgen, wie heißt du? — 你好 👋🏽",
    'He said "yes, & no" <i>really</i> --> then left',
    "=SUM(A1:A9)",
    "NA",
    "מה שלומך",
    "first line\r\nsecond line",
    "semi;colon\tand a backslash \\",
)
"""What a transcript may hold and a careless format breaks on."""

NON_ASCII: Mapping[type | None, tuple[str, ...]] = MappingProxyType(
    {Utterance: ("heißt", "你好", "👋🏽", "שלומך"), Scene: ("Küche",), None: ("Zoë's",)}
)
"""Words outside ASCII in the example `full`, by record type; under None those that are said about the run as a whole."""


def at(seconds: float) -> MediaTime:
    """The time `seconds` after time 0."""
    return MediaTime.from_seconds(seconds)


def frame_times() -> FrameTimes:
    """150 frames at irregular times over 10 s, in ticks of 1/90000 s; the first is shown 0.04 s after time 0."""
    times = FrameTimes(Fraction(1, 90000), origin=Fraction(1, 10))
    for index in range(150):
        times.append(12600 + index * 6006 - (index % 3) * 1501)
    return times


def scenes() -> tuple[Scene, ...]:
    """Four scenes, one for each way to begin, at the times of `frame_times`."""
    t = frame_times()
    return (
        Scene(t[0], t[30], 0, 29, Boundary.START, keyframe="scene-0001.jpg", keyframe_time=t[15]),
        Scene(
            *(t[30], t[70], 30, 69, Boundary.CUT, 0.987654321),
            method="content",
            keyframe="scene-0002.jpg",
            keyframe_time=t[50],
            scene_type="Küche",
            scene_type_scores={"Küche": 0.8, "living room": 0.2},
        ),
        Scene(t[70], t[120], 70, 119, Boundary.DISSOLVE, 1.0, t[62], t[78], "transnetv2"),
        Scene(t[120], at(9.999999), 120, 149, Boundary.FADE, 0.0, t[110], t[124], "transnetv2"),
    )


def utterance(start_s: float, end_s: float, text: str, *, confidence: float | None = 0.75) -> Utterance:
    """Somebody says `text`; its words share the time evenly and have no gaps between them."""
    words = text.split()
    edges = [at(start_s + (end_s - start_s) * i / len(words)) for i in range(len(words) + 1)]
    timings = tuple(WordTiming)
    said = (
        Word(word, edges[i], edges[i + 1], None if i % 3 == 2 else 0.5, timings[i % len(timings)]) for i, word in enumerate(words)
    )
    return Utterance(edges[0], edges[-1], text, "en", confidence, tuple(said))


def utterances() -> tuple[Utterance, ...]:
    """Speech of every awkward kind, in the order of time."""
    third = MediaTime(Fraction(1, 3))
    blip = Word("blip", third, third, None, WordTiming.GUESSED)
    chinese = tuple(Word(sign, at(70 + 2 * i), at(72 + 2 * i), 0.5, WordTiming.ATTENTION) for i, sign in enumerate("你好吗"))
    return (
        utterance(0.1, 0.2, TEXTS[0]),
        Utterance(third, third.shifted(Fraction(1, 30000)), "blip", "en", None, (blip,)),
        Utterance(at(0.4), at(0.5), "no times inside", "en", 0.25, ()),
        *(utterance(1.0 + i, 1.9 + i, text, confidence=None) for i, text in enumerate(TEXTS[1:])),
        utterance(10.0, 10.001, "six words within one single millisecond"),
        utterance(12.0, 27.0, "This goes on, and on, and on, " * 3 + "and on and on without any pause. Now it ends."),
        utterance(14.0, 15.0, "Somebody talks in between."),
        utterance(30.0, 42.5, "Aaaaaaaah!"),
        Utterance(at(45.0), at(63.0), "A long stretch of speech whose recogniser gave no word times at all.", "en", None, ()),
        Utterance(at(70.0), at(76.0), "你好吗", "zh", 0.5, chinese),
        utterance(360_000.0, 360_001.0, "after a hundred hours"),
    )


def media(*, video: bool = True, audio: bool = True) -> MediaInfo:
    """A recording that was read to its end, slightly damaged."""
    timing = FrameTiming(150, 0.04, 9.946, 0.050056, 0.100089, variable_rate=True)
    return MediaInfo(
        file_name=f"{RECORDING_NAME}.mp4",
        size_bytes=123_456,
        container="mp4",
        duration_s=10.0,
        video=VideoInfo("h264", 640, 360, 90, False, Fraction(64, 45), None, 0.04, False, "yuv420p", timing) if video else None,
        audio=(AudioInfo("aac", 48000, 2, -0.021, "deu"),) if audio else (),
        audio_track=0 if audio else None,
        damage=Damage("3 packets could not be decoded.", 4.2, 3, 1, 0.0),
    )


def provenance() -> Provenance:
    """Where the examples pretend to come from."""
    return Provenance(
        input_sha256="0" * 64,
        videoannotator="1.3.0",
        python="3.11.2",
        platform="Linux x86_64",
        packages={"numpy": "2.0.0", "av": "15.0.0"},
        device_asked="auto",
        device_used="cpu",
        threads=1,
        weights=(WeightsUsed("transnetv2", "f" * 64, "MIT", "cpu"),),
        started_at=STARTED_AT,
        finished_at=STARTED_AT + timedelta(seconds=7, milliseconds=250),
        timings_s={"probe": 0.01, "decode": 3.5, "total": 7.25},
        warnings=("Zoë's recording is damaged: 3 packets could not be decoded.",),
        options={"scene_detection": {"mode": "balanced", "min_scene_length": 0.6}, "speech_recognition": {"language": "en"}},
    )


def completed(pipeline: str, records: Iterable[object]) -> tuple[PipelineOutcome, PipelineRecords]:
    """The outcome and the results of a pipeline that went through and made these records."""
    results = PipelineRecords()
    for record in records:
        results.add(record)
    outcome = PipelineOutcome(
        pipeline,
        PipelineStatus.COMPLETED,
        provenance().options[pipeline],
        started_at=STARTED_AT,
        finished_at=STARTED_AT + timedelta(seconds=5),
        busy_s=3.25,
        records={RECORD_NAMES[pipeline]: 0} | results.counts(),
        warnings=("Recognition of child speech was never measured.",),
    )
    return outcome, results


def annotation_set(
    records: Mapping[str, Iterable[object]], *, video: bool = True, others: Iterable[PipelineOutcome] = ()
) -> AnnotationSet:
    """An annotation set of completed pipelines with these records, and of `others` that have none."""
    made = {pipeline: completed(pipeline, each) for pipeline, each in records.items()}
    outcomes = {pipeline: outcome for pipeline, (outcome, _) in made.items()}
    return AnnotationSet(
        media=media(video=video),
        outcomes=outcomes | {outcome.pipeline: outcome for outcome in others},
        results={pipeline: results for pipeline, (_, results) in made.items()},
        frame_times=frame_times() if video else None,
        provenance=provenance(),
    )


def full() -> AnnotationSet:
    """Scenes with pictures, and speech."""
    pictures = (Attachment(f"scene-000{n}.jpg", b"\xff\xd8" + bytes([n]) * 5 + b"\xff\xd9") for n in (1, 2))
    return annotation_set({"scene_detection": (*scenes(), *pictures), "speech_recognition": utterances()})


def empty() -> AnnotationSet:
    """Two pipelines that completed and found nothing."""
    return annotation_set({"scene_detection": (), "speech_recognition": ()})


def audio_only() -> AnnotationSet:
    """A recording without video: scenes were skipped, and no frame times are known."""
    skipped = PipelineOutcome("scene_detection", PipelineStatus.SKIPPED, {}, reason="The recording has no video track.")
    return annotation_set({"speech_recognition": utterances()}, video=False, others=(skipped,))


def unfinished() -> AnnotationSet:
    """One pipeline failed after it had made records, and the other was stopped."""
    whole = full()
    options = whole.provenance.options
    error = PipelineError("INFERENCE_FAILED", "The network could not be run: Größe stimmt nicht.", "Report it.", transient=False)
    failed = PipelineOutcome(
        "scene_detection", PipelineStatus.FAILED, options["scene_detection"], error=error, started_at=STARTED_AT
    )
    stopped = PipelineOutcome("speech_recognition", PipelineStatus.STOPPED, options["speech_recognition"])
    outcomes = {"scene_detection": failed, "speech_recognition": stopped}
    return AnnotationSet(whole.media, outcomes, whole.results, whole.frame_times, whole.provenance)


def before_zero() -> AnnotationSet:
    """Picture and sound that begin before a player's clock does."""
    early_scenes = (
        Scene(at(-2.0), at(-1.0), 0, 9, Boundary.START),
        Scene(at(-1.0), at(3.0), 10, 49, Boundary.CUT, 0.5, method="content"),
    )
    spoken = (utterance(-1.5, -0.5, "Nobody sees this"), utterance(-0.3, 0.9, "half of this one"))
    return annotation_set({"scene_detection": early_scenes, "speech_recognition": spoken})


def many(count: int = 2100) -> AnnotationSet:
    """So many scenes and utterances that most of them wait on disk."""
    scene_records = (
        Scene(at(i), at(i + 1), 25 * i, 25 * i + 24, Boundary.CUT if i else Boundary.START, 0.5 if i else None)
        for i in range(count)
    )
    spoken = (utterance(i, i + 0.9, f"word {i}") for i in range(count))
    return annotation_set({"scene_detection": scene_records, "speech_recognition": spoken})


EXAMPLES: Mapping[str, Callable[[], AnnotationSet]] = MappingProxyType(
    {
        "full": full,
        "empty": empty,
        "audio_only": audio_only,
        "unfinished": unfinished,
        "before_zero": before_zero,
        "many": many,
    }
)
"""Every example by name. Each call makes a new set, which the caller closes."""
