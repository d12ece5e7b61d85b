"""Every installed pipeline keeps the contract."""

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from tests.speakers import known_turns, talking_clip, turn
from tests.tiny_networks import added, sound_events
from tests.tiny_transformers import added_folder, classifier, laion

from videoannotator.engine.plan import Selected
from videoannotator.media.synthetic import Shot, Sound, shots_clip, silence, tone
from videoannotator.pipelines.face_analysis import FaceAnalysis, FaceAnalysisOptions
from videoannotator.registry.entries import PIPELINE_GROUP, Registry, missing_packages
from videoannotator.testing.people_clips import SCENARIOS, Actor, Stage, Stop, people_clip
from videoannotator.testing.pipeline_contract import PipelineContract


class TestActiveSpeaker(PipelineContract):
    pipeline = Registry.installed().pipeline("active_speaker")
    makers = (
        Selected(FaceAnalysis, FaceAnalysisOptions(rate_hz=10.0, expression=False, age=False, gender=False, identity=False)),
        known_turns([turn(0.5, 2.0, "speaker_001"), turn(2.2, 3.5, "speaker_002")]),
    )

    @pytest.fixture(scope="class")
    @classmethod
    def recording(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Two people who talk, 4 s."""
        path = tmp_path_factory.mktemp("contract") / "recording.mp4"
        talking_clip(path, ((1, 0.5, 2.0), (2, 2.2, 3.5)), 4.0)
        return path


class TestAudioEvents(PipelineContract):
    pipeline = Registry.installed().pipeline("audio_events")

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def network(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A network that hears one tone."""
        folder = tmp_path_factory.mktemp("network")
        cls.weights_folder = added(
            folder / "weights", "audio_events", sound_events(folder / "net.onnx", [500]), {"labels.txt": "Tone"}
        )

    @pytest.fixture(scope="class")
    @classmethod
    def recording(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """That tone for 2 s, in 6 s of silence."""
        path = tmp_path_factory.mktemp("contract") / "recording.mp4"
        samples = np.concatenate([silence(2.0), tone(2.0, 500, level=0.9), silence(2.0)])
        shots_clip(path, [Shot(75), Shot(75)], size=(192, 144), sounds=[Sound(samples, 16000)])
        return path


class TestAudioProcessing(PipelineContract):
    pipeline = Registry.installed().pipeline("audio_processing")


class TestAudioQuality(PipelineContract):
    pipeline = Registry.installed().pipeline("audio_quality")


class TestFaceAnalysis(PipelineContract):
    pipeline = Registry.installed().pipeline("face_analysis")

    @pytest.fixture(scope="class")
    @classmethod
    def recording(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Two people in front of a camera, for 2 s."""
        path = tmp_path_factory.mktemp("contract") / "recording.mp4"
        stage = replace(SCENARIOS["two"][0], seconds=2.0)
        people_clip(path, [stage], size=(480, 270))
        return path


class TestPersonTracking(PipelineContract):
    pipeline = Registry.installed().pipeline("person_tracking")

    @pytest.fixture(scope="class")
    @classmethod
    def recording(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """Two people who sit beside each other, 2 s."""
        path = tmp_path_factory.mktemp("contract") / "recording.mp4"
        people = (Actor(1, (Stop(0.0, 0.3, 0.8),)), Actor(2, (Stop(0.0, 0.7, 0.8),)))
        people_clip(path, (Stage(2.0, 3, people),))
        return path


class TestSceneDetection(PipelineContract):
    pipeline = Registry.installed().pipeline("scene_detection")


class TestSpeakerDiarization(PipelineContract):
    pipeline = Registry.installed().pipeline("speaker_diarization")


class TestSpeechRecognition(PipelineContract):
    pipeline = Registry.installed().pipeline("speech_recognition")


class TestVoiceEmotion(PipelineContract):
    pipeline = Registry.installed().pipeline("voice_emotion")


class TestLaionVoice(PipelineContract):
    pipeline = Registry.installed().pipeline("laion_voice")

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def network(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A tiny encoder with heads, where the extra is installed; else the suite says that it is not."""
        folder = tmp_path_factory.mktemp("network")
        if not missing_packages(cls.pipeline):
            cls.weights_folder = added_folder(folder / "weights", "laion_voice", laion(folder / "files"))


class TestVoiceEmotionBaseline(PipelineContract):
    pipeline = Registry.installed().pipeline("voice_emotion_baseline")

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def network(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        """A tiny classifier; the same."""
        folder = tmp_path_factory.mktemp("network")
        if not missing_packages(cls.pipeline):
            cls.weights_folder = added_folder(folder / "weights", "voice_emotion_baseline", classifier(folder / "files"))


def test_no_pipeline_is_left_out() -> None:
    tested = {contract.pipeline.name for contract in PipelineContract.__subclasses__()}
    installed = {point.name for point in entry_points(group=PIPELINE_GROUP)}
    assert installed <= tested, f"add a class for {installed - tested}"


def test_all_are_available_but_those_whose_weights_nobody_has_added(tmp_path: Path) -> None:
    entries = Registry.discover(tmp_path / "no weights").pipelines.values()
    assert [entry.name for entry in entries if entry.lacking()] == ["audio_events", "laion_voice", "voice_emotion_baseline"]
    unavailable = {entry.name: entry.reason for entry in entries if not entry.available and not entry.lacking()}
    if unavailable:
        pytest.fail(str(unavailable))
