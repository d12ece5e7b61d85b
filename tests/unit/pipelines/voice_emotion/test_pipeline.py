"""The whole pipeline on recordings, beside pipelines that say who speaks when and what."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.tiny_networks import added, speech_emotion
from tests.unit.pipelines.voice_emotion.sounds import (
    RATE_HZ,
    Samples,
    barking,
    chords,
    hum,
    pink_noise,
    white_noise,
)

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.prosody import VoiceFlag, VoiceMeasure, VoiceProfile, VoiceSegment
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.transcript import Utterance, Word, WordTiming
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.plan import Selected
from videoannotator.errors import RunStopped
from videoannotator.media.demo_clip import speech_sample
from videoannotator.media.synthetic import Shot, Sound, shots_clip
from videoannotator.media.types import AudioNeed
from videoannotator.pipelines.base import Batch, Needs, Pipeline, PipelineOptions
from videoannotator.pipelines.voice_emotion import LaionVoice, VoiceEmotion, VoiceEmotionBaseline, VoiceEmotionOptions
from videoannotator.registry.entries import missing_packages
from videoannotator.testing.vowels import vowel


def seconds(value: float) -> MediaTime:
    return MediaTime.from_seconds(value)


class NoOptions(PipelineOptions):
    """None."""


class KnownTurns(Pipeline[NoOptions]):
    """Says who speaks when, because the test knows."""

    name = "known_turns"
    display_name = "Known turns"
    description = "Says who speaks when."
    family, variant, version = "speech", "known", "1"
    tasks = ("speaker-diarization",)
    modalities = ("audio",)
    Options = NoOptions
    produces: ClassVar[tuple[type, ...]] = (SpeakerTurn, Utterance)
    known: ClassVar[tuple[SpeakerTurn | Utterance, ...]] = ()

    @classmethod
    def needs(cls, options: NoOptions) -> Needs:
        return Needs(audio=AudioNeed(16000))

    def start(self, media: MediaInfo) -> None:
        """Nothing to load."""

    def feed(self, batch: Batch) -> Iterable[object]:
        return ()

    def finish(self) -> Iterable[object]:
        return self.known


def knowing(*records: SpeakerTurn | Utterance) -> type[KnownTurns]:
    return type("KnowsThese", (KnownTurns,), {"known": records})


def turn(start_s: float, end_s: float, speaker: str, label: str | None = None) -> SpeakerTurn:
    return SpeakerTurn(seconds(start_s), seconds(end_s), speaker, 0.9, label)


def recording(folder: Path, *sounds: Samples) -> Path:
    path = folder / "recording.mp4"
    samples = np.concatenate(sounds)
    shots_clip(path, [Shot(5)], size=(64, 48), sounds=[Sound(samples, RATE_HZ)])
    return path


def run(
    path: Path,
    *others: type[Pipeline[Any]],
    weights_folder: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> AnnotationSet:
    selection = [Selected(VoiceEmotion, VoiceEmotionOptions(**options)), *(Selected(each, NoOptions()) for each in others)]
    return run_selection(path, selection, shared_sessions("cpu", 1, weights_folder), lambda _: None, should_stop)


def voices(annotations: AnnotationSet) -> list[VoiceSegment]:
    outcome = annotations.outcomes["voice_emotion"]
    assert outcome.status is PipelineStatus.COMPLETED, outcome.error
    return list(annotations.records(VoiceSegment))


def room(length_s: float) -> Samples:
    return white_noise(length_s, 0.0005)


def test_every_turn_is_measured_and_every_speaker_described(tmp_path: Path) -> None:
    low, high = vowel(110, 2.0, noise_db=40), vowel(240, 1.0, noise_db=40, level_dbfs=-26)
    path = recording(tmp_path, room(1), low.samples, room(1), high.samples, room(1))
    turns = knowing(turn(4.0, 5.0, "speaker_002", "Zoë"), turn(1.0, 3.0, "speaker_001"))
    with run(path, turns) as annotations:
        first, second = voices(annotations)
        one, two = annotations.records(VoiceProfile)
        assert annotations.outcomes["voice_emotion"].warnings == ()
    assert (first.subject, first.label, first.start.seconds, first.end.seconds) == ("speaker_001", None, 1.0, 3.0)
    assert (second.subject, second.label) == ("speaker_002", "Zoë")
    for voice, pitch_hz, level_dbfs in ((first, 110, -20), (second, 240, -26)):
        assert voice.flags == ()
        assert voice.pitch is not None
        assert voice.energy is not None
        assert voice.pitch.median_hz == pytest.approx(pitch_hz, rel=0.01)
        assert voice.energy.mean_dbfs == pytest.approx(level_dbfs, abs=0.5)
        assert voice.emotions == ()
        assert set(voice.missing) == {VoiceMeasure.WORD_RATE, VoiceMeasure.AROUSAL}
    assert (one.subject, one.segments, one.speech_s, one.label) == ("speaker_001", 1, 2.0, None)
    assert one.pitch_hz == first.pitch.median_hz if first.pitch else False
    assert (two.label, two.energy_dbfs) == ("Zoë", second.energy.mean_dbfs if second.energy else None)


def test_two_voices_at_once_are_flagged_and_their_quality_is_missing(tmp_path: Path) -> None:
    path = recording(tmp_path, room(1), vowel(150, 3.0).samples, room(1))
    with run(path, knowing(turn(1.0, 3.0, "speaker_001"), turn(2.5, 4.0, "speaker_002"))) as annotations:
        for voice in voices(annotations):
            assert VoiceFlag.OVERLAP in voice.flags
            assert voice.pitch is not None
            for measure in (VoiceMeasure.JITTER, VoiceMeasure.SHIMMER, VoiceMeasure.HARMONICITY):
                assert voice.missing[measure] == (VoiceFlag.OVERLAP,)


def test_arousal_follows_pitch_level_and_rate_within_a_speaker(tmp_path: Path) -> None:
    parts, turns = [room(1)], []
    for place in range(6):
        turns.append(turn(1 + 3 * place, 3 + 3 * place, "speaker_001"))
        parts += [vowel(120 + 15 * place, 2.0, level_dbfs=-35 + 3 * place).samples, room(1)]
    turns += [turn(19.0, 20.0, "speaker_002"), turn(20.2, 20.9, "speaker_002")]
    with run(recording(tmp_path, *parts, vowel(150).samples, room(1)), knowing(*turns)) as annotations:
        found = voices(annotations)
    proxies = [voice.arousal_proxy for voice in found[:6]]
    assert all(proxy is not None for proxy in proxies)
    assert proxies == sorted(proxies, key=lambda proxy: proxy or 0)
    assert found[6].missing[VoiceMeasure.AROUSAL] == (VoiceFlag.NO_COMPARISON,)
    assert found[7].missing[VoiceMeasure.AROUSAL] == (VoiceFlag.UNVOICED,)


def test_words_are_counted_where_a_transcript_has_times(tmp_path: Path) -> None:
    words = tuple(Word(f"w{n}", seconds(1 + n / 2), seconds(1.4 + n / 2), None, WordTiming.ALIGNED) for n in range(5))
    said = Utterance(seconds(1.0), seconds(3.5), "w0 w1 w2 w3 w4", "en", None, words)
    path = recording(tmp_path, room(1), vowel(150, 3.0).samples, room(1))
    with run(path, knowing(turn(1.0, 3.0, "speaker_001"), turn(3.6, 4.0, "speaker_002"), said)) as annotations:
        first, second = voices(annotations)
    assert first.word_rate == pytest.approx(4 / 2.0)
    assert second.missing[VoiceMeasure.WORD_RATE] == (VoiceFlag.NO_WORDS,)


def test_without_turns_speech_is_found_and_nobody_is_named(tmp_path: Path) -> None:
    samples, rate_hz = speech_sample()
    assert rate_hz == RATE_HZ
    with run(recording(tmp_path, room(2), samples[: 8 * RATE_HZ], room(2))) as annotations:
        found = voices(annotations)
        assert not list(annotations.records(VoiceProfile))
        assert "found turns of speakers" in annotations.outcomes["voice_emotion"].warnings[0]
    assert found
    assert 2.0 <= found[0].start.seconds < 3.0
    for voice in found:
        assert (voice.subject, voice.label) == (None, None)
        assert voice.missing[VoiceMeasure.AROUSAL] == (VoiceFlag.NO_COMPARISON,)
        assert voice.pitch is not None
        assert 60 < voice.pitch.median_hz < 400


NO_VOICE = {
    "silence": np.zeros(20 * RATE_HZ, np.float32),
    "white noise": white_noise(20),
    "pink noise": pink_noise(20),
    "hum": hum(20),
    "chords": chords(20),
    "barking": barking(20),
}


@pytest.mark.parametrize("kind", NO_VOICE)
def test_what_is_no_voice_has_no_stretch_and_no_category(kind: str, tmp_path: Path) -> None:
    folder = added(tmp_path / "weights", "mine", speech_emotion(tmp_path / "mine.onnx"))
    path = recording(tmp_path, NO_VOICE[kind])
    with run(path, weights_folder=folder, weights="mine", emotion_labels=("a", "b", "c")) as annotations:
        assert voices(annotations) == []


def test_categories_are_those_of_added_weights(tmp_path: Path) -> None:
    folder = added(tmp_path / "weights", "mine", speech_emotion(tmp_path / "mine.onnx"), {"labels.txt": "calm\nhappy\nangry"})
    path = recording(tmp_path, room(1), vowel(150, 2.0, level_dbfs=-10).samples, room(2), room(1))
    turns = knowing(turn(1.0, 3.0, "speaker_001"), turn(3.5, 4.5, "speaker_002"), turn(5.2, 5.3, "speaker_002"))
    with run(path, turns, weights_folder=folder, weights="mine") as annotations:
        voiced, breath, brief = voices(annotations)
        assert {used.name for used in annotations.provenance.weights} == {"silero_vad", "mine"}
    assert [score.label for score in voiced.emotions] == ["angry", "happy", "calm"]
    assert sum(score.value for score in voiced.emotions) == pytest.approx(1, abs=2e-4)
    assert breath.missing[VoiceMeasure.EMOTION] == (VoiceFlag.UNVOICED,)
    assert brief.missing[VoiceMeasure.EMOTION] == (VoiceFlag.TOO_SHORT,)


def test_wrong_labels_fail_before_anything_is_read(tmp_path: Path) -> None:
    folder = added(tmp_path / "weights", "mine", speech_emotion(tmp_path / "mine.onnx"))
    with run(recording(tmp_path, room(1)), weights_folder=folder, weights="mine") as annotations:
        error = annotations.outcomes["voice_emotion"].error
    assert error is not None
    assert error.code == "INVALID_CONFIG"
    assert "emotion_labels" in (error.hint or "")


@pytest.mark.alone
def test_it_stops_within_half_a_second(tmp_path: Path) -> None:
    path = recording(tmp_path, np.tile(vowel(220, 2.0).samples, 60))
    asked: list[float] = []

    def should_stop() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 5

    with pytest.raises(RunStopped):
        run(path, should_stop=should_stop)
    assert time.monotonic() - asked[5] < 0.5


@pytest.mark.parametrize("pipeline", [LaionVoice, VoiceEmotionBaseline], ids=lambda pipeline: pipeline.name)
@pytest.mark.skipif(not missing_packages(LaionVoice), reason="the extra is installed; tests/extras has the rest")
def test_without_its_extra_a_pipeline_of_an_accepted_run_fails_alone_with_the_cure(
    pipeline: type[LaionVoice] | type[VoiceEmotionBaseline], tmp_path: Path
) -> None:
    path = recording(tmp_path, room(1))
    selection = [Selected(pipeline, pipeline.Options()), Selected(VoiceEmotion, VoiceEmotionOptions())]
    with run_selection(path, selection, shared_sessions("cpu", 1, tmp_path), lambda _: None, lambda: False) as annotations:
        assert annotations.outcomes["voice_emotion"].status is PipelineStatus.COMPLETED
        error = annotations.outcomes[pipeline.name].error
    assert error is not None
    assert error.code == "EXTRA_MISSING"
    assert f"pip install 'videoannotator[{pipeline.extra}]'" in (error.hint or "")
