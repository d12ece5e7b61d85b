"""What the work on sound costs: every stage alone, by length of the recording, on one core."""

import os
from pathlib import Path

from benchmarks.footage import conversation_wav, minutes_720p
from benchmarks.measure import Cost, cost_of, verdict, videoannotator

STAGES = ("audio_quality", "voice_emotion", "speech_recognition", "speaker_diarization", "audio_processing")
MINUTES = (1, 10, 60)
MAX_REAL_TIME_FACTOR = 0.45
WHOLE = "audio_processing"
DEFAULTS = ("person_tracking", "face_analysis", "scene_detection", "audio_processing")


def _cost(recording: Path, folder: Path, *pipelines: str) -> Cost:
    return cost_of(videoannotator("process", recording, "-o", folder / "out", "--overwrite", "--pipelines", ",".join(pipelines)))


def sound(runs: int, folder: Path) -> None:  # noqa: ARG001  one run each: an hour takes long
    """Real-time factor and peak memory of each stage, for 1, 10 and 60 minutes of conversation."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # inherited by the commands
    try:
        for stage in STAGES:
            costs = {minutes: _cost(conversation_wav(minutes), folder, stage) for minutes in MINUTES}
            for minutes, cost in costs.items():
                print(f"{stage}, {minutes} min: real-time factor {cost.cpu_s / minutes / 60:.3f} by CPU, ", end="")
                print(f"{cost.wall_s / minutes / 60:.3f} by wall on one core, peak memory {cost.peak_mb:.0f} MB")
            if stage == WHOLE:
                longest = max(MINUTES)
                print("  " + verdict("whole", costs[longest].wall_s / longest / 60, MAX_REAL_TIME_FACTOR, "x real time"))
    finally:
        os.sched_setaffinity(0, cores)


def together(runs: int, folder: Path) -> None:  # noqa: ARG001  one run each: the difference is large
    """All default pipelines at once on 5 minutes of 720p, beside each alone: one decode instead of four."""
    minutes = 5
    clip = minutes_720p(minutes)
    alone = {pipeline: _cost(clip, folder, pipeline) for pipeline in DEFAULTS}
    for pipeline, cost in alone.items():
        print(f"{pipeline} alone, {minutes} minutes of 720p: {cost.cpu_s:.0f} s CPU, {cost.wall_s:.0f} s wall")
    whole = _cost(clip, folder, *DEFAULTS)
    total = sum(cost.cpu_s for cost in alone.values())
    print(f"all together: {whole.cpu_s:.0f} s CPU instead of {total:.0f} s ({whole.cpu_s / total:.2f} of the sum), ", end="")
    print(f"{whole.wall_s:.0f} s wall, {whole.wall_s / minutes / 60:.2f} x real time, peak memory {whole.peak_mb:.0f} MB")
