"""What `import videoannotator` offers, and what it costs."""

import json
import subprocess
import sys

import pytest

import videoannotator

SURFACE = ["AnnotationSet", "__version__", "annotate", "list_pipelines", "open_media", "save"]
HEAVY = ["numpy", "av", "onnxruntime", "cv2", "pydantic", "sqlalchemy", "fastapi", "scenedetect", "pandas", "pyarrow", "rich"]


def modules_after(statement: str) -> set[str]:
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_public_names() -> None:
    assert sorted(videoannotator.__all__) == sorted(SURFACE)
    assert set(SURFACE) <= set(dir(videoannotator))
    for name in SURFACE:
        assert getattr(videoannotator, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'anotate'"):
        _ = videoannotator.anotate


def test_import_is_light() -> None:
    assert modules_after("import videoannotator") & set(HEAVY) == set()


def test_help_is_light() -> None:
    """The command line answers --help without loading anything that computes."""
    call = "with contextlib.suppress(SystemExit): videoannotator.cli.app(['--help'])"
    loaded = modules_after(f"import contextlib, videoannotator.cli\n{call}\nimport sys, json")
    assert loaded & {"numpy", "av", "onnxruntime", "cv2", "scenedetect", "pydantic"} == set()


def test_version_stands_in_one_place() -> None:
    assert videoannotator.__version__ == "1.3.0"
