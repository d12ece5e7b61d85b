"""Annotation sets made in memory, with the edge cases that every file format has to survive: for exporters, ours and plugins'."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from types import MappingProxyType

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.attachment import Attachment
from videoannotator.annotations.boxes import Box, Evidence, Point
from videoannotator.annotations.faces import (
    ACTION_UNITS,
    BLENDSHAPES,
    EXPRESSIONS,
    FACE_POINTS,
    LANDMARK_COUNT,
    Blink,
    Estimate,
    FaceFlag,
    FaceObservation,
    FaceTrack,
    Gaze,
    HeadPose,
    Measure,
)
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import AudioInfo, Damage, FrameTiming, MediaInfo, VideoInfo
from videoannotator.annotations.outcome import PipelineError, PipelineOutcome, PipelineStatus
from videoannotator.annotations.persons import KEYPOINTS, Keypoint, PersonIdentity, PersonObservation, PersonPicture
from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.annotations.provenance import Provenance, WeightsUsed
from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.annotations.sound import SoundEvent
from videoannotator.annotations.store import PipelineRecords
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.testing.active_speaker_examples import many_on_screen, speaker_links, speaking_on_screen
from videoannotator.testing.sound_examples import sound_events, sound_quality
from videoannotator.testing.speech_examples import turn_taking, turns, utterance, utterances
from videoannotator.testing.voice_examples import voice_intensities, voice_profiles, voice_segments

RECORDING_NAME = "face person Zoë"
"""Stem of the recording's file name in every example; no output file may be named after it."""

STARTED_AT = datetime(2026, 1, 1, 12, 0, 0, tzinfo=timezone.utc)

RECORD_NAMES = MappingProxyType(
    {
        "scene_detection": ("Scene",),
        "speech_recognition": ("Utterance",),
        "speaker_diarization": ("SpeakerTurn",),
        "audio_processing": ("FloorTransfer", "SpeakerMeasures"),
        "person_tracking": ("PersonObservation", "PersonIdentity", "PersonPicture"),
        "face_analysis": ("FaceObservation", "FaceTrack"),
        "active_speaker": ("SpeakingOnScreen", "SpeakerLink"),
        "voice_emotion": ("VoiceSegment", "VoiceProfile"),
        "audio_quality": ("SoundSegment", "SoundMinute"),
        "audio_events": ("SoundEvent",),
    }
)
"""The record types that each pipeline of the examples makes."""

NON_ASCII: Mapping[type | None, tuple[str, ...]] = MappingProxyType(
    {
        Utterance: ("heißt", "你好", "👋🏽", "שלומך"),
        Scene: ("Küche",),
        SoundEvent: ("Säugling",),
        PersonIdentity: ("Großmutter",),
        SpeakerTurn: ("Françoise",),
        VoiceSegment: ("Zoë", "fröhlich"),
        None: ("Zoë's",),
    }
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


def persons() -> tuple[PersonObservation, ...]:
    """Two people over six frames of `frame_times`: one leaves the picture, one has no posture, and a box is interpolated."""
    t = frame_times()
    seen = tuple(Keypoint(100.25 + 3 * n, 50.5 + 4 * n, 0.9, 2) for n in range(len(KEYPOINTS) - 2))
    posture = (*seen, Keypoint(140.0, 300.0, 0.12, 1), Keypoint(0.0, 0.0, 0.0, 0))
    grown_up, child = Box(90.5, 40.25, 80.0, 280.0), Box(-12.0, 200.0, 60.0, 110.125)
    return (
        PersonObservation(t[0], 0, 1, grown_up, Evidence.DETECTED, 0.987654321, posture),
        PersonObservation(t[0], 0, 2, child, Evidence.DETECTED, 0.5, None),
        PersonObservation(t[3], 3, 1, grown_up, Evidence.INTERPOLATED, None),
        PersonObservation(t[3], 3, 2, child, Evidence.TRACKED, 0.0, posture),
        PersonObservation(t[6], 6, 1, grown_up, Evidence.DETECTED, 1.0, posture),
        PersonObservation(t[149], 149, 3, grown_up, Evidence.DETECTED, 0.75, posture),
    )


def identities() -> tuple[PersonIdentity, ...]:
    """Who those tracks are: one is labelled by hand for a while, one has the same person again, one is known to nobody."""
    t = frame_times()
    evidence = {"face_similarity": 0.625, "relative_height": 1.0}
    return (
        PersonIdentity(1, t[0], t[5], "person_001", "Großmutter", 1.0, "labels_file", face_track_ids=(1,), evidence=evidence),
        PersonIdentity(1, t[6], t[6], "person_001", "adult", 0.75, "body_size", face_track_ids=(1,)),
        PersonIdentity(2, t[0], t[3], "person_002"),
        PersonIdentity(3, t[149], t[149], "person_001", "adult", 0.75, "body_size", "face_identity", 0.625, (7,), evidence),
    )


def person_pictures() -> tuple[Attachment | PersonPicture, ...]:
    """A picture of two of those people."""
    t = frame_times()
    shown = ((1, 0, t[0]), (3, 149, t[149]))
    pairs = ((PersonPicture(time, frame, track, f"track_{track}.jpg"), track) for track, frame, time in shown)
    return tuple(
        each
        for record, track in pairs
        for each in (Attachment(record.picture, b"\xff\xd8" + bytes([track]) * 5 + b"\xff\xd9"), record)
    )


def faces() -> tuple[FaceObservation, ...]:
    """Three faces: everything measured, nothing measurable, and one between two frames that shows nobody's body."""
    t = frame_times()
    box, points = Box(110.0, 48.5, 30.0, 40.0), tuple(Point(112.5 + 5 * n, 60.25) for n in range(len(FACE_POINTS)))
    share = dict.fromkeys(EXPRESSIONS, 0.125) | {"neutral": 0.25}
    whole = FaceObservation(
        *(t[0], 0, 1, box, Evidence.DETECTED, 0.95, points),
        landmarks=tuple((110.0 + n / 16, 50.0 + n / 32, -n / 64) for n in range(LANDMARK_COUNT)),
        head_pose=HeadPose(-12.5, 3.25, 0.0),
        gaze=Gaze(5.5, -2.0),
        blink=Blink(0.0625, 0.125),
        blendshapes=tuple(n / 64 for n in range(len(BLENDSHAPES))),
        action_units=dict.fromkeys(ACTION_UNITS, 0.5),
        expression=share,
        age=Estimate(34.5, 4.25),
        female_probability=Estimate(0.875, 0.0625),
        embedding=(0.6, 0.0, -0.8),
    )
    flags: tuple[FaceFlag, ...] = (FaceFlag.TOO_SMALL, FaceFlag.PROFILE)
    why = dict.fromkeys(Measure, flags)
    return (
        whole,
        FaceObservation(t[3], 3, 1, box, Evidence.INTERPOLATED, None),
        FaceObservation(t[3], 3, 2, box, Evidence.DETECTED, 0.5, points, flags, why),
        FaceObservation(t[6], 6, 1, box, Evidence.TRACKED, 0.5, points, missing={Measure.AGE: (FaceFlag.NOT_SAMPLED,)}),
    )


def face_tracks() -> tuple[FaceTrack, ...]:
    """The tracks of `faces`: one with good samples, one without any."""
    t = frame_times()
    return (
        FaceTrack(1, t[0], t[6], 2, 1, Estimate(34.5, 4.25), Estimate(0.875, 0.0625), (0.6, 0.0, -0.8)),
        FaceTrack(2, t[3], t[3], 1, 0),
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
        options={
            "scene_detection": {"mode": "balanced", "min_scene_length": 0.6},
            "speech_recognition": {"language": "en"},
            "speaker_diarization": {"preset": "balanced"},
            "audio_processing": {"speaker_diarization": {"preset": "fast"}},
            "person_tracking": {"rate_hz": 5.0},
            "face_analysis": {"rate_hz": 5.0},
            "active_speaker": {"min_confidence": 0.8},
            "voice_emotion": {"weights": "my-emotions"},
            "audio_quality": {"loud_dbfs": -40.0},
            "audio_events": {"weights": "audio_events"},
        },
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
        records=dict.fromkeys(RECORD_NAMES[pipeline], 0) | results.counts(),
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
    """Scenes with pictures, speech, people, faces, voices, who speaks on screen, and other sound."""
    pictures = (Attachment(f"scene-000{n}.jpg", b"\xff\xd8" + bytes([n]) * 5 + b"\xff\xd9") for n in (1, 2))
    return annotation_set(
        {
            "scene_detection": (*scenes(), *pictures),
            "speech_recognition": utterances(),
            "speaker_diarization": turns(),
            "audio_processing": turn_taking(),
            "person_tracking": (*persons(), *identities(), *person_pictures()),
            "face_analysis": (*faces(), *face_tracks()),
            "active_speaker": (*speaking_on_screen(), *speaker_links()),
            "voice_emotion": (*voice_segments(), *voice_profiles()),
            "audio_quality": sound_quality(),
            "audio_events": sound_events(),
        }
    )


def empty() -> AnnotationSet:
    """Pipelines that completed and found nothing."""
    return annotation_set(dict.fromkeys(RECORD_NAMES, ()))


def audio_only() -> AnnotationSet:
    """A recording without video: scenes were skipped, and no frame times are known."""
    heard: dict[str, Iterable[object]] = {
        "speech_recognition": utterances(),
        "speaker_diarization": turns(),
        "audio_processing": turn_taking(),
        "voice_emotion": (*voice_segments(), *voice_profiles()),
        "audio_quality": sound_quality(),
        "audio_events": sound_events(),
    }
    visual = (name for name in RECORD_NAMES if name not in heard)
    skipped = [PipelineOutcome(name, PipelineStatus.SKIPPED, {}, reason="The recording has no video track.") for name in visual]
    return annotation_set(heard, video=False, others=skipped)


def unfinished() -> AnnotationSet:
    """One pipeline failed after it had made records, and the others were stopped."""
    whole = full()
    options = whole.provenance.options
    error = PipelineError("INFERENCE_FAILED", "The network could not be run: Größe stimmt nicht.", "Report it.", transient=False)
    failed = PipelineOutcome(
        "scene_detection", PipelineStatus.FAILED, options["scene_detection"], error=error, started_at=STARTED_AT
    )
    stopped = {name: PipelineOutcome(name, PipelineStatus.STOPPED, options[name]) for name in options if name != "scene_detection"}
    outcomes = {"scene_detection": failed} | stopped
    return AnnotationSet(whole.media, outcomes, whole.results, whole.frame_times, whole.provenance)


def before_zero() -> AnnotationSet:
    """Picture and sound that begin before a player's clock does."""
    early_scenes = (
        Scene(at(-2.0), at(-1.0), 0, 9, Boundary.START),
        Scene(at(-1.0), at(3.0), 10, 49, Boundary.CUT, 0.5, method="content"),
    )
    spoken = (utterance(-1.5, -0.5, "Nobody sees this"), utterance(-0.3, 0.9, "half of this one"))
    early_turns = (SpeakerTurn(at(-1.5), at(-0.5), "speaker_001", 0.5), SpeakerTurn(at(-0.3), at(0.9), "speaker_002", 0.5))
    early = tuple(replace(voice, start=voice.start.shifted(-1.0), end=voice.end.shifted(-1.0)) for voice in voice_segments())
    return annotation_set(
        {
            "scene_detection": early_scenes,
            "speech_recognition": spoken,
            "speaker_diarization": early_turns,
            "voice_emotion": (*early, *voice_profiles()),
        }
    )


def intensities() -> AnnotationSet:
    """A voice with emotions of which a network tells how strongly they are heard."""
    return annotation_set({"voice_emotion": voice_intensities()})


def many(count: int = 2100) -> AnnotationSet:
    """So many records that most of them wait on disk; of people, faces and voices, whose rows are long, a quarter as many."""
    scene_records = (
        Scene(at(i), at(i + 1), 25 * i, 25 * i + 24, Boundary.CUT if i else Boundary.START, 0.5 if i else None)
        for i in range(count)
    )
    spoken = (utterance(i, i + 0.9, f"word {i}") for i in range(count))
    heard = (SpeakerTurn(at(i), at(i + 0.9), f"speaker_{1 + i % 2:03d}", 0.5) for i in range(count))
    box = Box(10.0, 20.0, 30.0, 40.0)
    people = (PersonObservation(at(i), 25 * i, 1 + i % 2, box, Evidence.DETECTED, 0.5) for i in range(count // 4))
    points = tuple(Point(11.0, 21.0) for _ in FACE_POINTS)
    seen = (FaceObservation(at(i), 25 * i, 1, box, Evidence.DETECTED, 0.5, points) for i in range(count // 4))
    sounds = (SoundEvent(at(i), at(i + 0.5), "Music", 0.5, 0.5, 132) for i in range(count // 4))
    measured = voice_segments()[0]
    voices = (replace(measured, start=at(i), end=at(i + 1)) for i in range(count // 4))
    return annotation_set(
        {
            "scene_detection": scene_records,
            "speech_recognition": spoken,
            "speaker_diarization": heard,
            "person_tracking": people,
            "face_analysis": seen,
            "active_speaker": many_on_screen(count // 4),
            "voice_emotion": voices,
            "audio_events": sounds,
        }
    )


EXAMPLES: Mapping[str, Callable[[], AnnotationSet]] = MappingProxyType(
    {
        "full": full,
        "empty": empty,
        "audio_only": audio_only,
        "unfinished": unfinished,
        "before_zero": before_zero,
        "intensities": intensities,
        "many": many,
    }
)
"""Every example by name. Each call makes a new set, which the caller closes."""
