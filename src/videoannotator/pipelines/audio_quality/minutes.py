"""Judges a minute of sound: how well speech stands out from noise, and what is wrong with it.

The ratio of speech to noise is that of the NIST Speech Quality Assurance package (`stnr`), in which quiet windows are noise and
loud ones are speech and noise; but voice activity tells them apart here, in place of two humps in one histogram of levels. Noise is
the median power of the windows well away from any speech, speech the mean power of the windows with voice, less the noise. So it is
the ratio of active speech (as in ITU-T P.56) to what is heard beneath it.

A ratio of 15 dB is what ASHA asks for where children have to understand speech ("Acoustics in Educational Settings", 2005). The
other thresholds are conventions: 5 dB is where recognition has long begun to fail, -45 dBFS lies 19 dB below the nominal level of
speech of ITU-T P.830 (-26 dBFS), and one clipped sample in a thousand can be heard.
"""

import math
from dataclasses import dataclass

import numpy as np

from videoannotator.annotations.sound import SoundFlag, SoundMinute, Verdict
from videoannotator.annotations.time import MediaTime
from videoannotator.pipelines.audio_quality.clipping import find_clipping
from videoannotator.pipelines.audio_quality.holes import ZERO, find_holes
from videoannotator.pipelines.audio_quality.hum import hum_level_dbfs
from videoannotator.pipelines.audio_quality.options import AudioQualityOptions
from videoannotator.pipelines.audio_quality.windows import Marks, Windows

CLEAR_OF_VOICE = 0.2
"""Highest probability of voice in a pause."""
DISTANCE = 5
"""Windows (0.16 s) between a pause and what may be speech: it fades, and the room answers."""
FEWEST_WINDOWS = 8
"""A level of speech or of noise rests on at least so many windows (0.26 s)."""
LOWEST_RATIO = 0.01
"""Of powers (-20 dB): what is left of speech without the noise is too little to measure."""
VERY_QUIET_DB = 15.0
"""Speech that lies this far below the level at which it is too quiet makes a minute unusable."""
DC_OFFSET = 0.01
SILENT_SHARE = 0.05
MOST_DROPOUTS = 10
"""More dropouts in a minute make it unusable."""


def assess(windows: Windows, start: MediaTime, end: MediaTime, options: AudioQualityOptions) -> SoundMinute:
    """Judge the sound from `start` to `end`, at most a minute of it; at least one window."""
    samples = windows.samples
    speech = float(windows.powers[windows.voiced].mean()) if windows.voiced.sum() >= FEWEST_WINDOWS else None
    pauses = windows.powers[_pauses(windows)]
    noise = float(np.median(pauses)) if len(pauses) >= FEWEST_WINDOWS else None
    snr_db = None if speech is None or noise is None else _ratio_db(speech, noise)
    clipping, holes = find_clipping(samples), find_holes(samples)
    loud = ~windows.voiced & (windows.powers >= 10 ** (options.loud_dbfs / 10))
    speech_share = float(windows.voiced.mean())
    faults = _Faults(
        speech_level_dbfs=_dbfs(speech),
        snr_db=snr_db,
        clipped_share=min(1.0, clipping.samples / len(samples)),
        dc_offset=float(samples.mean(dtype=np.float64)),
        silent_share=holes.silent_samples / len(samples),
        dropouts=holes.dropouts,
        hum=hum_level_dbfs(samples) is not None,
    )
    return SoundMinute(
        start=start,
        end=end,
        verdict=_verdict(faults, options),
        flags=_flags(faults, options),
        speech_share=round(speech_share, 4),
        silence_share=round(1.0 - speech_share - float(loud.mean()), 4) + 0.0,  # no minus before zero
        speech_level_dbfs=faults.speech_level_dbfs,
        noise_floor_dbfs=_dbfs(noise),
        snr_db=snr_db,
        clipped_share=round(faults.clipped_share, 6),
        clipped_runs=clipping.runs,
        dc_offset=round(faults.dc_offset, 6) + 0.0,
    )


@dataclass(frozen=True, slots=True)
class _Faults:
    """What a verdict rests on."""

    speech_level_dbfs: float | None
    snr_db: float | None
    clipped_share: float
    dc_offset: float
    silent_share: float
    dropouts: int
    hum: bool


def _pauses(windows: Windows) -> Marks:
    """The windows that are clear of speech and hold sound at all."""
    maybe = (windows.voice >= CLEAR_OF_VOICE) | windows.voiced
    near = np.convolve(maybe, np.ones(2 * DISTANCE + 1), "full")[DISTANCE:-DISTANCE] > 0
    return ~near & (windows.peaks >= ZERO)


def _ratio_db(speech: float, noise: float) -> float:
    """Of speech, which has the noise in it, to noise."""
    return round(10 * math.log10(max(speech / noise - 1, LOWEST_RATIO)), 2)


def _dbfs(power: float | None) -> float | None:
    return None if power is None or power <= 0 else round(10 * math.log10(power), 2)


def _flags(faults: _Faults, options: AudioQualityOptions) -> tuple[SoundFlag, ...]:
    level, ratio = faults.speech_level_dbfs, faults.snr_db
    wrong = {
        SoundFlag.CLIPPING: faults.clipped_share > 0 and faults.clipped_share >= options.clipped_share,
        SoundFlag.LOW_SNR: ratio is not None and ratio < options.low_snr_db,
        SoundFlag.TOO_QUIET: level is not None and level < options.quiet_dbfs,
        SoundFlag.DC_OFFSET: abs(faults.dc_offset) >= DC_OFFSET,
        SoundFlag.HUM: faults.hum,
        SoundFlag.DIGITAL_SILENCE: faults.silent_share >= SILENT_SHARE,
        SoundFlag.DROPOUTS: faults.dropouts > 0,
    }
    return tuple(flag for flag, found in wrong.items() if found)


def _verdict(faults: _Faults, options: AudioQualityOptions) -> Verdict:
    if faults.speech_level_dbfs is None:
        return Verdict.NO_SPEECH
    hopeless = (
        (faults.snr_db is not None and faults.snr_db < options.lowest_snr_db)
        or (faults.clipped_share > 0 and faults.clipped_share >= options.most_clipped_share)
        or faults.speech_level_dbfs < options.quiet_dbfs - VERY_QUIET_DB
        or faults.dropouts > MOST_DROPOUTS
    )
    if hopeless:
        return Verdict.UNUSABLE
    return Verdict.DOUBTFUL if _flags(faults, options) else Verdict.USABLE
