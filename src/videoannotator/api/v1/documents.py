"""JSON documents of the routes that describe this installation, as OpenAPI shows them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from videoannotator.registry.listing import PipelineInfo
from videoannotator.registry.parameters import Parameter
from videoannotator.validation.models import ValidationResult


class Document(BaseModel):
    """A document that says exactly what it declares."""

    model_config = ConfigDict(from_attributes=True)


class OutputDocument(Document):
    """A file format that can hold what a pipeline makes."""

    format: str
    types: list[str]


class WeightsDocument(Document):
    """Weights that a pipeline may load."""

    name: str
    sha256: str | None
    licence: str | None


class PipelineDocument(Document):
    """What is known about a pipeline; of one that cannot be used, only its name and why."""

    name: str = Field(examples=["scene_detection"])
    display_name: str
    description: str
    pipeline_family: str
    variant: str
    version: str
    tasks: list[str]
    modalities: list[str]
    former_names: list[str]
    outputs: list[OutputDocument]
    default_enabled: bool = Field(description="Whether it runs when nobody selects any.")
    available: bool = Field(description="Whether it can run on this installation.")
    unavailable_reason: str | None
    install_hint: str | None
    config_schema: dict[str, Any] | None = Field(description="JSON Schema of its options.")
    weights: list[WeightsDocument]

    @classmethod
    def of(cls, info: PipelineInfo) -> "PipelineDocument":
        """The document of a pipeline."""
        return cls.model_validate(info)


class PipelineList(Document):
    """Every installed pipeline."""

    pipelines: list[PipelineDocument]
    total: int


class ParameterDocument(Document):
    """One option of a pipeline, for forms."""

    name: str = Field(description="Dotted when it lies inside a group of options.")
    type: str = Field(description="number, integer, boolean, string or array.")
    nullable: bool
    label: str
    description: str
    required: bool
    default: Any
    min: float | None
    max: float | None
    exclusive_min: bool
    exclusive_max: bool
    enum: list[Any] | None
    accepts: str = Field(description="What is accepted, in words.")

    @classmethod
    def of(cls, parameter: Parameter) -> "ParameterDocument":
        """The document of an option."""
        return cls(
            name=parameter.name,
            type=parameter.type,
            nullable=parameter.nullable,
            label=parameter.label,
            description=parameter.description,
            required=parameter.required,
            default=parameter.default,
            min=parameter.minimum,
            max=parameter.maximum,
            exclusive_min=parameter.exclusive_minimum,
            exclusive_max=parameter.exclusive_maximum,
            enum=list(parameter.choices) if parameter.choices is not None else None,
            accepts=parameter.expected(),
        )


class PipelineSchema(Document):
    """The options of a pipeline as a flat list."""

    pipeline: str
    parameters: list[ParameterDocument]


class Finding(Document):
    """Something about one field of a config."""

    field: str = Field(description="The option's name, dotted inside groups; empty when it is not one option.")
    message: str
    code: str
    error_code: str = Field(description="The same as `code`, for older clients.")
    severity: str = Field(description="error or warning.")
    hint: str
    suggested_value: Any = Field(description="A value that would be accepted, where there is a sensible one.")
    suggestion: str | None = Field(None, description="Of an unknown name: the nearest known one.")
    pipeline: str


class Validation(Document):
    """What a validation found."""

    valid: bool
    errors: list[Finding]
    warnings: list[Finding]
    message: str = Field(description="The result in a sentence that names every field at fault.")
    pipelines_validated: list[str]

    @classmethod
    def of(cls, result: ValidationResult) -> "Validation":
        """The document of a validation."""
        return cls(
            valid=result.valid,
            errors=[Finding(**error.as_item()) for error in result.errors],
            warnings=[Finding(**warning.as_item()) for warning in result.warnings],
            message=result.message,
            pipelines_validated=list(result.pipelines_validated),
        )


class ConfigBody(BaseModel):
    """Options for the pipeline that the path names."""

    config: dict[str, Any] = Field(description="{option: value}", examples=[{"mode": "fast"}])


class PipelineConfigBody(BaseModel):
    """Options for one pipeline."""

    pipeline: str = Field(examples=["scene_detection"])
    config: dict[str, Any] = Field(description="{option: value}", examples=[{"mode": "fast"}])


class JobConfigBody(BaseModel):
    """Options for a job."""

    config: dict[str, Any] = Field(description="{pipeline: {option: value}}", examples=[{"scene_detection": {"mode": "fast"}}])
    selected_pipelines: list[str] | None = Field(None, description="Left out: those that the config names.")
