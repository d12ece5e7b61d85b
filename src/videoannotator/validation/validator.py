"""Validates configs against the pipelines' own option models: there is no second list of options."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

from videoannotator.errors import PipelineNotFoundException, PipelineUnavailableException
from videoannotator.pipelines.base import PipelineOptions
from videoannotator.registry.entries import Registry
from videoannotator.registry.nearest import nearest
from videoannotator.registry.parameters import Parameter, parameters_of
from videoannotator.validation.models import FieldError, FieldWarning, ValidationResult

RANGE_ERRORS = ("greater_than", "less_than", "too_long", "too_short", "string_too", "finite_number", "multiple_of", "value_error")
CHOICE_ERRORS = ("enum", "literal_error")
EXACT_LIMIT = 2.0**53
"""Up to here a float tells every whole number apart."""
MAX_NAMES = 1000
"""Of pipelines and options in one config: nobody writes more, and each unknown one costs a search for what was meant."""


class ConfigValidator:
    """Checks what a user sent, and turns it into typed options.

    Args:
        registry: the pipelines that exist; those of this installation unless given.
    """

    def __init__(self, registry: Registry | None = None) -> None:
        self._registry = registry or Registry.installed()

    def validate(self, pipeline: str, config: Any) -> ValidationResult:
        """Check the config of one pipeline, `{option: value}`; the pipeline may go by a former name."""
        return self.validate_batch({pipeline: config})

    def validate_batch(self, config: Any, selected_pipelines: Sequence[str] | None = None) -> ValidationResult:
        """Check `{pipeline: {option: value}}` for the selected pipelines (those named in the config when None).

        A flat `{option: value}`, as earlier releases took it, applies to each selected pipeline that has the option.
        """
        if not isinstance(config, Mapping):
            message = f"The configuration must be an object with one entry per pipeline, not {_show(config)}."
            return ValidationResult(errors=(FieldError("", "", message, "INVALID_TYPE", 'Write {"pipeline": {"option": value}}.'),))
        if fault := _unusable(config, selected_pipelines or ()):
            return ValidationResult(errors=(fault,))
        findings = _Findings(self._registry)
        wanted = list(config) if selected_pipelines is None else list(selected_pipelines)
        per_pipeline = self._spread_flat(config, wanted, findings)
        selected = findings.canonical(wanted)
        findings.canonical(name for name in per_pipeline if name not in wanted and not self._is_pipeline(name))
        sent = {findings.canonical_or_none(name): value for name, value in per_pipeline.items()}
        for name in selected:
            findings.check(name, sent.get(name, {}))
        if selected_pipelines is not None:
            findings.require_makers()
        for name in (known for known in sent if known is not None):
            if name not in selected:
                findings.warnings.append(
                    FieldWarning(
                        name,
                        "",
                        f"The options of {name!r} have no effect.",
                        "NOT_SELECTED",
                        f"Select the pipeline {name!r} as well.",
                    )
                )
        return findings.result(selected)

    def _spread_flat(self, config: Mapping[str, Any], wanted: list[str], findings: "_Findings") -> dict[str, Any]:
        """Give each flat option to every wanted pipeline that has it; one that none has goes to the first, to be reported there."""
        flat = {name: value for name, value in config.items() if not isinstance(value, Mapping) and not self._is_pipeline(name)}
        per_pipeline = {name: deepcopy(value) for name, value in config.items() if name not in flat}
        if not flat or not wanted or set(wanted) <= set(flat):
            return {**per_pipeline, **flat}
        hint = 'Write {"pipeline": {"option": value}}.'
        findings.warnings.append(
            FieldWarning(
                "", ", ".join(flat), "Options outside any pipeline are deprecated; they were applied to all.", "FLAT_CONFIG", hint
            )
        )
        options = {name: self._options_of(name) for name in wanted}
        for option, value in flat.items():
            takers = [name for name in wanted if option in options[name]] or wanted[:1]
            for name in takers:
                group = per_pipeline.setdefault(name, {})
                if isinstance(group, dict):
                    group.setdefault(option, value)
        return per_pipeline

    def _is_pipeline(self, name: str) -> bool:
        try:
            self._registry.canonical_name(name)
        except PipelineNotFoundException:
            return False
        return True

    def _options_of(self, pipeline: str) -> set[str]:
        """The names of a pipeline's options, former ones included; none of a pipeline that nobody knows."""
        try:
            options = self._registry.pipeline(pipeline).Options
        except (PipelineNotFoundException, PipelineUnavailableException):
            return set()
        return {*options.model_fields, *options.former_names}


class _Findings:
    """Collects errors, warnings and typed options while a config is walked through."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.errors: list[FieldError] = []
        self.warnings: list[FieldWarning] = []
        self.options: dict[str, PipelineOptions] = {}

    def canonical_or_none(self, name: str) -> str | None:
        try:
            return self._registry.canonical_name(name)
        except PipelineNotFoundException:
            return None

    def canonical(self, names: Iterable[str]) -> list[str]:
        """Canonical names without repetition; unknown ones become errors, former ones warnings."""
        found: list[str] = []
        for name in names:
            try:
                canonical = self._registry.canonical_name(name)
                self._registry.pipeline(canonical)
            except PipelineNotFoundException as error:
                meant = nearest(name, self._registry.pipelines)
                self.errors.append(FieldError(name, "", error.message, error.code, error.hint or "", meant))
                continue
            except PipelineUnavailableException as error:
                self.errors.append(FieldError(name, "", error.message, error.code, error.hint or ""))
                continue
            if canonical != name:
                message = f"The pipeline {name!r} is called {canonical!r} now; the old name is deprecated."
                self.warnings.append(FieldWarning(canonical, name, message, "DEPRECATED_NAME", f"Write {canonical!r}.", canonical))
            if canonical not in found:
                found.append(canonical)
        return found

    def check(self, pipeline: str, config: Any) -> None:
        """Check one pipeline's options; what is right becomes typed options."""
        model = self._registry.pipeline(pipeline).Options
        if not isinstance(config, Mapping):
            message = f"The options of {pipeline!r} must be an object, not {_show(config)}."
            self.errors.append(FieldError(pipeline, "", message, "INVALID_TYPE", 'Write {"option": value}.', {}))
            return
        sent = self._without_former_names(pipeline, model, _with_whole_numbers(dict(config)))
        problems = _problems(model, sent)
        for problem in problems:
            if problem["type"] == "extra_forbidden":
                self._warn_unknown(pipeline, model, problem["loc"])
                _remove(sent, problem["loc"])
        problems = _problems(model, sent)
        self.errors += [_field_error(pipeline, model, problem) for problem in problems]
        if not problems:
            self._accept(pipeline, model.model_validate_json(_json(sent)))

    def _accept(self, pipeline: str, options: PipelineOptions) -> None:
        """Keep typed options, unless the weights that they name are missing, or an extra."""
        try:
            self._registry.require_ready(pipeline, options)
        except PipelineUnavailableException as error:
            weights_missing = "weights" in (error.detail or {})
            field = (self._registry.pipeline(pipeline).added_weights or "") if weights_missing else ""
            self.errors.append(FieldError(pipeline, field, error.message, error.code, error.hint or ""))
        else:
            self.options[pipeline] = options

    def require_makers(self) -> None:
        """See that for everything a pipeline works on, another selected one makes it."""
        chosen = {name: self._registry.pipeline(name) for name in self.options}
        made = {kind for pipeline in chosen.values() for kind in pipeline.produces}
        for name, pipeline in chosen.items():
            for product in pipeline.needs(self.options[name]).products:
                if product not in made:
                    message = f"{name!r} works on {product.__name__} records, which no selected pipeline makes."
                    hint = f"Select {' or '.join(self._makers(product)) or 'a pipeline that makes them'} as well."
                    self.errors.append(FieldError(name, "", message, "REQUIRED_FIELD_MISSING", hint))

    def _makers(self, product: type) -> list[str]:
        """The pipelines of this installation that make a type of records."""
        entries = self._registry.pipelines.values()
        return [entry.name for entry in entries if entry.plugin is not None and product in entry.plugin.produces]

    def _without_former_names(self, pipeline: str, model: type[PipelineOptions], sent: dict[str, Any]) -> dict[str, Any]:
        for old, new in model.former_names.items():
            if old not in sent:
                continue
            value = sent.pop(old)
            message = f"The option {old!r} is called {new!r} now; the old name is deprecated."
            if new in sent:
                message = f"The option {old!r} is the old name of {new!r}, which is given too; the old one has no effect."
            else:
                sent[new] = value
            self.warnings.append(FieldWarning(pipeline, old, message, "DEPRECATED_NAME", f"Write {new!r}.", new))
        return sent

    def _warn_unknown(self, pipeline: str, model: type[PipelineOptions], loc: tuple[int | str, ...]) -> None:
        name = ".".join(str(part) for part in loc)
        known = [parameter.name for parameter in parameters_of(model)]
        meant = nearest(name, known, 0.5)
        hint = f"Did you mean {meant!r}?" if meant else f"The options are: {', '.join(known)}."
        message = f"{pipeline!r} has no option {name!r}; it has no effect."
        self.warnings.append(FieldWarning(pipeline, name, message, "UNKNOWN_FIELD", hint, meant))

    def result(self, validated: Sequence[str]) -> ValidationResult:
        return ValidationResult(tuple(self.errors), tuple(self.warnings), tuple(validated), self.options)


def _unusable(config: Mapping[str, Any], selected_pipelines: Sequence[str]) -> FieldError | None:
    """Why a config is not even looked at: JSON cannot hold it, or it has more names than anybody means; None when it is."""
    try:
        _json({"config": config, "selected_pipelines": selected_pipelines})
    except ValueError:
        message = "The configuration holds lists or groups inside each other without end, or text that is not Unicode."
        return FieldError("", "", message, "INVALID_TYPE", "Correct or remove that value.")
    if _names_in(config) + len(set(selected_pipelines)) > MAX_NAMES:
        message = f"The configuration names more than {MAX_NAMES} pipelines and options."
        return FieldError("", "", message, "VALUE_OUT_OF_RANGE", "Name only the options that are not to have their defaults.")
    return None


def _with_whole_numbers(value: Any) -> Any:
    """A copy in which a number without a fraction is whole, as JSON Schema has it: 640.0 is 640."""
    if isinstance(value, Mapping):
        return {name: _with_whole_numbers(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(part) for part in value]
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= EXACT_LIMIT
    return int(value) if whole else value


def _names_in(group: Mapping[str, Any]) -> int:
    """How many names stand in a group and in those inside it."""
    return len(group) + sum(_names_in(value) for value in group.values() if isinstance(value, Mapping))


def _json(sent: Mapping[str, Any]) -> bytes:
    """As JSON, where pydantic's strict mode knows text for choices and lists for tuples; what JSON cannot say becomes its text."""
    return to_json(sent, inf_nan_mode="constants", fallback=repr)


def _problems(model: type[PipelineOptions], sent: Mapping[str, Any]) -> list[ErrorDetails]:
    try:
        model.model_validate_json(_json(sent))
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _remove(sent: dict[str, Any], loc: tuple[int | str, ...]) -> None:
    group: Any = sent
    for part in loc[:-1]:
        group = group[part]
    del group[loc[-1]]


def _field_error(pipeline: str, model: type[PipelineOptions], problem: ErrorDetails) -> FieldError:
    name, parameter = _parameter_at(model, problem["loc"])
    code = _code(problem["type"])
    if parameter is None:
        return FieldError(
            pipeline, name, f"{name or 'The configuration'}: {problem['msg']}.", code, "See `videoannotator pipelines`."
        )
    if problem["type"] == "missing":
        message = f"{name} is missing."
    elif problem["type"] == "value_error":
        message = f"{name}: {problem['msg'].removeprefix('Value error, ')}"
    elif problem["type"] == "string_pattern_mismatch":
        message = f"{name} is {_show(problem['input'])}, which has not the form {problem['ctx']['pattern']}."
    else:
        message = f"{name} is {_show(problem['input'])}, which is not {parameter.expected()}."
    hint = f"Give {parameter.expected()}; the default is {_show(parameter.default)}."
    if problem["type"] == "string_pattern_mismatch":
        hint = f"{parameter.description} The default is {_show(parameter.default)}."
    return FieldError(pipeline, name, message, code, hint, _suggestion(parameter, problem))


def _parameter_at(model: type[PipelineOptions], loc: tuple[int | str, ...]) -> tuple[str, Parameter | None]:
    """The parameter that a location of pydantic's lies in; locations may end in list indices or names of union branches."""
    known = {parameter.name: parameter for parameter in parameters_of(model)}
    for length in range(len(loc), 0, -1):
        name = ".".join(str(part) for part in loc[:length])
        if name in known:
            return name, known[name]
    return ".".join(str(part) for part in loc), None


def _code(kind: str) -> str:
    if kind == "missing":
        return "REQUIRED_FIELD_MISSING"
    if kind.startswith(RANGE_ERRORS):
        return "VALUE_OUT_OF_RANGE"
    return "INVALID_CHOICE" if kind in CHOICE_ERRORS else "INVALID_TYPE"


def _suggestion(parameter: Parameter, problem: ErrorDetails) -> Any:
    """The nearest value that would be accepted, else the default."""
    value, kind = problem["input"], problem["type"]
    if kind.startswith("less_than_equal"):
        return _number(parameter, parameter.maximum)
    if kind.startswith("greater_than_equal"):
        return _number(parameter, parameter.minimum)
    if parameter.choices and isinstance(value, str):
        return nearest(value, map(str, parameter.choices)) or parameter.default
    return parameter.default


def _number(parameter: Parameter, bound: float | None) -> float | int | None:
    return int(bound) if bound is not None and parameter.type == "integer" else bound


def _show(value: Any) -> str:
    """A value as JSON writes it, cut to a readable length."""
    text = to_json(value, inf_nan_mode="constants", fallback=repr).decode()
    return text if len(text) <= 60 else text[:57] + "..."
