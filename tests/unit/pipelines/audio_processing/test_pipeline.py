"""Recognition and diarization in one go."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.annotate import run_selection, shared_sessions
from videoannotator.engine.output import write_results
from videoannotator.engine.plan import Selected
from videoannotator.errors import ExtraMissingException, InvalidRequestException
from videoannotator.media.synthetic import Sound, write_clip
from videoannotator.pipelines.audio_processing import AudioProcessing, AudioProcessingOptions
from videoannotator.pipelines.speaker_diarization import SpeakerDiarization, SpeakerDiarizationOptions
from videoannotator.pipelines.speech_recognition import SpeechRecognition, SpeechRecognitionOptions
from videoannotator.testing.conversations import Conversation, conversation
from videoannotator.testing.speech import RATE_HZ
from videoannotator.testing.speechless_sounds import SPEECHLESS_SOUNDS, speechless


def run(path: Path, *selection: Selected) -> AnnotationSet:
    return run_selection(path, selection, shared_sessions("cpu", 1, None), lambda _: None, lambda: False)


def recorded(path: Path, samples: Any) -> Path:
    write_clip(path, sounds=[Sound(samples, RATE_HZ, codec="pcm_s16le")])
    return path


def both(**options: Any) -> Selected:
    return Selected(AudioProcessing, AudioProcessingOptions(**options))


@pytest.fixture(scope="module")
def talk() -> Conversation:
    try:
        return conversation(2, ("slt", "rms"), 40, noise_db=20)
    except ExtraMissingException as missing:
        pytest.skip(f"{missing.message} {missing.hint}")


@pytest.fixture(scope="module")
def recording(talk: Conversation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded(tmp_path_factory.mktemp("talk") / "talk.wav", talk.samples)


def test_what_both_do_alone_is_what_they_do_together(recording: Path) -> None:
    alone = (Selected(SpeechRecognition, SpeechRecognitionOptions()), Selected(SpeakerDiarization, SpeakerDiarizationOptions()))
    with run(recording, both()) as together, run(recording, *alone) as apart:
        assert list(together.records(SpeakerTurn)) == list(apart.records(SpeakerTurn))
        words = [(word.text, word.start, word.end) for said in together.records(Utterance) for word in said.words]
        assert words == [(word.text, word.start, word.end) for said in apart.records(Utterance) for word in said.words]
        assert words


def test_words_are_given_to_who_says_them(recording: Path, talk: Conversation) -> None:
    with run(recording, both()) as annotations:
        words = [word for said in annotations.records(Utterance) for word in said.words]
    truth = [
        (next((t.speaker for t in talk.turns if t.start_s <= (w.start.seconds + w.end.seconds) / 2 <= t.end_s), None), w.speaker_id)
        for w in words
    ]
    pairs = Counter(pair for pair in truth if pair[0] is not None)
    names = {speaker: max((n, found) for (who, found), n in pairs.items() if who == speaker)[1] for speaker in talk.speakers}
    assert len(set(names.values())) == 2
    right = sum(n for (who, found), n in pairs.items() if names[str(who)] == found)
    assert right / pairs.total() >= 0.95


def test_measures_come_from_the_same_turns(recording: Path) -> None:
    with run(recording, both()) as annotations:
        measures = list(annotations.records(SpeakerMeasures))
        words = [word for said in annotations.records(Utterance) for word in said.words if word.speaker_id]
        assert [each.speaker_id for each in measures] == ["speaker_001", "speaker_002"]
        assert sum(each.words or 0 for each in measures) == len(words)
        assert all(60 < (each.words_per_minute or 0) < 300 for each in measures)
        assert all(1.0 <= (each.syllables or 0) / (each.words or 1) <= 2.5 for each in measures)
        assert list(annotations.records(FloorTransfer))


def test_files_are_those_of_the_contained_pipelines(recording: Path, tmp_path: Path) -> None:
    with run(recording, both(speaker_diarization={"labels": ({"label": "Anna B", "speaker": "speaker_001"},)})) as annotations:
        names = {file.name for file in write_results(annotations, tmp_path / "out").files}
    assert names >= {
        "speech_recognition.vtt",
        "speech_recognition.plain.vtt",
        "speaker_diarization.rttm",
        "speaker_diarization.json",
    }
    assert names >= {
        f"audio_processing.{table}.csv" for table in ("utterances", "words", "turns", "floor_transfers", "speaker_measures")
    }
    voiced = (tmp_path / "out" / "speech_recognition.vtt").read_text(encoding="utf-8")
    plain = (tmp_path / "out" / "speech_recognition.plain.vtt").read_text(encoding="utf-8")
    assert "\n<v Anna B>" in voiced
    assert "\n<v speaker_002>" in voiced
    assert "<" not in plain
    assert voiced.count("-->") == plain.count("-->")


@pytest.mark.parametrize("kind", ["silence", "chords with vibrato", "barking"])
def test_nothing_is_invented(kind: str, tmp_path: Path) -> None:
    assert kind in SPEECHLESS_SOUNDS
    with run(recorded(tmp_path / "sound.wav", speechless(kind, 20)), both()) as annotations:
        assert annotations.outcomes["audio_processing"].status is PipelineStatus.COMPLETED
        assert annotations.results["audio_processing"].types == ()
        names = {file.name for file in write_results(annotations, tmp_path / "out").files}
    assert not [name for name in names if name.endswith(".rttm")]


def test_options_of_a_contained_pipeline_hold(tmp_path: Path) -> None:
    silent = recorded(tmp_path / "silent.wav", np.zeros(RATE_HZ, np.float32))
    own = Selected(SpeakerDiarization, SpeakerDiarizationOptions(num_speakers=3))
    with run(silent, both(), own) as annotations:
        assert annotations.outcomes["audio_processing"].options["speaker_diarization"]["num_speakers"] == 3
        assert annotations.outcomes["speaker_diarization"].included_in == "audio_processing"
    with pytest.raises(InvalidRequestException, match="given twice"):
        run(silent, both(speaker_diarization={"num_speakers": 2}), own)
