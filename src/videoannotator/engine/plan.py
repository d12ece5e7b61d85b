"""Who needs what of a recording: one merged list of needs, so that everything is decoded and converted once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from videoannotator.annotations.media_info import MediaInfo
from videoannotator.errors import InvalidRequestException
from videoannotator.media.types import AudioNeed, FrameNeed
from videoannotator.pipelines.base import Needs, Pipeline, PipelineOptions


@dataclass(frozen=True, slots=True)
class Selected:
    """A pipeline and the options it shall run with."""

    pipeline: type[Pipeline[Any]]
    options: PipelineOptions

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.pipeline.name


@dataclass(frozen=True, slots=True)
class Step:
    """A pipeline that will run, what it is fed, and which other steps must have ended before it starts, and before it finishes."""

    selected: Selected
    needs: Needs
    after: tuple[str, ...] = ()
    finish_after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.selected.name


@dataclass(frozen=True, slots=True)
class Route:
    """Where the pictures of one merged need go: to which step, under which name of its own."""

    step: str
    need: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do.

    Attributes:
        steps: the pipelines that run, every one after those it waits for.
        skipped: pipelines that cannot run on this recording, with the reason.
        included: selected pipelines whose work another selected one does, with that one's name.
        frame_needs: distinct needs of pictures.
        frame_routes: for each of `frame_needs`, who gets the pictures.
        audio_needs: distinct needs of sound.
        audio_routes: for each of `audio_needs`, the steps that get it.
    """

    steps: tuple[Step, ...]
    skipped: Mapping[str, str] = field(default_factory=dict)
    included: Mapping[str, str] = field(default_factory=dict)
    frame_needs: tuple[FrameNeed, ...] = ()
    frame_routes: tuple[tuple[Route, ...], ...] = ()
    audio_needs: tuple[AudioNeed, ...] = ()
    audio_routes: tuple[tuple[str, ...], ...] = ()


def make_plan(selection: Sequence[Selected], media: MediaInfo) -> Plan:
    """Merge the needs of the selected pipelines on a recording.

    Raises:
        InvalidRequestException: nothing is selected, or a pipeline needs products that no selected one makes.
    """
    if not selection:
        raise InvalidRequestException("No pipeline is selected.", hint="Name at least one; `videoannotator pipelines` lists them.")
    included = {
        name: container.name
        for container in selection
        for name in container.pipeline.contains
        if name in {s.name for s in selection}
    }
    chosen = {selected.name: selected for selected in selection}
    candidates = [_with_contained(selected, chosen) for selected in selection if selected.name not in included]
    needs = {selected.name: selected.pipeline.needs(selected.options) for selected in candidates}
    skipped: dict[str, str] = {}
    steps: dict[str, Step] = {}
    for selected in _in_order(candidates, needs):
        reason = _missing_input(needs[selected.name], media) or _missing_product(
            selected, needs[selected.name], candidates, skipped
        )
        if reason:
            skipped[selected.name] = reason
        else:
            wanted = needs[selected.name]
            steps[selected.name] = Step(
                selected,
                wanted,
                after=_running(_makers(wanted.products, candidates), skipped),
                finish_after=_running(_others(selected, _makers(wanted.afterwards, candidates)), skipped),
            )
    return _routed(tuple(steps.values()), skipped, included)


def _with_contained(container: Selected, chosen: Mapping[str, Selected]) -> Selected:
    """The pipeline with the options that were given to pipelines which it contains, so that they hold there.

    Raises:
        InvalidRequestException: they were given in both places, and differ.
    """
    for name in container.pipeline.contains:
        inside = getattr(container.options, name, None)
        if name not in chosen or inside is None or inside == chosen[name].options:
            continue
        given, usual = chosen[name].options, type(inside)()
        if given == usual:
            continue
        if inside != usual:
            raise InvalidRequestException(
                f"The options of {name!r} are given twice, for itself and inside {container.name!r}, and they differ.",
                hint=f"{container.name!r} does the work of {name!r}: give them in one place.",
                field=f"{container.name}.{name}",
            )
        container = Selected(container.pipeline, container.options.model_copy(update={name: given}))
    return container


def _makers(products: Sequence[type], candidates: Sequence[Selected]) -> list[Selected]:
    return [other for other in candidates if set(other.pipeline.produces) & set(products)]


def _others(selected: Selected, makers: Sequence[Selected]) -> list[Selected]:
    """The makers without the pipeline itself, which may read its own records afterwards."""
    return [maker for maker in makers if maker is not selected]


def _running(makers: Sequence[Selected], skipped: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(maker.name for maker in makers if maker.name not in skipped)


def _in_order(candidates: Sequence[Selected], needs: Mapping[str, Needs]) -> list[Selected]:
    """The candidates, each behind the ones whose products it needs.

    Raises:
        InvalidRequestException: they wait for each other, or products are made by none.
    """
    before = {
        s.name: {
            maker.name
            for maker in (*_makers(needs[s.name].products, candidates), *_others(s, _makers(needs[s.name].afterwards, candidates)))
        }
        for s in candidates
    }
    ordered: list[Selected] = []
    waiting = list(candidates)
    while waiting:
        done = {selected.name for selected in ordered}
        ready = [s for s in waiting if before[s.name] <= done]
        if not ready:
            names = ", ".join(selected.name for selected in waiting)
            raise InvalidRequestException(f"These pipelines wait for each other's products: {names}.", hint="Select fewer of them.")
        ordered += ready
        waiting = [selected for selected in waiting if selected not in ready]
    return ordered


def _missing_input(needs: Needs, media: MediaInfo) -> str | None:
    if needs.frames and media.video is None:
        return "The recording has no video track."
    if needs.audio is not None and not media.audio:
        return "The recording has no audio track."
    return None


def _missing_product(selected: Selected, needs: Needs, candidates: Sequence[Selected], skipped: Mapping[str, str]) -> str | None:
    for product in needs.products:
        makers = [other.name for other in candidates if product in other.pipeline.produces]
        if not makers:
            raise InvalidRequestException(
                f"The pipeline {selected.name!r} works on {product.__name__} records, which no selected pipeline makes.",
                hint="Select a pipeline that makes them as well; `videoannotator pipelines` says what each one makes.",
                field=selected.name,
            )
        if all(maker in skipped for maker in makers):
            return f"{makers[0]} was skipped: {skipped[makers[0]]}"
    return None


def _routed(steps: tuple[Step, ...], skipped: Mapping[str, str], included: Mapping[str, str]) -> Plan:
    frames: dict[FrameNeed, list[Route]] = {}
    audio: dict[AudioNeed, list[str]] = {}
    for step in steps:
        for name, need in step.needs.frames.items():
            frames.setdefault(need, []).append(Route(step.name, name))
        if step.needs.audio is not None:
            audio.setdefault(step.needs.audio, []).append(step.name)
    return Plan(
        steps=steps,
        skipped=skipped,
        included=included,
        frame_needs=tuple(frames),
        frame_routes=tuple(tuple(routes) for routes in frames.values()),
        audio_needs=tuple(audio),
        audio_routes=tuple(tuple(names) for names in audio.values()),
    )
