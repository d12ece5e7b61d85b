"""Pipelines and the checking of options."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.plugins import ToyPipeline
from tests.servers import Live, serving
from tests.tiny_networks import added, sound_events

from videoannotator.registry.entries import Entry, Registry, missing_packages
from videoannotator.validation.models import ValidationResult
from videoannotator.validation.validator import ConfigValidator

METADATA = {
    *("name", "display_name", "description", "pipeline_family", "variant", "version", "tasks", "modalities", "outputs"),
    *("default_enabled", "available", "unavailable_reason", "install_hint", "config_schema", "weights"),
}
ITEM = {"field", "message", "code", "error_code", "severity", "hint", "suggested_value", "pipeline"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    def add_toys(app: Any) -> None:
        here = app.state.services
        toys: dict[str, Entry[Any]] = {
            "toy": Entry("toy", "tests.plugins:ToyPipeline", "tests", ToyPipeline),
            "broken": Entry("broken", "nowhere:Nothing", "tests", None, "It fails on import.", "Install it again."),
        }
        registry = Registry({**here.registry.pipelines, **toys}, here.registry.exporters)
        object.__setattr__(here, "registry", registry)
        object.__setattr__(here, "validator", ConfigValidator(registry))

    with serving(tmp_path_factory.mktemp("storage"), add_toys) as live:
        yield live


def post(server: Live, path: str, body: Any) -> dict[str, Any]:
    text = json.dumps(body)  # halves of characters too, which httpx would not write
    response = server.request("POST", path, content=text, headers={"Content-Type": "application/json"})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    assert set(found) == {"valid", "errors", "warnings", "message", "pipelines_validated"}
    for item in found["errors"] + found["warnings"]:
        assert set(item) >= ITEM
        assert item["error_code"] == item["code"]
    assert {item["severity"] for item in found["errors"]} <= {"error"}
    assert {item["severity"] for item in found["warnings"]} <= {"warning"}
    return found


def test_the_list_names_every_pipeline_with_all_that_is_known(server: Live) -> None:
    body = server.get("/api/v1/pipelines").json()
    assert body["total"] == len(body["pipelines"])
    by_name = {one["name"]: one for one in body["pipelines"]}
    assert set(by_name) >= {"scene_detection", "speech_recognition", "toy", "broken"}
    for one in by_name.values():
        assert set(one) >= METADATA
    scene = by_name["scene_detection"]
    assert (scene["available"], scene["default_enabled"], scene["config_schema"]["type"]) == (True, True, "object")
    assert any(output["format"] == "scenes" and output["types"] for output in scene["outputs"])
    assert all(weights["sha256"] and weights["licence"] for weights in scene["weights"])
    broken = by_name["broken"]
    assert (broken["available"], broken["unavailable_reason"], broken["install_hint"]) == (
        False,
        "It fails on import.",
        "Install it again.",
    )


def test_weights_that_somebody_has_to_add_are_looked_for_where_the_settings_say(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    with serving(tmp_path / "storage", model_cache_dir=folder) as server:
        body = server.get("/api/v1/pipelines/audio_events").json()
        assert (body["available"], body["config_schema"]["type"]) == (False, "object")
        assert "none of the name 'audio_events'" in body["unavailable_reason"]
        assert "videoannotator models pull SOURCE --name audio_events" in body["install_hint"]
        (item,) = post(server, "/api/v1/config/validate", {"config": {}, "selected_pipelines": ["audio_events"]})["errors"]
        assert (item["code"], item["field"], item["hint"]) == ("PIPELINE_UNAVAILABLE", "weights", body["install_hint"])
        added(
            folder, "audio_events", sound_events(tmp_path / "net.onnx"), {"labels.txt": "a\nb\nc"}
        )  # the server need not start again
        body = server.get("/api/v1/pipelines/audio_events").json()
        assert (body["available"], body["unavailable_reason"], body["install_hint"]) == (True, None, None)
        assert post(server, "/api/v1/config/validate", {"config": {}, "selected_pipelines": ["audio_events"]})["valid"]


@pytest.mark.parametrize("name", ["laion_voice", "voice_emotion_baseline"])
def test_pipelines_of_extras_are_shown_with_the_cure_and_refused(server: Live, name: str) -> None:
    body = server.get(f"/api/v1/pipelines/{name}").json()
    assert (body["available"], body["pipeline_family"], body["config_schema"]["type"]) == (False, "voice", "object")
    assert f"none of the name '{name}'" in body["unavailable_reason"]
    (item,) = post(server, "/api/v1/config/validate", {"config": {}, "selected_pipelines": [name]})["errors"]
    assert (item["code"], item["field"], item["hint"]) == ("PIPELINE_UNAVAILABLE", "weights", body["install_hint"])
    if missing_packages(Registry.installed().pipeline(name)):
        assert f"pip install 'videoannotator[{name.replace('_', '-')}]'" in body["install_hint"]


def test_one_pipeline_by_today_s_and_by_a_former_name(server: Live) -> None:
    assert server.get("/api/v1/pipelines/toy").json()["name"] == "toy"
    assert server.get("/api/v1/pipelines/plaything/").json()["name"] == "toy"
    error = envelope_of(server.get("/api/v1/pipelines/scene_detektion"))
    assert error["code"] == "PIPELINE_NOT_FOUND"
    assert "'scene_detection'" in error["hint"]


def test_the_options_of_a_pipeline_as_a_list(server: Live) -> None:
    body = server.get("/api/v1/pipelines/toy/schema").json()
    assert body["pipeline"] == "toy"
    options = {one["name"]: one for one in body["parameters"]}
    threshold = options["confidence_threshold"]
    assert {name: threshold[name] for name in ("type", "required", "default", "min", "max", "enum", "label", "description")} == {
        "type": "number",
        "required": False,
        "default": 0.5,
        "min": 0.0,
        "max": 1.0,
        "enum": None,
        "label": "Confidence Threshold",
        "description": "Least confidence, 0 to 1.",
    }
    assert options["flavour"]["enum"] == ["sweet", "sour"]
    assert options["inner.depth"]["max"] == 9
    assert options["note"]["nullable"]
    assert envelope_of(server.get("/api/v1/pipelines/nope/schema"))["code"] == "PIPELINE_NOT_FOUND"


ROUTES = [
    ("/api/v1/pipelines/toy/validate", lambda config: {"config": config}),
    ("/api/v1/pipelines/validate", lambda config: {"pipeline": "toy", "config": config}),
    ("/api/v1/config/validate", lambda config: {"config": {"toy": config}}),
    ("/api/v1/config/validate/", lambda config: {"config": {"toy": config}, "selected_pipelines": ["toy"]}),
]
WRONG = [
    ({"confidence_threshold": 1.5}, "confidence_threshold", "VALUE_OUT_OF_RANGE", 1.0),
    ({"confidence_threshold": "high"}, "confidence_threshold", "INVALID_TYPE", 0.5),
    ({"confidence_threshold": None}, "confidence_threshold", "INVALID_TYPE", 0.5),
    ({"count": 0}, "count", "VALUE_OUT_OF_RANGE", 1),
    ({"count": 1.5}, "count", "INVALID_TYPE", 4),
    ({"flavour": "swet"}, "flavour", "INVALID_CHOICE", "sweet"),
    ({"active": "yes"}, "active", "INVALID_TYPE", True),
    ({"inner": {"depth": 10}}, "inner.depth", "VALUE_OUT_OF_RANGE", 9),
    ({"note": "x" * 11}, "note", "VALUE_OUT_OF_RANGE", None),
]


@pytest.mark.parametrize(("path", "body"), ROUTES, ids=lambda value: value if isinstance(value, str) else "")
def test_right_options_are_valid(server: Live, path: str, body: Any) -> None:
    found = post(server, path, body({"confidence_threshold": 0.7, "flavour": "sour", "inner": {"depth": 2}}))
    assert (found["valid"], found["errors"], found["warnings"]) == (True, [], [])
    assert found["pipelines_validated"] == ["toy"]


@pytest.mark.parametrize(("path", "body"), ROUTES, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize(("config", "field", "code", "suggested"), WRONG, ids=str)
def test_wrong_options_are_named(server: Live, path: str, body: Any, config: Any, field: str, code: str, suggested: Any) -> None:
    found = post(server, path, body(config))
    assert found["valid"] is False
    (item,) = found["errors"]
    assert (item["field"], item["code"], item["suggested_value"], item["pipeline"]) == (field, code, suggested, "toy")
    assert item["hint"]
    assert field in found["message"]


def test_unknown_options_are_warnings_with_the_nearest_name(server: Live) -> None:
    found = post(server, "/api/v1/pipelines/toy/validate", {"config": {"confidence_treshold": 0.4, "zzz": 1}})
    assert found["valid"] is True
    near, far = found["warnings"]
    assert (near["field"], near["suggestion"]) == ("confidence_treshold", "confidence_threshold")
    assert (far["field"], far["suggestion"]) == ("zzz", None)


def test_an_unknown_pipeline_is_404_in_the_path_and_a_finding_in_the_body(server: Live) -> None:
    response = server.request("POST", "/api/v1/pipelines/nope/validate", json={"config": {}})
    assert envelope_of(response)["code"] == "PIPELINE_NOT_FOUND"
    for path, body in (
        ("/api/v1/pipelines/validate", {"pipeline": "nope", "config": {}}),
        ("/api/v1/config/validate", {"config": {"nope": {}}}),
        ("/api/v1/config/validate", {"config": {}, "selected_pipelines": ["nope"]}),
    ):
        found = post(server, path, body)
        assert [item["code"] for item in found["errors"]] == ["PIPELINE_NOT_FOUND"]


def test_a_flat_config_applies_to_the_selected_pipelines_that_have_the_option(server: Live) -> None:
    body = {"config": {"confidence_threshold": 3}, "selected_pipelines": ["toy", "scene_detection"]}
    found = post(server, "/api/v1/config/validate", body)
    assert ("toy", "confidence_threshold") in [(item["pipeline"], item["field"]) for item in found["errors"]]
    assert "FLAT_CONFIG" in [item["code"] for item in found["warnings"]]


def test_a_pipeline_that_cannot_be_used_here_is_an_error(server: Live) -> None:
    found = post(server, "/api/v1/config/validate", {"config": {"broken": {}}})
    assert [item["code"] for item in found["errors"]] == ["PIPELINE_UNAVAILABLE"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"config": {}, "selected_pipelines": ["\ud800"]}, "INVALID_TYPE"),
        ({"config": {"toy": {"\ud800": 1}}}, "INVALID_TYPE"),
        ({"config": {"toy": {f"option{number}": 1 for number in range(20_000)}}}, "VALUE_OUT_OF_RANGE"),
        ({"config": {"toy": {"inner": {f"option{number}": 1 for number in range(20_000)}}}}, "VALUE_OUT_OF_RANGE"),
        ({"config": {f"pipeline{number}": {} for number in range(20_000)}}, "VALUE_OUT_OF_RANGE"),
        ({"config": {}, "selected_pipelines": [f"pipeline{number}" for number in range(20_000)]}, "VALUE_OUT_OF_RANGE"),
    ],
    ids=["half a character", "half a character in a name", "options", "inner options", "pipelines", "selected pipelines"],
)
def test_what_nobody_means_is_one_error(server: Live, body: Any, code: str) -> None:
    found = post(server, "/api/v1/config/validate", body)
    assert [item["code"] for item in found["errors"]] == [code]
    assert found["warnings"] == []


def test_the_server_answers_others_while_it_checks_a_config(server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    checking, go_on = threading.Event(), threading.Event()

    def check_for_long(*_: object) -> ValidationResult:
        checking.set()
        assert go_on.wait(30)
        return ValidationResult()

    monkeypatch.setattr(server.here.validator, "validate_batch", check_for_long)
    with ThreadPoolExecutor() as threads:
        answers = [
            threads.submit(server.request, "POST", path, json=body)
            for path, body in (
                ("/api/v1/config/validate", {"config": {}}),
                ("/api/v1/pipelines/validate", {"pipeline": "toy", "config": {}}),
                ("/api/v1/pipelines/toy/validate", {"config": {}}),
            )
        ]
        try:
            assert checking.wait(30)
            assert server.get("/health").status_code == 200
        finally:
            go_on.set()
        assert [answer.result().status_code for answer in answers] == [200, 200, 200]


def test_checking_leaves_nothing_behind(server: Live) -> None:
    before = sorted(path for path in server.here.storage.root.rglob("*") if path.is_file() and "videoannotator.db" not in path.name)
    post(server, "/api/v1/config/validate", {"config": {"toy": {"count": 0}}})
    after = sorted(path for path in server.here.storage.root.rglob("*") if path.is_file() and "videoannotator.db" not in path.name)
    assert after == before
    assert server.get("/api/v1/system/database").json()["jobs_count"] == 0
