"""Keys: who may use this server, signing in by a one-time link, and signing out."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from videoannotator.api.dependencies import Admin, Caller, Reader, count_failure, services
from videoannotator.api.v1.documents import Document
from videoannotator.api.v1.errors import public_responses, responses, succeeds
from videoannotator.api.v1.schemas import MOMENT, Body
from videoannotator.auth.handover import CODE_LENGTH, HandOvers
from videoannotator.auth.keys import MAX_EXPIRY_DAYS, MAX_NAME_LENGTH, KeyInfo, Scope
from videoannotator.errors import UnauthorizedException

SIGN_IN_LIFETIME_S = 900.0
"""Of a link: time to start the server, read what it prints, and click."""
BROWSER_KEY_DAYS = 7
SECRET_ANSWER = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
KEY_ID = "0d9f6a52-3f0e-4d5c-8f0a-6a1d2f3b4c5d"
KEY: dict[str, Any] = {
    "id": KEY_ID,
    "name": "laptop of Ada",
    "prefix": "va_api_Zm9v",
    "scopes": ["read", "write"],
    "created_at": MOMENT,
    "expires_at": None,
    "last_used_at": None,
    "revoked_at": None,
}

router = APIRouter(tags=["keys"])


class KeyDocument(Document):
    """What is known about a key; never the key itself."""

    id: str
    name: str
    prefix: str = Field(description="Its first characters, by which people tell keys apart.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyList(Document):
    """Every key, oldest first."""

    keys: list[KeyDocument]


class NewKey(Body):
    """A key to make."""

    name: str = Field(min_length=1, max_length=MAX_NAME_LENGTH, description="Who or what will use it.", examples=["laptop of Ada"])
    scopes: list[Scope] = Field(
        default=[Scope.READ, Scope.WRITE], min_length=1, max_length=len(Scope), description="What it allows."
    )
    expires_in_days: float | None = Field(None, gt=0, le=MAX_EXPIRY_DAYS, description="Days until it ends; null: never.")


class MadeKey(Document):
    """A new key: `api_key` is shown this once."""

    id: str
    name: str
    api_key: str
    scopes: list[str]
    expires_at: datetime | None


class SignInCode(Document):
    """A code that signs a browser in, once."""

    code: str
    address: str = Field(description="Path from the server's root, to open in a browser.")
    expires_in_s: int


class Code(Body):
    """A one-time code."""

    code: str = Field(max_length=CODE_LENGTH)


class SignedIn(Document):
    """A key for this browser."""

    api_key: str
    key_id: str


@router.get("/keys", responses=responses() | succeeds({"keys": [KEY]}))
def every(request: Request, _: Admin) -> KeyList:
    """List every key, revoked and expired ones included; never the keys themselves. Needs the scope `admin`.

    ```bash
    curl -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/keys
    ```
    """
    return KeyList(keys=[_document(key) for key in services(request).keys.list()])


@router.post(
    "/keys",
    status_code=201,
    responses=responses(413, 415, 422)
    | succeeds({"id": KEY_ID, "name": "laptop of Ada", "api_key": "va_api_Zm9v", "scopes": ["read"], "expires_at": None}, 201),
)
def make(request: Request, response: Response, body: NewKey, _: Admin) -> MadeKey:
    r"""Make a key; it is shown in this answer and never again. Needs the scope `admin`.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/keys -H "Authorization: Bearer $API_KEY" \
        -H "Content-Type: application/json" -d '{"name": "laptop of Ada", "scopes": ["read", "write"]}'
    ```
    """
    response.headers.update(SECRET_ANSWER)
    key = services(request).keys.issue(body.name, body.scopes, body.expires_in_days)
    return MadeKey(id=key.id, name=key.name, api_key=key.secret, scopes=sorted(key.scopes), expires_at=key.expires_at)


@router.delete("/keys/{key_id}", status_code=204, responses=responses(404, 422))
def revoke(
    request: Request,
    key_id: Annotated[str, Path(max_length=64, description="The key's id.", examples=[KEY_ID])],
    who: Caller,
) -> None:
    """Make a key useless, for good. Needs the scope `admin`, unless the key revokes itself.

    ```bash
    curl -X DELETE http://127.0.0.1:18011/api/v1/keys/$KEY_ID -H "Authorization: Bearer $API_KEY"
    ```
    """
    if who.key_id != key_id:
        who.require(Scope.ADMIN)
    services(request).keys.revoke(key_id)


@router.post(
    "/system/sign-in-code",
    responses=responses() | succeeds({"code": "Zm9v", "address": "/#/sign-in?code=Zm9v", "expires_in_s": int(SIGN_IN_LIFETIME_S)}),
)
async def sign_in_code(request: Request, who: Reader) -> SignInCode:
    """Give a link that signs a browser in to the web app, once and within a quarter of an hour, with what this key allows.

    ```bash
    curl -X POST -H "Authorization: Bearer $API_KEY" http://127.0.0.1:18011/api/v1/system/sign-in-code
    ```
    """
    code = _codes(request).issue(who, SIGN_IN_LIFETIME_S)
    address = f"{request.scope.get('root_path', '')}/#/sign-in?code={code}"
    return SignInCode(code=code, address=address, expires_in_s=int(SIGN_IN_LIFETIME_S))


@router.post(
    "/system/sign-in",
    responses=public_responses(401, 413, 415, 422, 429, 503) | succeeds({"api_key": "va_api_Zm9v", "key_id": KEY_ID}),
)
async def sign_in(request: Request, response: Response, body: Code) -> SignedIn:
    r"""Give a key of its own to a browser that has a one-time code. Needs no key.

    ```bash
    curl -X POST http://127.0.0.1:18011/api/v1/system/sign-in -H "Content-Type: application/json" -d "{\"code\": \"$CODE\"}"
    ```
    """
    here = services(request)
    response.headers.update(SECRET_ANSWER)
    try:
        who = _codes(request).redeem(body.code)
    except UnauthorizedException as error:
        count_failure(request, here, error)
        raise
    name = f"browser of {who.name}"[:MAX_NAME_LENGTH]
    key = await anyio.to_thread.run_sync(here.keys.issue_for, who, name, BROWSER_KEY_DAYS)
    return SignedIn(api_key=key.secret, key_id=key.id)


def _codes(request: Request) -> HandOvers:
    return services(request).handovers


def _document(key: KeyInfo) -> KeyDocument:
    return KeyDocument(**asdict(key))
