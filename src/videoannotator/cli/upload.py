"""Sends recordings to a server, from the disk as they lie there, and again when the connection breaks."""

import errno
import io
import json
import stat
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from videoannotator.cli.client import Client, NoServer
from videoannotator.errors import (
    InvalidConfigException,
    MediaUnreadableException,
    RateLimitedException,
    RequestTimeoutException,
    ServiceUnavailableException,
)

ATTEMPTS = 6
LONGEST_WAIT_S = 30.0
PASSING = (ServiceUnavailableException, RateLimitedException, RequestTimeoutException)

OnSent = Callable[[int, int], None]
"""Told how many bytes of how many were sent."""


@dataclass(frozen=True)
class Order:
    """What is to be done with recordings; `pipelines` None stands for the server's default ones."""

    pipelines: Sequence[str] | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    overlay: bool = False

    def form(self) -> dict[str, str]:
        """As the fields of a form."""
        fields = {"config": json.dumps(self.config)} if self.config else {}
        if self.pipelines is not None:
            fields["selected_pipelines"] = ",".join(self.pipelines)
        if self.tags:
            fields["tags"] = ",".join(self.tags)
        if self.overlay:
            fields["overlay"] = "true"
        return fields


def check_order(client: Client, order: Order) -> list[str]:
    """Ask the server whether it would take recordings with this order, before any travels; gives its warnings.

    Raises:
        InvalidConfigException: an option is wrong; the message says which and why.
        VideoAnnotatorException: the server refused, or did not answer.
    """
    body = {"config": order.config, "selected_pipelines": order.pipelines}
    found = client.post("config/validate", {name: value for name, value in body.items() if value is not None})
    if not found["valid"]:
        hint = " ".join(f"{error['message']} {error.get('hint') or ''}".strip() for error in found["errors"])
        raise InvalidConfigException(found["message"], hint=hint, detail={"errors": found["errors"]})
    return [f"{warning['message']} {warning.get('hint') or ''}".strip() for warning in found["warnings"]]


def submit(client: Client, recording: Path, order: Order, on_sent: OnSent, on_retry: Callable[[str], None]) -> dict[str, Any]:
    """Upload a recording; gives the job that came of it.

    Every attempt carries the same idempotency key: when only the answer got lost, the next one finds the job that is there.

    Raises:
        MediaUnreadableException: the file cannot be read.
        VideoAnnotatorException: the server refused it, or did not answer several times.
    """
    key = str(uuid.uuid4())
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _upload(client, recording, order, key, on_sent)
        except PASSING as error:
            if attempt == ATTEMPTS or (attempt == 1 and isinstance(error, NoServer)):
                raise
            wait_s = min(LONGEST_WAIT_S, float(error.detail.get("retry_after_s", 2.0 ** (attempt - 1))))
            on_retry(f"{error.message} Trying again in {wait_s:g} s.")
            time.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _upload(client: Client, recording: Path, order: Order, key: str, on_sent: OnSent) -> dict[str, Any]:
    try:
        with _Sending(recording, on_sent) as file:
            # The fields go first, so that a wrong one is refused before the recording travels.
            name = recording.name.encode("utf-8", "replace").decode()  # it may hold bytes that are no text
            files = {"video": (name, cast("IO[bytes]", file), "application/octet-stream")}
            headers = {"Idempotency-Key": key}
            return dict(client.request("POST", "jobs", data=order.form(), files=files, headers=headers))
    except OSError as error:
        message = f"{recording} cannot be read: {error.strerror or error}."
        raise MediaUnreadableException(message, hint="Check the path and the permissions.") from error


class _Sending(io.BufferedReader):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, on_sent: OnSent) -> None:
        if not stat.S_ISREG(path.stat().st_mode):  # a device has no end, and a pipe perhaps no beginning
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        super().__init__(path.open("rb", buffering=0))
        self._on_sent = on_sent
        self._size = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._on_sent(self.tell(), self._size)
        return data
