"""The checks that annotation values make of themselves when they are born."""


def require(condition: bool, message: str) -> None:
    """Raise ValueError with `message` unless `condition` holds."""
    if not condition:
        raise ValueError(message)


def require_probability(name: str, value: float | None) -> None:
    """Raise ValueError unless `value` is None or between 0 and 1."""
    require(value is None or 0.0 <= value <= 1.0, f"{name} is a number from 0 to 1, not {value}")
