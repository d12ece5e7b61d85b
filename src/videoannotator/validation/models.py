"""What a validation found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from videoannotator.errors import InvalidConfigException
from videoannotator.pipelines.base import PipelineOptions


@dataclass(frozen=True, slots=True)
class FieldError:
    """A value that cannot be used.

    Attributes:
        pipeline: whose config it stands in.
        field: the option's name, dotted inside groups; empty when the fault is not in one option.
        message: what is wrong.
        code: PIPELINE_NOT_FOUND, PIPELINE_UNAVAILABLE, VALUE_OUT_OF_RANGE, INVALID_TYPE, INVALID_CHOICE or REQUIRED_FIELD_MISSING.
        hint: what is accepted.
        suggested_value: a value that would be accepted; None when there is no sensible one.
    """

    pipeline: str
    field: str
    message: str
    code: str
    hint: str
    suggested_value: Any = None

    def as_item(self) -> dict[str, Any]:
        """The error as clients see it; `error_code` says the same as `code`, for older ones."""
        return {**asdict(self), "error_code": self.code, "severity": "error"}


@dataclass(frozen=True, slots=True)
class FieldWarning:
    """Something in a config that has no effect, or that will stop working.

    Attributes:
        pipeline: whose config it stands in.
        field: the name as it was sent.
        message: what happens.
        code: UNKNOWN_FIELD, DEPRECATED_NAME, FLAT_CONFIG or NOT_SELECTED.
        hint: what to write instead.
        suggestion: the nearest known name; None when none is near.
    """

    pipeline: str
    field: str
    message: str
    code: str
    hint: str
    suggestion: str | None = None

    def as_item(self) -> dict[str, Any]:
        """The warning as clients see it, in the shape of an error."""
        return {**asdict(self), "error_code": self.code, "severity": "warning", "suggested_value": None}


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What a validation found.

    Attributes:
        errors, warnings: in the order of the config.
        pipelines_validated: canonical names, in order.
        options: typed options of every pipeline that has no error, by canonical name.
    """

    errors: tuple[FieldError, ...] = ()
    warnings: tuple[FieldWarning, ...] = ()
    pipelines_validated: tuple[str, ...] = ()
    options: Mapping[str, PipelineOptions] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    @property
    def message(self) -> str:
        """The result in a sentence that names every field at fault."""
        if self.valid:
            return (
                "The configuration is valid."
                if not self.warnings
                else f"The configuration is valid, with {len(self.warnings)} warning(s)."
            )
        places = (f"{error.pipeline}.{error.field}".rstrip(".") or "the whole" for error in self.errors)
        return f"The configuration has {len(self.errors)} error(s): " + ", ".join(dict.fromkeys(places)) + "."

    def require_valid(self) -> Mapping[str, PipelineOptions]:
        """The typed options.

        Raises:
            InvalidConfigException: there are errors; `detail["errors"]` lists them.
        """
        if self.valid:
            return self.options
        first = self.errors[0]
        raise InvalidConfigException(
            self.message,
            hint=f"{first.message} {first.hint}",
            detail={"errors": [error.as_item() for error in self.errors]},
            field=f"{first.pipeline}.{first.field}".rstrip("."),
        )
