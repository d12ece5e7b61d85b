"""The application's description in OpenAPI, made to say what really comes."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from videoannotator.api.v1.errors import example

ENVELOPE = {"$ref": "#/components/schemas/ErrorEnvelope"}
NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Name our envelope wherever FastAPI would name an error of its own, and show examples whole."""
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
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to change it


def _read_examples(content: dict[str, Any]) -> None:
    for place, name in [(content, "example"), *((one, "value") for one in content.get("examples", {}).values())]:
        if isinstance(place.get(name), str):
            place[name] = json.loads(place[name])


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
