"""The canonical face: where the points of the mesh lie on an average head, in centimetres."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from videoannotator.errors import WeightsDamagedException

Floats = npt.NDArray[np.float64]

WEIGHTS = "face_geometry_landmarks"
VERTEX_COUNT = 468
_VALUES_PER_VERTEX = 5  # place x, y, z and place in a texture
_MESH, _BASIS = 1, 2  # fields of the file's message: the mesh, and each point that holds it in place
_VARINT, _BYTES, _FLOAT = 0, 2, 5


class CanonicalFace(NamedTuple):
    """The canonical face in the axes of a camera that it looks into: x to the right, y down, z away from the camera.

    Attributes:
        vertices: shape (468, 3).
        basis: which vertices hardly move with the face's expression; the head's pose is fitted to them.
    """

    vertices: Floats
    basis: npt.NDArray[np.intp]


def read_canonical_face(path: Path) -> CanonicalFace:
    """Read MediaPipe's `geometry_pipeline_metadata`, a Protocol Buffers message.

    Raises:
        WeightsDamagedException: the file does not hold what it should.
    """
    values: list[float] = []
    basis: list[int] = []
    try:
        for number, value in _fields(path.read_bytes()):
            if number == _MESH and isinstance(value, bytes):
                values += [one for _, one in _fields(value) if isinstance(one, float)]
            elif number == _BASIS and isinstance(value, bytes):
                basis.append(next((int(one) for key, one in _fields(value) if key == 1 and isinstance(one, int)), 0))
        vertices = np.array(values).reshape(VERTEX_COUNT, _VALUES_PER_VERTEX)[:, :3]
        return CanonicalFace(vertices * np.array([1.0, -1.0, -1.0]), np.array(sorted(basis), np.intp))
    except (ValueError, IndexError, struct.error) as error:
        raise WeightsDamagedException(f"The canonical face in {path.name} cannot be read: {error}") from error


def _fields(message: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """The fields of a message, each with its number."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        value: int | float | bytes
        if kind == _VARINT:
            value, place = _varint(message, place)
        elif kind == _FLOAT:
            value, place = struct.unpack_from("<f", message, place)[0], place + 4
        elif kind == _BYTES:
            length, start = _varint(message, place)
            value, place = message[start : start + length], start + length
        else:
            raise ValueError(f"unknown wire type {kind}")
        yield key >> 3, value


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and where what follows it begins."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
