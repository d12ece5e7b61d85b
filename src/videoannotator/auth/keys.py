"""Keys: issue, check, list and revoke them. The database holds their hashes only."""

import hashlib
import hmac
import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from videoannotator.database import crud
from videoannotator.database.models import APIKey
from videoannotator.database.session import Database
from videoannotator.errors import (
    DatabaseUnavailableException,
    ForbiddenException,
    InvalidRequestException,
    NotFoundException,
    UnauthorizedException,
)

KEY_PREFIX = "va_api_"
SHOWN_CHARACTERS = 12
"""How much of a key is kept readable, so that people can tell keys apart: the prefix and five characters more."""
MAX_KEY_LENGTH = 512
MAX_NAME_LENGTH = 200
MAX_EXPIRY_DAYS = 36_500
CACHED_S = 1.0
"""How long a checked key is believed without asking the database again; a revocation takes at most as long."""
REMEMBERED_S = 600.0
"""How long a checked key is believed while the database does not answer."""
MAX_REMEMBERED = 1024
TOUCHED_EVERY_S = 60.0


class Scope(str, Enum):
    """What a key allows."""

    READ = "read"
    """See jobs, results, pipelines and facts about the server."""
    WRITE = "write"
    """Submit, cancel, retry and delete jobs."""
    ADMIN = "admin"
    """See and change how the server runs."""


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    expires_at: datetime | None = None

    def require(self, scope: Scope) -> None:
        """Go on only with this scope.

        Raises:
            ForbiddenException: the key has not got it.
        """
        if scope not in self.scopes:
            raise ForbiddenException(
                f"This key lacks the scope {scope.value!r}.",
                hint=f"Use a key with that scope: videoannotator token create NAME --scopes {scope.value}.",
                detail={"required_scope": scope.value, "scopes": sorted(one.value for one in self.scopes)},
            )


ANYBODY = Principal("", "anybody", ALL_SCOPES)
"""Who makes a request while authentication is off."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What is known about a key; never the key itself."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key; `secret` is the only copy of it."""

    id: str
    name: str
    secret: str
    scopes: frozenset[Scope]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportedKey:
    """A key of an earlier release, as its hash."""

    name: str
    key_hash: bytes
    prefix: str
    scopes: frozenset[Scope] = ALL_SCOPES
    expires_at: datetime | None = None


@dataclass(slots=True)
class _Remembered:
    principal: Principal
    checked: float


class KeyRing:
    """The keys in a database; safe to use from several threads.

    Args:
        database: where their hashes are.
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._used: dict[str, float] = {}
        self._touched: dict[str, float] = {}

    def issue(self, name: str, scopes: Iterable[Scope] = ALL_SCOPES, expires_in_days: float | None = None) -> IssuedKey:
        """Make a key.

        Raises:
            InvalidRequestException: the name is empty or too long, no scope is given, or the expiry is not in the future.
        """
        key = _new_key(name, frozenset(scopes), expires_in_days)
        with self._database.writing() as session:
            crud.add_key(session, _row(key))
        return key

    def issue_for(self, who: Principal, name: str, at_most_days: float) -> IssuedKey:
        """Make a key in somebody's name: with the same scopes, for no longer than that one's own key works, and revoked with it.

        Raises:
            UnauthorizedException: that key works no longer.
        """
        if who is ANYBODY:
            return self.issue(name, who.scopes, at_most_days)
        with self._database.writing() as session:
            parent, now = crud.lock_key(session, who.key_id), crud.database_now(session)
            if parent is None or not _works(parent, now):
                raise UnauthorizedException("The key that this one would be made for is not valid any more.", hint="Use another.")
            left = at_most_days if parent.expires_at is None else (parent.expires_at - now) / timedelta(days=1)
            key = _new_key(name, who.scopes, min(at_most_days, left))
            row = _row(key)
            row.parent_id = parent.id
            crud.add_key(session, row)
        return key

    def first_key(self, keep: Callable[[IssuedKey], None]) -> IssuedKey | None:
        """Make a key when there has never been one; None when there is one.

        Args:
            keep: stores the key where its owner finds it. Called before the key counts, so that a key that nobody knows cannot
                come to be; of several processes that start at once, in one only.
        """
        key = _new_key("first key", ALL_SCOPES, None)
        with self._database.writing() as session:
            if not crud.add_first_key(session, _row(key)):
                return None
            keep(key)
        return key

    def import_keys(self, keys: Iterable[ImportedKey]) -> int:
        """Take over keys that are not known here yet, revoked ones included; gives how many were new."""
        added = 0
        with self._database.writing() as session:
            crud.lock_keys(session)
            for key in keys:
                if crud.find_key(session, key.key_hash) is None:
                    scopes = sorted(scope.value for scope in key.scopes)
                    name, prefix = key.name[:MAX_NAME_LENGTH], key.prefix[:SHOWN_CHARACTERS]
                    row = APIKey(id=str(uuid.uuid4()), name=name, prefix=prefix, key_hash=key.key_hash, scopes=scopes)
                    row.expires_at = key.expires_at
                    crud.add_key(session, row)
                    added += 1
        return added

    def remembered(self, secret: str, within_s: float = CACHED_S) -> Principal | None:
        """Whose key this is, when it was checked that short a time ago: without asking the database."""
        return self._recall(hash_of(secret), within_s)

    def check(self, secret: str) -> Principal:
        """Whose key this is.

        While the database does not answer, a key that worked within the last ten minutes goes on working.

        Raises:
            UnauthorizedException: it is no key, or it was revoked, or it has expired.
            DatabaseUnavailableException: the database does not answer.
        """
        key_hash = hash_of(secret)
        if (known := self._recall(key_hash, CACHED_S)) is not None:
            return known
        asked = self._clock()
        try:
            with self._database.reading() as session:
                row = crud.find_key(session, key_hash)
                now = crud.database_now(session)
        except DatabaseUnavailableException:
            if (known := self._recall(key_hash, REMEMBERED_S)) is not None:
                return known
            raise
        if row is None or not hmac.compare_digest(row.key_hash, key_hash) or not _works(row, now):
            self._forget(key_hash)
            raise UnauthorizedException(
                "The key is not valid.", hint="Check it; `videoannotator token list` shows which keys work."
            )
        principal = Principal(row.id, row.name, frozenset(Scope(scope) for scope in row.scopes), row.expires_at)
        self._remember(key_hash, principal, asked)
        return principal

    def list(self) -> "list[KeyInfo]":
        """Every key, oldest first, revoked and expired ones included."""
        with self._database.reading() as session:
            return [_info(row) for row in crud.list_keys(session)]

    def count(self) -> int:
        """How many keys work."""
        with self._database.reading() as session:
            return crud.count_keys(session)

    def revoke(self, key_id: str) -> None:
        """Make a key useless, for every process within a second.

        Raises:
            NotFoundException: no key that still works has this id.
        """
        with self._database.writing() as session:
            revoked = crud.revoke_key(session, key_id)
        with self._lock:
            self._remembered.clear()
        if not revoked:
            message = f"There is no key {key_id} that could be revoked."
            raise NotFoundException(message, hint="`videoannotator token list` shows the ids of all keys.", field="id")

    def record_use(self) -> None:
        """Write down which keys were used, each at most once a minute. Called now and then, away from requests.

        Raises:
            DatabaseUnavailableException: the database does not answer; the next call tries again.
        """
        now = self._clock()
        with self._lock:
            due = [key_id for key_id in self._used if now - self._touched.get(key_id, -TOUCHED_EVERY_S) >= TOUCHED_EVERY_S]
        if not due:
            return
        with self._database.writing() as session:
            for key_id in due:
                crud.touch_key(session, key_id)
        with self._lock:
            for key_id in due:
                self._used.pop(key_id, None)
                self._touched[key_id] = now

    def _recall(self, key_hash: bytes, within_s: float) -> Principal | None:
        now = self._clock()
        with self._lock:
            known = self._remembered.get(key_hash)
            if known is None or now - known.checked >= within_s or _is_past(known.principal.expires_at):
                return None
            self._used[known.principal.key_id] = now
            return known.principal

    def _remember(self, key_hash: bytes, principal: Principal, asked: float) -> None:
        with self._lock:
            self._remembered[key_hash] = _Remembered(principal, asked)
            self._remembered.move_to_end(key_hash)
            self._used[principal.key_id] = asked
            while len(self._remembered) > MAX_REMEMBERED:
                self._remembered.popitem(last=False)

    def _forget(self, key_hash: bytes) -> None:
        with self._lock:
            self._remembered.pop(key_hash, None)


def hash_of(secret: str) -> bytes:
    """What the database knows of a key. Keys have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(secret[:MAX_KEY_LENGTH].encode("utf-8", "surrogatepass")).digest()


def scopes_from(names: Iterable[str]) -> frozenset[Scope]:
    """Scopes by their names.

    Raises:
        InvalidRequestException: a name is none.
    """
    try:
        return frozenset(Scope(name.strip().lower()) for name in names)
    except ValueError as error:
        known = ", ".join(scope.value for scope in Scope)
        raise InvalidRequestException(f"A scope is unknown: {error}.", hint=f"The scopes are: {known}.", field="scopes") from error


def _new_key(name: str, scopes: frozenset[Scope], expires_in_days: float | None) -> IssuedKey:
    if not name.strip() or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        message = f"A key's name has 1 to {MAX_NAME_LENGTH} printable characters."
        raise InvalidRequestException(message, hint="Say who or what will use it.", field="name")
    if not scopes:
        raise InvalidRequestException("A key without scopes allows nothing.", hint="Give read, write or admin.", field="scopes")
    if expires_in_days is not None and not 0 < expires_in_days <= MAX_EXPIRY_DAYS:
        message = f"A key expires in more than 0 and at most {MAX_EXPIRY_DAYS} days, not in {expires_in_days:g}."
        raise InvalidRequestException(message, hint="Leave it out for a key that does not expire.", field="expires_in_days")
    expires_at = None if expires_in_days is None else datetime.now(timezone.utc) + timedelta(days=expires_in_days)
    return IssuedKey(str(uuid.uuid4()), name.strip(), KEY_PREFIX + secrets.token_urlsafe(32), scopes, expires_at)


def _row(key: IssuedKey) -> APIKey:
    row = APIKey(id=key.id, name=key.name, prefix=key.secret[:SHOWN_CHARACTERS], key_hash=hash_of(key.secret))
    row.scopes, row.expires_at = sorted(scope.value for scope in key.scopes), key.expires_at
    return row


def _works(row: APIKey, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now)


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= datetime.now(timezone.utc)


def _info(row: APIKey) -> KeyInfo:
    used = row.last_used_at
    return KeyInfo(row.id, row.name, row.prefix, tuple(row.scopes), row.created_at, row.expires_at, used, row.revoked_at)
