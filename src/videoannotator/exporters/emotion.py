"""Emotion categories as JSON: the format that clients read emotions from."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.prosody import INTENSITY_SCALE, EmotionScore, VoiceSegment
from videoannotator.annotations.prosody_tables import PROSODY
from videoannotator.annotations.time import MediaTime
from videoannotator.exporters.base import ExportedFile, Exporter, write_array, writing

SCHEMA_VERSION = "1.0.0"

_NONE_ASKED_FOR = (
    "No weights for emotions were named, and none come with VideoAnnotator, so no stretch of voice has a category. For some, add "
    "a network (`videoannotator models pull`; docs/usage/added_weights.md says which) and name it in the option weights."
)
_NONE_FOUND = "No stretch of voice was fit to be judged; the table prosody says why, stretch by stretch."
_CONFIDENCES = "Of the network named under weights: softmax of its output, not calibrated."
_INTENSITIES = (
    "Of the networks named under weights: how strongly each emotion is heard, as they estimate it. These are no probabilities: "
    "each stands for itself, and values may lie beside the scale."
)
_SCALES = {
    "confidence": {"measure": "confidence", "lowest": 0, "highest": 1},
    "intensity": {"measure": "intensity", "lowest": INTENSITY_SCALE[0], "highest": INTENSITY_SCALE[1]},
}


class Emotion(Exporter):
    """`<pipeline>.emotion.json`: `schema_version`, `source_pipeline`, `media`, `emotions`, `labels`, `metadata`.

    `emotions` has an object for every stretch of voice that has categories, with times in seconds, rounded to the microsecond. A
    category whose network tells how strongly it is heard has an `intensity`, and null as its `confidence`. What
    a player shows begins at time 0: a stretch that starts earlier is given from 0, and one that ends by then is left out. Without
    categories the array is empty, and `metadata` says why; what was measured on the voices stands in the table `prosody`.
    `videoannotator validate-emotion` checks such files.
    """

    name = "emotion"
    display_name = "Emotions (JSON)"
    description = "Emotion categories of stretches of voice, where weights for them were added."
    media_type = "application/json"
    records = (VoiceSegment,)

    def export(self, annotations: AnnotationSet, folder: Path) -> Iterator[ExportedFile]:
        for pipeline in annotations.outcomes:
            if PROSODY not in annotations.tables_of(pipeline):
                continue
            path = folder / f"{pipeline}.emotion.json"
            with writing(path), path.open("w", encoding="utf-8", newline="\n") as file:
                tally = _Tally()
                made = annotations.results.get(pipeline)
                segments: Iterable[VoiceSegment] = () if made is None else made.of_type(VoiceSegment)
                head = {"schema_version": SCHEMA_VERSION, "source_pipeline": pipeline, "media": _media(annotations.media)}
                file.write(_text(head)[:-1] + ', "emotions": ')
                write_array(file, _emotions(segments, tally, _channels(annotations.media)))
                file.write(", " + _text(_foot(annotations, pipeline, tally))[1:] + "\n")
            yield ExportedFile(path.name, self.name, pipeline, "Emotion categories of stretches of voice.", main=True)


@dataclass(slots=True)
class _Tally:
    """What is learned about all stretches while they are written."""

    segments: int = 0
    measure: str | None = None
    labels: dict[str, None] = field(default_factory=dict)
    subjects: dict[str, str | None] = field(default_factory=dict)


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _media(media: MediaInfo) -> dict[str, Any]:
    return {"file_name": media.file_name, "duration": media.duration_s}


def _channels(media: MediaInfo) -> list[int]:
    """The channels of the track that were heard: all of them, mixed down."""
    return [] if media.audio_track is None else list(range(media.audio[media.audio_track].channels))


def _emotions(segments: Iterable[VoiceSegment], tally: _Tally, channels: list[int]) -> Iterator[dict[str, Any]]:
    zero = MediaTime.from_seconds(0)
    for voice in segments:
        tally.segments += 1
        if voice.subject is not None:
            tally.subjects[voice.subject] = voice.label
        if not voice.emotions or voice.end.seconds <= 0:
            continue
        tally.labels.update(dict.fromkeys(score.label for score in voice.emotions))
        tally.measure = "confidence" if voice.emotions[0].intensity is None else "intensity"
        yield {
            "start": max(voice.start, zero).seconds,
            "end": voice.end.seconds,
            "labels": [_label(score) for score in voice.emotions],
            "source": {"modality": "audio", "channels": channels},
            "subject": voice.subject,
            "confidence": voice.emotions[0].confidence,
            "quality_flags": [flag.value for flag in voice.flags],
        }


def _label(score: EmotionScore) -> dict[str, Any]:
    label = {"label": score.label, "confidence": score.confidence}
    return label if score.intensity is None else {**label, "intensity": score.intensity}


def _foot(annotations: AnnotationSet, pipeline: str, tally: _Tally) -> dict[str, Any]:
    weights = annotations.outcomes[pipeline].options.get("weights")
    used = next((each for each in annotations.provenance.weights if each.name == weights), None)
    told = _INTENSITIES if tally.measure == "intensity" else _CONFIDENCES
    why = told if tally.labels else _NONE_ASKED_FOR if weights is None else _NONE_FOUND
    return {
        "labels": {"taxonomy": weights if tally.labels else None, "names": sorted(tally.labels)},
        "metadata": {
            "categories": why,
            "scale": None if tally.measure is None else _SCALES[tally.measure],
            "weights": None if used is None else {"name": used.name, "sha256": used.sha256, "licence": used.licence},
            "segments": tally.segments,
            "prosody": f"Pitch, level, rate and voice quality of every stretch: the table prosody ({pipeline}.prosody.csv).",
            "subjects": {subject: label for subject, label in sorted(tally.subjects.items()) if label is not None},
        },
    }
