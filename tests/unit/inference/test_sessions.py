import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from videoannotator.annotations.provenance import WeightsUsed
from videoannotator.errors import InferenceFailedException
from videoannotator.inference.sessions import SessionPool
from videoannotator.inference.weights import manifest

FACE = "fer_minixception"


def grey_faces(count: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 64, 64, 1)).astype(np.float32)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_threads_setting_reaches_the_session(threads: int) -> None:
    pool = SessionPool("cpu", threads)
    options = pool.get(FACE)._session.get_session_options()
    assert (pool.threads, pool.get(FACE).threads) == (threads, threads)
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)


def test_a_pool_without_threads_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="not 0"):
        SessionPool("cpu", 0)


def test_a_session_gives_every_output_by_name() -> None:
    session = SessionPool("cpu").get("silero_vad")
    assert (session.input_names, session.output_names) == (("input", "state", "sr"), ("output", "stateN"))
    inputs = {"input": np.zeros((1, 576), np.float32), "state": np.zeros((2, 1, 128), np.float32), "sr": np.array(16_000)}
    result = session.run(inputs)
    assert {name: value.shape for name, value in result.items()} == {"output": (1, 1), "stateN": (2, 1, 128)}
    assert np.array_equal(session.run(inputs, ["output"])["output"], result["output"])
    assert list(session.run(inputs, ["output"])) == ["output"]


def test_many_threads_that_ask_at_once_share_one_session() -> None:
    pool, gate = SessionPool("cpu"), threading.Barrier(8)

    def get(_: int) -> object:
        gate.wait()
        return pool.get(FACE)

    with ThreadPoolExecutor(8) as threads:
        sessions = list(threads.map(get, range(8)))
    assert len({id(session) for session in sessions}) == 1
    assert [used.name for used in pool.used()] == [FACE]


def test_a_session_gives_the_same_numbers_to_threads_side_by_side() -> None:
    session = SessionPool("cpu").get(FACE)
    inputs = [{"input_1": grey_faces(4, seed)} for seed in range(16)]
    alone = [session.run(each)["predictions"] for each in inputs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda each: session.run(each)["predictions"], inputs))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    assert not np.array_equal(alone[0], alone[1])


def test_a_wrong_shape_is_an_error_that_names_the_weights_and_the_sizes() -> None:
    session = SessionPool("cpu").get(FACE)
    with pytest.raises(InferenceFailedException, match=FACE) as caught:
        session.run({"input_1": np.zeros((1, 48, 64, 1), np.float32)})
    assert "48" in caught.value.message
    assert "64" in caught.value.message
    assert not caught.value.transient


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"picture": np.zeros((1, 64, 64, 1), np.float32)},
        {"input_1": np.zeros((1, 64, 64, 1), np.float64)},
        {"input_1": np.zeros((64, 64), np.float32)},
    ],
    ids=["none", "misnamed", "float64", "rank"],
)
def test_any_wrong_input_is_an_error_of_ours(inputs: dict[str, np.ndarray[Any, Any]]) -> None:
    with pytest.raises(InferenceFailedException, match=FACE):
        SessionPool("cpu").get(FACE).run(inputs)


def test_weights_that_are_no_network_do_not_become_a_session() -> None:
    with pytest.raises(InferenceFailedException, match="moonshine_tiny_en_tokenizer"):
        SessionPool("cpu").get("moonshine_tiny_en_tokenizer")


def test_a_run_knows_its_own_weights_while_the_sessions_stay_warm() -> None:
    pool = SessionPool("cpu")
    with pool.recording() as first, pool.recording() as second:
        session = first.get(FACE)
        assert second.get(FACE) is session
        path = second.file("moonshine_tiny_en_tokenizer")
        own = WeightsUsed("whisper-base", "ab" * 32, "MIT", "cpu")
        second.record(own)
    entry = manifest()[FACE]
    used = WeightsUsed(FACE, entry.sha256, entry.licence, "cpu")
    assert first.used() == (used,)
    assert [each.name for each in second.used()] == [FACE, "moonshine_tiny_en_tokenizer", "whisper-base"]
    assert own in second.used()
    assert pool.used() == ()
    assert path.name == "moonshine_tiny_en_tokenizer.bin"
    with pool.recording() as third:
        assert third.get(FACE) is session


def test_a_closed_pool_loads_anew_and_leaves_lent_sessions_usable() -> None:
    with SessionPool("cpu") as pool:
        lent = pool.get(FACE)
    assert lent.run({"input_1": grey_faces(1)})["predictions"].shape == (1, 7)
    assert pool.get(FACE) is not lent
