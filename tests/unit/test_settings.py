"""Settings from the environment, `.env` and the command line, and the log that they lead to."""

import re
from pathlib import Path

import pytest

from videoannotator.errors import InvalidRequestException
from videoannotator.logs import set_up_logging
from videoannotator.settings import Device, LogLevel, Settings, load_settings, variables_of, warn_of_unknown_names

BARE = re.findall(
    r"\w+",
    """
STORAGE_DIR STORAGE_ROOT STORAGE_BASE_DIR DATABASE_URL DB_PATH MAX_CONCURRENT_JOBS MAX_CONCURRENT_GPU_JOBS WORKER_POLL_INTERVAL
MAX_JOB_RETRIES RETRY_DELAY_BASE RETRY_BASE_DELAY RETRY_MAX_DELAY RETRY_JITTER STORAGE_RETENTION_DAYS AUTH_REQUIRED
AUTO_GENERATE_API_KEY AUTO_GENERATE_KEY CORS_ORIGINS ALLOWED_ORIGINS API_HOST API_PORT DEVICE MODEL_CACHE_DIR LOG_LEVEL LOG_DIR
LOG_JSON
""",
)
"""Names that work without the prefix too."""
SETTINGS = {
    "storage_dir": ("STORAGE_DIR STORAGE_ROOT STORAGE_BASE_DIR", Path("storage")),
    "database_url": ("DATABASE_URL DB_PATH", None),
    "max_concurrent_jobs": ("MAX_CONCURRENT_JOBS MAX_CONCURRENT_GPU_JOBS", 2),
    "max_concurrent_jobs_total": ("MAX_CONCURRENT_JOBS_TOTAL", None),
    "job_stall_timeout_s": ("JOB_STALL_TIMEOUT_S", 300),
    "job_timeout_s": ("JOB_TIMEOUT_S", None),
    "lease_s": ("LEASE_S", 60),
    "deadman_s": ("DEADMAN_S", 45),
    "trusted_hosts": ("TRUSTED_HOSTS", ()),
    "trusted_proxies": ("TRUSTED_PROXIES", ()),
    "root_path": ("ROOT_PATH", ""),
    "worker_poll_interval": ("WORKER_POLL_INTERVAL", 0.25),
    "max_job_retries": ("MAX_JOB_RETRIES", 3),
    "retry_delay_base": ("RETRY_DELAY_BASE RETRY_BASE_DELAY", 2.0),
    "retry_max_delay": ("RETRY_MAX_DELAY", 300),
    "retry_jitter": ("RETRY_JITTER", 0.1),
    "storage_retention_days": ("STORAGE_RETENTION_DAYS", None),
    "require_auth": ("REQUIRE_AUTH AUTH_REQUIRED", True),
    "auto_generate_api_key": ("AUTO_GENERATE_API_KEY AUTO_GENERATE_KEY", True),
    "cors_origins": (
        "CORS_ORIGINS ALLOWED_ORIGINS",
        ("http://localhost:3000", "http://localhost:19011", "http://127.0.0.1:19011"),
    ),
    "host": ("HOST API_HOST", "127.0.0.1"),
    "port": ("PORT API_PORT", 18011),
    "max_upload_size_gb": ("MAX_UPLOAD_SIZE_GB", 50),
    "media_roots": ("MEDIA_ROOTS", ()),
    "device": ("DEVICE", Device.AUTO),
    "model_cache_dir": ("MODEL_CACHE_DIR", None),
    "log_level": ("LOG_LEVEL", LogLevel.WARNING),
    "log_dir": ("LOG_DIR", None),
    "log_json": ("LOG_JSON", False),
    "storage_free_floor_gb": ("STORAGE_FREE_FLOOR_GB", 1.0),
    "umask": ("UMASK", 0o077),
    "secret_key": ("SECRET_KEY", None),
    "metrics_public": ("METRICS_PUBLIC", False),
    "viewer_dir": ("VIEWER_DIR", None),
    "server": ("SERVER", None),
    "api_key": ("API_KEY", None),
}
"""The published settings: their names without the prefix, and their defaults."""


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_prefixed_name_wins_and_case_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "info")
    assert load_settings().log_level is LogLevel.INFO
    monkeypatch.setenv("VIDEOANNOTATOR_LOG_LEVEL", "DEBUG")
    assert load_settings().log_level is LogLevel.DEBUG


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOANNOTATOR_DEVICE", "cuda")
    assert load_settings(device="cpu").device is Device.CPU
    assert load_settings(device=None).device is Device.CUDA


def test_a_wrong_value_is_named_by_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequestException, match=r"The option device is 'gpu': .*'cuda'"):
        load_settings(device="gpu")
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(InvalidRequestException, match=r"VIDEOANNOTATOR_LOG_LEVEL \(or LOG_LEVEL\) is 'loud': .*'DEBUG'"):
        load_settings()


def test_a_env_file_in_another_encoding_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"LOG_DIR=\xe4\n")
    with pytest.raises(InvalidRequestException, match=r"\.env"):
        load_settings()


def test_a_log_folder_that_cannot_be_made_is_a_named_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidRequestException, match="cannot be written"):
        set_up_logging("INFO", tmp_path / "file" / "logs")


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_published_setting_has_its_names_and_its_default(setting: str) -> None:
    names, default = SETTINGS[setting]
    assert Settings.model_fields[setting].default == default
    wanted = {f"VIDEOANNOTATOR_{name}" for name in names.split()} | {name for name in names.split() if name in BARE}
    assert set(variables_of(setting)) == wanted


@pytest.mark.parametrize(
    "variable", [*BARE, *(f"VIDEOANNOTATOR_{name}" for names, _ in SETTINGS.values() for name in names.split())]
)
def test_every_name_is_read(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    (setting,) = (setting for setting in SETTINGS if variable in variables_of(setting))
    before = load_settings()
    kind = type(getattr(before, setting))
    other = {"log_level": "ERROR", "device": "cpu", "cors_origins": "http://a.example", "storage_free_floor_gb": "2"}
    monkeypatch.setenv(variable, other.get(setting, "1"))
    if kind is bool:
        monkeypatch.setenv(variable, str(not getattr(before, setting)))
    assert getattr(load_settings(), setting) != getattr(before, setting)


def test_names_in_the_env_file_that_nothing_reads_are_told_with_their_successor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ("MAX_RETRIES=3", "VIDEOANNOTATOR_STORGE_DIR=x", "VIDEOANNOTATOR_PORT=1", "DB_PATH=x", "PATH=/bin", "OTHER_PROGRAM=1")
    (tmp_path / ".env").write_text("\n".join(lines))
    retired, unknown = warn_of_unknown_names()
    assert retired == "MAX_RETRIES in .env has no effect: VIDEOANNOTATOR_MAX_JOB_RETRIES does its work now."
    assert unknown.startswith("VIDEOANNOTATOR_STORGE_DIR in .env has no effect")
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [retired, unknown]
    assert load_settings().port == 1
