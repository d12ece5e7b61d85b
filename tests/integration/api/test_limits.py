"""Wrong keys are counted; right ones never suffer."""

from pathlib import Path

import pytest
from tests.integration.api.test_envelope import envelope_of
from tests.servers import serving

ALLOWED = 5


def test_too_many_wrong_keys_are_refused_and_a_right_one_still_works(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serving(tmp_path / "storage", auth_failures_per_minute=ALLOWED) as server:
        statuses = [server.get("/api/v1/pipelines", key=f"va_api_wrong-{number}").status_code for number in range(ALLOWED + 3)]
        assert statuses == [401] * ALLOWED + [429] * 3
        refused = server.get("/api/v1/pipelines", key="va_api_wrong")
        assert envelope_of(refused)["code"] == "RATE_LIMITED"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.json()["error"]["detail"] == {"retry_after_s": int(refused.headers["Retry-After"])}
        for _ in range(ALLOWED * 3):
            assert server.get("/api/v1/pipelines").status_code == 200
        new = server.here.keys.issue("issued after the limit was reached").secret
        assert server.get("/api/v1/pipelines", key=new).status_code == 200
        assert server.get("/api/v1/pipelines", key="").status_code == 401, "no key is no attempt"
        metrics = server.get("/metrics").text
        assert f"videoannotator_auth_failures_total {ALLOWED + 4}.0" in metrics
    assert "va_api_wrong" not in caplog.text


def test_one_time_codes_are_limited_too(tmp_path: Path) -> None:
    with serving(tmp_path / "storage", auth_failures_per_minute=ALLOWED) as server:
        codes = [
            server.request("POST", "/viewer-connect", key="", json={"code": str(number)}).status_code
            for number in range(ALLOWED + 1)
        ]
        assert codes == [401] * ALLOWED + [429]
