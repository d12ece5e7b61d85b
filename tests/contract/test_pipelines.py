"""Every installed pipeline keeps the contract."""

from importlib.metadata import entry_points

import pytest

from videoannotator.registry.entries import PIPELINE_GROUP, Registry
from videoannotator.testing.pipeline_contract import PipelineContract


class TestSceneDetection(PipelineContract):
    pipeline = Registry.installed().pipeline("scene_detection")


class TestSpeechRecognition(PipelineContract):
    pipeline = Registry.installed().pipeline("speech_recognition")


def test_no_pipeline_is_left_out() -> None:
    tested = {contract.pipeline.name for contract in PipelineContract.__subclasses__()}
    installed = {point.name for point in entry_points(group=PIPELINE_GROUP)}
    assert installed <= tested, f"add a class for {installed - tested}"


def test_all_are_available() -> None:
    unavailable = {entry.name: entry.reason for entry in Registry.installed().pipelines.values() if not entry.available}
    if unavailable:
        pytest.fail(str(unavailable))
