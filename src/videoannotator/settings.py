"""How this installation runs: every environment variable, once."""

from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from videoannotator.errors import InvalidRequestException

PREFIX = "VIDEOANNOTATOR_"


class Device(str, Enum):
    """Where networks run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    COREML = "coreml"


class LogLevel(str, Enum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"

    @classmethod
    def _missing_(cls, value: object) -> "LogLevel | None":
        """Many tools write it in small letters."""
        return next((level for level in cls if isinstance(value, str) and level.value == value.upper()), None)


def _names(name: str) -> AliasChoices:
    """A setting's environment variable: with the prefix, or bare."""
    return AliasChoices(PREFIX + name, name)


class Settings(BaseSettings):
    """The settings, read from the environment and from `.env` in the working folder."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, case_sensitive=True, populate_by_name=True)

    device: Device = Field(
        Device.AUTO,
        validation_alias=_names("DEVICE"),
        description="Where networks run: auto takes CUDA or Core ML where they work, else the CPU; any other must be there.",
    )
    inference_threads: int = Field(
        1,
        ge=1,
        le=256,
        validation_alias=_names("INFERENCE_THREADS"),
        description="Threads inside each network; pipelines run side by side in any case.",
    )
    model_cache_dir: Path | None = Field(
        None,
        validation_alias=_names("MODEL_CACHE_DIR"),
        description="A folder that is searched for weights before those that came with the package.",
    )
    log_level: LogLevel = Field(LogLevel.WARNING, validation_alias=_names("LOG_LEVEL"), description="How much is logged.")
    log_dir: Path | None = Field(
        None, validation_alias=_names("LOG_DIR"), description="A folder for log files; without it, logs go to standard error."
    )
    log_json: bool = Field(False, validation_alias=_names("LOG_JSON"), description="Write each log entry as one JSON object.")


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` (from the command line) wins over the environment.

    Raises:
        InvalidRequestException: a variable has a wrong value; the message names the variable, the value and what is allowed.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = [f"{_place(problem['loc'])} is {problem['input']!r}: {problem['msg']}" for problem in error.errors()]
        raise InvalidRequestException(
            "A setting is wrong. " + "; ".join(problems) + ".",
            hint="Correct the environment variable, the .env file or the command's option.",
            detail={"settings": problems},
        ) from error
    except OSError as error:
        message = f"The file .env in this folder cannot be read: {error.strerror}."
        raise InvalidRequestException(message, hint="Make it readable for this user, or start in another folder.") from error
    except UnicodeDecodeError as error:
        raise InvalidRequestException("The file .env in this folder is not a UTF-8 text.", hint="Save it as UTF-8.") from error


def _place(loc: tuple[int | str, ...]) -> str:
    """Where a wrong value stands; it comes from the command line when pydantic calls it by its field, not its variable."""
    name = str(loc[0]) if loc else ""
    if not name.startswith(PREFIX):
        return f"The option {name}"
    return f"{name} (or {name.removeprefix(PREFIX)})"
