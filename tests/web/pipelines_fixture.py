"""The pipelines as the tests of the form know them: `python -m tests.web.pipelines_fixture` writes them anew."""

import json
from pathlib import Path
from typing import Any

from videoannotator.api.v1.documents import PipelineDocument
from videoannotator.registry.listing import list_pipelines

FIXTURE = Path(__file__).parents[2] / "web" / "tests" / "newjob" / "pipelines.json"
KEPT = ("name", "display_name", "former_names", "default_enabled", "config_schema")
"""What does not depend on the machine."""


def pipelines() -> list[dict[str, Any]]:
    """The document of every pipeline of this installation, as far as it is kept."""
    found = [PipelineDocument.of(info).model_dump(mode="json") for info in list_pipelines()]
    return [{name: document[name] for name in KEPT} for document in found]


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps(pipelines(), indent=1) + "\n", encoding="utf-8")
