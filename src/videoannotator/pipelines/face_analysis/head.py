"""The pose of a head: the canonical face is turned until it covers the mesh.

The camera is not known. Its focal length is taken to be the longer side of the picture (a horizontal view of 53°). A wrong one
changes the distance much and the angles little, because all angles are taken against the line of sight from the camera to the head.
On a portrait moved from corner to corner of a picture, with 0.7 to 4 times that focal length, yaw and pitch stay within 2.5°;
against the camera's axis they would differ by 35°.

The pitch of two people who look into the camera with level heads comes out as -6° to -10°. Against another estimator, which has a
zero of its own, the study behind these weights found -8.7°. What is true is not known, so nothing is corrected.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.annotations.faces import Gaze, HeadPose
from videoannotator.pipelines.face_analysis.canonical import CanonicalFace

Floats = npt.NDArray[np.float64]

EYEBALL_CM = 1.2
"""Radius of an adult's eyeball."""
EYEBALL_DEPTH = 0.75
"""Its centre lies so many radii behind the line between the corners of the eye."""
_NO_TURN = 1e-9
_DIGITS = 2
EYES = ((468, 33, 133), (473, 362, 263))
"""The iris and both corners of each eye, the person's right one first."""


@dataclass(frozen=True)
class Head:
    """A head in front of the camera, in its axes (x to the right, y down, z away), centimetres.

    Attributes:
        rotation: of the canonical face, shape (3, 3).
        position: of its origin, shape (3,).
        camera: the camera's matrix, shape (3, 3).
    """

    rotation: Floats
    position: Floats
    camera: Floats

    def pose(self) -> HeadPose:
        """Its angles."""
        seen = self.line_of_sight().T @ self.rotation
        yaw, pitch = _angles(seen @ np.array([0.0, 0.0, -1.0]))
        across = seen @ np.array([1.0, 0.0, 0.0])
        return HeadPose(yaw, pitch, round(float(np.degrees(np.arctan2(across[1], across[0]))), _DIGITS))

    def line_of_sight(self) -> Floats:
        """The least turn of the camera that would bring the head into the middle of the picture, shape (3, 3)."""
        ahead = self.position / np.linalg.norm(self.position)
        axis = np.array([-ahead[1], ahead[0], 0.0])  # what stands upright on both the camera's axis and the line
        sine = float(np.linalg.norm(axis))
        if sine < _NO_TURN:
            return np.eye(3)
        return np.asarray(cv2.Rodrigues(axis / sine * np.arctan2(sine, ahead[2]))[0], np.float64)


def fit_head(face: CanonicalFace, mesh: npt.NDArray[np.float32], size: tuple[int, int]) -> Head | None:
    """Find the head under a mesh.

    Args:
        face: the canonical face.
        mesh: points in pixels of the picture, shape (478, 3).
        size: width and height of the picture.

    Returns:
        The head; None when there is no solution, or only one behind the camera.
    """
    width, height = size
    focal = float(max(size))
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    objects = np.ascontiguousarray(face.vertices[face.basis])
    seen = np.ascontiguousarray(mesh[face.basis, :2], np.float64)
    try:
        found, turn, shift = cv2.solvePnP(objects, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
        if found:
            found, turn, shift = cv2.solvePnP(objects, seen, camera, None, turn, shift, True, cv2.SOLVEPNP_ITERATIVE)
    except cv2.error:  # points that all coincide, or numbers out of all bounds
        return None
    if not found or not np.isfinite(turn).all() or not np.isfinite(shift).all() or shift[2, 0] <= 0:
        return None
    return Head(np.asarray(cv2.Rodrigues(turn)[0], np.float64), np.asarray(shift, np.float64).ravel(), camera)


def gaze_of(face: CanonicalFace, head: Head, mesh: npt.NDArray[np.float32], open_eyes: tuple[bool, bool]) -> Gaze | None:
    """Where the open eyes look: through the iris, from the middle of the eyeball, which is fixed in the head.

    Args:
        face: the canonical face.
        head: as `fit_head` found it.
        mesh: points in pixels of the picture, shape (478, 3).
        open_eyes: whether the person's right eye and left eye are open.
    """
    lines = [_sight_of(face, head, mesh, eye) for eye, is_open in zip(EYES, open_eyes, strict=True) if is_open]
    if not lines:
        return None
    return Gaze(*_angles(head.line_of_sight().T @ np.mean(lines, 0)))


def _sight_of(face: CanonicalFace, head: Head, mesh: npt.NDArray[np.float32], eye: tuple[int, int, int]) -> Floats:
    iris, *corners = eye
    middle = face.vertices[corners].mean(0) + np.array([0.0, 0.0, EYEBALL_DEPTH * EYEBALL_CM])
    centre = head.rotation @ middle + head.position
    ray = np.linalg.solve(head.camera, np.array([mesh[iris, 0], mesh[iris, 1], 1.0], np.float64))
    ray /= np.linalg.norm(ray)
    along = float(ray @ centre)
    inside = along**2 - float(centre @ centre) + EYEBALL_CM**2
    sight = ray * (along - np.sqrt(max(0.0, inside))) - centre  # where the ray enters the eyeball, or passes it nearest
    return np.asarray(sight / np.linalg.norm(sight))


def _angles(direction: Floats) -> tuple[float, float]:
    """Yaw and pitch of a direction, degrees."""
    length = float(np.linalg.norm(direction))
    yaw = float(np.degrees(np.arctan2(direction[0], -direction[2])))
    return round(yaw, _DIGITS), round(float(np.degrees(np.arcsin(np.clip(-direction[1] / length, -1, 1)))), _DIGITS)
