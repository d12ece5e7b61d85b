"""Pipelines that misbehave on demand, as the code of a plugin package: the runner's process imports it from its path."""

CODE = '''
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from videoannotator.annotations.scenes import Boundary, Scene
from videoannotator.errors import GPUOutOfMemoryException, InferenceFailedException
from videoannotator.media.types import FrameNeed
from videoannotator.pipelines.base import Needs, Pipeline, PipelineOptions

DAEMON = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\\\n")
time.sleep(600)
"""


class TrialOptions(PipelineOptions):
    folder: str = Field("", description="Where it keeps its diary.")
    seconds: float = Field(0.0, ge=0.0, le=600.0, description="How long it works, seconds.")
    failures: int = Field(0, ge=0, le=100, description="How often it fails for the moment before it works.")
    deaths: int = Field(0, ge=0, le=100, description="How often it kills its process before it works.")
    once: bool = Field(False, description="Whether it works the first time only.")
    broken: bool = Field(False, description="Whether it fails for good.")
    deaf: bool = Field(False, description="Whether it hangs, ignores signals and leaves a daemon behind.")
    full: bool = Field(False, description="Whether it fills the disk for temporary files.")
    bare: bool = Field(False, description="Whether that daemon has an empty environment.")


class Trial(Pipeline[TrialOptions]):
    """Does what its options say, and keeps a diary."""

    name = "trial"
    display_name = "Trial"
    description = "Does what its options say."
    family, variant, version = "trial", "plain", "1"
    tasks = ("trying",)
    modalities = ("video",)
    Options = TrialOptions
    produces: ClassVar[tuple[type, ...]] = (Scene,)

    @classmethod
    def needs(cls, options):
        return Needs(frames={"all": FrameNeed(max_size=(64, 64))})

    def start(self, media):
        self.frames = []
        self._write("begin")

    def feed(self, batch):
        self.frames += [(frame.time, frame.index) for frame in batch.frames]
        return ()

    def finish(self):
        options = self.options
        if options.deaf:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.pthread_sigmask(signal.SIG_BLOCK, [number])
            environment = {} if options.bare else None
            subprocess.run([sys.executable, "-S", "-c", DAEMON, str(self._path("daemons"))], env=environment, check=True)
            self._write("hang")
            time.sleep(600)
        if options.full:
            self._fill()
        tried = self._count()
        if tried < options.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        if tried < options.failures:
            raise GPUOutOfMemoryException("The GPU is full for the moment.", hint="Wait.")
        if options.broken or (options.once and tried):
            raise InferenceFailedException("This network does not like this recording.", hint="Take another one.")
        until = time.monotonic() + options.seconds
        while time.monotonic() < until:
            self.context.check_stop()
            time.sleep(0.02)
        (first, first_index), (last, last_index) = self.frames[0], self.frames[-1]
        self._write("end")
        yield Scene(first, last.shifted(0.04), first_index, last_index, Boundary.START)

    def _fill(self):
        with open(tempfile.mkstemp()[1], "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    def _path(self, name):
        return Path(self.options.folder) / f"{self.name}.{name}"

    def _write(self, word):
        with self._path("diary").open("a") as file:
            file.write(f"{word} {os.getpid()} {time.clock_gettime(time.CLOCK_MONOTONIC)}\\n")
            file.flush()

    def _count(self):
        with self._path("count").open("a+") as file:
            file.seek(0)
            tried = len(file.read())
            file.write("x")
        return tried


class OtherTrial(Trial):
    """The same under another name."""

    name = "other_trial"
'''

POINTS = {"videoannotator.pipelines": {"trial": "trial_plugin_package:Trial", "other_trial": "trial_plugin_package:OtherTrial"}}
