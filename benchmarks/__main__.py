"""All benchmarks, or those that are named: python -m benchmarks [--runs N] [NAME …]."""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.database import database
from benchmarks.footage import minutes_720p, speech_wav
from benchmarks.measure import cost_of, median_costs, median_cpu_s, ratio, verdict, videoannotator
from benchmarks.people import people
from benchmarks.quality import add_arguments, quality
from benchmarks.server import server
from benchmarks.sound_cost import sound, together
from benchmarks.view import view
from benchmarks.voices import add_voice_arguments, voices
from benchmarks.web_result import web_result

MAX_SCENE_RATIO = 1.35
MAX_MEMORY_GROWTH_MB = 100
MAX_HELP_S = 0.4

DECODE = """
import sys, av
with av.open(sys.argv[1]) as container:
    stream = container.streams.video[0]
    stream.thread_type = sys.argv[2]
    for frame in container.decode(stream):
        pass
"""


def scenes(runs: int, folder: Path) -> None:
    """`process --pipelines scene_detection` against a pure PyAV decode of the same file, CPU time."""
    clip = minutes_720p(5)

    def ours(mode: str) -> Callable[[], list[str | Path]]:
        return lambda: videoannotator(
            "process",
            clip,
            "-o",
            folder / mode,
            "--overwrite",
            "--pipelines",
            "scene_detection",
            "--set",
            f"scene_detection.mode={mode}",
        )

    fast, balanced, threaded, plain = median_costs(
        runs,
        ours("fast"),
        ours("balanced"),
        lambda: [sys.executable, "-c", DECODE, clip, "AUTO"],
        lambda: [sys.executable, "-c", DECODE, clip, "SLICE"],
    )
    print(f"scene_detection, 5 minutes of 720p: fast {median_cpu_s(fast):.1f} s CPU, balanced {median_cpu_s(balanced):.1f} s CPU")
    print(f"  pure decode: {median_cpu_s(threaded):.1f} s CPU in frame threads, {median_cpu_s(plain):.1f} s with PyAV's defaults")
    print("  " + verdict("fast / decode in frame threads", ratio(fast, threaded), MAX_SCENE_RATIO, "x"))
    print("  " + verdict("fast / decode with defaults", ratio(fast, plain), MAX_SCENE_RATIO, "x"))
    print(f"  balanced / decode with defaults: {ratio(balanced, plain):.2f} x (no target)")


def speech(runs: int, folder: Path) -> None:
    """Speech recognition: real-time factor with one and two threads per network."""
    minutes = 5
    clip = speech_wav(minutes)

    def ours(threads: int) -> Callable[[], list[str | Path]]:
        return lambda: videoannotator(
            "process", clip, "-o", folder / "speech", "--overwrite", "--pipelines", "speech_recognition", "--threads", str(threads)
        )

    for threads, costs in zip((1, 2), median_costs(runs, ours(1), ours(2)), strict=True):
        wall = statistics.median(cost.wall_s for cost in costs)
        print(f"speech_recognition, {minutes} minutes of speech, {threads} thread(s): real-time factor ", end="")
        print(f"{wall / minutes / 60:.3f} by wall, ", end="")
        print(f"{median_cpu_s(costs) / minutes / 60:.3f} by CPU, start-up included")


def memory(runs: int, folder: Path) -> None:  # noqa: ARG001  one run each: peaks hardly vary, and an hour takes long
    """Peak memory of the default pipelines, scene detection in fast mode, on an hour against five minutes."""
    peaks = {}
    for minutes in (5, 60):
        fast = ("--set", "scene_detection.mode=fast")  # the shot network would make an hour of this footage take an hour
        cost = cost_of(videoannotator("process", minutes_720p(minutes), "-o", folder / f"memory-{minutes}", "--overwrite", *fast))
        peaks[minutes] = cost.peak_mb
        print(f"default pipelines (fast), {minutes} minutes of 720p: peak memory {cost.peak_mb:.0f} MB, ", end="")
        print(f"{cost.wall_s:.0f} s wall, {cost.cpu_s:.0f} s CPU")
    print("  " + verdict("growth from 5 to 60 minutes", peaks[60] - peaks[5], MAX_MEMORY_GROWTH_MB, "MB"))


def startup(runs: int, folder: Path) -> None:  # noqa: ARG001  writes nothing
    """How long the command line takes to answer."""
    shown, imported = median_costs(
        max(runs, 9), lambda: videoannotator("--help"), lambda: [sys.executable, "-c", "import videoannotator"]
    )
    print(verdict("videoannotator --help", statistics.median(cost.wall_s for cost in shown), MAX_HELP_S, "s"))
    print(f"  import videoannotator: {statistics.median(cost.wall_s for cost in imported):.2f} s, interpreter included")


BENCHMARKS = {
    "startup": startup,
    "scenes": scenes,
    "speech": speech,
    "memory": memory,
    "database": database,
    "server": server,
    "people": people,
    "sound": sound,
    "together": together,
    "web_result": web_result,
    "view": view,
}


QUALITY = {"quality": quality, "voices": voices}


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, *QUALITY, []], help="which ones; all when none is named")
    parser.add_argument("--runs", type=int, default=3, help="runs of each command; medians are printed (default: 3)")
    add_arguments(parser)
    add_voice_arguments(parser)
    arguments = parser.parse_args()
    print(
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; medians of {arguments.runs} runs; quote ratios, not seconds"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or [*BENCHMARKS, *QUALITY]:
            if name in QUALITY:
                QUALITY[name](Path(folder), arguments)
            else:
                BENCHMARKS[name](arguments.runs, Path(folder))


main()
