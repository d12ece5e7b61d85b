"""The application's description in OpenAPI, made to say what really comes."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from videoannotator.api.v1.errors import example
from videoannotator.registry.entries import Registry

ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}
NOT_OURS = ("HTTPValidationError", "ValidationError")
JOB_CONFIG = "JobConfig"
SUBMISSIONS = ("PathBody", "UploadBody")
OPTIONS = "options."
"""Before the names of models of options: a plugin may call its own as one of ours is called."""


def describe(app: FastAPI, registry: Registry) -> None:
    """Name our envelope wherever FastAPI would name an error of its own, show examples whole, and say what each pipeline takes."""
    described_by_fastapi = app.openapi

    def described() -> dict[str, Any]:
        document = described_by_fastapi()
        for operation in _operations(document):
            if NOT_OURS[0] in str(operation["responses"].get("422")):
                content = {"schema": ENVELOPE, "examples": {"VALIDATION_ERROR": {"value": example(422)}}}
                said = {"description": "The request has not the right shape. (VALIDATION_ERROR)"}
                operation["responses"]["422"] = {**said, "content": {"application/json": content}}
            for status, answer in operation["responses"].items():
                if status >= "400":  # FastAPI gives failures the kind of the route's success
                    whole = {name: part for content in answer["content"].values() for name, part in content.items()}
                    answer["content"] = {"application/json": whole}
                _read_examples(answer.get("content", {}).get("application/json", {}))
            operation["responses"] = dict(sorted(operation["responses"].items()))
        for name in NOT_OURS:
            document["components"]["schemas"].pop(name, None)
        _describe_options(document, registry)
        usable = [entry.name for entry in registry.exporters.values() if entry.plugin is not None]
        document["components"]["schemas"]["ExportBody"]["properties"]["formats"]["items"]["enum"] = usable
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to change it


def _describe_options(document: dict[str, Any], registry: Registry) -> None:
    """Say which pipelines there are, and which options each takes, wherever a job is submitted."""
    models = {entry.name: entry.plugin.Options for entry in registry.pipelines.values() if entry.plugin is not None}
    template = f"#/components/schemas/{OPTIONS}{{model}}"
    found, definitions = models_json_schema([(model, "validation") for model in models.values()], ref_template=template)
    schemas = document["components"]["schemas"]
    schemas |= {f"{OPTIONS}{name}": schema for name, schema in definitions.get("$defs", {}).items()}
    schemas[JOB_CONFIG] = {
        "type": "object",
        "title": "Config of a job",
        "description": "Options by pipeline; those that are left out have their defaults.",
        "properties": {name: found[model, "validation"] for name, model in models.items()},
        "additionalProperties": False,
    }
    for body in SUBMISSIONS:
        fields = schemas[body]["properties"]
        fields["config"] = {"$ref": f"#/components/schemas/{JOB_CONFIG}"}
        fields["selected_pipelines"]["anyOf"][0]["items"]["enum"] = list(models)
    form = document["paths"]["/api/v1/jobs"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    form["properties"]["config"] |= {
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": f"#/components/schemas/{JOB_CONFIG}"},
    }


def _read_examples(content: dict[str, Any]) -> None:
    for place, name in [(content, "example"), *((one, "value") for one in content.get("examples", {}).values())]:
        if isinstance(place.get(name), str):
            place[name] = json.loads(place[name])


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
