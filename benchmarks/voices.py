"""How well speech and speakers are found: on synthetic conversations whose truth is known, and on recordings that one names."""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.voice_scores import (
    NORMALISED_BY,
    Spans,
    WordErrors,
    diarization_error,
    read_rttm,
    read_words,
    share,
    word_errors,
    word_start_errors,
)
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.transcript import Utterance
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.annotate import annotate
from videoannotator.media.synthetic import Sound, write_clip
from videoannotator.testing.conversations import SENTENCES, Conversation, conversation
from videoannotator.testing.speech import RATE_HZ, VOICES, synthesise

MAX_WER = 0.12
MAX_DER = {"accurate": 0.06, "balanced": 0.08}
MIN_COUNTS = {"60 s and more": 0.90, "30 s": 0.75}
MAX_START_S = 0.060
NOISES = (None, 20.0, 10.0, 0.0)
LENGTHS = ((30, 24), (60, 25), (120, 10), (240, 4), (1800, 1))
"""(seconds, how many conversations)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many speakers a conversation has, and how many were found."""

    duration_s: int
    noise_db: float | None
    speakers: int
    found: int

    @property
    def right(self) -> bool:
        """Whether they are as many."""
        return self.found == self.speakers


def add_voice_arguments(parser: argparse.ArgumentParser) -> None:
    """Those that name recordings with a reference."""
    group = parser.add_argument_group("voices", "recordings of your own, scored besides the synthetic conversations")
    for name, form in (("speech", "TXT"), ("turns", "RTTM"), ("words", "CSV")):
        described = {"TXT": "what is said in it", "RTTM": "who speaks when", "CSV": "word,start_s,end_s of every word"}[form]
        group.add_argument(
            f"--{name}", type=Path, nargs=2, action="append", default=[], metavar=("RECORDING", form), help=described
        )


def voices(folder: Path, given: argparse.Namespace) -> None:
    """Print all scores beside their targets."""
    named_speech(given.speech)
    named_turns(given.turns)
    for recording, reference in given.words:
        _print_starts(recording.name, word_start_errors(read_words(reference), _words(recording)))
    synthetic_words(folder)
    speaker_counts(folder)


def _heard(recording: Path, pipeline: str, options: Mapping[str, Any] | None = None) -> AnnotationSet:
    return annotate(recording, [pipeline], {pipeline: options or {}}, device="cpu")


def _words(recording: Path) -> Spans:
    with _heard(recording, "speech_recognition") as annotations:
        said = annotations.records(Utterance)
        return [(word.text, word.start.seconds, word.end.seconds) for each in said for word in each.words]


def _turns(recording: Path, options: Mapping[str, Any] | None = None) -> tuple[Spans, float]:
    """The turns, and how long the recording is."""
    with _heard(recording, "speaker_diarization", options) as annotations:
        found = annotations.records(SpeakerTurn)
        spans = [(turn.speaker_id, turn.start.seconds, turn.end.seconds) for turn in found]
        return spans, float(annotations.media.duration_s or 0.0)


def named_speech(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Word error rate of recordings with a text, and of all together."""
    if not pairs:
        return
    print(f"words, normalised: {NORMALISED_BY}")
    together = WordErrors(0, 0)
    for recording, reference in pairs:
        with _heard(recording, "speech_recognition") as annotations:
            heard = " ".join(said.text for said in annotations.records(Utterance))
        found = word_errors(reference.read_text(encoding="utf-8"), heard)
        together += found
        print(f"  {recording.name}: {found.errors} of {found.words} words wrong, WER {found.rate:.1%}")
    print(f"  together: WER {together.rate:.1%} (target: at most {MAX_WER:.0%}) {_verdict(together.rate <= MAX_WER)}")


def named_turns(pairs: Sequence[tuple[Path, Path]]) -> None:
    """Diarization error rate of recordings with turns, by preset, with the real-time factor of the same run."""
    for recording, reference in pairs:
        for preset in ("fast", "balanced", "accurate"):
            began = time.process_time()
            heard, duration_s = _turns(recording, {"preset": preset})
            factor = (time.process_time() - began) / duration_s
            exact = diarization_error(read_rttm(reference), heard, duration_s)
            rate, forgiving = exact["diarization error rate"], diarization_error(read_rttm(reference), heard, duration_s, 0.25)
            parts = ", ".join(f"{name} {exact[name]:.2f} s" for name in ("missed detection", "false alarm", "confusion"))
            target = f" (target: at most {MAX_DER[preset]:.0%}) {_verdict(rate <= MAX_DER[preset])}" if preset in MAX_DER else ""
            print(f"{recording.name}, {preset}: DER {rate:.2%} at collar 0{target}; {parts}")
            print(
                f"  {forgiving['diarization error rate']:.2%} at ±0.25 s; real-time factor {factor:.3f} by CPU, start-up included"
            )


def synthetic_words(folder: Path) -> None:
    """Starts of words against Flite's own times."""
    errors = []
    for voice in VOICES:
        spoken = synthesise(" ".join(SENTENCES[:20]), voice)
        path = _written(folder / f"{voice}.wav", spoken.samples)
        errors.append(word_start_errors([(word.text, word.start_s, word.end_s) for word in spoken.words], _words(path)))
    _print_starts("synthetic speech, four voices", np.concatenate(errors), MAX_START_S)


def _print_starts(name: str, errors: np.ndarray[tuple[int], np.dtype[np.float64]], target_s: float | None = None) -> None:
    off = np.abs(errors)
    median = float(np.median(off))
    aim = "" if target_s is None else f" (target: at most {target_s * 1000:.0f} ms) {_verdict(median <= target_s)}"
    print(f"{name}: starts of {len(errors)} words off by {median * 1000:.0f} ms (median){aim}, ", end="")
    print(f"{np.quantile(off, 0.95) * 1000:.0f} ms (95 %), on average {errors.mean() * 1000:+.0f} ms")


def speaker_counts(folder: Path) -> None:
    """How often the number of speakers is right, by duration, speakers and noise."""
    counted = list(_counted(folder))
    minutes = sum(each.duration_s for each in counted) / 60
    print(f"number of speakers in {len(counted)} synthetic conversations, {minutes:.0f} minutes:")
    groups: dict[str, Callable[[Counted], bool]] = {
        "60 s and more": lambda each: each.duration_s >= 60,
        "30 s": lambda each: each.duration_s == 30,
        **{f"{count} speakers": lambda each, count=count: each.speakers == count for count in (2, 3, 4)},  # type: ignore[misc]
        **{_noise(level): lambda each, level=level: each.noise_db == level for level in NOISES},  # type: ignore[misc]
    }
    for name, belongs in groups.items():
        members = [each.right for each in counted if belongs(each)]
        target = MIN_COUNTS.get(name)
        aim = "" if target is None else f" (target: at least {target:.0%}) {_verdict(share(members) >= target)}"
        print(f"  {name}: right in {sum(members)} of {len(members)}, {share(members):.0%}{aim}")
    for each in counted:
        if not each.right:
            print(f"  wrong: {each.duration_s} s, {_noise(each.noise_db)}: {each.found} instead of {each.speakers}")


def _counted(folder: Path) -> Iterator[Counted]:
    seed = 0
    for duration_s, count in LENGTHS:
        for _ in range(count):
            noise_db = NOISES[seed // 3 % len(NOISES)]
            talk: Conversation = conversation(seed, 2 + seed % 3, duration_s, noise_db=noise_db)
            heard, _ = _turns(_written(folder / "conversation.wav", talk.samples))
            yield Counted(duration_s, noise_db, len(talk.speakers), len({speaker for speaker, _, _ in heard}))
            seed += 1


def _noise(level_db: float | None) -> str:
    return "hardly any noise" if level_db is None else f"noise at {level_db:.0f} dB"


def _written(path: Path, samples: Any) -> Path:
    write_clip(path, sounds=[Sound(samples, RATE_HZ, codec="pcm_s16le")])
    return path


def _verdict(holds: bool) -> str:
    return "holds" if holds else "FALLS SHORT"
