"""Every installed pipeline keeps the contract."""

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from videoannotator.registry.entries import PIPELINE_GROUP, Registry
from videoannotator.testing.people_clips import SCENARIOS, Actor, Stage, Stop, people_clip
from videoannotator.testing.pipeline_contract import PipelineContract


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


class TestSpeechRecognition(PipelineContract):
    pipeline = Registry.installed().pipeline("speech_recognition")


class TestVoiceEmotion(PipelineContract):
    pipeline = Registry.installed().pipeline("voice_emotion")


def test_no_pipeline_is_left_out() -> None:
    tested = {contract.pipeline.name for contract in PipelineContract.__subclasses__()}
    installed = {point.name for point in entry_points(group=PIPELINE_GROUP)}
    assert installed <= tested, f"add a class for {installed - tested}"


def test_all_are_available() -> None:
    unavailable = {entry.name: entry.reason for entry in Registry.installed().pipelines.values() if not entry.available}
    if unavailable:
        pytest.fail(str(unavailable))
