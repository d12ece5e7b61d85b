"""Each option of each pipeline, set through the HTTP interface, reaches the pipeline and stands in the result."""

import json
from pathlib import Path
from typing import Any

from tests.acceptance.server import Installation
from tests.tiny_networks import added, sound_events

from videoannotator.media.synthetic import Shot, Sound, shots_clip, silence, write_clip
from videoannotator.registry.entries import Registry
from videoannotator.registry.parameters import Parameter, parameters_of

BUILTIN = {
    name: entry.plugin
    for name, entry in Registry.installed().pipelines.items()
    if entry.builtin and entry.plugin and not entry.plugin.packages
}
"""Without those that need an extra, whose options tests/extras sets."""


def other_value(pipeline: str, parameter: Parameter) -> Any:
    """A legal value that is not the default."""
    if parameter.choices:
        return next((choice for choice in parameter.choices if choice != parameter.default), parameter.default)
    if parameter.type == "boolean":
        return not parameter.default
    if parameter.type in ("number", "integer"):
        assert parameter.minimum is not None
        assert parameter.maximum is not None
        middle = (parameter.minimum + parameter.maximum) / 2
        candidates = [middle, (middle + parameter.maximum) / 2]
        values = [int(value) if parameter.type == "integer" else value for value in candidates]
        return next(value for value in values if value != parameter.default)
    if parameter.type == "array":
        return LISTS[pipeline, parameter.name]
    return "other words"


NAMES = [{"label": "Ada", "speaker": "speaker_002", "start_s": None, "end_s": None}]
LISTS: dict[tuple[str, str], list[Any]] = {
    ("person_tracking", "labels"): [{"track": 3, "label": "parent", "start_s": 0.5, "end_s": None}],
    ("speaker_diarization", "labels"): NAMES,
    ("audio_processing", "speaker_diarization.labels"): NAMES,
    ("audio_events", "classes"): ["Tone"],
}
"""Values of options that are lists, whole: what is left out of an item stands in the record as null."""

WHISPER = {"backend": "faster-whisper", "model": "small", "language": "de"}
"""Options that only go together, and of a back-end that need not be installed: on a recording without sound it is not asked for."""

ADDED = {
    "person_tracking": dict.fromkeys(("detector_weights", "pose_weights", "yolo_weights"), "my-weights"),
    "face_analysis": dict.fromkeys(("expression_weights", "action_unit_weights"), "my-weights"),
}
"""Options that name weights which nobody added: on a recording without pictures they are not asked for."""

PYANNOTE = {"backend": "pyannote", "model": "somewhere"}
"""The same of another pipeline."""

EVENTS = {"weights": "my-events"}
"""Weights that are there."""

EMOTION = {"weights": "my-weights", "emotion_labels": ["calm", "angry"]}
"""Weights that nobody added, of a pipeline that works on sound."""

INSIDE = {f"speech_recognition.{option}": value for option, value in WHISPER.items()} | {
    f"speaker_diarization.{option}": value for option, value in PYANNOTE.items()
}
"""Both of them inside the pipeline that contains theirs."""

MAKERS = {"active_speaker": ("face_analysis", "speaker_diarization")}
"""What is selected beside a pipeline because it works on their records."""

SEPARATE = {*WHISPER, *PYANNOTE, *EVENTS, *EMOTION, *(option for options in ADDED.values() for option in options)}
ORDERS: list[tuple[str, str, dict[str, Any]]] = [
    *(
        (
            name,
            "loud",
            {p.name: other_value(name, p) for p in parameters_of(plugin.Options) if p.name.rpartition(".")[2] not in SEPARATE},
        )
        for name, plugin in BUILTIN.items()
    ),
    ("speech_recognition", "silent", WHISPER),
    ("speaker_diarization", "silent", PYANNOTE),
    ("audio_processing", "silent", INSIDE),
    ("audio_events", "silent", EVENTS),
    ("voice_emotion", "silent", EMOTION),
    *((name, "sound", options) for name, options in ADDED.items()),
]
"""Pipeline, recording, and options."""


def test_no_option_is_left_out() -> None:
    ordered = {(name, option) for name, _, options in ORDERS for option in options}
    assert ordered == {(name, p.name) for name, plugin in BUILTIN.items() for p in parameters_of(plugin.Options)}


def test_each_option_stands_in_the_provenance(tmp_path: Path, second: Path) -> None:
    recordings = {"loud": tmp_path / "loud.mp4", "silent": second, "sound": tmp_path / "sound.m4a"}
    shots_clip(recordings["loud"], [Shot(13), Shot(12)], size=(64, 48), sounds=[Sound(silence(1.0), 16000)])
    write_clip(recordings["sound"], sounds=[Sound(silence(1.0), 16000)])
    network = sound_events(tmp_path / "net.onnx", [500], cuts=False, shape=("batch", "n"))
    for name in ("audio_events", EVENTS["weights"]):
        added(tmp_path / "weights", name, network, {"labels.txt": "Tone"})
    with Installation(tmp_path / "house", MODEL_CACHE_DIR=str(tmp_path / "weights")).server() as server:
        jobs = []
        for name, recording, options in ORDERS:
            config: dict[str, Any] = {name: {}, **{maker: {} for maker in MAKERS.get(name, ())}}
            for option, value in options.items():
                place = config[name]
                *groups, last = option.split(".")
                for group in groups:
                    place = place.setdefault(group, {})
                place[last] = value
            jobs.append(server.submit(recordings[recording], config))
        for (name, recording, options), job in zip(ORDERS, jobs, strict=True):
            server.wait_for(job["id"], "completed", within_s=600)
            record = json.loads(server.client.get(f"jobs/{job['id']}/results/files/provenance.json").raise_for_status().content)
            in_force = record["options"][name]
            assert {option: value_at(in_force, option) for option in options} == options
            run = server.results(job["id"])["pipeline_results"][name]
            assert run["status"] == ("completed" if recording == "loud" else "skipped"), run
            assert run["options"] == in_force


def value_at(options: dict[str, Any], name: str) -> Any:
    """The value of an option that may lie in a group."""
    found: Any = options
    for part in name.split("."):
        found = found[part]
    return found
