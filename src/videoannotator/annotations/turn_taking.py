"""How speakers take turns, and how much and how fast each one speaks.

Sources: floor transfer offset (Levinson and Torreira 2015, Timing in turn-taking and its implications for processing models of
language), gaps and overlaps (Heldner and Edlund 2010, Pauses, gaps and overlaps in conversations). The limits are ours: a pause of
0.5 s within a turn, an interruption from 0.5 s of overlap on, and a lapse after 5 s of silence.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from videoannotator.annotations.conversation import FloorTransfer, SpeakerMeasures, Transfer
from videoannotator.annotations.time import MediaTime
from videoannotator.annotations.voices import SpeakerTurn

PAUSE_S = 0.5
INTERRUPTION_S = 0.5
LAPSE_S = 5.0


@dataclass(slots=True)
class Spoken:
    """What was counted of one speaker's words; `syllables` is None as soon as one word's are not known."""

    words: int = 0
    syllables: int | None = 0


def joined(turns: Sequence[SpeakerTurn]) -> list[SpeakerTurn]:
    """The turns with those of one speaker put together that only a short pause divides in which nobody else begins."""
    whole: list[SpeakerTurn] = []
    for turn in sorted(turns, key=lambda each: (each.start, each.end, each.speaker_id)):
        last = whole[-1] if whole else None
        if last and last.speaker_id == turn.speaker_id and turn.start.seconds - last.end.seconds <= PAUSE_S:
            whole[-1] = SpeakerTurn(last.start, max(last.end, turn.end), last.speaker_id, None, last.label)
        else:
            whole.append(SpeakerTurn(turn.start, turn.end, turn.speaker_id, None, turn.label))
    return whole


def floor_transfers(turns: Sequence[SpeakerTurn]) -> Iterator[FloorTransfer]:
    """Every beginning of a turn after, or within, another speaker's; turns as `joined` gives them."""
    holder: SpeakerTurn | None = None
    for turn in turns:
        if holder is None or turn.speaker_id == holder.speaker_id:
            holder = turn if holder is None or turn.end > holder.end else holder
            continue
        offset_s = round(turn.start.seconds - holder.end.seconds, 6)
        yield FloorTransfer(turn.start, holder.speaker_id, turn.speaker_id, offset_s, _kind(offset_s, holder, turn))
        if turn.end > holder.end:
            holder = turn


def _kind(offset_s: float, holder: SpeakerTurn, turn: SpeakerTurn) -> Transfer:
    if offset_s >= 0:
        return Transfer.GAP if offset_s <= LAPSE_S else Transfer.LAPSE
    if turn.end <= holder.end:
        return Transfer.WITHIN
    return Transfer.OVERLAP if offset_s > -INTERRUPTION_S else Transfer.INTERRUPTION


def speaker_measures(
    turns: Sequence[SpeakerTurn], transfers: Sequence[FloorTransfer], spoken: Mapping[str, Spoken] | None
) -> Iterator[SpeakerMeasures]:
    """The measures of every speaker, by first appearance.

    Args:
        turns: all turns.
        transfers: of them.
        spoken: what was counted of each speaker's words; None when words have no times.
    """
    together = sum(_seconds(turn) for turn in turns)
    whole = joined(turns)
    for speaker, label in {turn.speaker_id: turn.label for turn in turns}.items():
        own = [turn for turn in turns if turn.speaker_id == speaker]
        speaking_s = sum(map(_seconds, own))
        gaps = [each.offset_s for each in transfers if each.to_speaker == speaker and each.transfer is Transfer.GAP]
        said = None if spoken is None else spoken.get(speaker, Spoken())
        interruptions = [each for each in transfers if each.transfer is Transfer.INTERRUPTION]
        yield SpeakerMeasures(
            speaker_id=speaker,
            label=label,
            turns=sum(turn.speaker_id == speaker for turn in whole),
            speaking_s=round(speaking_s, 6),
            overlapped_s=round(min(speaking_s, _overlapped_s(own, [turn for turn in turns if turn.speaker_id != speaker])), 6),
            share=min(1.0, speaking_s / together),
            words=None if said is None else said.words,
            syllables=None if said is None else said.syllables,
            words_per_minute=_rate(None if said is None else said.words, speaking_s),
            syllables_per_minute=_rate(None if said is None else said.syllables, speaking_s),
            response_latency_s=round(median(gaps), 6) if gaps else None,
            responses=len(gaps),
            interruptions_made=sum(each.to_speaker == speaker for each in interruptions),
            interruptions_received=sum(each.from_speaker == speaker for each in interruptions),
        )


def _rate(count: int | None, seconds: float) -> float | None:
    return None if count is None else round(count / seconds * 60, 3)


def _seconds(turn: SpeakerTurn) -> float:
    return float(turn.end.exact - turn.start.exact)


def _overlapped_s(own: Sequence[SpeakerTurn], others: Iterable[SpeakerTurn]) -> float:
    """Seconds of a speaker's turns in which anybody else speaks; both in the order of their starts."""
    busy: list[tuple[MediaTime, MediaTime]] = []
    for other in others:
        if busy and other.start <= busy[-1][1]:
            busy[-1] = busy[-1][0], max(busy[-1][1], other.end)
        else:
            busy.append((other.start, other.end))
    seconds, at = 0.0, 0
    for turn in own:
        while at < len(busy) and busy[at][1] <= turn.start:
            at += 1
        place = at
        while place < len(busy) and busy[place][0] < turn.end:
            seconds += min(busy[place][1], turn.end).seconds - max(busy[place][0], turn.start).seconds
            place += 1
    return seconds
