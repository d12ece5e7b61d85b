"""Checking the config of a whole job before it exists."""

from fastapi import APIRouter, Request

from videoannotator.api.dependencies import Reader, services
from videoannotator.api.v1.documents import JobConfigBody, Validation
from videoannotator.api.v1.errors import responses, succeeds
from videoannotator.api.v1.pipelines import VALID

router = APIRouter(prefix="/config", tags=["pipelines"])


@router.post("/validate", responses=responses(413, 415, 422) | succeeds(VALID))
def validate(request: Request, body: JobConfigBody, _: Reader) -> Validation:
    r"""Check options for several pipelines, as a job would get them.

    The answer is 200 also when they are wrong; `valid` says so, `errors` say why. Options outside any pipeline, as earlier releases
    took them, apply to each selected pipeline that has them.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/config/validate -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"config": {"scene_detection": {"mode": "fast"}}}'
    ```
    """
    return Validation.of(services(request).validator.validate_batch(body.config, body.selected_pipelines))
