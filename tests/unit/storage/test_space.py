"""Room is promised once, and a full disk is met with something in reserve."""

import os
import threading
from pathlib import Path

import pytest
from tests.small_disk import SIZE_BYTES

from videoannotator.errors import StorageFailedException, StorageFullException
from videoannotator.storage.config import Storage
from videoannotator.storage.space import (
    BALLAST,
    Reservation,
    disk_errors,
    free_ballast,
    has_room,
    make_ballast,
    require_space,
    space_of,
)

MB = 1024 * 1024


@pytest.fixture
def storage(small_disk: Path) -> Storage:
    """16 MB in all, of which 4 are the floor and 2 the ballast."""
    storage = Storage(small_disk, 4 * MB, ballast_bytes=2 * MB)
    storage.prepare()
    return storage


def fill(storage: Storage, *, leave: int) -> Path:
    """Another program takes all space but so much."""
    path = storage.root / "foreign"
    path.unlink(missing_ok=True)
    size = space_of(storage).free_bytes - leave
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        if size > 0:
            os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)
    return path


def test_the_floor_is_left_alone(storage: Storage) -> None:
    free = space_of(storage).free_bytes
    require_space(storage, free - 4 * MB)
    with pytest.raises(StorageFullException) as caught:
        require_space(storage, free - 4 * MB + 4096)
    assert caught.value.code == "STORAGE_FULL"
    assert caught.value.detail["floor_bytes"] == 4 * MB
    assert str(storage.root) not in caught.value.message + str(caught.value.detail)


def test_uploads_in_flight_do_not_get_the_same_room_twice(storage: Storage) -> None:
    with Reservation(storage, 5 * MB), Reservation(storage, 5 * MB):
        with pytest.raises(StorageFullException):
            Reservation(storage, 5 * MB)
        with pytest.raises(StorageFullException):
            require_space(storage, 5 * MB)
    with Reservation(storage, 10 * MB):
        pass
    assert storage.reservations == {}


def test_what_has_arrived_is_not_counted_twice(storage: Storage) -> None:
    arrived = storage.root / "upload"
    with Reservation(storage, 8 * MB) as first:
        arrived.write_bytes(bytes(8 * MB))
        first.check(8 * MB)
        with Reservation(storage, 3 * MB):
            pass
        with pytest.raises(StorageFullException):
            Reservation(storage, 5 * MB)


def test_room_for_an_upload_without_a_length_is_looked_at_as_it_arrives(storage: Storage) -> None:
    with Reservation(storage, 8 * MB), Reservation(storage, None) as endless:
        (storage.root / "upload").write_bytes(bytes(3 * MB))
        endless.check(3 * MB)
        (storage.root / "upload").write_bytes(bytes(5 * MB))
        with pytest.raises(StorageFullException):
            endless.check(5 * MB)


def test_a_disk_that_fills_up_from_elsewhere_ends_an_upload(storage: Storage) -> None:
    with Reservation(storage, 6 * MB) as upload:
        upload.check(MB)
        fill(storage, leave=3 * MB)
        with pytest.raises(StorageFullException):
            upload.check(2 * MB)


def test_many_uploads_at_once_never_promise_more_than_there_is(storage: Storage) -> None:
    start, kept = threading.Barrier(16), list[Reservation]()

    def reserve() -> None:
        start.wait()
        try:
            kept.append(Reservation(storage, 2 * MB))
        except StorageFullException:
            return

    threads = [threading.Thread(target=reserve) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == (space_of(storage).free_bytes - 4 * MB) // (2 * MB)


def test_the_ballast_really_takes_up_room_and_gives_it_back(storage: Storage) -> None:
    before = space_of(storage).free_bytes
    assert make_ballast(storage)
    assert make_ballast(storage), "it is there already"
    assert before - space_of(storage).free_bytes == pytest.approx(2 * MB, abs=64 * 1024)
    assert (storage.root / BALLAST).stat().st_mode & 0o777 == 0o600
    free_ballast(storage)
    free_ballast(storage)
    assert space_of(storage).free_bytes == pytest.approx(before, abs=64 * 1024)


def test_no_ballast_is_made_where_it_would_touch_the_floor(storage: Storage) -> None:
    fill(storage, leave=7 * MB)
    assert not make_ballast(storage)
    assert not has_room(storage)
    assert sorted(path.name for path in storage.root.iterdir() if path.is_file()) == ["foreign"]


def test_on_a_full_disk_the_ballast_makes_room_to_write_that_down(storage: Storage) -> None:
    assert has_room(storage)
    fill(storage, leave=0)
    with pytest.raises(OSError, match="No space"):
        (storage.root / "state").write_bytes(bytes(MB))
    (storage.root / "state").unlink()
    assert not has_room(storage)
    assert not (storage.root / BALLAST).exists()
    (storage.root / "state").write_bytes(bytes(MB))


def test_no_job_starts_until_space_is_well_back(storage: Storage) -> None:
    assert has_room(storage)
    fill(storage, leave=3 * MB)
    assert not has_room(storage)
    assert (storage.root / BALLAST).exists(), "it is for a disk that is really full"
    fill(storage, leave=5 * MB)
    assert not has_room(storage), "a little above the floor is not enough to begin again"
    fill(storage, leave=7 * MB)
    assert has_room(storage)
    fill(storage, leave=5 * MB)
    assert has_room(storage), "and enough to go on"


def test_the_ballast_comes_back_with_the_space(storage: Storage) -> None:
    assert has_room(storage)
    foreign = fill(storage, leave=MB)
    assert not has_room(storage)
    fill(storage, leave=6 * MB)
    assert not has_room(storage)
    foreign.unlink()
    assert has_room(storage)
    assert (storage.root / BALLAST).stat().st_size == 2 * MB


def test_without_a_floor_a_job_that_filled_the_disk_is_not_followed_by_another_at_once(small_disk: Path) -> None:
    storage = Storage(small_disk, 0, ballast_bytes=2 * MB)
    assert has_room(storage)
    fill(storage, leave=MB)
    free_ballast(storage)
    assert space_of(storage).free_bytes > 0
    assert not has_room(storage)


def test_the_disk_s_size_is_told(storage: Storage) -> None:
    assert space_of(storage).total_bytes == SIZE_BYTES


def test_a_storage_that_is_gone_is_named_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(StorageFailedException) as caught:
        space_of(Storage(tmp_path / "gone"))
    assert str(tmp_path) not in caught.value.message


def test_other_errors_of_the_disk_are_worth_another_try() -> None:
    with pytest.raises(StorageFailedException) as caught, disk_errors("the upload"):
        raise OSError(5, "Input/output error", "/secret/place")
    assert caught.value.transient
    assert "secret" not in caught.value.message
