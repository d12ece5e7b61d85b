"""Every error has a status, and every status an example."""

from http import HTTPStatus

from videoannotator import errors
from videoannotator.api.v1 import exceptions
from videoannotator.api.v1.errors import EXAMPLES, ErrorEnvelope, example, responses
from videoannotator.api.v1.exceptions import STATUS_BY_CODE, status_of
from videoannotator.errors import VideoAnnotatorException

CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, VideoAnnotatorException)]
CONTRACT = {
    "INVALID_REQUEST": 400,
    "INVALID_CONFIG": 400,
    "UNSUPPORTED_MEDIA": 422,
    "VALIDATION_ERROR": 422,
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "JOB_NOT_FOUND": 404,
    "PIPELINE_NOT_FOUND": 404,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "JOB_ALREADY_COMPLETED": 409,
    "JOB_NOT_READY": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "REQUEST_TIMEOUT": 408,
    "RATE_LIMITED": 429,
    "CANCELLATION_FAILED": 500,
    "INTERNAL_SERVER_ERROR": 500,
    "SERVICE_UNAVAILABLE": 503,
    "STORAGE_FULL": 507,
    "GPU_OUT_OF_MEMORY": 507,
    "METRICS_FAILED": 500,
    "CONFIG_FAILED": 500,
    "DATABASE_INFO_FAILED": 500,
}


def test_every_class_has_a_status_and_no_code_is_left_over() -> None:
    assert {one.code for one in CLASSES} == set(STATUS_BY_CODE)
    for one in CLASSES:
        assert HTTPStatus(status_of(one("x"))) >= HTTPStatus.BAD_REQUEST


def test_the_published_codes_have_the_published_statuses() -> None:
    assert {code: STATUS_BY_CODE[code] for code in CONTRACT} == CONTRACT


def test_the_published_names_are_the_errors_themselves() -> None:
    for name in exceptions.__all__:
        if name not in ("STATUS_BY_CODE", "status_of"):
            assert getattr(exceptions, name) is getattr(errors, name)


def test_every_status_has_an_example_that_fits_the_envelope() -> None:
    assert set(EXAMPLES) == set(STATUS_BY_CODE.values())
    for status, (code, _, hint) in EXAMPLES.items():
        assert STATUS_BY_CODE[code] == status
        assert ErrorEnvelope.model_validate(example(status)).error.hint == hint


def test_a_route_declares_what_it_can_give() -> None:
    declared = responses(404, 409, codes=["JOB_NOT_FOUND", "JOB_NOT_READY", "JOB_ALREADY_COMPLETED"])
    assert list(declared) == [400, 401, 403, 404, 409, 429, 500, 503]
    assert list(declared[409]["content"]["application/json"]["examples"]) == ["JOB_NOT_READY", "JOB_ALREADY_COMPLETED"]
    assert list(declared[503]["content"]["application/json"]["examples"]) == ["SERVICE_UNAVAILABLE"]
