"""What is sent to a server."""

import os
from pathlib import Path

import pytest

from videoannotator.cli.client import Client
from videoannotator.cli.upload import Order, submit
from videoannotator.errors import MediaUnreadableException


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_only_regular_files_are_sent(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    with Client("http://127.0.0.1:1", None) as client:
        for path in (pipe, Path("/dev/zero")):
            with pytest.raises(MediaUnreadableException, match="no regular file"):
                submit(client, path, Order(), lambda _sent, _of: None, lambda _message: None)
