"""Nobody gets out of the storage folder, and it is made as the settings say."""

import os
import stat
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from videoannotator.errors import InvalidRequestException, NotFoundException
from videoannotator.settings import load_settings
from videoannotator.storage import config
from videoannotator.storage.config import FOLDERS, Storage

JOB = "0b7e2c9a-5d41-4c57-9d34-1f6a6f2f8f10"
NO_IDS = (
    "",
    ".",
    "..",
    "../" + JOB,
    JOB + "/..",
    JOB + "/../" + JOB,
    f"/{JOB}",
    "/etc/passwd",
    "C:\\Windows",
    JOB + "\0",
    "\0",
    JOB + "\n",
    JOB + " ",
    f" {JOB}",
    JOB.upper(),
    JOB.replace("0b7e", "0B7e"),
    f"{{{JOB}}}",
    f"urn:uuid:{JOB}",
    JOB.replace("-", ""),
    JOB.replace("-", "\u2010"),
    JOB.replace("0", "\uff10"),
    JOB.replace("0", "\u0660"),
    JOB.replace("a", "\u0430"),
    JOB[:-1] + "\u0661",
    JOB + ".",
    "con",
    "job-1",
    "%2e%2e",
    "..%2f",
    "a" * 5000,
)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    storage = Storage(tmp_path / "storage")
    storage.prepare()
    return storage


def tree(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize("job_id", NO_IDS)
def test_what_is_no_uuid_never_becomes_a_path(storage: Storage, tmp_path: Path, job_id: str) -> None:
    before = tree(tmp_path)
    ways: tuple[Callable[[str], object], ...] = (
        storage.job_folder,
        storage.ensure_job_folder,
        storage.log_file,
        lambda job_id: storage.attempt_folder(job_id, 1),
        lambda job_id: storage.results_folder(job_id, 1),
        lambda job_id: storage.scratch_folder(job_id, 1),
        lambda job_id: storage.source_path(job_id, "a.mp4"),
    )
    for way in ways:
        with pytest.raises(NotFoundException) as caught:
            way(job_id)
        assert str(tmp_path) not in caught.value.message
    assert tree(tmp_path) == before


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(job_id=st.text() | st.from_regex(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{0,30}", fullmatch=True))
@example(job_id=JOB)
def test_a_folder_is_below_jobs_or_refused(storage: Storage, job_id: str) -> None:
    try:
        folder = storage.job_folder(job_id)
    except NotFoundException:
        return
    assert folder == storage.root / "jobs" / str(uuid.UUID(job_id))


def test_a_job_folder_that_is_a_link_out_is_refused(storage: Storage, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (storage.root / "jobs" / JOB).symlink_to(outside)
    for way in (storage.job_folder, storage.ensure_job_folder, storage.log_file):
        with pytest.raises(NotFoundException, match="leads out"):
            way(JOB)
    assert list(outside.iterdir()) == []


def test_a_storage_behind_a_link_is_used_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    storage = Storage(tmp_path / "link")
    storage.prepare()
    assert storage.ensure_job_folder(JOB) == tmp_path / "disk" / "jobs" / JOB


@pytest.mark.parametrize("stored", ["../outside", "/etc/passwd", "jobs/../../outside", "a\0b", "jobs/link/secret"])
def test_a_stored_path_that_leads_out_is_refused(storage: Storage, tmp_path: Path, stored: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    (storage.root / "jobs" / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(NotFoundException):
        storage.resolve(stored)


def test_a_stored_path_comes_back(storage: Storage) -> None:
    path = storage.source_path(JOB, "x.mp4")
    assert storage.relative(path) == f"jobs/{JOB}/source.mp4"
    assert storage.resolve(storage.relative(path)) == path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Clip.MP4", "source.mp4"),
        ("../../x.mkv", "source.mkv"),
        ("a.mp4/../../etc/passwd", "source"),
        ("x.m p4", "source"),
        ("x.mp4\0.sh", "source.sh"),
        ("x.verylong", "source"),
        ("x.\uff4d\uff50\uff14", "source"),
        ("con.mp4", "source.mp4"),
        ("x.", "source"),
        ("a" * 4000 + ".mov", "source.mov"),
        ("", "source"),
        (None, "source"),
    ],
)
def test_of_a_client_s_name_only_a_plain_ending_is_taken(storage: Storage, name: str | None, expected: str) -> None:
    assert storage.source_path(JOB, name) == storage.root / "jobs" / JOB / expected


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o007, 0o022])
def test_folders_have_the_rights_of_the_setting_whatever_the_process_has(tmp_path: Path, umask: int) -> None:
    storage = Storage(tmp_path / "storage", umask=umask)
    before = os.umask(0o077 ^ umask)
    try:
        storage.prepare()
        folder = storage.ensure_job_folder(JOB)
    finally:
        os.umask(before)
    for made in (storage.root, *(storage.root / name for name in FOLDERS), folder):
        assert stat.S_IMODE(made.stat().st_mode) == 0o777 & ~umask


def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    root = tmp_path / "storage"
    root.mkdir()
    root.chmod(0o755)
    Storage(root).prepare()
    assert stat.S_IMODE(root.stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "jobs").stat().st_mode) == 0o700


def test_preparing_twice_changes_nothing(storage: Storage) -> None:
    before = tree(storage.root)
    storage.prepare()
    assert tree(storage.root) == before


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in ("STORAGE_DIR", "STORAGE_ROOT", "STORAGE_BASE_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"VIDEOANNOTATOR_{name}", raising=False)
    config.installed_storage.cache_clear()
    yield tmp_path
    config.installed_storage.cache_clear()


@pytest.mark.parametrize(
    ("given_dir", "expected"), [(None, "storage"), ("data/va", "data/va"), ("./x/../y", "y"), ("{here}/absolute", "absolute")]
)
def test_the_setting_may_be_missing_relative_or_absolute(
    here: Path, monkeypatch: pytest.MonkeyPatch, given_dir: str | None, expected: str
) -> None:
    if given_dir is not None:
        monkeypatch.setenv("VIDEOANNOTATOR_STORAGE_DIR", given_dir.format(here=here))
    storage = Storage.of(load_settings())
    storage.prepare()
    assert storage.root == here / expected
    assert {path.name for path in storage.root.iterdir()} == set(FOLDERS)


def test_the_module_s_functions_use_the_settings(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_DIR", "elsewhere")
    assert here / "elsewhere" == config.STORAGE_ROOT
    assert config.get_job_storage_path(JOB) == here / "elsewhere" / "jobs" / JOB
    assert not (here / "elsewhere").exists()
    assert config.ensure_job_storage_path(JOB).is_dir()
    with pytest.raises(NotFoundException):
        config.ensure_job_storage_path("../x")


@pytest.mark.parametrize("place", ["file", "file/below", "dangling"])
def test_a_root_that_cannot_be_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "file" / "nowhere")
    with pytest.raises(InvalidRequestException, match="cannot be used") as caught:
        Storage(tmp_path / place).prepare()
    assert caught.value.field == "STORAGE_DIR"
    assert caught.value.hint is not None


def test_a_folder_in_it_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("")
    with pytest.raises(InvalidRequestException, match="cannot be used"):
        Storage(tmp_path).prepare()


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path: Path) -> None:
    """In a process of its own, which gives up the rights of root if it has them."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder != Path(folder.root):
            folder.chmod(folder.stat().st_mode | 0o055)
    read_only = tmp_path / "read-only"
    read_only.mkdir()
    read_only.chmod(0o555)
    code = f"""
import os
from pathlib import Path
from videoannotator.storage.config import Storage
from videoannotator.errors import InvalidRequestException
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
for root in ({str(read_only)!r}, {str(read_only / "below")!r}):
    try:
        Storage(Path(root)).prepare()
    except InvalidRequestException as error:
        print(error.message)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("cannot be used: Permission denied") == 2, done.stdout + done.stderr
