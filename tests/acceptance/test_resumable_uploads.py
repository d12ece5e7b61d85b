"""A recording in pieces, sent to the real server, which is killed in the middle of one."""

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.acceptance.server import Installation, Server, until
from tests.databases import postgres_database

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}
BLOCK = 250_000
KILLS = 2


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield Installation(tmp_path / "house")
    else:
        with postgres_database() as url:
            yield Installation(tmp_path / "house", url)


def recording(second: Path) -> bytes:
    """A recording of 20 million bytes, most of which no player looks at, and no two parts of which are alike."""
    rest = random.Random(7).randbytes(20_000_000)
    return second.read_bytes() + (len(rest) + 8).to_bytes(4, "big") + b"free" + rest


def offset_of(server: Server, upload_id: str) -> int:
    answer = server.client.head(f"uploads/{upload_id}", headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def kill_in_the_middle(house: Installation, server: Server, upload_id: str, content: bytes) -> int:
    """Kill everything while a piece arrives; gives how much was in the file before that."""
    offset, path = offset_of(server, upload_id), house.storage / "uploads" / f"{upload_id}.mp4"
    goes_on = threading.Event()

    def body() -> Iterator[bytes]:
        stop_at = offset + len(content) // (KILLS + 2)
        for start in range(offset, stop_at, BLOCK):
            yield content[start : min(start + BLOCK, stop_at)]
        goes_on.wait(60)

    def send() -> None:
        headers = {**PIECE, "Upload-Offset": str(offset)}
        try:
            answer = server.client.patch(f"uploads/{upload_id}", content=body(), headers=headers)
        except (httpx.TransportError, RuntimeError):  # what the kill leaves of it
            return
        raise AssertionError(f"it was answered: {answer.status_code}")

    thread = threading.Thread(target=send)
    thread.start()
    until(lambda: path.stat().st_size > offset + 2_000_000, "bytes of the piece in the file")
    written = path.stat().st_size
    server.kill()
    goes_on.set()
    thread.join(60)
    return written


def check_what_is_kept(house: Installation, server: Server, upload_id: str, content: bytes, at_least: int) -> int:
    """What the server says that it has is on the disk, as it was sent, and nothing is lost; gives how much that is."""
    offset = offset_of(server, upload_id)
    assert offset >= at_least
    assert (house.storage / "uploads" / f"{upload_id}.mp4").read_bytes() == content[:offset]
    return offset


def test_kills_in_the_middle_of_pieces_cost_nothing(house: Installation, second: Path) -> None:
    content = recording(second)
    upload_id, written = "", 0
    for _ in range(KILLS):
        server = house.server()
        if not upload_id:
            headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": "filename YS5tcDQ="}
            upload_id = server.client.post("uploads", headers=headers).json()["id"]
        check_what_is_kept(house, server, upload_id, content, written)
        written = kill_in_the_middle(house, server, upload_id, content)
    with house.server() as server:
        offset = check_what_is_kept(house, server, upload_id, content, written)
        answer = server.client.patch(
            f"uploads/{upload_id}", content=content[offset:], headers={**PIECE, "Upload-Offset": str(offset)}
        )
        assert answer.status_code == 204
        asked = {"upload_id": upload_id, "selected_pipelines": ["scene_detection"], "config": {"scene_detection": {"mode": "fast"}}}
        began = time.monotonic()
        answer = server.client.post("jobs/from-upload", json=asked)
        assert answer.status_code == 201, answer.text
        assert time.monotonic() - began < 30
        job = server.wait_for(answer.json()["id"], "completed")
        stored = (house.storage / job["video_path"]).read_bytes()
        assert hashlib.sha256(stored).digest() == hashlib.sha256(content).digest()
        provenance = server.fetch(f"/api/v1/jobs/{job['id']}/results/files/provenance.json").decode()
        assert hashlib.sha256(content).hexdigest() in provenance
        assert list((house.storage / "uploads").iterdir()) == []
