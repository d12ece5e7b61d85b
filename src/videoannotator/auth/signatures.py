"""Addresses that work without a key, for a short time and for the media of one job: a media element sends no headers."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from videoannotator.auth.secret import Secret
from videoannotator.errors import UnauthorizedException

LIFETIME_S = 6 * 3600
"""Long enough to watch a recording to its end."""


@dataclass(frozen=True, slots=True)
class MediaSignature:
    """The two values that go into the query of an address."""

    expires: int
    """Unix time, seconds."""
    signature: str


class MediaSigner:
    """Signs and checks addresses of the media of one job.

    Args:
        secret: the secret of this installation.
        clock: seconds since 1970.
    """

    def __init__(self, secret: Secret, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._clock = clock

    def issue(self, job_id: str, lifetime_s: int = LIFETIME_S) -> MediaSignature:
        """A signature for the media of this job."""
        expires = int(self._clock()) + lifetime_s
        return MediaSignature(expires, self._signature(job_id, expires))

    def check(self, job_id: str, expires: int, signature: str) -> None:
        """Go on only with a signature that was made here for this job and is not too old.

        Raises:
            UnauthorizedException: it is another one.
        """
        genuine = hmac.compare_digest(self._signature(job_id, expires).encode(), signature.encode("utf-8", "surrogatepass"))
        if not genuine or expires < self._clock():
            raise UnauthorizedException("The signed address is not valid any more.", hint="Ask for a new one.", field="signature")

    def _signature(self, job_id: str, expires: int) -> str:
        message = f"{job_id}\n{expires}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret.derive("media addresses"), message, hashlib.sha256).hex()
