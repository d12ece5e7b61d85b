"""Downloads go on where they broke off, are kept only when their checksum is right, and stop when told."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.weights_server import Mirror, serving

from videoannotator.errors import DownloadFailedException, InvalidRequestException, RunStopped, WeightsDamagedException
from videoannotator.inference.library import PARTIAL, WeightsLibrary
from videoannotator.inference.pull import add_file, pull_address

CONTENT = bytes(range(256)) * 8192  # 2 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def library(tmp_path: Path) -> WeightsLibrary:
    return WeightsLibrary(tmp_path / "library")


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serving(Mirror(CONTENT)) as started:
        yield started


def pull(library: WeightsLibrary, mirror: Mirror, *, name: str | None = "pose", sha256: str = SHA256, **arguments: object) -> None:
    should_stop: Callable[[], bool] = arguments.get("should_stop", lambda: False)  # type: ignore[assignment]
    seen: list[tuple[int, int | None]] = arguments.get("seen", [])  # type: ignore[assignment]
    pull_address(library, mirror.url, name, sha256, lambda have, total: seen.append((have, total)), should_stop, "Apache-2.0")


def test_a_download_is_whole_checked_and_recorded(library: WeightsLibrary, mirror: Mirror) -> None:
    seen: list[tuple[int, int | None]] = []
    pull(library, mirror, seen=seen)
    assert library.path("pose").read_bytes() == CONTENT
    entry = library.entry("pose")
    assert (entry.source, entry.licence, entry.sha256) == (mirror.url, "Apache-2.0", SHA256)
    assert [file.name for file in entry.files] == ["Pose-Net.v2.onnx"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert list((library.folder / PARTIAL).iterdir()) == []


def test_it_goes_on_where_the_connection_broke(library: WeightsLibrary, mirror: Mirror) -> None:
    mirror.break_after = [700_000, 100_000]
    pull(library, mirror)
    assert library.path("pose").read_bytes() == CONTENT
    assert mirror.asked == [None, "bytes=700000-", "bytes=800000-"]


def test_a_later_command_goes_on_where_an_earlier_one_gave_up(library: WeightsLibrary, mirror: Mirror) -> None:
    mirror.break_after = [500_000, 0, 0, 0]
    with pytest.raises(DownloadFailedException, match="could not be downloaded") as failed:
        pull(library, mirror)
    assert "goes on where it stopped" in str(failed.value.hint)
    mirror.asked.clear()
    pull(library, mirror)
    assert mirror.asked == ["bytes=500000-"]
    assert library.path("pose").read_bytes() == CONTENT


def test_a_server_without_ranges_starts_over(library: WeightsLibrary, mirror: Mirror) -> None:
    mirror.ranges, mirror.break_after = False, [500_000]
    pull(library, mirror)
    assert library.path("pose").read_bytes() == CONTENT


def test_what_is_all_there_is_not_fetched_again(library: WeightsLibrary, mirror: Mirror) -> None:
    (library.folder / PARTIAL).mkdir(parents=True)
    (library.folder / PARTIAL / SHA256).write_bytes(CONTENT)
    pull(library, mirror)
    assert mirror.asked == [f"bytes={len(CONTENT)}-"]
    assert library.path("pose").read_bytes() == CONTENT


def test_another_content_is_thrown_away(library: WeightsLibrary, mirror: Mirror) -> None:
    with pytest.raises(WeightsDamagedException, match=f"has sha256 {SHA256}"):
        pull(library, mirror, sha256="0" * 64)
    assert library.names() == ()
    assert list((library.folder / PARTIAL).iterdir()) == []


def test_a_refusal_is_told_with_its_status(library: WeightsLibrary, mirror: Mirror) -> None:
    mirror.status = 403
    with pytest.raises(DownloadFailedException, match="answered 403"):
        pull(library, mirror)


def test_nobody_there(library: WeightsLibrary) -> None:
    with serving(Mirror(CONTENT)) as mirror:
        pass
    with pytest.raises(DownloadFailedException, match="could not be downloaded"):
        pull(library, mirror)


def test_a_stop_keeps_what_came(library: WeightsLibrary, mirror: Mirror) -> None:
    seen: list[tuple[int, int | None]] = []
    with pytest.raises(RunStopped):
        pull(library, mirror, seen=seen, should_stop=lambda: len(seen) >= 2)
    partial = (library.folder / PARTIAL / SHA256).read_bytes()
    assert 0 < len(partial) < len(CONTENT)
    assert CONTENT.startswith(partial)


@pytest.mark.parametrize(
    ("name", "sha256", "message"),
    [("Böse", SHA256, "cannot be the name"), ("../up", SHA256, "cannot be the name"), ("ok", "123", "is not a SHA-256")],
)
def test_what_cannot_be_added_is_not_downloaded(
    library: WeightsLibrary, mirror: Mirror, name: str, sha256: str, message: str
) -> None:
    with pytest.raises(InvalidRequestException, match=message):
        pull(library, mirror, name=name, sha256=sha256)
    assert mirror.asked == []


def test_a_name_is_made_from_the_file(library: WeightsLibrary, mirror: Mirror) -> None:
    pull(library, mirror, name=None)
    assert library.names() == ("pose-net-v2",)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a.onnx", "http:///a.onnx"])
def test_what_is_no_address(library: WeightsLibrary, url: str) -> None:
    with pytest.raises(InvalidRequestException, match="not an address"):
        pull_address(library, url, "a", SHA256, lambda *_: None, lambda: False)


def test_a_file_of_this_machine(library: WeightsLibrary, tmp_path: Path) -> None:
    file = tmp_path / "rtm.onnx"
    file.write_bytes(CONTENT)
    with pytest.raises(WeightsDamagedException, match="has sha256"):
        add_file(library, file, None, "f" * 64)
    added = add_file(library, file, None, SHA256.upper())
    assert (added.name, added.source) == ("rtm", str(file))
    with pytest.raises(InvalidRequestException, match="are there already"):
        add_file(library, file, "rtm", None)
    with pytest.raises(InvalidRequestException, match="There is no file"):
        add_file(library, tmp_path / "nothing", None, None)


def test_a_folder_of_this_machine(library: WeightsLibrary, tmp_path: Path) -> None:
    folder = tmp_path / "Yam Net"
    (folder / "more").mkdir(parents=True)
    with pytest.raises(InvalidRequestException, match="has no files"):
        add_file(library, folder, None, None)
    for file in ("net.onnx", "class map.csv", ".hidden", "more/other.onnx"):
        (folder / file).write_bytes(CONTENT)
    with pytest.raises(InvalidRequestException, match="one checksum is of one file"):
        add_file(library, folder, None, SHA256)
    added = add_file(library, folder, None, None, "Apache-2.0")
    assert (added.name, added.source, added.licence) == ("yam-net", str(folder), "Apache-2.0")
    assert [file.name for file in added.files] == ["class-map.csv", "net.onnx"]
    assert library.path("yam-net") == library.folder / "yam-net"


def test_networks_in_folders_are_taken_where_a_file_says_that_they_belong_together(library: WeightsLibrary, tmp_path: Path) -> None:
    folder = tmp_path / "talk"
    for file in ("config.yaml", "segmentation/pytorch_model.bin", "plda/p l.npz", ".cache/x.bin", "plda/.hidden", "a/b/c.bin"):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(CONTENT)
    added = add_file(library, folder, None, None)
    assert [file.name for file in added.files] == ["config.yaml", "plda/p-l.npz", "segmentation/pytorch_model.bin"]
    assert (library.path("talk") / "plda" / "p-l.npz").read_bytes() == CONTENT
