"""Plugins that are right, and plugins that are wrong in every way."""

from pathlib import Path

import numpy as np
import pytest
from tests.plugins import installed
from tests.tiny_networks import added, sound_events

from videoannotator.engine.annotate import annotate
from videoannotator.errors import PipelineNotFoundException, PipelineUnavailableException
from videoannotator.media.synthetic import Sound, write_clip
from videoannotator.registry.check import check_pipelines
from videoannotator.registry.entries import EXPORTER_GROUP, PIPELINE_GROUP, Registry, missing_packages

RIGHT = "from tests.plugins import ToyPipeline\n"
OPTIONS = "from pydantic import ConfigDict, Field\nfrom videoannotator.pipelines.base import PipelineOptions\n"


def discover(
    folder: Path, code: str, name: str = "toy", target: str = "toyplugin:ToyPipeline", group: str = PIPELINE_GROUP
) -> Registry:
    with installed(folder, "toyplugin", code, {group: {name: target}}):
        return Registry.discover()


def test_a_right_plugin_is_available(tmp_path: Path) -> None:
    registry = discover(tmp_path, RIGHT)
    assert registry.pipelines["toy"].available
    assert registry.pipelines["toy"].distribution == "toyplugin"
    assert registry.pipeline("plaything").name == "toy"


@pytest.mark.parametrize(
    ("code", "name", "target", "reason"),
    [
        ("import no_such_module_anywhere\n", "toy", "toyplugin:ToyPipeline", "module 'no_such_module_anywhere'"),
        (
            "raise RuntimeError('broken at birth')\n",
            "toy",
            "toyplugin:ToyPipeline",
            "fails on import: RuntimeError: broken at birth",
        ),
        ("def f(:\n", "toy", "toyplugin:ToyPipeline", "fails on import: SyntaxError"),
        (RIGHT, "toy", "toyplugin:Missing", "fails on import: AttributeError"),
        (RIGHT, "other", "toyplugin:ToyPipeline", "its name is 'toy', while its entry point is 'other'"),
        ("ToyPipeline = 7\n", "toy", "toyplugin:ToyPipeline", "not a subclass"),
        (
            "from videoannotator.pipelines.base import Pipeline\nclass ToyPipeline(Pipeline):\n    name = 'toy'\n",
            "toy",
            "toyplugin:ToyPipeline",
            "does not define feed, finish, needs, start",
        ),
        (RIGHT + "class Bare(ToyPipeline):\n    Options = dict\n", "toy", "toyplugin:Bare", "'Options' must be a subclass"),
        (
            RIGHT
            + "from videoannotator.pipelines.base import PipelineOptions\n"
            + "class Loose(PipelineOptions):\n    level: float = 1.0\n    must: str\n"
            + "class Bad(ToyPipeline):\n    Options = Loose\n",
            "toy",
            "toyplugin:Bad",
            "option 'level' has no lower or no upper bound; the option 'must' has no default",
        ),
        (
            RIGHT
            + "from typing import Any\n"
            + OPTIONS
            + "class Odd(PipelineOptions):\n    model_config = ConfigDict(arbitrary_types_allowed=True)\n"
            + "    thing: Any = Field(None, description='x')\n"
            + "class Bad(ToyPipeline):\n    Options = Odd\n",
            "toy",
            "toyplugin:Bad",
            "option 'thing' has a type that JSON cannot hold",
        ),
        (
            RIGHT
            + "from collections.abc import Callable\n"
            + OPTIONS
            + "class Odd(PipelineOptions):\n    thing: Callable[[int], int] = Field(abs, description='x')\n"
            + "class Bad(ToyPipeline):\n    Options = Odd\n",
            "toy",
            "toyplugin:Bad",
            "schema of its options cannot be built",
        ),
        (
            RIGHT + "class Bad(ToyPipeline):\n    @classmethod\n    def needs(cls, options):\n        raise KeyError('level')\n",
            "toy",
            "toyplugin:Bad",
            "fails while its declaration is read: KeyError: 'level'",
        ),
        (
            RIGHT + "class Bad(ToyPipeline):\n    added_weights = 'weights'\n",
            "toy",
            "toyplugin:Bad",
            "'added_weights' is 'weights', which is no option whose default is a name",
        ),
        (RIGHT + "class Bad(ToyPipeline):\n    produces = ()\n", "toy", "toyplugin:Bad", "'produces' must be"),
        (RIGHT + "class Bad(ToyPipeline):\n    description = None\n", "toy", "toyplugin:Bad", "'description' must be a text"),
    ],
)
def test_a_wrong_plugin_is_listed_with_the_reason_and_the_rest_works(
    tmp_path: Path, code: str, name: str, target: str, reason: str
) -> None:
    registry = discover(tmp_path, code, name, target)
    entry = registry.pipelines[name]
    assert not entry.available
    assert reason in (entry.reason or "")
    assert entry.hint
    assert registry.pipelines["scene_detection"].available
    with pytest.raises(PipelineUnavailableException, match="cannot be used"):
        registry.pipeline(name)


def test_a_wrong_exporter_is_listed_with_the_reason(tmp_path: Path) -> None:
    registry = discover(tmp_path, "class Format:\n    name = 'toy'\n", "toy", "toyplugin:Format", EXPORTER_GROUP)
    assert "not a subclass" in (registry.exporters["toy"].reason or "")
    assert registry.exporters["webvtt"].available


def test_a_plugin_cannot_take_the_name_of_a_builtin(tmp_path: Path) -> None:
    registry = discover(
        tmp_path, RIGHT + "class Usurper(ToyPipeline):\n    name = 'scene_detection'\n", "scene_detection", "toyplugin:Usurper"
    )
    assert registry.pipelines["scene_detection"].builtin


def test_of_two_plugins_with_one_name_neither_counts(tmp_path: Path) -> None:
    for package in ("toyone", "toytwo"):
        (tmp_path / package).mkdir()
    with (
        installed(tmp_path / "toyone", "toyone", RIGHT, {PIPELINE_GROUP: {"toy": "toyone:ToyPipeline"}}),
        installed(tmp_path / "toytwo", "toytwo", RIGHT, {PIPELINE_GROUP: {"toy": "toytwo:ToyPipeline"}}),
    ):
        entry = Registry.discover().pipelines["toy"]
    assert not entry.available
    assert "'toyone'" in (entry.reason or "")
    assert "'toytwo'" in (entry.reason or "")


def test_a_plugin_that_leaves_on_import_harms_nobody(tmp_path: Path) -> None:
    registry = discover(tmp_path, "import sys\nsys.exit(3)\n")
    assert "SystemExit" in (registry.pipelines["toy"].reason or "")
    assert registry.pipelines["scene_detection"].available


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(PipelineNotFoundException) as caught:
        Registry.installed().pipeline("scene_detecton")
    assert "'scene_detection'" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("former", "today"), [("scene", "scene_detection"), ("speech", "speech_recognition"), ("audio", "audio_processing")]
)
def test_names_of_earlier_releases(former: str, today: str) -> None:
    assert Registry.installed().canonical_name(former) == today


def test_check_finds_nothing_wrong_here() -> None:
    found = check_pipelines(Registry.installed())
    assert set(found) >= {"scene_detection", "speech_recognition"}
    assert not any(found.values())


def test_check_finds_a_pipeline_nobody_can_write(tmp_path: Path) -> None:
    code = RIGHT + "class Thing: pass\nclass Odd(ToyPipeline):\n    produces = (Thing,)\n"
    with installed(tmp_path, "toyplugin", code, {PIPELINE_GROUP: {"toy": "toyplugin:Odd"}}):
        assert "no exporter can write" in check_pipelines(Registry.discover())["toy"][0]


def test_check_finds_a_pipeline_that_cannot_be_made(tmp_path: Path) -> None:
    code = RIGHT + "class Odd(ToyPipeline):\n    def __init__(self, options, context):\n        raise KeyError('level')\n"
    with installed(tmp_path, "toyplugin", code, {PIPELINE_GROUP: {"toy": "toyplugin:Odd"}}):
        found = check_pipelines(Registry.discover())
    assert "cannot be made with its default options: KeyError" in found["toy"][0]
    assert not found["scene_detection"]


NEEDY = """
from typing import ClassVar
from tests.plugins import ToyOptions, ToyPipeline
from pydantic import Field
class Options(ToyOptions):
    weights: str = Field("toys", description="Name of added weights.")
class Needy(ToyPipeline):
    Options = Options
    added_weights = "weights"
    extra = "fun"
    packages: ClassVar[tuple[str, ...]] = ("numpy", PACKAGE)
"""


def test_a_pipeline_says_which_extra_and_which_weights_it_lacks(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    with installed(
        tmp_path, "toyplugin", NEEDY.replace("PACKAGE", "'no_such_package'"), {PIPELINE_GROUP: {"toy": "toyplugin:Needy"}}
    ):
        registry = Registry.discover(weights)
        entry = registry.pipelines["toy"]
        assert (entry.available, entry.plugin is not None) == (False, True)
        assert entry.reason == (
            "It needs the package 'no_such_package', which is not installed. "
            "It needs weights that you add, and there are none of the name 'toys'."
        )
        assert str(entry.hint).startswith(
            "Install it with: pip install 'toyplugin[fun]'. Run: videoannotator models pull SOURCE --name"
        )
        added(weights, "toys", sound_events(tmp_path / "net.onnx"))
        assert entry.reason == "It needs the package 'no_such_package', which is not installed."
        assert entry.hint == "Install it with: pip install 'toyplugin[fun]'"
        with pytest.raises(PipelineUnavailableException, match="'no_such_package'") as caught:
            registry.require_ready("toy", registry.pipeline("toy").Options())
        assert caught.value.detail == {"pipeline": "toy"}
        registry.trusting().require_ready("toy", registry.pipeline("toy").Options())


def test_with_its_extra_a_pipeline_lacks_only_weights(tmp_path: Path) -> None:
    with installed(tmp_path, "toyplugin", NEEDY.replace("PACKAGE", "'pytest'"), {PIPELINE_GROUP: {"toy": "toyplugin:Needy"}}):
        entry = Registry.discover(tmp_path / "weights").pipelines["toy"]
        assert entry.reason == "It needs weights that you add, and there are none of the name 'toys'."
        added(tmp_path / "weights", "toys", sound_events(tmp_path / "net.onnx"))
        assert Registry.discover(tmp_path / "weights").pipelines["toy"].available


@pytest.mark.parametrize("name", ["laion_voice", "voice_emotion_baseline"])
def test_pipelines_of_extras_are_listed_and_refused_with_the_cure(name: str, tmp_path: Path) -> None:
    entry = Registry.discover(tmp_path / "weights").pipelines[name]
    assert not entry.available
    assert f"none of the name '{name}'" in str(entry.reason)
    assert f"videoannotator models pull SOURCE --name {name}" in str(entry.hint)
    assert entry.plugin is not None
    if missing_packages(entry.plugin):
        assert str(entry.reason).startswith("It needs the package 'torch', which is not installed.")
        assert str(entry.hint).startswith(f"Install it with: pip install 'videoannotator[{entry.plugin.extra}]'. Run: ")
    write_clip(tmp_path / "sound.m4a", sounds=[Sound(np.zeros(16000, np.float32), 16000)])
    with pytest.raises(PipelineUnavailableException, match=f"'{name}' cannot be used") as refused:
        annotate(tmp_path / "sound.m4a", [name], weights_folder=tmp_path / "weights")
    assert refused.value.hint == entry.hint
