"""Forms that arrive in pieces."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from videoannotator.api.forms import MAX_PARTS, FormReader, PartBegan, PartData, PartEnded
from videoannotator.errors import InvalidRequestException, UnsupportedContentTypeException

KIND = "multipart/form-data; boundary=xyz"
Parts = list[tuple[str, str | None, bytes]]


def form(*parts: tuple[str, bytes], end: bytes = b"--xyz--\r\n") -> bytes:
    """A form of parts, each given by its Content-Disposition after `form-data` and its content."""
    return (
        b"".join(
            b"--xyz\r\nContent-Disposition: form-data" + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"
            for disposition, content in parts
        )
        + end
    )


def read(body: bytes, piece: int = 1 << 20, kind: str = KIND) -> Parts:
    """The parts of a form that comes in pieces of that size."""
    reader, found = FormReader(kind), Parts()
    began = ended = 0
    for start in range(0, len(body), piece):
        for event in reader.feed(body[start : start + piece]):
            if isinstance(event, PartBegan):
                began += 1
                found.append((event.name, event.file_name, b""))
            elif isinstance(event, PartData):
                found[-1] = (*found[-1][:2], found[-1][2] + event.data)
            else:
                assert isinstance(event, PartEnded)
                ended += 1
    reader.end()
    assert began == ended
    return found


@given(st.integers(1, 300), st.binary(max_size=200))
def test_it_does_not_matter_where_the_pieces_are_cut(piece: int, content: bytes) -> None:
    content = b"\r\n--xy" + content + b"\r\n"
    assume(b"--xyz" not in content)
    body = form(('; name="config"', b"{}"), ('; name="video"; filename="a.mp4"', content))
    assert read(body, piece) == [("config", None, b"{}"), ("video", "a.mp4", content)]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="a.mp4"', "a.mp4"),
        ("filename=a.mp4", "a.mp4"),
        ('filename="ü \u05d0.mp4"', "ü \u05d0.mp4"),
        ('filename=""', ""),
        ("filename*=utf-8''%C3%BC.mp4", "ü.mp4"),
        ("filename=\"_.mp4\"; filename*=UTF-8''%C3%BC.mp4", "ü.mp4"),
        ('filename="../../a.mp4"', "../../a.mp4"),
        (f'filename="{"x" * 4096}.mp4"', "x" * 4096 + ".mp4"),
    ],
)
def test_names_of_files(written: str, name: str) -> None:
    assert read(form((f'; name="video"; {written}', b"1"))) == [("video", name, b"1")]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (None, "a body without a content type"),
        ("application/json", "application/json"),
        ("multipart/mixed; boundary=xyz", "multipart/mixed"),
        ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
    ],
)
def test_other_kinds_of_bodies_are_refused(kind: str | None, said: str) -> None:
    with pytest.raises(UnsupportedContentTypeException, match=said):
        FormReader(kind)


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300]
)
def test_a_form_needs_a_boundary(kind: str) -> None:
    with pytest.raises(InvalidRequestException, match=r"[Bb]oundary"):
        FormReader(kind)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing of a form",
        form(('; name="video"; filename="a"', b"1"), end=b""),
        form(('; name="video"', b"1"))[:-10],
        b'--xyz\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n--xyz--\r\n',
        b"--xyz\r\n\r\n1\r\n--xyz--\r\n",
        b"--xyz\r\nContent-Disposition form-data\r\n\r\n1\r\n--xyz--\r\n",
        form(("", b"1")),
        form((f'; name="{"x" * 20_000}"', b"1")),
        form(*[('; name="a"', b"1")] * (MAX_PARTS + 1)),
    ],
)
def test_a_broken_form_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestException, match="The form cannot be read"):
        read(body)


def test_what_follows_the_form_is_left_out() -> None:
    assert read(form(('; name="a"', b"1"), end=b"--xyz--\r\nmore")) == [("a", None, b"1")]
