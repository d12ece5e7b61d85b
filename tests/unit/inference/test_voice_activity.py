from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import videoannotator.media
from videoannotator.inference.sessions import Session, SessionPool
from videoannotator.inference.voice_activity import SAMPLE_RATE_HZ, WINDOW_S, WINDOW_SAMPLES, VoiceActivity, Voicing

SPEECH = Path(videoannotator.media.__path__[0]) / "samples" / "two_cities.flac"
FloatArray = np.ndarray[Any, np.dtype[np.float32]]


@pytest.fixture(scope="module")
def session() -> Session:
    return SessionPool("cpu").get("silero_vad")


@pytest.fixture(scope="module")
def speech() -> FloatArray:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(str(SPEECH)) as recording:
        frames = [part for frame in recording.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in [*frames, *resampler.resample(None)]])


def probabilities(session: Session, blocks: Iterable[FloatArray]) -> FloatArray:
    activity = VoiceActivity(session)
    parts = [activity.feed(block) for block in blocks]
    return np.concatenate([*parts, activity.finish()])


def test_one_probability_for_each_window_and_one_for_the_rest(session: Session) -> None:
    activity = VoiceActivity(session)
    assert activity.feed(np.zeros(WINDOW_SAMPLES - 1, np.float32)).shape == (0,)
    assert activity.feed(np.zeros(0, np.float32)).shape == (0,)
    assert activity.feed(np.zeros(2 * WINDOW_SAMPLES + 2, np.float32)).shape == (3,)
    assert activity.finish().shape == (1,)
    assert activity.finish().shape == (0,)
    assert pytest.approx(0.032) == WINDOW_S


def test_the_cut_into_blocks_makes_no_difference(session: Session, speech: FloatArray) -> None:
    sound = speech[: 6 * SAMPLE_RATE_HZ + 123]
    whole = probabilities(session, [sound])
    assert len(whole) == -(-len(sound) // WINDOW_SAMPLES)
    assert whole.max() > 0.9
    for size in (1_000, 512, 511, 16_000, 77):
        assert np.array_equal(probabilities(session, (sound[at : at + size] for at in range(0, len(sound), size))), whole), size
    cuts = np.sort(np.random.default_rng(7).integers(0, len(sound), 50))
    assert np.array_equal(probabilities(session, np.split(sound, cuts)), whole)


def test_every_window_is_preceded_by_64_samples_and_the_state_of_the_one_before(session: Session, speech: FloatArray) -> None:
    sound = speech[: 40 * WINDOW_SAMPLES]
    padded, state, expected = np.concatenate([np.zeros(64, np.float32), sound]), np.zeros((2, 1, 128), np.float32), []
    for at in range(0, len(sound), WINDOW_SAMPLES):
        window = padded[np.newaxis, at : at + 64 + WINDOW_SAMPLES]
        result = session.run({"input": window, "state": state, "sr": np.array(SAMPLE_RATE_HZ)})
        state = result["stateN"]
        expected.append(result["output"].item())
    assert np.array_equal(probabilities(session, [sound]), np.array(expected, np.float32))


def test_the_last_window_is_filled_up_with_silence(session: Session, speech: FloatArray) -> None:
    sound = speech[: SAMPLE_RATE_HZ + 100]
    filled = np.concatenate([sound, np.zeros(-len(sound) % WINDOW_SAMPLES, np.float32)])
    assert np.array_equal(probabilities(session, [sound]), probabilities(session, [filled]))


def test_a_finished_stream_leaves_no_trace_in_the_next(session: Session, speech: FloatArray) -> None:
    activity, sound = VoiceActivity(session), speech[:SAMPLE_RATE_HZ]
    fresh = np.concatenate([activity.feed(sound), activity.finish()])
    activity.feed(speech[40_000:90_001])
    activity.finish()
    assert np.array_equal(np.concatenate([activity.feed(sound), activity.finish()]), fresh)


def test_two_streams_on_one_session_do_not_mix(session: Session, speech: FloatArray) -> None:
    one, other, sound = VoiceActivity(session), VoiceActivity(session), speech[: 2 * SAMPLE_RATE_HZ]
    parts = []
    for at in range(0, len(sound), 4_000):
        parts.append(one.feed(sound[at : at + 4_000]))
        other.feed(np.random.default_rng(at).normal(0, 0.1, 4_000).astype(np.float32))
    assert np.array_equal(np.concatenate([*parts, one.finish()]), probabilities(session, [sound]))


def no_speech() -> dict[str, FloatArray]:
    seconds = np.arange(20 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    return {
        "silence": np.zeros(len(seconds), np.float32),
        "white noise": np.random.default_rng(3).normal(0, 0.1, len(seconds)).astype(np.float32),
        "440 Hz": (0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32),
    }


@pytest.mark.parametrize("name", no_speech())
def test_silence_noise_and_a_tone_are_no_speech(session: Session, name: str) -> None:
    assert probabilities(session, [no_speech()[name]]).max() < 0.5


def test_speech_is_speech_and_the_pause_in_it_is_not(session: Session, speech: FloatArray) -> None:
    pause = np.zeros(3 * SAMPLE_RATE_HZ, np.float32)
    found = probabilities(session, [speech, pause, speech])
    assert (probabilities(session, [speech]) > 0.5).mean() > 0.6
    start = len(speech) // WINDOW_SAMPLES
    assert found[start + 10 : start + 90].max() < 0.5


@pytest.mark.parametrize("samples", [np.zeros(512, np.float64), np.zeros((1, 512), np.float32), np.zeros(512, np.int16)])
def test_other_samples_are_refused(session: Session, samples: np.ndarray[Any, Any]) -> None:
    with pytest.raises(ValueError, match="float32 of one dimension"):
        VoiceActivity(session).feed(samples)


def test_speech_goes_on_until_it_is_clearly_less_likely() -> None:
    voicing = Voicing(0.5)
    assert [voicing.follow(each) for each in (0.45, 0.5, 0.36, 0.34, 0.45, 0.9)] == [False, True, True, False, False, True]
