"""Which points of the face mesh are drawn, and how they are joined: the outlines of face, lips, eyes and eyebrows.

The numbers are those of the mesh (Grishchenko et al. 2020, Attention Mesh); left and right are the person's.
"""

_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
_OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
_INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
_LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
_RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
_LEFT_BROW = (276, 283, 282, 295, 285), (300, 293, 334, 296, 336)
_RIGHT_BROW = (46, 53, 52, 65, 55), (70, 63, 105, 66, 107)

_CLOSED = (_OVAL, _OUTER_LIPS, _INNER_LIPS, _LEFT_EYE, _RIGHT_EYE)
_OPEN = (*_LEFT_BROW, *_RIGHT_BROW)

CONTOUR_POINTS = tuple(point for line in (*_CLOSED, *_OPEN) for point in line)
"""The points that are written, by their numbers in the mesh."""

_PLACES = {point: place for place, point in enumerate(CONTOUR_POINTS)}

CONTOUR_LINES = tuple(tuple(_PLACES[point] for point in line) for line in (*((*closed, closed[0]) for closed in _CLOSED), *_OPEN))
"""The lines that join them, each as places in `CONTOUR_POINTS`; closed ones end where they begin."""
