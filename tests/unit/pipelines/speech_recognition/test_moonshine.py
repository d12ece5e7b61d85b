"""Greedy decoding and what becomes of its tokens. The networks are scripted here; the real ones run in test_pipeline."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from videoannotator.errors import RunStopped, WeightsDamagedException
from videoannotator.inference.sessions import SessionPool
from videoannotator.pipelines.speech_recognition.moonshine import (
    TOKENIZER,
    VOCABULARY_SIZE,
    MoonshineRecogniser,
    read_tokens,
    without_loop,
)

SECOND = np.zeros(16000, np.float32)
TOKENS = [
    b"<unk>",
    b"<s>",
    b"</s>",
    *["\u2581yes".encode(), "\u2581N".encode(), b"o.", "\u2581\u266a".encode(), b"\xe2", b",", b","],
]
END, YES, NO_START, NO_END, NOTE, HALF_A_CHARACTER, COMMA = 2, 3, 4, 5, 6, 7, 8


def never() -> None:
    """Nobody asks for a stop."""


class ScriptedEncoder:
    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        assert inputs["input_values"].shape == inputs["attention_mask"].shape
        return {"last_hidden_state": np.zeros((1, 4, 288), np.float32)}


class ScriptedDecoder:
    """Gives the tokens of a script, each with three times the weight of all others together, and checks the cache it is handed."""

    def __init__(self, script: Sequence[int]) -> None:
        self.script = script
        self.steps = 0

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        assert inputs["input_ids"].tolist() == [[self.script[self.steps - 1] if self.steps else 1]]
        assert inputs["use_cache_branch"].tolist() == [self.steps > 0]
        assert inputs["past_key_values.5.decoder.value"].shape[2] == self.steps
        assert inputs["past_key_values.0.encoder.key"].shape[2] == (4 if self.steps else 0)
        probabilities = np.full(len(TOKENS), 0.25 / (len(TOKENS) - 1))
        probabilities[self.script[self.steps]] = 0.75
        self.steps += 1
        sizes = {"decoder": self.steps, "encoder": 4 if self.steps == 1 else 0}
        cache = {
            f"present.{layer}.{half}.{kind}": np.zeros((1, 8, size, 36), np.float32)
            for layer in range(6)
            for half, size in sizes.items()
            for kind in ("key", "value")
        }
        return {"logits": np.log(probabilities)[None, None].astype(np.float32), **cache}


def test_tokens_become_words_with_probabilities() -> None:
    recogniser = MoonshineRecogniser(ScriptedEncoder(), ScriptedDecoder([YES, COMMA, COMMA, NO_START, NO_END, END]), TOKENS)
    recognition = recogniser.recognise(SECOND, never)
    assert [word.text for word in recognition.words] == ["yes,", "No."]
    assert [word.confidence for word in recognition.words] == pytest.approx([0.75, 0.75])
    assert recognition.confidence == pytest.approx(0.75)
    assert (recognition.language, recognition.looped) == ("en", False)


def test_signs_and_broken_characters_are_no_words() -> None:
    decoder = ScriptedDecoder([NOTE, YES, HALF_A_CHARACTER, NOTE, END])
    recognition = MoonshineRecogniser(ScriptedEncoder(), decoder, TOKENS).recognise(SECOND, never)
    assert [word.text for word in recognition.words] == ["yes"]


def test_nothing_recognised() -> None:
    recognition = MoonshineRecogniser(ScriptedEncoder(), ScriptedDecoder([END]), TOKENS).recognise(SECOND, never)
    assert (recognition.words, recognition.confidence) == ((), 0.0)


def test_endless_text_is_capped_and_its_loop_cut_away() -> None:
    decoder = ScriptedDecoder([YES, *[NO_START, NO_END] * 100])
    recognition = MoonshineRecogniser(ScriptedEncoder(), decoder, TOKENS).recognise(SECOND, never)
    assert [word.text for word in recognition.words] == ["yes", "No."]
    assert recognition.looped
    assert decoder.steps < 15


def test_repetition_that_the_network_ended_itself_was_spoken() -> None:
    decoder = ScriptedDecoder([*[NO_START, NO_END] * 4, END])
    recognition = MoonshineRecogniser(ScriptedEncoder(), decoder, TOKENS).recognise(SECOND, never)
    assert [word.text for word in recognition.words] == ["No."] * 4
    assert not recognition.looped


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        ([1, 7, 7, 7, 7, 7], [1, 7]),
        ([9, 1, 2, 3, 1, 2, 3, 1, 2], [9, 1, 2, 3]),
        ([9, 1, 2, 3, 1, 2, 3], [9, 1, 2, 3, 1, 2, 3]),
        ([], []),
    ],
)
def test_loops(tokens: list[int], kept: list[int]) -> None:
    assert without_loop(tokens) == (kept, len(kept) < len(tokens))


def test_a_stop_is_seen_between_two_tokens() -> None:
    decoder = ScriptedDecoder([NO_START, NO_END] * 100)

    def stop_at_the_third_token() -> None:
        if decoder.steps == 3:
            raise RunStopped("The run was stopped.")

    with pytest.raises(RunStopped):
        MoonshineRecogniser(ScriptedEncoder(), decoder, TOKENS).recognise(np.tile(SECOND, 15), stop_at_the_third_token)
    assert decoder.steps == 3


def test_the_token_table_that_ships() -> None:
    tokens = read_tokens(SessionPool("cpu").file(TOKENIZER))
    assert len(tokens) == VOCABULARY_SIZE
    assert tokens[:3] == (b"<unk>", b"<s>", b"</s>")
    assert "\u2581the".encode() in tokens


@pytest.mark.parametrize("table", [b"", b"\x03abc", b"\x03ab", b"\x80"])
def test_a_damaged_token_table_is_named(tmp_path: Path, table: bytes) -> None:
    path = tmp_path / "tokens.bin"
    path.write_bytes(table)
    with pytest.raises(WeightsDamagedException, match=r"tokens\.bin"):
        read_tokens(path)
