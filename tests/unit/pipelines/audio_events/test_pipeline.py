"""Events in real files, found by tiny networks whose scores follow the power of three tones: the times are known."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tests.tiny_networks import added, hsemotion, sound_events

from videoannotator.annotations.annotation_set import AnnotationSet
from videoannotator.annotations.outcome import PipelineError, PipelineStatus
from videoannotator.annotations.sound import SoundEvent
from videoannotator.engine.annotate import annotate, select
from videoannotator.errors import InvalidConfigException, PipelineUnavailableException
from videoannotator.media.synthetic import Sound, tone, write_clip
from videoannotator.registry.entries import Registry
from videoannotator.registry.listing import list_pipelines

NAME = "audio_events"
MAP = "index,mid,display_name\n0,/m/1,Crying\n1,/m/2,Laughter\n2,/m/3,Music\n"
TRUTH = {"Crying": (2.0, 4.0), "Laughter": (3.5, 7.25), "Music": (9.0, 10.0)}
HERTZ = {"Crying": 500, "Laughter": 1500, "Music": 3000}
HOP_S = 0.48
Samples = npt.NDArray[np.float32]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """12 s of faint noise with three tones, two of them at once for a while."""
    samples = np.random.default_rng(0).normal(0, 0.001, 12 * 16000)
    for label, (start, end) in TRUTH.items():
        at = round(start * 16000)
        samples[at : at + round((end - start) * 16000)] += tone(end - start, HERTZ[label], level=0.45)
    return written(tmp_path, samples * 2)


def written(folder: Path, samples: npt.NDArray[Any]) -> Path:
    path = folder / "sound.wav"
    write_clip(path, sounds=[Sound(np.clip(samples, -1, 1).astype(np.float32), 16000, codec="pcm_s16le")])
    return path


def network(folder: Path, class_map: str = MAP, name: str = NAME, **form: Any) -> Path:
    folder.mkdir(exist_ok=True)
    return added(folder / "weights", name, sound_events(folder / "net.onnx", **form), {"class_map.csv": class_map})


def listened(path: Path, folder: Path, /, **options: Any) -> AnnotationSet:
    return annotate(path, [NAME], {NAME: options}, device="cpu", weights_folder=folder)


def found(path: Path, folder: Path, /, **options: Any) -> list[SoundEvent]:
    with listened(path, folder, **options) as annotations:
        assert annotations.outcomes[NAME].status is PipelineStatus.COMPLETED, annotations.outcomes[NAME].error
        return sorted(annotations.results[NAME].of_type(SoundEvent), key=lambda event: event.start)


def failure(path: Path, folder: Path, /, **options: Any) -> PipelineError:
    with listened(path, folder, **options) as annotations:
        error = annotations.outcomes[NAME].error
    assert error is not None
    return error


FORMS: dict[str, dict[str, Any]] = {
    "cuts itself": {},
    "cuts itself, with a row": {"shape": (1, "n")},
    "cuts itself, with embeddings": {"embeddings": True},
    "clips": {"cuts": False, "shape": ("batch", "n")},
    "clips of one size": {"cuts": False, "shape": (1, 16000)},
    "clips without a row": {"cuts": False, "shape": (16000,)},
}


@pytest.mark.parametrize("form", FORMS)
def test_events_are_where_the_sound_is(tmp_path: Path, recording: Path, form: str) -> None:
    events = found(recording, network(tmp_path, **FORMS[form]))
    assert [event.label for event in events] == list(TRUTH)
    for event, (number, (label, (start, end))) in zip(events, enumerate(TRUTH.items()), strict=True):
        assert event.start.seconds == pytest.approx(start, abs=0.6), label
        assert event.end.seconds == pytest.approx(end, abs=0.6), label
        assert (event.class_number, event.class_id) == (number, f"/m/{number + 1}")
        assert event.confidence is not None
        assert event.mean_confidence is not None
        assert 0.7 < event.confidence <= 1
        assert 0.3 < event.mean_confidence <= event.confidence


def test_logits_become_probabilities(tmp_path: Path, recording: Path) -> None:
    events = found(recording, network(tmp_path, logits=True), scores="logits", threshold=0.5)
    assert [event.label for event in events] == list(TRUTH)
    assert (events[1].confidence or 0) > 0.9


def test_scores_that_are_no_probabilities_are_refused_with_the_cure(tmp_path: Path, recording: Path) -> None:
    error = failure(recording, network(tmp_path, logits=True))
    assert "which are no probabilities" in error.message
    assert "--set audio_events.scores=logits" in (error.hint or "")


def test_probabilities_that_were_taken_for_logits_are_told(tmp_path: Path, recording: Path) -> None:
    with listened(recording, network(tmp_path), scores="logits") as annotations:
        (warning,) = annotations.outcomes[NAME].warnings
    assert "set audio_events.scores to probabilities" in warning


def test_only_the_classes_that_are_asked_for(tmp_path: Path, recording: Path) -> None:
    weights = network(tmp_path)
    assert [event.label for event in found(recording, weights, classes=["music", "Laughter"])] == ["Laughter", "Music"]
    error = failure(recording, weights, classes=["Laugter"])
    assert "no class 'Laugter'" in error.message
    assert "'Laughter'" in (error.hint or "")


def test_options_shape_the_events(tmp_path: Path, recording: Path) -> None:
    weights = network(tmp_path)
    assert [event.label for event in found(recording, weights, min_duration_s=1.9)] == ["Crying", "Laughter"]
    assert found(recording, weights, threshold=1.0, low_threshold=1.0) == []
    short = found(recording, weights, low_threshold=0.75, threshold=0.75)
    long = found(recording, weights, low_threshold=0.05, threshold=0.75)
    assert [a.label for a in short] == [b.label for b in long]
    assert all(
        b.start <= a.start and a.end <= b.end and a.start.since(b.start) < 3 * HOP_S for a, b in zip(short, long, strict=True)
    )


def test_gaps_of_a_class_are_filled(tmp_path: Path) -> None:
    beep, pause = tone(2.0, 500, level=0.9), np.zeros(round(1.92 * 16000))
    path, weights = written(tmp_path, np.concatenate([beep, pause, beep])), network(tmp_path)
    assert len(found(path, weights, max_gap_s=0.0)) == 2
    (whole,) = found(path, weights, max_gap_s=3.0)
    assert (whole.start.seconds, whole.end.seconds) == (0, 5.92)


def test_digital_silence_is_not_run(tmp_path: Path) -> None:
    """The logits of this network are -10 for silence, so it would be outside 0 to 1; but nobody asks it."""
    path = written(tmp_path, np.zeros(16000 * 10))
    assert found(path, network(tmp_path, logits=True)) == []


def test_a_moment_of_sound_is_heard(tmp_path: Path) -> None:
    (event,) = found(written(tmp_path, tone(0.5, 500, level=0.9)), network(tmp_path))
    assert (event.label, event.start.seconds, event.end.seconds) == ("Crying", 0, 0.5)


def test_another_rate_and_another_window(tmp_path: Path, recording: Path) -> None:
    weights = network(tmp_path, cuts=False, shape=("batch", "n"))
    fine = found(recording, weights, window_s=0.25, hop_s=0.125)
    for event, (start, end) in zip(fine, TRUTH.values(), strict=True):
        assert [event.start.seconds, event.end.seconds] == pytest.approx([start, end], abs=0.15)
    # the same network at twice the rate takes 1500 Hz for 750, and 3000 for 1500
    assert [event.label for event in found(recording, weights, rate_hz=32000)] == ["Laughter"]


def test_what_is_no_such_network_is_refused(tmp_path: Path, recording: Path) -> None:
    wrong = added(tmp_path / "face", NAME, hsemotion(tmp_path / "face.onnx"), {"class_map.csv": MAP})
    assert "not one waveform" in failure(recording, wrong).message
    assert "the class map has 1 classes" in failure(recording, network(tmp_path / "a", MAP[:36])).message
    nameless = added(tmp_path / "nameless", NAME, sound_events(tmp_path / "b.onnx"))
    error = failure(recording, nameless)
    assert "no file with the names" in error.message
    assert "labels.txt" in (error.hint or "")
    window = failure(recording, network(tmp_path / "c"), window_s=0.5)
    assert "give scores of the shape" in window.message
    assert "rate_hz" in (window.hint or "")
    fixed = failure(recording, network(tmp_path / "d", cuts=False, shape=(1, 8000)), window_s=1.0)
    assert "take 8000 samples, and window_s asks for 16000" in fixed.message


def test_without_weights_it_is_listed_with_the_cure_and_cannot_be_selected(tmp_path: Path, recording: Path) -> None:
    folder = tmp_path / "weights"
    registry = Registry.discover(folder)
    (info,) = (info for info in list_pipelines(registry) if info.name == NAME)
    assert not info.available
    assert "no" in (info.unavailable_reason or "")
    assert "videoannotator models pull SOURCE --name audio_events" in (info.install_hint or "")
    assert info.config_schema is not None
    with pytest.raises(PipelineUnavailableException, match="none of the name 'audio_events'") as caught:
        annotate(recording, [NAME], device="cpu", weights_folder=folder)
    assert "models pull" in (caught.value.hint or "")
    network(tmp_path)  # after the start
    assert registry.pipelines[NAME].available
    assert select([NAME], {}, registry)[0][0].name == NAME
    with pytest.raises(PipelineUnavailableException, match="none of the name 'other'"):
        select([NAME], {NAME: {"weights": "other"}}, registry)
    with pytest.raises(InvalidConfigException):
        select([NAME], {NAME: {"threshold": 2}}, registry)


def test_weights_of_another_name_do_as_well(tmp_path: Path, recording: Path) -> None:
    folder = network(tmp_path, name="yamnet")
    assert [event.label for event in found(recording, folder, weights="yamnet")] == list(TRUTH)
    with listened(recording, folder, weights="yamnet") as annotations:
        assert [weights.name for weights in annotations.provenance.weights] == ["yamnet"]


def test_work_that_was_accepted_takes_weights_for_granted(tmp_path: Path) -> None:
    registry = Registry.discover(tmp_path / "nothing").trusting()
    assert registry.pipelines[NAME].available
    assert select([NAME], {}, registry)[0][0].name == NAME
