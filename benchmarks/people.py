"""What people and faces cost: each network alone, the pipelines with two and with four people, and the plan's total for both."""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.footage import PEOPLE_S, people_720p
from benchmarks.measure import Cost, cost_of, verdict, videoannotator
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import WeightsStore

MAX_REAL_TIME = 1.0
CALLS = 20

NETWORKS: Mapping[str, str] = {
    "nanodet": "people, per picture",
    "movenet_thunder": "posture, per person",
    "movenet_lightning": "posture, per person, the fast one",
    "yunet": "faces, per picture",
    "face_landmarks": "mesh, per face",
    "face_blendshapes": "blendshapes, per face",
    "faceapi_expression": "expression, per face",
    "fer_minixception": "expression, second opinion, per face",
    "faceres": "age and gender, per face",
    "faceapi_agegender": "age, second opinion, per face",
    "mobileface": "identity, per face",
}

VARIANTS: Mapping[str, Sequence[str]] = {
    "person_tracking": ("person_tracking",),
    "face_analysis": ("face_analysis",),
    "both": ("person_tracking", "face_analysis"),
}
TRIED: Mapping[str, Sequence[str]] = {
    "lightning": ("--set", "person_tracking.pose=lightning"),
    "no postures": ("--set", "person_tracking.pose=off"),
    "people at half the rate": ("--set", "person_tracking.rate_hz=2.5"),
}
"""Ways of saving work, each as options of the command line."""


def people(runs: int, folder: Path) -> None:
    """All of it."""
    for threads in (1, 2):
        print(f"networks alone, {threads} thread(s), median of {CALLS} calls:")
        with SessionPool("cpu", threads) as pool:
            for name, what in NETWORKS.items():
                wall_ms, cpu_ms = network_cost(pool, name)
                print(f"  {name:20} {wall_ms:6.1f} ms wall {cpu_ms:6.1f} ms CPU  {what}")
    for count in (2, 4):
        for threads in (1, 2):
            for label, pipelines in VARIANTS.items():
                traced(runs, folder, f"{count} people, {threads} thread(s), {label}", count, threads, pipelines)
    for label, words in TRIED.items():
        traced(runs, folder, f"2 people, 1 thread, both, {label}", 2, 1, VARIANTS["both"], words)


def network_cost(pool: SessionPool, name: str) -> tuple[float, float]:
    """Milliseconds by the clock (median) and of all processors (mean) per call with a batch of one."""
    session = pool.get(name)
    rng = np.random.default_rng(0)
    inputs = {
        tensor.name: rng.uniform(0, 255, [size if isinstance(size, int) else 1 for size in tensor.shape]).astype(tensor.dtype)
        for tensor in WeightsStore.entry(name).inputs
    }
    session.run(inputs)
    walls = []
    busy = time.process_time()
    for _ in range(CALLS):
        began = time.perf_counter()
        session.run(inputs)
        walls.append(time.perf_counter() - began)
    return 1000 * statistics.median(walls), 1000 * (time.process_time() - busy) / CALLS


def traced(
    runs: int, folder: Path, label: str, count: int, threads: int, pipelines: Sequence[str], words: Sequence[str] = ()
) -> None:
    """Run the pipelines on a clip of so many people, and print what each stage took."""
    clip = people_720p(count)
    results = folder / "people"
    costs: list[tuple[Cost, dict[str, Any]]] = []
    for _ in range(runs):
        command = videoannotator("process", clip, "-o", results, "--overwrite", "--pipelines", ",".join(pipelines))
        cost = cost_of([*command, "--threads", str(threads), *words])
        costs.append((cost, json.loads((results / "provenance.json").read_text(encoding="utf-8"))))
    cost, record = sorted(costs, key=lambda each: each[1]["timings_s"]["total"])[len(costs) // 2]
    timings = record["timings_s"]
    busy = ", ".join(f"{name} {outcome['busy_s']:.1f} s" for name, outcome in record["pipelines"].items())
    print(f"{label}: {timings['total']:.1f} s for {PEOPLE_S} s of 720p: {busy}, decode {timings['decode']:.1f} s; ", end="")
    print(f"{cost.cpu_s:.1f} s CPU and {cost.peak_mb:.0f} MB with start-up")
    print("  " + verdict("real-time factor", timings["total"] / PEOPLE_S, MAX_REAL_TIME, "x"))
