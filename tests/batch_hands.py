"""What worker processes of a batch do in tests; they are spawned, so it lies in a module."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from splat_widgets.service.batch.parts import Part


@dataclass
class Killing:
    """Items ending in "-once" kill their worker the first time, "-always" every time."""

    folder: Path

    def begin(self):
        if (self.folder / "no-model").exists():
            raise ValueError("there is no model")
        return self.do

    def do(self, item) -> Part:
        mark = self.folder / item.name
        is_first = not mark.exists()
        mark.touch()
        if item.name.endswith("-always") or (item.name.endswith("-once") and is_first):
            os.kill(os.getpid(), signal.SIGKILL)
        return Part(item.name, "done")

    def failed(self, item, sentence: str) -> Part:
        return Part(item.name, "failed", error=sentence)
