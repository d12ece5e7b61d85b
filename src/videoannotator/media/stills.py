"""Single pictures as files."""

import cv2
import numpy as np
import numpy.typing as npt

from videoannotator.errors import VideoAnnotatorException

QUALITY = 90


def encode_jpeg(image: npt.NDArray[np.uint8]) -> bytes:
    """A BGR picture, shape (height, width, 3), as a JPEG file.

    Raises:
        VideoAnnotatorException: it could not be encoded.
    """
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise VideoAnnotatorException(f"A picture of {image.shape[1]} x {image.shape[0]} pixels could not be written as JPEG.")
    return data.tobytes()
