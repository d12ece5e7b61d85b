"""The description of the HTTP interface is complete, and every curl line in it works on a live server."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from tests.acceptance.server import Installation, Server, until

from videoannotator.api.v1.errors import ErrorEnvelope
from videoannotator.api.v1.exceptions import STATUS_BY_CODE
from videoannotator.registry.entries import Registry

EXAMPLE_ADDRESS = "http://127.0.0.1:18011"
EXAMPLE_KEY = "$API_KEY"
CURL = re.compile(r"```bash\n(.*?)```", re.DOTALL)
ALWAYS = {"400", "500"}
KEYED = {"401", "403", "429", "503"}
STATUS_SAID = re.compile(r"\nHTTP (\d{3})$")
"""curl writes the status behind the body."""
ENDED_BY_MAX_TIME = 28
PIPELINES = {name: entry.plugin for name, entry in Registry.installed().pipelines.items() if entry.builtin and entry.plugin}
RECORDING = "recording.mp4"
FOLDER = "/media/study"


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    method: str
    path: str
    what: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    house = Installation(tmp_path_factory.mktemp("house") / "house", MEDIA_ROOTS=str(tmp_path_factory.getbasetemp()))
    with house.server() as started:
        yield started


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    body: dict[str, Any] = httpx.get(f"{server.address}/openapi.json", trust_env=False).json()
    return body


def operations(document: dict[str, Any]) -> list[Operation]:
    return [Operation(method, path, what) for path, methods in document["paths"].items() for method, what in methods.items()]


def successes(operation: Operation) -> dict[str, Any]:
    return {status: answer for status, answer in operation.what["responses"].items() if status.startswith("2")}


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert len(operation.what["description"].partition("```")[0].strip()) > 20, operation.name
        assert operation.what["tags"], operation.name
        for parameter in operation.what.get("parameters", []):
            assert parameter.get("description"), (operation.name, parameter["name"])
    names = [operation.what["operationId"] for operation in operations(document)]
    assert len(names) == len(set(names))


def test_every_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for operation in operations(document):
        assert successes(operation), operation.name
        for status, answer in operation.what["responses"].items():
            contents = answer.get("content", {})
            assert contents or status == "204", (operation.name, status)
            for kind, content in contents.items():
                examples = [one["value"] for one in content.get("examples", {}).values()] + [
                    content[name] for name in ("example",) if name in content
                ]
                if kind in ("application/json", "text/plain", "text/event-stream"):
                    assert examples, (operation.name, status, kind)
                schema = {**content.get("schema", {}), "components": document["components"]}
                for example in examples:
                    jsonschema_rs.validate(schema, example)


def test_what_each_pipeline_takes_stands_where_jobs_are_submitted(document: dict[str, Any]) -> None:
    """So that whoever sends what the description allows is not refused."""
    schemas = document["components"]["schemas"]
    config = {"$ref": "#/components/schemas/JobConfig", "components": document["components"]}
    defaults = {name: plugin.Options().model_dump(mode="json") for name, plugin in PIPELINES.items()}
    assert jsonschema_rs.is_valid(config, defaults)
    wrong_ones: list[Any] = [{"no_such": {}}, {"scene_detection": {"mode": "wrong"}}, {"scene_detection": {"threshold": 256}}, []]
    for wrong in wrong_ones:
        assert not jsonschema_rs.is_valid(config, wrong), wrong
    for body in ("PathBody", "UploadBody"):
        assert schemas[body]["properties"]["config"] == {"$ref": config["$ref"]}
    (names,) = (one["items"]["enum"] for one in schemas["PathBody"]["properties"]["selected_pipelines"]["anyOf"] if "items" in one)
    assert set(names) == {*PIPELINES, "trial", "other_trial"}
    form = document["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["properties"]["config"]["contentSchema"] == {"$ref": config["$ref"]}


def test_every_failure_is_the_envelope_with_a_code_of_its_status(document: dict[str, Any]) -> None:
    for operation in operations(document):
        statuses = set(operation.what["responses"])
        assert statuses >= ALWAYS | (KEYED if operation.what.get("security") else set()), operation.name
        for status, answer in operation.what["responses"].items():
            if status < "400":
                continue
            content = answer["content"]["application/json"]
            examples = content.get("examples") or {"only": {"value": content["example"]}}
            for one in examples.values():
                code = ErrorEnvelope.model_validate({"error": one["value"]["error"], "detail": one["value"]["detail"]}).error.code
                assert STATUS_BY_CODE[code] == int(status), (operation.name, status, code)
    assert "HTTPValidationError" not in json.dumps(document)


def curl_lines(operation: Operation) -> list[str]:
    """Each curl command of a description, its continued lines joined."""
    blocks = CURL.findall(operation.what["description"])
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip().startswith("curl")]


def test_every_operation_has_a_curl_line_with_its_own_address(document: dict[str, Any]) -> None:
    for operation in operations(document):
        lines = curl_lines(operation)
        assert lines, operation.name
        words = [word for line in lines for word in shlex.split(line)]
        pattern = re.compile(re.escape(EXAMPLE_ADDRESS) + re.sub(r"\\{\w+\\}", "[^/?]+", re.escape(operation.path)) + r"(\?.*)?$")
        assert any(pattern.match(word) for word in words), operation.name
        if operation.what.get("security"):
            assert all(f"Authorization: Bearer {EXAMPLE_KEY}" in line for line in lines), operation.name


class Reader:
    """Somebody who reads the description and tries its commands.

    Args:
        server: where.
        folder: where; holds the recording that the commands name.
    """

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.recording = folder / RECORDING
        self._read_only: str | None = None

    def job_for(self, operation: Operation) -> str:
        """A job on which the operation succeeds; one for all that change nothing."""
        if operation.method == "get" and self._read_only is None:
            self._read_only = self._new_job_for(operation)
        return self._read_only if operation.method == "get" and self._read_only else self._new_job_for(operation)

    def _new_job_for(self, operation: Operation) -> str:
        job = self.server.submit(self.recording, {"scene_detection": {"mode": "fast"}})["id"]
        if (operation.method, operation.path) == ("delete", "/api/v1/jobs/{job_id}") or operation.path.endswith("/cancel"):
            return str(job)
        if operation.path.endswith("/retry"):
            assert self.server.client.post(f"jobs/{job}/cancel").status_code == 200
        else:
            self.server.wait_for(job, "completed")
        if "/corrections/" in operation.path:
            added = {"kind": "add_segment", "target": "Scene", "after": {"start_s": 0.3}}
            assert self.server.client.post(f"jobs/{job}/corrections", json=added).status_code == 201
        if operation.path.endswith("/redo"):
            assert self.server.client.post(f"jobs/{job}/corrections/1/undo").status_code == 200
        return str(job)

    def export_for(self, job: str) -> str:
        """An archive of a job."""
        asked = self.server.client.post("exports", json={"job_ids": [job], "formats": ["scenes"]})
        export_id = asked.json()["export_id"]
        until(lambda: self.server.client.get(f"exports/{export_id}").json()["status"] == "ready", "the export")
        return str(export_id)

    def new_key(self) -> str:
        """The id of a key that may be revoked."""
        return str(self.server.client.post("keys", json={"name": "short-lived"}).raise_for_status().json()["id"])

    def new_code(self) -> str:
        """A code that signs in."""
        return str(self.server.client.post("system/sign-in-code").raise_for_status().json()["code"])

    def upload_for(self, operation: Operation) -> str:
        """An upload on which the operation succeeds."""
        content = self.recording.read_bytes()
        tus = {"Tus-Resumable": "1.0.0"}
        begun = self.server.client.post("uploads", headers={**tus, "Upload-Length": str(len(content))})
        upload = str(begun.json()["id"])
        if operation.method == "post":
            headers = {**tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            assert self.server.client.patch(f"uploads/{upload}", content=content, headers=headers).status_code == 204
        return upload

    def run(self, line: str, job: str, upload: str, export: str) -> tuple[int, str]:
        """Run a command; gives the status of its answer, and what it said."""
        names = {
            EXAMPLE_ADDRESS: self.server.address,
            EXAMPLE_KEY: str(self.server.home.key),
            "$JOB_ID": job,
            "$UPLOAD_ID": upload,
            "$EXPORT_ID": export,
            FOLDER: str(self.folder),
        }
        for name, make in {"$KEY_ID": self.new_key, "$CODE": self.new_code}.items():
            if name in line:
                names[name] = make()
        for name, value in names.items():
            line = line.replace(name, value)
        words = [*shlex.split(line), "--silent", "--show-error", "--noproxy", "*", "--write-out", "\nHTTP %{http_code}"]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, timeout=60, check=False)
        said = done.stdout.decode(errors="replace")
        found = STATUS_SAID.search(said)
        assert done.returncode in (0, ENDED_BY_MAX_TIME), (line, done.stderr)
        assert found, (line, said)
        return int(found[1]), said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_curl_line_works(document: dict[str, Any], server: Server, second: Path, tmp_path: Path) -> None:
    shutil.copy(second, tmp_path / RECORDING)
    reader = Reader(server, tmp_path)
    tried = 0
    for operation in operations(document):
        for line in curl_lines(operation):
            job = reader.job_for(operation) if "$JOB_ID" in line or "$EXPORT_ID" in line else ""
            upload = reader.upload_for(operation) if "$UPLOAD_ID" in line else ""
            export = reader.export_for(job) if "$EXPORT_ID" in line else ""
            status, said = reader.run(line, job, upload, export)
            assert str(status) in successes(operation), (operation.name, line, said)
            tried += 1
    assert tried >= len(operations(document))
