"""Which kind of machine this is."""

import pytest

from videoannotator.diagnostics.platforms import platform_name


@pytest.mark.parametrize(
    ("system", "release", "machine", "name"),
    [
        ("Linux", "6.8.0-45-generic", "x86_64", "Linux"),
        ("Linux", "5.15.153.1-microsoft-standard-WSL2", "x86_64", "WSL2"),
        ("Linux", "4.4.0-19041-Microsoft", "x86_64", "WSL1"),
        ("Darwin", "23.6.0", "arm64", "macOS (Apple)"),
        ("Darwin", "23.6.0", "x86_64", "macOS (Intel)"),
        ("Windows", "11", "AMD64", "Windows"),
        ("FreeBSD", "14.1", "amd64", "FreeBSD"),
        ("", "", "", "an unknown system"),
    ],
)
def test_every_platform_has_its_name(system: str, release: str, machine: str, name: str) -> None:
    assert platform_name(system, release, machine) == name


def test_this_machine_has_one() -> None:
    assert platform_name()
