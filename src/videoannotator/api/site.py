"""Addresses outside `/api/v1`: liveness, counters, the web app and the way into the viewer."""

from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from videoannotator.api.dependencies import count_failure, reader, services
from videoannotator.api.metrics import CONTENT_TYPE
from videoannotator.api.v1.errors import public_responses, responses, succeeds
from videoannotator.api.v1.health import ALIVE, Health
from videoannotator.api.v1.keys import SECRET_ANSWER, Code
from videoannotator.api.v1.system import counters
from videoannotator.errors import UnauthorizedException
from videoannotator.settings import Settings
from videoannotator.version import __version__

PAGES = Path(__file__).parent / "pages"
WEB_APP = Path(__file__).parent.parent / "web" / "static"
VIEWER_KEY_DAYS = 30
PAGE_RULES = {"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"}
APP_RULES = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing from another host, no script inside the page: what a file name or a transcript holds can never run."""
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
"""The names of the app's files hold their checksums."""
METRICS_EXAMPLE = 'videoannotator_jobs{status="pending"} 0.0\n'

router = APIRouter()


class Granted(BaseModel):
    """What the viewer needs."""

    api_key: str


def add_site(app: FastAPI, settings: Settings) -> None:
    """Put these addresses into the application."""
    app.include_router(router)
    app.add_api_route(
        "/metrics",
        metrics,
        methods=["GET"],
        tags=["system"],
        response_class=Response,
        dependencies=[] if settings.metrics_public else [Depends(reader)],
        responses=responses()
        | {
            200: {"description": "Counters.", "content": {"text/plain": {"schema": {"type": "string"}, "example": METRICS_EXAMPLE}}}
        },
    )
    app.mount("/pages", StaticFiles(directory=PAGES), name="pages")
    app.mount("/assets", Assets(directory=WEB_APP / "assets", check_dir=False), name="assets")
    if settings.viewer_dir is not None:
        app.add_api_route("/viewer", to_viewer, methods=["GET"], include_in_schema=False)
        app.mount("/viewer", Viewer(settings.viewer_dir), name="viewer")


@router.get(
    "/health",
    tags=["health"],
    response_model_exclude_unset=True,
    responses=public_responses() | succeeds(ALIVE),
)
async def alive() -> Health:
    """Say that the server is alive. Nothing can block this answer, and it needs no key.

    ```bash
    curl http://127.0.0.1:18011/health
    ```
    """
    return Health(status="ok", version=__version__, timestamp=datetime.now(timezone.utc))


async def metrics(request: Request) -> Response:
    """Give what was counted since the server started, as Prometheus reads it.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/metrics
    ```
    """
    return Response((await counters(services(request))).text(), media_type=CONTENT_TYPE)


@router.get("/", include_in_schema=False)
async def web_app(request: Request) -> HTMLResponse:
    """The page of the web app; what lies behind it are static files and `/api/v1`."""
    page = WEB_APP / "index.html"
    if not page.is_file():
        return _page(request, "index.html", PAGE_RULES)
    text = page.read_text(encoding="utf-8")
    if root_path := request.scope.get("root_path", ""):  # also right where the address has no slash at its end
        text = text.replace("<head>", f'<head><base href="{escape(root_path)}/">')
    return HTMLResponse(text, headers=APP_RULES)


@router.get("/viewer-connect", include_in_schema=False)
async def viewer_connect(request: Request) -> HTMLResponse:
    """The page that hands a login over to the viewer."""
    return _page(request, "viewer-connect.html", {**PAGE_RULES, **SECRET_ANSWER})


@router.post("/viewer-connect", include_in_schema=False)
async def redeem(request: Request, body: Code, response: Response) -> Granted:
    """Give a new key for a one-time code."""
    here = services(request)
    response.headers.update(SECRET_ANSWER)
    try:
        who = here.handovers.redeem(body.code)
    except UnauthorizedException as error:
        count_failure(request, here, error)
        raise
    name = f"viewer of {who.name}"[:200]
    key = await anyio.to_thread.run_sync(here.keys.issue_for, who, name, VIEWER_KEY_DAYS)
    return Granted(api_key=key.secret)


async def to_viewer(request: Request) -> RedirectResponse:
    """The viewer's files are found relative to an address with a slash at its end."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/viewer/")


def _page(request: Request, name: str, headers: dict[str, str]) -> HTMLResponse:
    text = (PAGES / name).read_text(encoding="utf-8").replace("ROOT_PATH", request.scope.get("root_path", ""))
    if services(request).settings.viewer_dir is not None:
        text = text.replace("<main ", '<main data-viewer="yes" ')
    return HTMLResponse(text, headers=headers)


class Assets(StaticFiles):
    """The web app's files."""

    def file_response(self, *arguments: Any, **named: Any) -> Response:
        answer = super().file_response(*arguments, **named)
        answer.headers.update(FOREVER)
        return answer


class Viewer(StaticFiles):
    """A build of Video Annotation Viewer; its own addresses, which are no files, answer with its start page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True)

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or Path(path).suffix:
                raise
            return await super().get_response("index.html", scope)
