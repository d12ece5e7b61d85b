"""Emotion categories with weights that the user added: networks in the form of wav2vec 2.0 with a classifier on top
(Baevski et al. 2020, https://arxiv.org/abs/2006.11477), exported to ONNX.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from videoannotator.annotations.checks import require
from videoannotator.errors import InvalidConfigException
from videoannotator.inference.class_names import read_class_names
from videoannotator.inference.exports import refuse
from videoannotator.inference.sessions import Session, SessionPool
from videoannotator.pipelines.voice_emotion.judging import CategoryJudge, CheckStop, Samples, Values, softmax

WHAT = "a network for emotions in speech"
PREPARATION = "preprocessor_config.json"
"""What may be added with the network: how sound is prepared for it."""

_DIMENSIONS = 2
_SMALLEST_VARIANCE = 1e-7


class EmotionNetwork(CategoryJudge):
    """The probabilities of emotion categories.

    Args:
        session: of the added weights: samples, float32 [1, n], at 16 kHz in, one row of values before softmax, [1, classes], out.
        labels: the categories, in the order of these values.
        normalise: whether sound is brought to a mean of 0 and a variance of 1 first, as many of these networks were trained.

    Raises:
        InvalidConfigException: these weights are something else, or the labels are not theirs.
    """

    def __init__(self, session: Session, labels: tuple[str, ...], *, normalise: bool) -> None:
        if len(session.input_shapes) != 1 or len(session.input_shapes[0]) != _DIMENSIONS:
            taken = ", ".join(f"{n} {list(s)}" for n, s in zip(session.input_names, session.input_shapes, strict=True))
            refuse(session, WHAT, f"they take {taken} and not samples of the shape (1, n)")
        if session.input_shapes[0][1] is not None:
            refuse(session, WHAT, f"they take {session.input_shapes[0][1]} samples, not any number of them")
        if len(session.output_names) != 1:
            refuse(session, WHAT, f"they give {', '.join(session.output_names)} and not one output")
        (shape,) = session.output_shapes
        if shape and shape[-1] is not None and shape[-1] != len(labels):
            raise _other_labels(session, labels, shape[-1])
        super().__init__(labels)
        self._session = session
        self._normalise = normalise

    def shares(self, samples: Samples, check_stop: CheckStop) -> Values:  # noqa: ARG002  ONNX Runtime goes through
        """See `CategoryJudge`.

        Raises:
            InferenceFailedException: the network could not be run.
            InvalidConfigException: it gives another number of values than there are labels.
        """
        if self._normalise:
            samples = (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(_SMALLEST_VARIANCE))
        (values,) = self._session.run({self._session.input_names[0]: samples[None].astype(np.float32)}).values()
        if values.size != len(self._labels):
            raise _other_labels(self._session, self._labels, values.size)
        return softmax(values)


def open_network(sessions: SessionPool, name: str, labels: tuple[str, ...]) -> EmotionNetwork:
    """Open added weights.

    Args:
        sessions: where they are looked for.
        name: under which they were added.
        labels: their categories; empty to read them from the files that were added with them.

    Raises:
        WeightsMissingException, WeightsDamagedException, InferenceFailedException: see `SessionPool`.
        InvalidConfigException: the weights are something else, or nobody says what their categories are.
    """
    session = sessions.added(name)
    files = sessions.added_files(name)
    preparation = next((path for path in files if path.name == PREPARATION), None)
    normalise = preparation is not None and _read_json(preparation, name).get("do_normalize") is True
    return EmotionNetwork(session, labels or _labels_beside(name, files), normalise=normalise)


def _labels_beside(name: str, files: Sequence[Path]) -> tuple[str, ...]:
    labels = tuple(each.name for each in read_class_names(name, files) or ())
    if not labels or len(set(labels)) != len(labels):
        raise InvalidConfigException(
            f"Nobody says what the categories of the weights {name!r} are.",
            hint="Name them in emotion_labels, in the order of the output, or add a config.json or labels.txt together with the "
            "network: videoannotator models pull FOLDER",
            field="emotion_labels",
        )
    return labels


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
        require(isinstance(values, dict), "it is not an object")
    except ValueError as error:  # broken JSON and text that is not UTF-8 included
        raise InvalidConfigException(
            f"{path.name}, which was added with the weights {name!r}, cannot be used: {error}.",
            hint="Correct it and add the weights again.",
        ) from error
    return dict(values)


def _other_labels(session: Session, labels: tuple[str, ...], found: int) -> InvalidConfigException:
    return InvalidConfigException(
        f"The weights {session.name!r} tell {found} categories apart, but {len(labels)} are named: {', '.join(labels)}.",
        hint="Name as many in emotion_labels, in the order of the output.",
        field="emotion_labels",
    )
