"""Which recordings a folder holds, and where their results go."""

from pathlib import Path

from videoannotator.engine.batch import tasks_for


def folders(root: Path, *names: str) -> dict[str, str]:
    """The result folder of each recording, by name, when files of these names lie in `root`."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    tasks = tasks_for(root, root / "out")
    return {task.recording.relative_to(root).as_posix(): task.folder.relative_to(root / "out").as_posix() for task in tasks}


def test_each_recording_has_a_folder_of_its_own(tmp_path: Path) -> None:
    found = folders(tmp_path, "a.mp4", "sub/a.mp4", "b.mov", "b.wav", "Visit.mkv", "visit.avi", "note.txt", "out/c.mp4")
    assert found == {
        "a.mp4": "a",
        "sub/a.mp4": "sub/a",
        "b.mov": "b.mov",
        "b.wav": "b.wav",
        "Visit.mkv": "Visit.mkv",
        "visit.avi": "visit.avi",
    }


def test_hidden_files_are_no_recordings(tmp_path: Path) -> None:
    assert folders(tmp_path, "visit.mp4", "._visit.mp4") == {"visit.mp4": "visit"}
