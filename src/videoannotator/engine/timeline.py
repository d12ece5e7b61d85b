"""The time line: everything that lasts from one moment to another, as the web app's Result page shows it."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import Any, TypeVar

from videoannotator.annotations.active_speaker import SpeakingOnScreen
from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.conversation import FloorTransfer
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import UNKNOWN, PersonIdentity
from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.annotations.scenes import Scene
from videoannotator.annotations.sound import SoundEvent, SoundMinute, SoundSegment
from videoannotator.annotations.transcript import Utterance, Word
from videoannotator.annotations.voices import SpeakerTurn
from videoannotator.engine.track_spans import Span, TrackSpans, together

Item = dict[str, Any]
RecordT = TypeVar("RecordT")
_BY_START = itemgetter("start_s")


def timeline_of(annotations: AnnotationSet, spans: TrackSpans | None = None) -> Item:
    """The document `timeline.json` of these annotations, without corrections: times are seconds, lists are in time order.

    The id of an item names its record: pipeline, record type, and its number among the pipeline's records of this type, from 0.
    A track of somebody of whom nothing is known is a person of its own with the id `track/NUMBER`, which no known person can have.

    Args:
        annotations: of the completed pipelines.
        spans: when tracks are seen, where that is known already; None reads every observation.
    """
    spans = spans or TrackSpans.of(annotations)
    turns = [_turn(key, turn) for key, turn in numbered(annotations, SpeakerTurn)]
    utterances = [_utterance(key, said) for key, said in numbered(annotations, Utterance)]
    return {
        "revision": 0,
        "scenes": sorted((_scene(key, scene) for key, scene in numbered(annotations, Scene)), key=_BY_START),
        "speakers": _speakers(annotations),
        "turns": sorted(turns, key=_BY_START),
        "utterances": sorted(utterances, key=_BY_START),
        "persons": _persons(annotations, spans.persons),
        "faces": _faces(annotations, spans.faces),
        "events": sorted(_events(annotations), key=_BY_START),
        "corrected": [],
    }


def numbered(annotations: AnnotationSet, record_type: type[RecordT]) -> Iterator[tuple[str, RecordT]]:
    """All records of a type that completed pipelines made, each with the id that a time line gives it."""
    for pipeline, outcome in annotations.outcomes.items():
        if outcome.status is PipelineStatus.COMPLETED and pipeline in annotations.results:
            for number, record in enumerate(annotations.results[pipeline].of_type(record_type)):
                yield f"{pipeline}/{record_type.__name__}/{number}", record


def _scene(key: str, scene: Scene) -> Item:
    return {
        "id": key,
        "start_s": scene.start.seconds,
        "end_s": scene.end.seconds,
        "score": scene.confidence,
        "label": None,
        "environment": None if scene.scene_type == UNKNOWN else scene.scene_type,
    }


def _turn(key: str, turn: SpeakerTurn) -> Item:
    times = {"start_s": turn.start.seconds, "end_s": turn.end.seconds}
    return {"id": key, "speaker": turn.speaker_id, **times, "confidence": turn.confidence}


def _utterance(key: str, said: Utterance) -> Item:
    return {
        "id": key,
        "start_s": said.start.seconds,
        "end_s": said.end.seconds,
        "text": said.text,
        "speaker": said.speaker_id,
        "language": said.language,
        "words": [_word(word) for word in said.words],
    }


def _word(word: Word) -> list[Any]:
    return [word.start.seconds, word.end.seconds, word.text, word.confidence, word.speaker_id]


def _speakers(annotations: AnnotationSet) -> list[Item]:
    """Who speaks, in the order of their ids; how long somebody talks is known from turns alone."""
    talking: dict[str, float] = {}
    names: dict[str, str] = {}
    for turn in annotations.records(SpeakerTurn):
        talking[turn.speaker_id] = talking.get(turn.speaker_id, 0.0) + turn.end.since(turn.start)
        names.setdefault(turn.speaker_id, turn.label or turn.speaker_id)
    for said in annotations.records(Utterance):
        if said.speaker_id is not None:
            talking.setdefault(said.speaker_id, 0.0)
            names.setdefault(said.speaker_id, said.speaker_label or said.speaker_id)
    return [{"id": key, "name": names[key], "talking_s": round(talking[key], 6)} for key in sorted(talking)]


def _persons(annotations: AnnotationSet, spans: Mapping[int, list[Span]]) -> list[Item]:
    """Everybody who is known, and every track of whom nobody knows, in the order in which they are first seen."""
    known: dict[str, list[PersonIdentity]] = defaultdict(list)
    for identity in annotations.records(PersonIdentity):
        known[identity.person_id].append(identity)
    persons = []
    for person_id, identities in known.items():
        longest = _label(identities)
        tracks = sorted({identity.track_id for identity in identities})
        seen = [
            _within(span, identity.start.seconds, identity.end.seconds)
            for identity in identities
            for span in spans.get(identity.track_id, ())
        ]
        persons.append(
            {
                **_person(person_id, {track: spans.get(track, []) for track in tracks}, [span for span in seen if span]),
                "label": longest.label,
                "label_confidence": longest.label_confidence,
            }
        )
    named = {identity.track_id for identities in known.values() for identity in identities}
    persons += [_person(f"track/{track}", {track: seen}, seen) for track, seen in spans.items() if track not in named]
    return sorted(persons, key=lambda person: (person["spans"][0][0] if person["spans"] else math.inf, person["id"]))


def _person(person_id: str, tracks: Mapping[int, list[Span]], seen: list[Span]) -> Item:
    return {
        "id": person_id,
        "name": person_id,
        "label": UNKNOWN,
        "label_confidence": None,
        "tracks": list(tracks),
        "spans": together(seen),
        "track_spans": {str(track): spans for track, spans in tracks.items()},
    }


def _within(span: Span, start_s: float, end_s: float) -> Span:
    """The part of a stretch in which something holds; empty when there is none."""
    start_s, end_s = max(span[0], start_s), min(span[1], end_s)
    return [start_s, end_s] if start_s <= end_s else []


def _label(identities: list[PersonIdentity]) -> PersonIdentity:
    """The identity whose label holds longest; any label is better than none."""
    lasting: dict[str, float] = defaultdict(float)
    for identity in identities:
        lasting[identity.label] += identity.end.since(identity.start)
    return max(identities, key=lambda each: (each.label != UNKNOWN, lasting[each.label], each.label, each.label_confidence or 0.0))


def _faces(annotations: AnnotationSet, spans: Mapping[int, list[Span]]) -> list[Item]:
    """Every track of a face, with the person whose face it is for the longest time."""
    owners: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for identity in annotations.records(PersonIdentity):
        for face in identity.face_track_ids:
            owners[face][identity.person_id] += identity.end.since(identity.start)
    faces = []
    for track, seen in spans.items():
        owner = max(sorted(owners[track]), key=owners[track].__getitem__) if track in owners else None
        faces.append({"track": track, "person": owner, "spans": seen})
    return faces


def _events(annotations: AnnotationSet) -> Iterator[Item]:
    for layer, record_type, start_of, label_of, score_of in _LAYERS:
        for key, record in numbered(annotations, record_type):
            label = label_of(record)
            if label is not None:
                start_s, end_s = start_of(record)
                yield {"id": key, "start_s": start_s, "end_s": end_s, "label": label, "score": score_of(record), "layer": layer}


def _times(record: Any) -> tuple[float, float]:
    return record.start.seconds, record.end.seconds


def _transfer_times(transfer: FloorTransfer) -> tuple[float, float]:
    """The gap, or the overlap, with which somebody takes the floor."""
    other_ended = transfer.time.shifted(-transfer.offset_s)
    return min(transfer.time, other_ended).seconds, max(transfer.time, other_ended).seconds


def _transfer(transfer: FloorTransfer) -> str:
    return f"{transfer.transfer.value}: {transfer.from_speaker}, {transfer.to_speaker}"


def _minute(minute: SoundMinute) -> str:
    flags = ", ".join(flag.value for flag in minute.flags)
    return minute.verdict.value + (f" ({flags})" if flags else "")


def _on_screen(speaking: SpeakingOnScreen) -> str:
    """Who is seen to speak, or why nobody is."""
    if speaking.why_unknown is not None:
        return f"{speaking.speaker_id}: {speaking.why_unknown.value}"
    return f"{speaking.speaker_id}: {speaking.person_id or f'face {speaking.face_track_id}'}"


def _emotion(voice: VoiceSegment) -> str | None:
    """The surest or strongest category, where a network was asked for any."""
    return voice.emotions[0].label if voice.emotions else None


def _nothing(_: Any) -> None:
    """For records without a score."""


_LAYERS: tuple[
    tuple[str, type[Any], Callable[[Any], tuple[float, float]], Callable[[Any], str | None], Callable[[Any], Any]], ...
] = (
    ("audio_events", SoundEvent, _times, lambda event: event.label, lambda event: event.confidence),
    ("audio_quality", SoundSegment, _times, lambda sound: sound.kind.value, lambda sound: sound.confidence),
    ("audio_quality_minutes", SoundMinute, _times, _minute, _nothing),
    ("active_speaker", SpeakingOnScreen, _times, _on_screen, lambda speaking: speaking.confidence),
    ("voice_emotion", VoiceSegment, _times, _emotion, lambda voice: voice.emotions[0].confidence if voice.emotions else None),
    ("turn_taking", FloorTransfer, _transfer_times, _transfer, _nothing),
)
"""What is shown as events: the layer, its records, and how the times, the label and the score of one are found."""
