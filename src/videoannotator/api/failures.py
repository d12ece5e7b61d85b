"""Turns whatever goes wrong into an error of ours, and that into an answer."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from videoannotator.api.v1.envelope import EnvelopeSend, error_for_status, error_response, request_id_of
from videoannotator.api.v1.exceptions import status_of
from videoannotator.errors import (
    InternalServerException,
    MethodNotAllowedException,
    UnsupportedContentTypeException,
    ValidationErrorException,
    VideoAnnotatorException,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

logger = logging.getLogger(__name__)


def handle_failures(app: FastAPI) -> None:
    """Answer every error that a route raises with the envelope."""
    app.exception_handler(VideoAnnotatorException)(_known)
    app.exception_handler(RequestValidationError)(_wrong_shape)
    app.exception_handler(HTTPException)(_of_a_library)


class LastHandler:
    """The end of every road: what nobody expected becomes a 500, with the stack in the log and nowhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        checked_send = EnvelopeSend(scope, send)
        try:
            await self._app(scope, receive, checked_send)
        except Exception as error:  # recorded here, answered with 500
            known = error if isinstance(error, VideoAnnotatorException) else None
            if known is None or status_of(known) >= 500:
                logger.exception("Request %s to %s failed.", request_id_of(scope), scope["path"])
            if checked_send.started:
                raise
            await error_response(scope, known or _unexpected())(scope, receive, checked_send)


def _unexpected() -> InternalServerException:
    hint = "Look for the request id in the server's log, and report it."
    return InternalServerException("Something failed that should not have.", hint=hint)


async def _known(request: Request, error: VideoAnnotatorException) -> Response:
    if status_of(error) >= 500:
        logger.error("Request %s: %s: %s %s", request_id_of(request.scope), error.code, error.message, error.detail or "")
    return error_response(request.scope, error)


async def _wrong_shape(request: Request, error: RequestValidationError) -> Response:
    problems = [_problem(problem) for problem in error.errors()]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    in_body = any(problem["field"].partition(".")[0] == "body" for problem in problems)
    if in_body and error.body is not None and kind != "application/json" and not kind.endswith("+json"):
        wrong = UnsupportedContentTypeException(
            f"This address takes JSON, not {kind or 'a body without a content type'}.",
            hint="Send it with 'Content-Type: application/json'.",
        )
        return error_response(request.scope, wrong)
    sentences = "; ".join(f"{problem['field']}: {problem['message']}" for problem in problems)
    return error_response(
        request.scope,
        ValidationErrorException(
            f"The request has not the right shape: {sentences}.",
            hint="See /docs for what this address takes.",
            detail={"errors": problems},
            field=problems[0]["field"] if problems else None,
        ),
    )


def _problem(problem: Any) -> dict[str, str]:
    place = ".".join(str(part) for part in problem["loc"])
    said = problem.get("ctx", {}).get("error") if problem["type"] == "json_invalid" else None
    message = f"{problem['msg']} ({said})" if said else problem["msg"]
    return {"field": place, "message": str(message), "code": str(problem["type"]).upper()}


async def _of_a_library(request: Request, error: HTTPException) -> Response:
    if isinstance(error.__cause__, VideoAnnotatorException):  # FastAPI wraps what is raised while it reads a body
        return await _known(request, error.__cause__)
    if error.status_code == 405:
        allowed = allowed_methods(request)
        hint = f"It takes {', '.join(allowed)}."
        message = f"{request.scope['path']} does not take {request.method}."
        return error_response(request.scope, MethodNotAllowedException(message, hint=hint, detail={"allowed": allowed}))
    return error_response(request.scope, error_for_status(request.scope, error.status_code, str(error.detail)))


def allowed_methods(request: Request) -> list[str]:
    """The methods that some route takes at the address of a request."""
    if isinstance(request.scope.get("endpoint"), StaticFiles):
        return ["GET", "HEAD"]
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    declared = request.app.openapi()["paths"].get(path)
    if declared is not None:  # it may also look like an id to a neighbouring route
        taken = {method.upper() for method in declared}
    else:
        routes: list[BaseRoute] = request.app.router.routes
        asked = {method: {**request.scope, "method": method, "path_params": {}} for method in METHODS}
        taken = {method for method, scope in asked.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)}
    return [method for method in METHODS if method in taken or (method == "HEAD" and "GET" in taken)]
