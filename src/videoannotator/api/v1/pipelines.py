"""Which pipelines there are, with which options; and checking options before a job exists."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from videoannotator.api.dependencies import Reader, services
from videoannotator.api.v1.documents import (
    ConfigBody,
    ParameterDocument,
    PipelineConfigBody,
    PipelineDocument,
    PipelineList,
    PipelineSchema,
    Validation,
)
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.registry.listing import PipelineInfo, list_pipelines

router = APIRouter(prefix="/pipelines", tags=["pipelines"])

Name = Annotated[str, Path(description="The pipeline's name, today's or a former one.", examples=["scene_detection"])]

PIPELINE: dict[str, Any] = {
    "name": "scene_detection",
    "display_name": "Scene detection",
    "description": "Finds shot boundaries.",
    "pipeline_family": "scene",
    "variant": "content",
    "version": "1",
    "tasks": ["shot-boundary-detection"],
    "modalities": ["video"],
    "former_names": [],
    "outputs": [{"format": "scenes", "types": ["Scene"]}],
    "default_enabled": True,
    "available": True,
    "unavailable_reason": None,
    "install_hint": None,
    "config_schema": {"type": "object", "properties": {}},
    "weights": [],
}
PARAMETER: dict[str, Any] = {
    "name": "confidence_threshold",
    "type": "number",
    "nullable": False,
    "label": "Confidence Threshold",
    "description": "Least confidence, 0 to 1.",
    "required": False,
    "default": 0.5,
    "min": 0.0,
    "max": 1.0,
    "exclusive_min": False,
    "exclusive_max": False,
    "enum": None,
    "accepts": "a number from 0 to 1",
}
VALID: dict[str, Any] = {
    "valid": True,
    "errors": [],
    "warnings": [],
    "message": "The configuration is valid.",
    "pipelines_validated": ["scene_detection"],
}


@router.get("", responses=responses() | succeeds({"pipelines": [PIPELINE], "total": 1}))
async def every(request: Request, _: Reader) -> PipelineList:
    """List every installed pipeline, those that cannot be used here included, with the reason.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/pipelines
    ```
    """
    found = [PipelineDocument.of(info) for info in list_pipelines(services(request).registry)]
    return PipelineList(pipelines=found, total=len(found))


@router.post("/validate", responses=responses(413, 415, 422) | succeeds(VALID))
def validate_one(request: Request, body: PipelineConfigBody, _: Reader) -> Validation:
    r"""Check options for one pipeline. The answer is 200 also when they are wrong; `valid` says so, `errors` say why.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/pipelines/validate -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"pipeline": "scene_detection", "config": {"mode": "fast"}}'
    ```
    """
    return Validation.of(services(request).validator.validate(body.pipeline, body.config))


@router.get("/{name}", responses=responses(404, codes=["PIPELINE_NOT_FOUND"]) | succeeds(PIPELINE))
async def one(request: Request, name: Name, _: Reader) -> PipelineDocument:
    """Show one pipeline; names of earlier releases work too.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/pipelines/scene_detection
    ```
    """
    return PipelineDocument.of(_info(request, name))


@router.get(
    "/{name}/schema",
    responses=responses(404, codes=["PIPELINE_NOT_FOUND"]) | succeeds({"pipeline": "person_tracking", "parameters": [PARAMETER]}),
)
async def schema(request: Request, name: Name, _: Reader) -> PipelineSchema:
    """List the options of a pipeline with their types, bounds and defaults, ready for a form.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/pipelines/scene_detection/schema
    ```
    """
    info = _info(request, name)
    return PipelineSchema(pipeline=info.name, parameters=[ParameterDocument.of(parameter) for parameter in info.parameters])


@router.post("/{name}/validate", responses=responses(404, 413, 415, 422, codes=["PIPELINE_NOT_FOUND"]) | succeeds(VALID))
def validate(request: Request, name: Name, body: ConfigBody, _: Reader) -> Validation:
    r"""Check options for this pipeline. The answer is 200 also when they are wrong; `valid` says so, `errors` say why.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/pipelines/scene_detection/validate -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"config": {"mode": "fast"}}'
    ```
    """
    here = services(request)
    return Validation.of(here.validator.validate(here.registry.canonical_name(name), body.config))


def _info(request: Request, name: str) -> PipelineInfo:
    registry = services(request).registry
    wanted = registry.canonical_name(name)
    return next(info for info in list_pipelines(registry) if info.name == wanted)
