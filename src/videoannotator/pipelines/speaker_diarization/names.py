"""What speakers are called: a number by first appearance, and the name that the user knows."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from videoannotator.annotations.voices import SpeakerTurn, speaker_id
from videoannotator.pipelines.speaker_diarization.options import SpeakerLabel


def numbered(speakers: Sequence[int]) -> dict[int, str]:
    """The id of every speaker, given the speakers of all turns in the order of their starts."""
    return {speaker: speaker_id(number) for number, speaker in enumerate(dict.fromkeys(speakers), start=1)}


def named(turns: Sequence[SpeakerTurn], labels: Sequence[SpeakerLabel], warn: Callable[[str], None]) -> Iterator[SpeakerTurn]:
    """The turns with names; a label that fits nobody is warned of, and so is one that contradicts an earlier one."""
    names: dict[str, str] = {}
    for label in labels:
        speaker = label.speaker if label.speaker else _speaker_between(turns, label.start_s or 0.0, label.end_s or 0.0)
        if speaker is None or not any(turn.speaker_id == speaker for turn in turns):
            where = f"between {label.start_s:g} and {label.end_s:g} s" if label.speaker is None else f"as {label.speaker}"
            warn(f"The label {label.label!r} names nobody: no one speaks {where}.")
        elif names.setdefault(speaker, label.label) != label.label:
            warn(f"{speaker} is labelled {names[speaker]!r} and {label.label!r}; the first one counts.")
    for turn in turns:
        yield replace(turn, label=names.get(turn.speaker_id))


def _speaker_between(turns: Sequence[SpeakerTurn], start_s: float, end_s: float) -> str | None:
    """Who speaks longest in a time."""
    seconds: Counter[str] = Counter()
    for turn in turns:
        shared = min(turn.end.seconds, end_s) - max(turn.start.seconds, start_s)
        if shared > 0:
            seconds[turn.speaker_id] += shared  # type: ignore[assignment]  # a Counter counts seconds as well
    return max(seconds, key=lambda speaker: seconds[speaker]) if seconds else None
