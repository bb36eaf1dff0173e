"""What the student's code writes: collected, capped and sent to the grader as it comes."""

from __future__ import annotations

import io
import time

from ..exchange.values import Value
from .channel import Channel
from .limits import Limits

FLUSH_BYTES, FLUSH_SECONDS = 2048, 0.1


class Recorder:
    """Collects one cell's outputs as nbformat has them, up to the caps, and sends them as they come.

    `showed_error` says whether an error was among them.
    """

    def __init__(self) -> None:
        self.limits = Limits()
        self.channel: Channel | None = None
        self.begin(None)

    def begin(self, request_id: str | None) -> None:
        self._id = request_id
        self._text = self._rich = 0
        self._capped = False
        self.showed_error = False
        self._pending: list[tuple[str, str]] = []
        self._pending_size, self._flushed = 0, time.monotonic()

    def write(self, name: str, text: str) -> None:
        if not text:
            return
        room = self.limits.text_bytes - self._text
        self._text += len(text)
        if room > 0:
            self._pending.append((name, text[:room]))
            self._pending_size += len(text)
        if self._text > self.limits.text_bytes and not self._capped:
            self._capped = True
            note = f"\n[The rest is left out: a cell may print {self.limits.text_bytes} characters.]\n"
            self._pending.append(("stdout", note))
        if self._pending_size > FLUSH_BYTES or time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        pending, self._pending = self._pending, []
        self._pending_size, self._flushed = 0, time.monotonic()
        merged: list[tuple[str, str]] = []
        for name, text in pending:
            if merged and merged[-1][0] == name:
                merged[-1] = (name, merged[-1][1] + text)
            else:
                merged.append((name, text))
        for name, text in merged:
            self._send({"output_type": "stream", "name": name, "text": text})

    def rich(self, output: dict[str, Value]) -> None:
        self.flush()
        self.showed_error |= output["output_type"] == "error"
        data = output.get("data", {})
        self._rich += sum(len(body) for body in data.values())
        if self._rich > self.limits.picture_bytes:
            data = {"text/plain": "[A picture or other rich output is left out: the cell put out too much.]"}
            output = {**output, "data": data}
        self._send(output)

    def _send(self, output: dict[str, Value]) -> None:
        if self.channel is not None and self._id is not None:
            self.channel.send({"id": self._id, "output": output})


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code; to it what a kernel's OutStream is."""

    encoding = "UTF-8"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self._name, self._recorder = name, recorder
        self.name = f"<{name}>"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._recorder.write(self._name, text)
        return len(text)

    def flush(self) -> None:
        self._recorder.flush()

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return ("stdout", "stderr").index(self._name) + 1
