"""Corrections: what somebody changes in the output of pipelines, one statement at a time. They lie over it; it stays as it is."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from videoannotator.errors import InvalidRequestException

BY_HAND = "by_hand"
"""The method of what somebody corrected, for which there is no confidence."""
MAX_NAME_LENGTH = 100
MAX_TEXT_LENGTH = 5000
MAX_LANGUAGE_LENGTH = 12
LATEST_S = 1e7
"""No recording is longer than a hundred days."""
UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp", "Cn", "Co"})
"""Categories of Unicode: control characters, halves of characters, ends of lines, what has no meaning."""
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They change the direction of all that follows."""


class CorrectionKind(str, Enum):
    """What a correction changes; beside each, its target and what it says in `after`."""

    RENAME_PERSON = "rename_person"
    """Id of a person: name."""
    MERGE_PERSONS = "merge_persons"
    """Id of a person, who is the same as another one: into."""
    RENAME_SPEAKER = "rename_speaker"
    """Id of a speaker: name."""
    MERGE_SPEAKERS = "merge_speakers"
    """Id of a speaker, who is the same as another one: into."""
    EDIT_UTTERANCE = "edit_utterance"
    """Id of an utterance: text."""
    ASSIGN_SPEAKER = "assign_speaker"
    """Id of a turn or an utterance: speaker (null for nobody known, of an utterance); new (true for a speaker not heard before)."""
    MOVE_BOUNDARY = "move_boundary"
    """Id of a scene, turn, utterance or sound event: start_s, end_s, or both."""
    ADD_SEGMENT = "add_segment"
    """Scene: start_s. SpeakerTurn: start_s, end_s, speaker, new. Utterance: start_s, end_s, text, speaker, new, language.
    SoundEvent: start_s, end_s, label."""
    DELETE_SEGMENT = "delete_segment"
    """Id of a scene, turn, utterance or sound event: nothing."""


ADDABLE = ("Scene", "SpeakerTurn", "Utterance", "SoundEvent")
"""Targets of `ADD_SEGMENT`: types of records."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction.

    Attributes:
        number: its place among those of a recording, from 1.
        kind: what it changes.
        target: whose: an id of a time line (`audio_processing/Utterance/17`, `correction/3`, `speaker_001`), or a type to add.
        after: what holds instead.
        before: what held, as it was found when the correction was made.
    """

    number: int
    kind: CorrectionKind
    target: str
    after: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def added_id(self) -> str:
        """The id of what it adds."""
        return f"correction/{self.number}"


class Said:
    """What a correction says in `after`, read with care; each method takes a name from it, and `end` refuses what nobody read.

    Raises:
        InvalidRequestException: by every method, where a value is missing or not what it should be; `field` names it.
    """

    def __init__(self, after: Mapping[str, Any]) -> None:
        self._left = dict(after)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def text(self, name: str, most: int) -> str:
        """A text of at most so many characters that can be shown in one line."""
        value = self._taken(name)
        if not isinstance(value, str):
            raise _wrong(name, "is a text")
        value = unicodedata.normalize("NFC", " ".join(value.split()))
        if not value:
            raise _wrong(name, "must not be empty")
        if len(value) > most:
            raise _wrong(name, f"has at most {most} characters, not {len(value)}")
        if any(unicodedata.category(letter) in UNSHOWABLE or letter in TURNING for letter in value):
            raise _wrong(name, "holds characters that cannot be shown")
        return value

    def text_or_none(self, name: str, most: int) -> str | None:
        """The same, or None where it is null or left out."""
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return None
        return self.text(name, most)

    def time(self, name: str, end_s: float | None) -> float:
        """Seconds from time 0, not after the end of the recording."""
        value = self._taken(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise _wrong(name, "is a number of seconds")
        last = LATEST_S if end_s is None else end_s
        if not 0 <= value <= last:
            raise _wrong(name, f"lies outside the recording, which lasts from 0 to {last:.3f} s")
        return float(value)

    def flag(self, name: str) -> bool:
        """True or false; false where it is left out."""
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise _wrong(name, "is true or false")
        return value

    def end(self) -> None:
        """Nothing else may have been said."""
        for name in self._left:
            raise _wrong(str(name)[:40], "means nothing in this correction")

    def _taken(self, name: str) -> Any:
        if name not in self._left:
            raise _wrong(name, "is missing")
        return self._left.pop(name)


def refused(message: str, hint: str | None = None, field_name: str = "target") -> InvalidRequestException:
    """The error about a correction that cannot be made."""
    return InvalidRequestException(message, hint=hint, field=field_name)


def _wrong(name: str, what: str) -> InvalidRequestException:
    return refused(f"after.{name} {what}.", "docs/usage/corrections.md says what each correction takes.", f"after.{name}")
