"""Downloads weights: resumed where they broke off, and kept only when their checksum is right."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx

from videoannotator.annotations.checksum import sha256_of
from videoannotator.annotations.disk import full_disk_named
from videoannotator.errors import DownloadFailedException, InvalidRequestException, RunStopped, WeightsDamagedException

ATTEMPTS = 4
TIMEOUT_S = 30.0

OnReceived = Callable[[int, int | None], None]
"""Told how many bytes of how many are there; None when the server does not say how many there are."""


def download(url: str, target: Path, sha256: str, on_received: OnReceived, should_stop: Callable[[], bool]) -> None:
    """Download a file. What came is kept in `target` also when the connection breaks for good: the next call goes on from there.

    Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY` …).

    Args:
        url: address, http or https.
        target: where to; its folder must exist.
        sha256: what the checksum must be, hexadecimal.
        on_received: told of every piece.
        should_stop: asked after every piece.

    Raises:
        DownloadFailedException: the server did not answer, or refused.
        WeightsDamagedException: what came has another checksum; it was thrown away.
        InvalidRequestException: the address is no address.
        RunStopped: `should_stop` said so.
        StorageFullException: the disk is full.
    """
    try:
        with httpx.Client(follow_redirects=True, timeout=TIMEOUT_S, headers={"Accept-Encoding": "identity"}) as client:
            _receive_all(client, url, target, on_received, should_stop)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise InvalidRequestException(f"{url!r} is not an address: {error}.", hint="It begins with https:// or http://.") from error
    found = sha256_of(target)
    if found != sha256:
        target.unlink()
        raise WeightsDamagedException(
            f"What {url} gave has sha256 {found}, where {sha256} is expected. It was thrown away.",
            hint="Check address and checksum; if both are right, the file was changed at its source.",
        )


def _receive_all(client: httpx.Client, url: str, target: Path, on_received: OnReceived, should_stop: Callable[[], bool]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        have = target.stat().st_size if target.exists() else 0
        try:
            if _receive(client, url, target, have, on_received, should_stop):
                return
        except httpx.TransportError as error:
            if attempt == ATTEMPTS or isinstance(error, httpx.UnsupportedProtocol):
                raise_broken(url, error)
    raise_broken(url, None)


def raise_broken(url: str, error: httpx.TransportError | None) -> None:
    """Raise what says that a connection broke again and again."""
    if isinstance(error, httpx.UnsupportedProtocol):
        raise error
    reason = "the connection broke before the end" if error is None else str(error) or type(error).__name__
    raise DownloadFailedException(
        f"{url} could not be downloaded: {reason}.",
        hint="Check the network and the proxy; run the command again, and it goes on where it stopped.",
    ) from error


def _receive(
    client: httpx.Client, url: str, target: Path, have: int, on_received: OnReceived, should_stop: Callable[[], bool]
) -> bool:
    """Add what is missing to the file; True when it is complete."""
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:  # all of it is there, or it is another file
            if response.headers.get("Content-Range", "").rpartition("/")[2] == str(have):
                return True
            target.unlink()
            return False
        if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise DownloadFailedException(
                f"{url} could not be downloaded: the server answered {response.status_code} {response.reason_phrase}.",
                hint="Check the address; some servers want you to accept a licence or to sign in first.",
            )
        have = have if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
        announced = response.headers.get("Content-Length", "")
        total = have + int(announced) if announced.isdecimal() else None
        with full_disk_named("the download"), target.open("ab" if have else "wb") as file:
            for (
                chunk
            ) in response.iter_raw():  # as it comes: what a chunk of a fixed size still gathers would be lost with the connection
                if should_stop():
                    raise RunStopped("The download was stopped.")
                file.write(chunk)
                have += len(chunk)
                on_received(have, total)
            file.flush()
            os.fsync(file.fileno())
    return total is None or have == total
