"""Tracks as text of the MOT challenge."""

from pathlib import Path

from videoannotator.exporters.mot import MOT
from videoannotator.testing.examples import empty, full


def test_every_observation_is_a_line_counted_from_one(tmp_path: Path) -> None:
    with full() as annotations:
        (file,) = MOT().export(annotations, tmp_path)
    assert (file.name, file.pipeline, file.main) == ("person_tracking.mot.txt", "person_tracking", False)
    assert (tmp_path / file.name).read_text(encoding="ascii").splitlines() == [
        "1,1,91.50,41.25,80.00,280.00,0.987654,-1,-1,-1",
        "1,2,-11.00,201.00,60.00,110.12,0.5,-1,-1,-1",
        "4,1,91.50,41.25,80.00,280.00,0,-1,-1,-1",
        "4,2,-11.00,201.00,60.00,110.12,0,-1,-1,-1",
        "7,1,91.50,41.25,80.00,280.00,1,-1,-1,-1",
        "150,3,91.50,41.25,80.00,280.00,0.75,-1,-1,-1",
    ]


def test_nobody_means_no_file(tmp_path: Path) -> None:
    with empty() as annotations:
        assert list(MOT().export(annotations, tmp_path)) == []
    assert not list(tmp_path.iterdir())
