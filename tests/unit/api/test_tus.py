"""What clients of resumable uploads write into headers."""

import base64

import pytest
from starlette.requests import Request

from videoannotator.api import tus
from videoannotator.errors import InvalidRequestException, UnsupportedContentTypeException, UploadProtocolException


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw})


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", None),
        ("is_confidential", None),
        (f"filename {b64('Ülo.mp4'.encode())}", "Ülo.mp4"),
        (f"filetype {b64(b'video/mp4')},filename {b64(b'a.mp4')}", "a.mp4"),
        (f"name {b64(b'b.mp4')}, filename {b64(b'a.mp4')}", "a.mp4"),
        (f"name {b64(b'b.mp4')},filename ", "b.mp4"),
        (f"filename {b64(bytes([255, 254]))}", "\ufffd\ufffd"),
        (f"filename {b64(b'a' + bytes(1) + b'b')}", "a\0b"),
    ],
)
def test_metadata(header: str, name: str | None) -> None:
    assert tus.metadata_of(request(Upload_Metadata=header)) == (name, header or None)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("filename not/base64!", "no Base64"),
        ("filename YQ", "no Base64"),
        ("filename \u00e4", "no Base64"),
        ("f\u00e4 YQ==", "keys"),
        (",", "keys"),
        ("filename YQ==,filename YQ==", "twice"),
        (f"filename {b64(b'x' * 10_000)}", "longer"),
    ],
)
def test_metadata_that_cannot_be_read(header: str, said: str) -> None:
    with pytest.raises(InvalidRequestException, match=said) as caught:
        tus.metadata_of(request(Upload_Metadata=header))
    assert caught.value.field == "Upload-Metadata"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "9" * 19, "\u00b2", "0x10", " "])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(InvalidRequestException, match="Upload-Offset"):
        tus.number_of(request(Upload_Offset=text), "Upload-Offset")


def test_numbers() -> None:
    assert tus.number_of(request(Upload_Offset="007"), "Upload-Offset") == 7
    assert tus.length_of(request(Upload_Length="9" * 18)) == 10**18 - 1


@pytest.mark.parametrize("headers", [{"Upload_Defer_Length": "1"}, {"Upload_Concat": "partial", "Upload_Length": "3"}])
def test_extensions_that_are_not_known_are_refused_not_ignored(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestException, match="does not take"):
        tus.length_of(request(**headers))


def test_the_version_of_the_protocol() -> None:
    tus.require_version(request(Tus_Resumable="1.0.0"))
    tus.require_version(request(), or_none=True)
    for wrong, or_none in ((request(), False), (request(Tus_Resumable="0.2.2"), True), (request(Tus_Resumable=""), True)):
        with pytest.raises(UploadProtocolException, match=r"1\.0\.0"):
            tus.require_version(wrong, or_none=or_none)


def test_the_kind_of_a_piece() -> None:
    tus.require_piece(request(Content_Type="Application/Offset+Octet-Stream; x=y"))
    for kind in ("", "application/octet-stream", "video/mp4"):
        with pytest.raises(UnsupportedContentTypeException):
            tus.require_piece(request(Content_Type=kind))
