"""What the view of a result costs: of an hour with four people and two faces in every frame, and beside the default pipelines."""

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import cost_of, median_costs, median_cpu_s, ratio
from videoannotator.media.demo_clip import make_demo_clip
from videoannotator.testing.long_recording import write_long_recording

HOUR_S, PERSONS, FACES = 3600, 4, 2

WRITE = """
import sys
from pathlib import Path
from videoannotator.media.probe import probe
from videoannotator.testing.long_results import long_annotations, write_long_view
folder, seconds, persons, faces, wanted = Path(sys.argv[1]), *map(int, sys.argv[2:])
with long_annotations(probe(folder / "long.mp4", timing=False), seconds, persons, faces) as annotations:
    if wanted:
        write_long_view(annotations, folder, seconds, persons)
"""
"""Makes the records, and with a 1 at its end writes the view as well."""

RUN = """
import sys
from pathlib import Path
from videoannotator.engine.annotate import run_selection, select, shared_sessions
from videoannotator.engine.previews import Previews
recording, folder = Path(sys.argv[1]), Path(sys.argv[2])
selection, notes = select(None, {})
previews = Previews(folder, "-1") if int(sys.argv[3]) else None
run_selection(recording, selection, shared_sessions("cpu", 1, None), lambda _: None, lambda: False, notes, previews).close()
"""
"""Runs the default pipelines, with a 1 at its end with the steps beside them."""


def view(runs: int, folder: Path) -> None:
    """CPU time, memory and size of an hour's view; and what small pictures and waveform add to a run on the demo clip."""
    _hour(folder)
    _beside(runs, folder)


def _hour(folder: Path) -> None:
    words: list[str | Path] = [sys.executable, "-c", WRITE, folder, *map(str, (HOUR_S, PERSONS, FACES))]
    write_long_recording(folder / "long.mp4", HOUR_S, PERSONS)
    without, whole = cost_of([*words, "0"]), cost_of([*words, "1"])
    sizes: dict[str, int] = {}
    for path in (folder / "view").iterdir():
        kind = path.name.partition("-")[0].partition(".")[0]
        sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
    print(f"the view of an hour at 25 frames/s, {PERSONS} people with postures and {FACES} faces with outlines in each frame:")
    print(f"  {whole.cpu_s - without.cpu_s:.0f} s CPU, peak memory {whole.peak_mb:.0f} MB ({without.peak_mb:.0f} MB without)")
    print("  " + ", ".join(f"{kind} {size / 1e6:.1f} MB" for kind, size in sorted(sizes.items())))


def _beside(runs: int, folder: Path) -> None:
    clip = folder / "demo.mp4"
    make_demo_clip(clip)
    with tempfile.TemporaryDirectory() as made:
        run: list[str | Path] = [sys.executable, "-c", RUN, clip, made]
        alone, beside = median_costs(runs, lambda: [*run, "0"], lambda: [*run, "1"])
    print(f"default pipelines on the demo clip: {median_cpu_s(alone):.1f} s CPU; ", end="")
    print(f"with small pictures and waveform beside: {ratio(beside, alone):.3f} x")
