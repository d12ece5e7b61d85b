"""A pipeline's options as a flat list, read from its options model: for lists, forms, hints and reference pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from videoannotator.pipelines.base import PipelineOptions


@dataclass(frozen=True, slots=True)
class Parameter:
    """One option of a pipeline.

    Attributes:
        name: dotted when it lies inside a group of options.
        type: of its JSON value: number, integer, boolean, string or array; empty when JSON has no such type.
        nullable: whether null is accepted too.
        label: short title for forms.
        description: what it does, with its unit.
        required: whether it has no default.
        default: its default as a JSON value.
        minimum, maximum: bounds of a number; None where there is none.
        exclusive_minimum, exclusive_maximum: whether the bound itself is excluded.
        choices: the values it may take; None when it is free within its bounds.
    """

    name: str
    type: str
    nullable: bool
    label: str
    description: str
    required: bool
    default: Any
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    exclusive_maximum: bool
    choices: tuple[Any, ...] | None

    def expected(self) -> str:
        """What is accepted, in words: `a number from 0 to 1`."""
        if self.choices is not None:
            words = "one of " + ", ".join(repr(choice) for choice in self.choices)
        else:
            nouns = {
                "number": "a number",
                "integer": "a whole number",
                "boolean": "true or false",
                "string": "a text",
                "array": "a list",
            }
            words = nouns.get(self.type, f"a value of type {self.type}") + self._range()
        return words + (", or null" if self.nullable else "")

    def _range(self) -> str:
        low = None if self.minimum is None else f"{'above ' if self.exclusive_minimum else ''}{self.minimum:g}"
        high = None if self.maximum is None else f"{'below ' if self.exclusive_maximum else ''}{self.maximum:g}"
        if low is not None and high is not None:
            return f" from {low} to {high}"
        return f" of at least {low}" if low is not None else f" of at most {high}" if high is not None else ""


@cache
def parameters_of(options: type[PipelineOptions]) -> tuple[Parameter, ...]:
    """Every option of an options model, in the order of its fields, groups flattened with dotted names."""
    schema = options.model_json_schema()
    return tuple(_walk(schema, schema.get("$defs", {}), ""))


def _walk(schema: Mapping[str, Any], definitions: Mapping[str, Any], prefix: str) -> Iterator[Parameter]:
    required = schema.get("required", ())
    for name, outer in schema.get("properties", {}).items():
        field, nullable = _resolve(outer, definitions)
        if "properties" in field:
            yield from _walk(field, definitions, f"{prefix}{name}.")
        else:
            yield _parameter(prefix + name, field, nullable=nullable, required=name in required)


def _resolve(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Follow references and unwrap `X | None`; the outer description, title and default win."""
    merged, nullable = dict(field), False
    for _ in range(3):
        if "$ref" in merged:
            target = definitions[merged.pop("$ref").rsplit("/", 1)[-1]]
            merged = {**target, **merged}
        elif "anyOf" in merged:
            branches = merged.pop("anyOf")
            others = [branch for branch in branches if branch.get("type") != "null"]
            nullable = nullable or len(others) < len(branches)
            merged = {**others[0], **merged}
    return merged, nullable


def _parameter(name: str, field: Mapping[str, Any], *, nullable: bool, required: bool) -> Parameter:
    choices = tuple(field["enum"]) if "enum" in field else ((field["const"],) if "const" in field else None)
    return Parameter(
        name=name,
        type=field.get("type", ""),
        nullable=nullable,
        label=field.get("title", name),
        description=field.get("description", ""),
        required=required,
        default=field.get("default"),
        minimum=field.get("minimum", field.get("exclusiveMinimum")),
        maximum=field.get("maximum", field.get("exclusiveMaximum")),
        exclusive_minimum="exclusiveMinimum" in field,
        exclusive_maximum="exclusiveMaximum" in field,
        choices=choices,
    )
