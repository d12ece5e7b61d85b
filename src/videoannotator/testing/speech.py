"""Synthetic speech whose word times are exactly known, from the Flite synthesiser (https://cmuflite.org).

Flite builds an utterance from phones of decided lengths and then makes the sound, so the times of the words are known by
construction instead of being estimated by ear. It is called through its shared libraries, which Debian and Ubuntu carry in the
package `libflite1`; nothing else of this package needs them.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from videoannotator.errors import ExtraMissingException

RATE_HZ = 16000
VOICES = ("slt", "rms", "awb", "kal16")
"""A woman (US English), a man (US), a man (Scottish), and the classic diphone man (US); all 16 kHz."""

_SEED = 1
_FIRST_PHONE = b"R:SylStructure.daughter1.daughter1.R:Segment"
_LAST_PHONE = b"R:SylStructure.daughtern.daughtern.R:Segment"


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word as it is spoken (numbers spelled out, lower case), with its start and end in seconds from the first sample."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class SyntheticSpeech:
    """Speech and what is said when.

    Attributes:
        samples: float32 from -1 to 1 at 16 kHz, shape (n,).
        words: in order, none overlapping the next.
    """

    samples: npt.NDArray[np.float32]
    words: tuple[SpokenWord, ...]

    @property
    def duration_s(self) -> float:
        """Length of the sound in seconds."""
        return len(self.samples) / RATE_HZ


class _Wave(ctypes.Structure):
    """Flite's `cst_wave`."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


def _load(name: str) -> ctypes.CDLL:
    """One of Flite's shared libraries, its symbols visible to those loaded after it.

    Raises:
        ExtraMissingException: it is not installed.
    """
    try:
        return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as exc:
        raise ExtraMissingException(
            f"Synthetic speech needs Flite's shared library {name}, which is not on this machine.",
            hint="On Debian or Ubuntu: apt-get install libflite1",
        ) from exc


@lru_cache(maxsize=1)
def _flite() -> ctypes.CDLL:
    """Flite itself, with its argument types declared."""
    library = _load("libflite.so.1")
    for name in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
        _load(name)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for function, result, arguments in (
        ("flite_synth_text", pointer, (text, pointer)),
        ("utt_relation", pointer, (pointer, text)),
        ("utt_wave", ctypes.POINTER(_Wave), (pointer,)),
        ("delete_utterance", None, (pointer,)),
        ("relation_head", pointer, (pointer,)),
        ("item_next", pointer, (pointer,)),
        ("flite_path_to_item", pointer, (pointer, text)),
        ("flite_ffeature_string", text, (pointer, text)),
        ("flite_ffeature_float", ctypes.c_float, (pointer, text)),
    ):
        call = getattr(library, function)
        call.restype, call.argtypes = result, arguments
    library.flite_init()
    return library


@lru_cache(maxsize=len(VOICES))
def _voice(name: str) -> int:
    """Address of a registered voice."""
    _flite()
    register = getattr(_load(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, (ctypes.c_char_p,)
    return int(register(None))


def _words(flite: ctypes.CDLL, utterance: int) -> Iterator[SpokenWord]:
    """The words of a synthesised utterance; a word without phones (bare punctuation) has no time and is left out."""
    item = flite.relation_head(flite.utt_relation(utterance, b"Word"))
    while item:
        if flite.flite_path_to_item(item, _FIRST_PHONE):
            yield SpokenWord(
                text=flite.flite_ffeature_string(item, b"name").decode(),
                start_s=flite.flite_ffeature_float(item, _FIRST_PHONE + b".p.end"),
                end_s=flite.flite_ffeature_float(item, _LAST_PHONE + b".end"),
            )
        item = flite.item_next(item)


def _joined(words: Iterator[SpokenWord]) -> Iterator[SpokenWord]:
    """The words with Flite's separate endings ("dog", "'s") put back together."""
    held: SpokenWord | None = None
    for word in words:
        if held and word.text.startswith("'"):
            held = SpokenWord(held.text + word.text, held.start_s, word.end_s)
            continue
        if held:
            yield held
        held = word
    if held:
        yield held


def synthesise(text: str, voice: str = "slt") -> SyntheticSpeech:
    """Speak an English text.

    Args:
        text: plain text; numbers and common abbreviations are spelled out, punctuation makes pauses.
        voice: one of `VOICES`.

    Raises:
        ExtraMissingException: Flite's libraries are not installed.
        ValueError: there is no such voice.
    """
    if voice not in VOICES:
        raise ValueError(f"There is no voice {voice!r}; the voices are {', '.join(VOICES)}.")
    flite = _flite()
    ctypes.CDLL(None).srand(_SEED)  # the breath in the voices is made of the C library's random numbers
    utterance = flite.flite_synth_text(text.encode(), _voice(voice))
    try:
        wave = flite.utt_wave(utterance).contents
        pcm = np.ctypeslib.as_array(wave.samples, (wave.num_samples,))
        samples = pcm.astype(np.float32) * np.float32(1 / 32768)
        return SyntheticSpeech(samples, tuple(_joined(_words(flite, utterance))))
    finally:
        flite.delete_utterance(utterance)
