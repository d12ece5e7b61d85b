"""Writes the view of a run: an index, and the files that it names."""

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Generic, TypeVar

import numpy as np

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.disk import full_disk_named
from videoannotator.annotations.faces import FaceObservation
from videoannotator.annotations.frame_times import FrameTimes
from videoannotator.annotations.media_info import MediaInfo
from videoannotator.annotations.outcome import PipelineStatus
from videoannotator.annotations.persons import PersonObservation
from videoannotator.annotations.prosody import VoiceSegment
from videoannotator.annotations.sound import SoundMinute, SoundSegment
from videoannotator.annotations.store import Records
from videoannotator.engine.previews import Previews, Sheets, Waveform
from videoannotator.engine.timeline import timeline_of
from videoannotator.engine.track_spans import Stretches, TrackSpans
from videoannotator.engine.view.contours import CONTOUR_LINES, CONTOUR_POINTS
from videoannotator.engine.view.joined import Earlier, joined_index, joined_timeline
from videoannotator.engine.view.signals import (
    FACE_COLUMNS,
    MOST_TRACKS,
    PERSON_COLUMNS,
    Column,
    SignalWriter,
    face_row,
    person_row,
    sound_signals,
    voice_signals,
)
from videoannotator.engine.view.spool import Spool
from videoannotator.engine.view.windows import WINDOW_S, OutOfOrder, Seen, WindowWriter, face_measures, person_measures

Item = dict[str, Any]
RecordT = TypeVar("RecordT")

VERSION = 1
FOLDER = "view"
INDEX, TIMELINE = f"{FOLDER}/index.json", f"{FOLDER}/timeline.json"
_TOLD_EVERY = 250
_FRAMES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class _Layer(Generic[Seen]):
    """What differs between people and faces."""

    name: str
    kind: str
    plural: str
    record_type: type[Seen]
    columns: tuple[Column, ...]
    row: Callable[[Seen], list[float]]
    measures: Callable[[Seen], Item]
    facts: Item = field(default_factory=dict)


_PERSONS = _Layer("persons", "person", "people", PersonObservation, PERSON_COLUMNS, person_row, person_measures)
_FACES = _Layer(
    *("faces", "face", "faces", FaceObservation, FACE_COLUMNS, face_row, face_measures),
    {"mesh": {"count": len(CONTOUR_POINTS), "lines": CONTOUR_LINES}},
)


def write_view(
    annotations: AnnotationSet,
    folder: Path,
    token: int,
    previews: Previews,
    frame_times: FrameTimes | None,
    earlier: Earlier | None,
    on_fraction: Callable[[float | None], None],
) -> list[str]:
    """Write everything that a player shows of these annotations; one window of them is held in memory.

    Args:
        annotations: of an attempt.
        folder: the attempt's folder; the files go into `view` in it, where those of `previews` lie already.
        token: of the attempt, which makes its files' names its own.
        previews: what was made while the recording was read.
        frame_times: of every frame; None when nobody has looked.
        earlier: what the attempts before left.
        on_fraction: told how much is done, from 0 to 1; None says that the work goes on.

    Returns:
        The names of all files in the folder, the index last.

    Raises:
        StorageFullException: the disk is full.
        ValueError: a record holds a number that cannot be shown.
    """
    with full_disk_named("the view of the results"):
        return _View(annotations, folder, token, previews, earlier, on_fraction).write(frame_times)


class _View:
    """One view that is being written."""

    def __init__(
        self,
        annotations: AnnotationSet,
        folder: Path,
        token: int,
        previews: Previews,
        earlier: Earlier | None,
        on_fraction: Callable[[float | None], None],
    ) -> None:
        self._annotations = annotations
        self._folder = folder
        self._token = token
        self._previews = previews
        self._earlier = earlier
        self._on_fraction = on_fraction
        self._missing = dict(previews.missing)
        self._layers: dict[str, Item] = {}
        self._names: list[str] = []
        self._done = 0
        kinds: tuple[type[Any], ...] = (PersonObservation, FaceObservation)
        self._whole = sum(len(self._made(maker, kind)) for kind in kinds for maker in self._makers(kind)[:1])

    def write(self, frame_times: FrameTimes | None) -> list[str]:
        self._note_failures()
        frames = self._frames(frame_times)
        with ExitStack() as open_files:
            signals = SignalWriter(open_files.enter_context(self._new("signals")), self._names[-1])
            persons, faces = self._layer(_PERSONS, signals), self._layer(_FACES, signals)
            self._lasting(signals)
        index = {
            "version": VERSION,
            "token": self._token,
            "duration_s": self._annotations.media.duration_s or 0.0,
            "video": _video(self._annotations.media, frame_times),
            "has_audio": bool(self._annotations.media.audio),
            "thumbnails": _sheets(self._previews.sheets),
            "waveform": _waveform(self._previews.waveform),
            "frames": frames,
            "layers": self._layers,
            "signals": signals.written,
            "timeline": TIMELINE,
            "missing": self._missing,
        }
        self._documents(index, timeline_of(self._annotations, TrackSpans(persons.by_track, faces.by_track)))
        self._on_fraction(1.0)
        return [*self._previewed(index), *self._names]

    def _new(self, stem: str) -> IO[bytes]:
        """A new file of the attempt."""
        self._names.append(f"{FOLDER}/{stem}-{self._token}.bin")
        return (self._folder / self._names[-1]).open("wb")

    def _note_failures(self) -> None:
        for name, outcome in self._annotations.outcomes.items():
            if outcome.error is not None:
                self._missing[name] = f"{name} failed, so there is nothing of it here: {outcome.error.message}"

    def _frames(self, times: FrameTimes | None) -> Item | None:
        """The presentation time of every frame."""
        if times is None or not len(times):
            return None
        with self._new("frames") as file:
            for first in range(0, len(times), _FRAMES_AT_ONCE):
                some = range(first, min(first + _FRAMES_AT_ONCE, len(times)))
                file.write(np.array([times[index].seconds for index in some], "<f8").tobytes())
        return {"name": self._names[-1], "count": len(times)}

    def _makers(self, record_type: type[Any]) -> list[str]:
        """The completed pipelines that give such records, also those that found nothing."""
        outcomes = self._annotations.outcomes
        return [name for name in outcomes if any(table.record_type is record_type for table in self._annotations.tables_of(name))]

    def _made(self, pipeline: str, record_type: type[RecordT]) -> Records[RecordT] | tuple[()]:
        made = self._annotations.results.get(pipeline)
        return made.of_type(record_type) if made is not None else ()

    def _layer(self, layer: _Layer[Seen], signals: SignalWriter) -> Stretches:
        """Write the windows and signals of people, or of faces; gives when each track is seen."""
        stretches = Stretches()
        makers = self._makers(layer.record_type)
        if not makers:
            return stretches
        if len(makers) > 1:
            others = ", ".join(makers[1:])
            self._missing[f"{layer.name} of {others}"] = f"The {layer.plural} of {makers[0]} are shown, and not those of {others}."
        self._new(layer.name).close()
        name = self._names[-1]
        with WindowWriter(self._folder / name, layer.measures) as windows, Spool(len(layer.columns)) as spool:
            in_order = self._read(layer, self._made(makers[0], layer.record_type), windows, spool, stretches)
            windows.finish(self._annotations.media.duration_s or 0.0)
            if in_order:
                self._layers[layer.name] = {
                    "name": name,
                    "window_s": WINDOW_S,
                    "windows": windows.windows,
                    "pipeline": makers[0],
                    **layer.facts,
                }
                self._signals(layer, signals, spool, makers[0])
        if not in_order:
            self._names.remove(name)
            (self._folder / name).unlink()
            message = f"The {layer.plural} of {makers[0]} are not shown, because they do not come in the order of time."
            self._missing[layer.name] = message
        return stretches

    def _read(
        self, layer: _Layer[Seen], records: Iterable[Seen], windows: WindowWriter[Seen], spool: Spool, stretches: Stretches
    ) -> bool:
        """Read every observation once; gives whether they come in order."""
        in_order = True
        for seen in records:
            stretches.add(seen.track_id, seen.time.seconds)
            if in_order:
                try:
                    windows.add(seen)
                except OutOfOrder:
                    in_order = False
            spool.add(seen.track_id, seen.time.seconds, layer.row(seen))
            self._done += 1
            if self._done % _TOLD_EVERY == 0:
                self._on_fraction(self._done / (self._whole + 1))
        return in_order

    def _signals(self, layer: _Layer[Seen], signals: SignalWriter, spool: Spool, pipeline: str) -> None:
        if len(spool.counts) > MOST_TRACKS:
            self._missing[f"signals of {layer.name}"] = (
                f"Signals are shown of the {MOST_TRACKS} {layer.plural} that are seen most, of {len(spool.counts)}; "
                "the tables have those of all."
            )
        for _ in signals.tracks(spool, layer.columns, layer.kind, pipeline):
            self._on_fraction(None)

    def _lasting(self, signals: SignalWriter) -> None:
        """Signals of voices and of the sound, which last over stretches."""
        for pipeline, outcome in self._annotations.outcomes.items():
            made = self._annotations.results.get(pipeline)
            if made is None or outcome.status is not PipelineStatus.COMPLETED:
                continue
            for signal in voice_signals(made.of_type(VoiceSegment), pipeline):
                signals.signal(signal)
            for signal in sound_signals(made.of_type(SoundSegment), made.of_type(SoundMinute), pipeline):
                signals.signal(signal)

    def _documents(self, index: Item, timeline: Item) -> None:
        """Write index and time line, with what earlier attempts made."""
        outcomes = self._annotations.outcomes.items()
        completed = {name for name, outcome in outcomes if outcome.status is PipelineStatus.COMPLETED}
        if self._earlier is not None:
            timeline = joined_timeline(self._earlier.timeline, timeline, completed, index["layers"])
            index = joined_index(self._earlier.index, index, completed)
        for name, document in ((TIMELINE, timeline), (INDEX, {**index, "notes": list(index["missing"].values())})):
            with (self._folder / name).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                json.dump(document, file, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            self._names.append(name)

    @staticmethod
    def _previewed(index: Item) -> list[str]:
        """The files that were made while the recording was read."""
        sheets, waveform = index["thumbnails"], index["waveform"]
        return [*(sheets["sheets"] if sheets else ()), *(level["name"] for level in (waveform["levels"] if waveform else ()))]


def read_earlier(folder: Path) -> Earlier | None:
    """What earlier attempts left in their folder of a view; None when it cannot be read."""
    with suppress(OSError, ValueError):
        documents = [json.loads((folder / Path(name).name).read_text(encoding="utf-8")) for name in (INDEX, TIMELINE)]
        return Earlier(*documents)
    return None


def _video(media: MediaInfo, times: FrameTimes | None) -> Item | None:
    video = media.video
    if video is None:
        return None
    return {
        "width": video.width,
        "height": video.height,
        "frame_count": len(times) if times is not None else None,
        "nominal_fps": video.average_rate_hz or _mean_rate_hz(times),
        "pixel_aspect": [video.pixel_aspect_ratio.numerator, video.pixel_aspect_ratio.denominator],
    }


def _mean_rate_hz(times: FrameTimes | None) -> float | None:
    if times is None or len(times) < 2:
        return None
    return (len(times) - 1) / times[len(times) - 1].since(times[0])


def _sheets(sheets: Sheets | None) -> Item | None:
    if sheets is None:
        return None
    shape = {name: getattr(sheets, name) for name in ("width", "height", "columns", "rows", "times_s")}
    return {**shape, "sheets": [f"{FOLDER}/{name}" for name in sheets.names]}


def _waveform(waveform: Waveform | None) -> Item | None:
    if waveform is None:
        return None
    return {"levels": [{"per_s": rate, "name": f"{FOLDER}/{name}", "bins": bins} for rate, name, bins in waveform.levels]}
