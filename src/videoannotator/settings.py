"""How this installation runs: every environment variable, once."""

import logging
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from videoannotator.errors import InvalidRequestException

PREFIX = "VIDEOANNOTATOR_"
ENV_FILE = ".env"

RETIRED = {
    "ENABLE_AUTH": "REQUIRE_AUTH",
    "JOB_STORAGE_DIR": "STORAGE_DIR",
    "MAX_RETRIES": "MAX_JOB_RETRIES",
    "MAX_FILE_SIZE": "MAX_UPLOAD_SIZE_GB",
    "CLEANUP_DAYS": "STORAGE_RETENTION_DAYS",
    "WORKERS": "MAX_CONCURRENT_JOBS",
}
"""Names that earlier releases read, and what does their work today."""

logger = logging.getLogger(__name__)


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


class Dispatcher(str, Enum):
    """Who tells a worker that there is a job."""

    EMBEDDED = "embedded"
    """Workers look at the table."""


def _names(name: str, *others: str, bare: bool = True) -> AliasChoices:
    """A setting's environment variable: with the prefix, and bare where `bare`; `others` are read in both forms."""
    names = [PREFIX + name, *([name] if bare else [])]
    for other in others:
        names += [PREFIX + other, other]
    return AliasChoices(*names)


def _split(value: object) -> object:
    """A comma-separated list; spaces around the parts do not count."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    for origin in origins:
        if origin == "*":
            continue
        parts = urlsplit(origin)
        beyond = (parts.path, parts.query, parts.fragment)
        if parts.scheme not in ("http", "https") or not parts.netloc or any(beyond) or "*" in origin:
            raise ValueError(f"{origin!r} is not an origin; write scheme://host or scheme://host:port, without a path, or *")
    return origins


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _umask(value: object) -> object:
    """File modes are written in octal everywhere."""
    try:
        return int(value, 8) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError("it is an octal number such as 077") from error


List = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_origins)]
Folders = Annotated[tuple[Annotated[Path, AfterValidator(_absolute)], ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """The settings, read from the environment and from `.env` in the working folder."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, extra="ignore", frozen=True, case_sensitive=True, populate_by_name=True, env_ignore_empty=True
    )

    storage_dir: Annotated[Path, AfterValidator(_absolute)] = Field(
        Path("storage"),
        validate_default=True,
        validation_alias=_names("STORAGE_DIR", "STORAGE_ROOT", "STORAGE_BASE_DIR"),
        description="The folder for uploads, results, logs and, unless DATABASE_URL says otherwise, the database.",
    )
    database_url: str | None = Field(
        None,
        validation_alias=_names("DATABASE_URL", "DB_PATH"),
        description="sqlite:///PATH, a path, or postgresql://USER:PASSWORD@HOST/NAME. Unset: a SQLite file in the storage folder.",
    )
    max_concurrent_jobs: int = Field(
        2,
        ge=1,
        le=256,
        validation_alias=_names("MAX_CONCURRENT_JOBS", "MAX_CONCURRENT_GPU_JOBS"),
        description="How many jobs one worker runs side by side.",
    )
    max_concurrent_jobs_total: int | None = Field(
        None,
        ge=1,
        validation_alias=_names("MAX_CONCURRENT_JOBS_TOTAL", bare=False),
        description="The same over all workers together.",
    )
    worker_poll_interval: float = Field(
        0.25, gt=0, le=60, validation_alias=_names("WORKER_POLL_INTERVAL"), description="Seconds between two looks for new jobs."
    )
    lease_s: float = Field(
        60,
        ge=1,
        le=3600,
        validation_alias=_names("LEASE_S", bare=False),
        description="Seconds after which a silent worker counts as lost.",
    )
    deadman_s: float = Field(
        45,
        gt=0,
        validation_alias=_names("DEADMAN_S", bare=False),
        description="Seconds after which a job ends itself when its worker cannot renew the lease; at most 0.75 of LEASE_S.",
    )
    job_stall_timeout_s: float = Field(
        300, gt=0, validation_alias=_names("JOB_STALL_TIMEOUT_S", bare=False), description="Seconds without progress: a job ends."
    )
    job_timeout_s: float | None = Field(
        None, gt=0, validation_alias=_names("JOB_TIMEOUT_S", bare=False), description="Seconds that one run of a job may take."
    )
    shutdown_grace_s: float = Field(
        3,
        ge=0,
        validation_alias=_names("SHUTDOWN_GRACE_S", bare=False),
        description="Seconds that running jobs get when a worker is stopped.",
    )
    max_job_retries: int = Field(
        3,
        ge=0,
        le=100,
        validation_alias=_names("MAX_JOB_RETRIES"),
        description="How often a job is tried again after a passing failure.",
    )
    retry_delay_base: float = Field(
        2.0,
        ge=0,
        validation_alias=_names("RETRY_DELAY_BASE", "RETRY_BASE_DELAY"),
        description="The n-th retry waits this number to the power of n, in seconds.",
    )
    retry_max_delay: float = Field(
        300, ge=0, validation_alias=_names("RETRY_MAX_DELAY"), description="Longest wait before a retry, seconds."
    )
    retry_jitter: float = Field(
        0.1,
        ge=0,
        le=1,
        validation_alias=_names("RETRY_JITTER"),
        description="Largest random part that is added to that wait, as a share of it.",
    )
    dispatcher: Dispatcher = Field(
        Dispatcher.EMBEDDED,
        validation_alias=_names("DISPATCHER", bare=False),
        description="embedded: workers look for jobs in the database.",
    )
    storage_retention_days: float | None = Field(
        None,
        gt=0,
        validation_alias=_names("STORAGE_RETENTION_DAYS"),
        description="Days after which ended jobs are deleted with their files. Unset: nothing is ever deleted.",
    )
    storage_free_floor_gb: float = Field(
        1.0,
        ge=0,
        validation_alias=_names("STORAGE_FREE_FLOOR_GB", bare=False),
        description="Free space that uploads and jobs leave alone, GB.",
    )
    umask: Annotated[int, BeforeValidator(_umask)] = Field(
        0o077,
        ge=0,
        le=0o777,
        validation_alias=_names("UMASK", bare=False),
        description="Permissions that new files do not get, octal.",
    )
    max_upload_size_gb: float = Field(
        50,
        gt=0,
        validation_alias=_names("MAX_UPLOAD_SIZE_GB", bare=False),
        description="Largest recording that may be uploaded, GB.",
    )
    max_concurrent_uploads: int = Field(
        8,
        ge=1,
        validation_alias=_names("MAX_CONCURRENT_UPLOADS", bare=False),
        description="Uploads that are received side by side.",
    )
    max_queued_jobs: int = Field(
        10_000,
        ge=1,
        validation_alias=_names("MAX_QUEUED_JOBS", bare=False),
        description="Waiting jobs beyond which none is accepted.",
    )
    upload_idle_timeout_s: float = Field(
        60, gt=0, validation_alias=_names("UPLOAD_IDLE_TIMEOUT_S", bare=False), description="Seconds for 64 KiB of an upload."
    )
    media_roots: Folders = Field(
        (), validation_alias=_names("MEDIA_ROOTS", bare=False), description="Folders whose recordings may be submitted by path."
    )
    host: str = Field(
        "127.0.0.1", validation_alias=_names("HOST", "API_HOST", bare=False), description="Address that the server listens on."
    )
    port: int = Field(
        18011,
        ge=0,
        le=65535,
        validation_alias=_names("PORT", "API_PORT", bare=False),
        description="Port that the server listens on.",
    )
    root_path: str = Field(
        "",
        validation_alias=_names("ROOT_PATH", bare=False),
        description="Path that a proxy puts before every address of this server.",
    )
    trusted_hosts: List = Field(
        (),
        validation_alias=_names("TRUSTED_HOSTS", bare=False),
        description="Host names, besides this machine's own, that requests may name.",
    )
    trusted_proxies: List = Field(
        (),
        validation_alias=_names("TRUSTED_PROXIES", bare=False),
        description="Addresses of proxies whose X-Forwarded headers count.",
    )
    cors_origins: Origins = Field(
        ("http://localhost:3000", "http://localhost:19011", "http://127.0.0.1:19011"),
        validation_alias=_names("CORS_ORIGINS", "ALLOWED_ORIGINS"),
        description="Web pages from other origins that may call this server. This server's own origin is always allowed.",
    )
    require_auth: bool = Field(
        True, validation_alias=_names("REQUIRE_AUTH", "AUTH_REQUIRED", bare=False), description="Whether requests need a key."
    )
    auth_failures_per_minute: int = Field(
        60, ge=0, validation_alias=_names("AUTH_FAILURES_PER_MINUTE", bare=False), description="Wrong keys per address; 0: any."
    )
    auto_generate_api_key: bool = Field(
        True,
        validation_alias=_names("AUTO_GENERATE_API_KEY", "AUTO_GENERATE_KEY"),
        description="Whether the first start makes a key when there is none.",
    )
    secret_key: SecretStr | None = Field(
        None,
        validation_alias=_names("SECRET_KEY", bare=False),
        description="Secret that encrypts the local key file and signs media addresses. Unset: one is kept in the storage folder.",
    )
    metrics_public: bool = Field(
        False, validation_alias=_names("METRICS_PUBLIC", bare=False), description="Whether /metrics answers without a key."
    )
    viewer_dir: Path | None = Field(
        None,
        validation_alias=_names("VIEWER_DIR", bare=False),
        description="A build of Video Annotation Viewer to serve at /viewer/.",
    )
    server: str | None = Field(
        None, validation_alias=_names("SERVER", bare=False), description="Server that the command line talks to, http://HOST:PORT."
    )
    api_key: SecretStr | None = Field(
        None, validation_alias=_names("API_KEY", bare=False), description="Key that the command line uses."
    )
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
        description="A folder for added weights, searched before those that came with the package.",
    )
    offline: bool = Field(
        False,
        validation_alias=AliasChoices(PREFIX + "OFFLINE", "HF_HUB_OFFLINE"),
        description="Whether `models pull` must not use the network.",
    )
    log_level: LogLevel = Field(LogLevel.WARNING, validation_alias=_names("LOG_LEVEL"), description="How much is logged.")
    log_dir: Path | None = Field(
        None, validation_alias=_names("LOG_DIR"), description="A folder for log files; without it, logs go to standard error."
    )
    log_json: bool = Field(False, validation_alias=_names("LOG_JSON"), description="Write each log entry as one JSON object.")

    @model_validator(mode="after")
    def _deadman_before_lease(self) -> "Settings":
        """A job must have ended before anybody else may start it."""
        if "deadman_s" in self.model_fields_set and self.deadman_s > 0.75 * self.lease_s:
            raise ValueError(f"DEADMAN_S is {self.deadman_s:g}; it is at most 0.75 of LEASE_S, {0.75 * self.lease_s:g}")
        return self

    @property
    def deadman_in_force_s(self) -> float:
        """The dead-man time, which a short lease shortens."""
        return min(self.deadman_s, 0.75 * self.lease_s)


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` (from the command line) wins over the environment.

    Raises:
        InvalidRequestException: a variable has a wrong value; the message names the variable, the value and what is allowed.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        problems = [_problem(problem) for problem in error.errors()]
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


def variables_of(setting: str) -> tuple[str, ...]:
    """Every environment variable that a setting is read from, the first that is set winning."""
    aliases = Settings.model_fields[setting].validation_alias
    return tuple(str(choice) for choice in aliases.choices) if isinstance(aliases, AliasChoices) else ()


def warn_of_unknown_names(env_file: Path = Path(ENV_FILE)) -> list[str]:
    """Log, and give, a sentence for each name in `.env` that is ours by its prefix, or was, and that nothing reads."""
    if not env_file.is_file():
        return []
    known = {variable for setting in Settings.model_fields for variable in variables_of(setting)}
    sentences = []
    for name in dotenv_values(env_file):
        bare = name.removeprefix(PREFIX)
        if name in known or (bare == name and bare not in RETIRED):
            continue
        successor = (
            f"{PREFIX}{RETIRED[bare]} does its work now"
            if bare in RETIRED
            else "docs/usage/environment_variables.md lists all names"
        )
        sentences.append(f"{name} in .env has no effect: {successor}.")
    for sentence in sentences:
        logger.warning(sentence)
    return sentences


def _problem(problem: Any) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ")
    return f"{_place(problem['loc'])} is {problem['input']!r}: {problem['msg']}"


def _place(loc: tuple[int | str, ...]) -> str:
    """Where a wrong value stands; it comes from the command line when pydantic calls it by its field, not its variable."""
    name = str(loc[0])
    if name in Settings.model_fields:
        return f"The option {name}"
    if not name.startswith(PREFIX):
        return name
    bare = name.removeprefix(PREFIX)
    read_bare = any(bare in variables_of(setting) for setting in Settings.model_fields)
    return f"{name} (or {bare})" if read_bare else name
