"""What must be true of networks that somebody else exported before their numbers mean anything."""

from typing import NoReturn

from videoannotator.errors import InvalidConfigException
from videoannotator.inference.sessions import Session

IMAGE_DIMENSIONS = 4


def picture_size(session: Session, what: str, usual: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the pictures that a network takes; the usual ones where it takes any.

    Args:
        session: of added weights with one input of shape (batch, 3, height, width).
        what: what the network should be, for the error.
        usual: height and width.

    Raises:
        InvalidConfigException: its input is another one.
    """
    shape = session.input_shapes[0] if len(session.input_shapes) == 1 else ()
    if len(shape) != IMAGE_DIMENSIONS or shape[1] not in (3, None):
        refuse(session, what, f"it takes {', '.join(session.input_names)} of other shapes than one (batch, 3, height, width)")
    return shape[2] or usual[0], shape[3] or usual[1]


def refuse(session: Session, what: str, found: str) -> NoReturn:
    """Raises:
    InvalidConfigException: the weights are not what they are used for.
    """
    raise InvalidConfigException(
        f"The weights {session.name!r} are not {what}: {found}.",
        hint="docs/usage/added_weights.md says which exports are understood; name others, or leave the option out.",
    )
