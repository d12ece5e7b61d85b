"""Whether a face in a frame is the one of a portrait, at exactly the place that is claimed."""

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.media.portraits import PlacedPerson, Portrait


def likeness(image: npt.NDArray[np.uint8], person: PlacedPerson, portrait: Portrait) -> float:
    """Correlation, at most 1, of the portrait's face with what lies where the five points say that it is."""
    source = np.array(portrait.face_points, np.float32)
    target = np.array(person.face_points, np.float32)
    affine, _ = cv2.estimateAffine2D(target, source)
    box = portrait.face_box
    affine = affine - np.array([[0, 0, box.left], [0, 0, box.top]])
    size = (round(box.width), round(box.height))
    seen = cv2.cvtColor(cv2.warpAffine(image, affine, size), cv2.COLOR_RGB2GRAY)
    place = slice(round(box.top), round(box.top) + size[1]), slice(round(box.left), round(box.left) + size[0])
    meant = cv2.GaussianBlur(cv2.cvtColor(portrait.picture[place], cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    own = cv2.erode(portrait.matte, np.ones((9, 9), np.uint8))[place] == 255
    return float(np.corrcoef(seen[own], meant[own])[0, 1])
