"""The libraries of FFmpeg that come inside PyAV."""

from av import library_versions


def ffmpeg_libraries() -> dict[str, str]:
    """The version of each by its name."""
    return {name: ".".join(map(str, version)) for name, version in library_versions.items()}
