"""From configs to options: every kind of mistake gets an error or a warning with a cure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plugins import Flavour, ToyOptions, ToyPipeline, ToySound

from videoannotator.errors import InvalidConfigException
from videoannotator.pipelines.base import Pipeline
from videoannotator.registry.entries import Entry, Registry
from videoannotator.registry.parameters import Parameter, parameters_of
from videoannotator.validation.validator import ConfigValidator

TOY_CLASSES: tuple[type[Pipeline[Any]], ...] = (ToyPipeline, ToySound)
TOYS = Registry(
    {cls.name: Entry(cls.name, f"tests:{cls.__name__}", "videoannotator", cls) for cls in TOY_CLASSES}
    | {"broken": Entry("broken", "tests:Broken", "someone", None, "It fails on import.", "Uninstall it.")},
    {},
)
VALIDATOR = ConfigValidator(TOYS)


def test_defaults_need_no_config() -> None:
    result = VALIDATOR.validate("toy", {})
    assert result.valid
    assert result.options == {"toy": ToyOptions()}
    assert result.pipelines_validated == ("toy",)


def test_json_values_become_typed_options() -> None:
    options = VALIDATOR.validate("toy", {"confidence_threshold": 1, "flavour": "sour", "inner": {"depth": 5}}).options["toy"]
    assert isinstance(options, ToyOptions)
    assert (options.confidence_threshold, options.flavour, options.inner.depth) == (1.0, Flavour.SOUR, 5)


def test_a_number_without_a_fraction_is_whole_as_json_schema_has_it() -> None:
    result = VALIDATOR.validate("toy", {"count": 5.0, "confidence_threshold": 1.0, "inner": {"depth": 5.0}})
    options = result.options["toy"]
    assert isinstance(options, ToyOptions)
    assert (options.count, options.inner.depth, options.confidence_threshold) == (5, 5, 1.0)
    assert VALIDATOR.validate("toy", {"count": 1e300}).errors[0].code == "INVALID_TYPE"


@pytest.mark.parametrize(
    ("config", "field", "code", "suggested"),
    [
        ({"confidence_threshold": 1.5}, "confidence_threshold", "VALUE_OUT_OF_RANGE", 1.0),
        ({"confidence_threshold": -0.1}, "confidence_threshold", "VALUE_OUT_OF_RANGE", 0.0),
        ({"confidence_threshold": float("nan")}, "confidence_threshold", "VALUE_OUT_OF_RANGE", 0.5),
        ({"confidence_threshold": "0.4"}, "confidence_threshold", "INVALID_TYPE", 0.5),
        ({"confidence_threshold": None}, "confidence_threshold", "INVALID_TYPE", 0.5),
        ({"count": 101}, "count", "VALUE_OUT_OF_RANGE", 100),
        ({"count": 2.5}, "count", "INVALID_TYPE", 4),
        ({"count": True}, "count", "INVALID_TYPE", 4),
        ({"flavour": "swet"}, "flavour", "INVALID_CHOICE", "sweet"),
        ({"flavour": 3}, "flavour", "INVALID_CHOICE", "sweet"),
        ({"note": "much too long a remark"}, "note", "VALUE_OUT_OF_RANGE", None),
        ({"active": "yes"}, "active", "INVALID_TYPE", True),
        ({"inner": {"depth": 0}}, "inner.depth", "VALUE_OUT_OF_RANGE", 1),
        ({"inner": {"depth": [1]}}, "inner.depth", "INVALID_TYPE", 3),
    ],
)
def test_a_wrong_value_names_the_field_and_the_cure(config: dict[str, Any], field: str, code: str, suggested: Any) -> None:
    result = VALIDATOR.validate("toy", config)
    assert not result.valid
    assert [(error.field, error.code, error.suggested_value) for error in result.errors] == [(field, code, suggested)]
    assert result.errors[0].hint
    assert f"toy.{field}" in result.message
    assert "toy" not in result.options


def test_a_hint_states_the_range() -> None:
    error = VALIDATOR.validate("toy", {"confidence_threshold": 2}).errors[0]
    assert error.message == "confidence_threshold is 2, which is not a number from 0 to 1."
    assert error.hint == "Give a number from 0 to 1; the default is 0.5."


def test_several_faults_are_all_reported() -> None:
    result = VALIDATOR.validate("toy", {"confidence_threshold": 7, "count": 0, "inner": {"depth": 99}})
    assert [error.field for error in result.errors] == ["confidence_threshold", "count", "inner.depth"]


@pytest.mark.parametrize(
    ("sent", "nearest"), [("confidence_treshold", "confidence_threshold"), ("cuont", "count"), ("zzzzzz", None)]
)
def test_an_unknown_option_is_a_warning_with_the_nearest_name(sent: str, nearest: str | None) -> None:
    result = VALIDATOR.validate("toy", {sent: 1, "count": 7})
    assert result.valid
    assert [(warning.code, warning.field, warning.suggestion) for warning in result.warnings] == [("UNKNOWN_FIELD", sent, nearest)]
    assert result.options["toy"].count == 7  # type: ignore[attr-defined]


def test_an_unknown_nested_option_is_a_warning() -> None:
    result = VALIDATOR.validate("toy", {"inner": {"dept": 2}})
    assert result.valid
    assert (result.warnings[0].field, result.warnings[0].suggestion) == ("inner.dept", "inner.depth")


def test_former_names_work_with_a_warning() -> None:
    result = VALIDATOR.validate("plaything", {"conf_threshold": 0.25})
    assert result.valid
    assert [warning.code for warning in result.warnings] == ["DEPRECATED_NAME", "DEPRECATED_NAME"]
    assert result.options["toy"].confidence_threshold == 0.25  # type: ignore[attr-defined]


def test_the_new_name_wins_over_the_former() -> None:
    result = VALIDATOR.validate("toy", {"conf_threshold": 0.25, "confidence_threshold": 0.75})
    assert result.options["toy"].confidence_threshold == 0.75  # type: ignore[attr-defined]
    assert "no effect" in result.warnings[0].message


def test_an_unknown_pipeline_is_an_error_with_the_nearest_name() -> None:
    result = VALIDATOR.validate_batch({"toi": {}, "toy": {}})
    assert [(error.pipeline, error.code, error.suggested_value) for error in result.errors] == [
        ("toi", "PIPELINE_NOT_FOUND", "toy")
    ]
    assert "toi" in result.message


def test_an_unknown_pipeline_beside_the_selected_is_an_error_too() -> None:
    assert not VALIDATOR.validate_batch({"toi": {}}, ["toy"]).valid


def test_an_unavailable_pipeline_is_an_error_with_the_cure() -> None:
    error = VALIDATOR.validate("broken", {}).errors[0]
    assert (error.code, error.hint) == ("PIPELINE_UNAVAILABLE", "Uninstall it.")


def test_options_of_a_pipeline_that_is_not_selected_are_a_warning() -> None:
    result = VALIDATOR.validate_batch({"toy_sound": {"count": 3}}, ["toy"])
    assert [(warning.pipeline, warning.code) for warning in result.warnings] == [("toy_sound", "NOT_SELECTED")]


def test_a_flat_config_reaches_every_selected_pipeline() -> None:
    result = VALIDATOR.validate_batch({"conf_threshold": 0.1, "toy": {"confidence_threshold": 0.9}}, ["toy", "toy_sound"])
    assert result.valid
    assert "FLAT_CONFIG" in [warning.code for warning in result.warnings]
    values = {name: options.confidence_threshold for name, options in result.options.items()}  # type: ignore[attr-defined]
    assert values == {"toy": 0.9, "toy_sound": 0.1}


def test_an_unknown_flat_option_is_reported() -> None:
    result = VALIDATOR.validate_batch({"colour": "blue"}, ["toy"])
    assert ("UNKNOWN_FIELD", "colour") in [(warning.code, warning.field) for warning in result.warnings]


@pytest.mark.parametrize("config", [None, 3, "text", ["list"]])
def test_a_config_that_is_no_object_is_an_error(config: Any) -> None:
    assert VALIDATOR.validate_batch(config).errors[0].code == "INVALID_TYPE"
    assert VALIDATOR.validate("toy", config).errors[0].code == "INVALID_TYPE"


def endless(depth: int) -> Any:
    """Lists inside each other."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", ["\udcff", {"\ud800": 1}, endless(900)])
def test_what_no_json_can_hold_is_an_error(value: Any) -> None:
    result = VALIDATOR.validate("toy", {"note": value})
    assert [(error.code, error.pipeline) for error in result.errors] == [("INVALID_TYPE", "")]
    assert result.message == "The configuration has 1 error(s): the whole."


def test_require_valid_raises_with_every_field() -> None:
    with pytest.raises(InvalidConfigException) as caught:
        VALIDATOR.validate("toy", {"count": 0, "active": 1}).require_valid()
    assert [item["field"] for item in caught.value.detail["errors"]] == ["count", "active"]
    assert "toy.count, toy.active" in caught.value.message


@given(
    st.dictionaries(
        st.text(max_size=8), st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), st.lists, max_leaves=3)
    )
)
def test_whatever_is_sent_gets_an_answer(config: dict[str, Any]) -> None:
    result = VALIDATOR.validate_batch({"toy": config}, ["toy"])
    assert result.valid == ("toy" in result.options)
    known = {*ToyOptions.model_fields, *ToyOptions.former_names}
    assert {warning.field for warning in result.warnings} >= set(config) - known


def every_option() -> list[tuple[str, Parameter]]:
    entries = Registry.installed().pipelines.values()
    return [(entry.name, parameter) for entry in entries if entry.plugin for parameter in parameters_of(entry.plugin.Options)]


def nested(name: str, value: Any) -> dict[str, Any]:
    first, _, rest = name.partition(".")
    return {first: nested(rest, value) if rest else value}


def wrong_values(parameter: Parameter) -> list[tuple[Any, str]]:
    """Values of a wrong type, outside the range, and no choice, with the code each must get."""
    values: list[tuple[Any, str]] = [({"a": 1}, "INVALID_TYPE" if parameter.choices is None else "INVALID_CHOICE")]
    if parameter.type in ("number", "integer"):
        values.append(("many", "INVALID_TYPE"))
        if parameter.minimum is not None:
            values.append((int(parameter.minimum) - 1, "VALUE_OUT_OF_RANGE"))
        if parameter.maximum is not None:
            values.append((int(parameter.maximum) + 1, "VALUE_OUT_OF_RANGE"))
    elif parameter.choices is not None:
        values.append(("no such choice", "INVALID_CHOICE"))
    else:
        values.append((17.5, "INVALID_TYPE"))
    return values


@pytest.mark.parametrize(
    ("pipeline", "parameter"), every_option(), ids=lambda value: value if isinstance(value, str) else value.name
)
def test_every_option_of_every_pipeline_says_what_is_wrong_and_how_to_cure_it(pipeline: str, parameter: Parameter) -> None:
    validator = ConfigValidator()
    for value, code in wrong_values(parameter):
        result = validator.validate(pipeline, nested(parameter.name, value))
        assert [(error.field, error.code) for error in result.errors] == [(parameter.name, code)], value
        assert parameter.expected() in result.errors[0].hint
    misspelt = parameter.name + "x"
    result = validator.validate(pipeline, nested(misspelt, parameter.default))
    assert [(warning.field, warning.suggestion) for warning in result.warnings] == [(misspelt, parameter.name)]
    assert parameter.name in result.warnings[0].hint


def test_text_of_the_wrong_form_is_told_its_form_and_what_it_means() -> None:
    (error,) = ConfigValidator(Registry.installed()).validate("speech_recognition", {"language": "english"}).errors
    assert error.message == 'language is "english", which has not the form ^(auto|[a-z]{2,3})$.'
    assert error.hint.startswith("Language that is spoken, as an ISO 639-1 code such as en or de")
    (error,) = ConfigValidator(Registry.installed()).validate("person_tracking", {"pose_weights": "My Weights"}).errors
    assert "which has not the form" in error.message
