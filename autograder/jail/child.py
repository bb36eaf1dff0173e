"""The locked side: runs the student's cells, drives their answers, and sends back values. Knows no task.

A student may overwrite anything here, this module included. It gains them nothing: what leaves is values, and the
values that earn marks are the right answers for inputs that did not exist before they were asked for.
"""

from __future__ import annotations

import base64
import contextlib
import io
import re
import signal
import sys
import time
from typing import Any, ClassVar

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from ..exchange import cells, history, surroundings
from ..exchange.drive import Outcome, absent, drive_all, redefined
from ..exchange.values import Value, dump, load, raised
from .channel import Channel
from .limits import INTERRUPT, Limits

FLUSH_BYTES, FLUSH_SECONDS = 2048, 0.1


class LimitReached(BaseException):
    """A limit on time. Not an Exception, so that an ordinary `except Exception` does not swallow it."""


class Recorder:
    """Collects one cell's outputs as nbformat has them, up to the caps, and sends them as they come."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.channel: Channel | None = None
        self.begin(None)

    def begin(self, request_id: str | None) -> None:
        self._id = request_id
        self._text = self._rich = 0
        self._capped = False
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
    """sys.stdout or sys.stderr of the student's code."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        self._name, self._recorder = name, recorder

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._recorder.write(self._name, str(text))
        return len(text)

    def flush(self) -> None:
        self._recorder.flush()

    def isatty(self) -> bool:
        return False


def _bundle(data: dict[str, Any]) -> dict[str, str]:
    """A MIME bundle with text and base64 only."""
    texts = {}
    for mime, body in data.items():
        if isinstance(body, bytes):
            body = base64.b64encode(body).decode()
        if isinstance(body, str):
            texts[str(mime)] = body
    return texts


class _Publisher(DisplayPublisher):
    recorder: ClassVar[Recorder]

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: Any = False,
        **_: Any,
    ) -> None:
        if data:
            self.recorder.rich({"output_type": "display_data", "data": _bundle(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Hook(DisplayHook):
    recorder: ClassVar[Recorder]

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.recorder.rich({"output_type": "execute_result", "data": _bundle(format_dict), "metadata": {}})


class _Transformers(TransformerManager):
    """Looks for magics only where there may be some: it does so with a tokenizer that is slower than the compiler."""

    _magic = re.compile(r"[%!?]|^\s*[,;/]")

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        return super().do_token_transforms(lines) if any(map(self._magic.search, lines)) else lines


class Shell(InteractiveShell):
    """IPython without a terminal or a kernel: magics, `In`, `Out`, display and tracebacks as students know them."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    recorder: ClassVar[Recorder]

    def should_run_async(self, raw_cell: str, **transformed: Any) -> bool:
        # IPython compiles the cell to find that out.
        return ("await" in raw_cell or "async" in raw_cell) and super().should_run_async(raw_cell, **transformed)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def init_io(self) -> None:
        pass

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        text = raised(evalue).message if isinstance(evalue, BaseException) else ""
        name = getattr(etype, "__name__", "Error")
        frames = [str(line) for line in stb][-100:]
        self.recorder.rich({"output_type": "error", "ename": name, "evalue": text, "traceback": frames})


def make_shell() -> Shell:
    """The shell, made in the warm process so that a child finds it ready."""
    recorder = Recorder()
    _Publisher.recorder = _Hook.recorder = Shell.recorder = recorder
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    shell = Shell.instance(config=config, colors="nocolor")
    shell.input_transformer_manager = _Transformers()
    shell.user_ns["__name__"] = "__main__"
    cells.watch(shell)
    return shell


_REHEARSAL = (
    "import torch\nfrom autograder import check, show",
    "t = torch.tensor([1.0, 2.0], requires_grad=True)\nfor x in (3.0, 4.0):\n    print(f'{x:.3f}', t**2)",
    "def answer(x):\n    return torch.sin(x) * 3 + x.sum()",
    "answer(t)",
    "raise ValueError",
)


def rehearse(shell: Shell) -> None:
    """Run a small notebook and drive its answer, in the warm process: what runs for the first time is slow, and writes
    to memory that a child would have to copy. No backward: autograd's threads do not survive a fork."""
    with contextlib.redirect_stdout(Stream("stdout", shell.recorder)):
        for source in _REHEARSAL:
            _run(shell, source)
        request = {"driver": "call", "name": "answer", "names": ["x"], "probes": [(torch.ones(2),), (1.0,)]}
        for watch in (False, True):
            load(dump({"outcomes": _drive(shell, {**request, "watch": watch})}))
    shell.reset()
    cells.forget()
    shell.displayhook.flush()  # gives `_` and its like their first values
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)


def serve(channel: Channel, shell: Shell, limits: Limits) -> None:
    """Answer requests, for as long as there are any: the other end ends this process when it has what it wants."""
    recorder = shell.recorder
    recorder.channel, recorder.limits = channel, limits
    surroundings.remember()  # before any cell has run
    sys.stdout, sys.stderr = Stream("stdout", recorder), Stream("stderr", recorder)
    vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
    signal.signal(INTERRUPT, signal.SIG_IGN)
    while True:
        request = channel.receive()
        reply: dict[str, Value] = {"id": request["id"]}
        recorder.begin(request["id"])
        try:
            with _Interruptible(channel):
                if request["do"] == "run":
                    shell.execution_count = request["count"] or shell.execution_count
                    _run(shell, request["source"])
                elif request["do"] == "tell":
                    reply["history"] = history.about(request["name"], shell.user_ns)
                else:
                    reply["outcomes"] = _drive(shell, request)
        except LimitReached:
            reply["limit"] = True
        except BaseException as error:  # what gets past IPython, like an exception whose __str__ raises
            reply["error"] = type(error).__name__
        recorder.flush()
        recorder.begin(None)
        channel.send(reply)


class _Interruptible:
    """In this block the grader's signal, which says that a limit is reached, is an exception; elsewhere it is ignored.

    It comes again after a while, since a cell may catch the first one. A cell that undoes this is killed from outside.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __enter__(self) -> None:
        signal.signal(INTERRUPT, self._ring)

    def __exit__(self, *_: Any) -> None:
        try:
            signal.signal(INTERRUPT, signal.SIG_IGN)
        finally:  # it may come in the line above
            signal.signal(INTERRUPT, signal.SIG_IGN)

    def _ring(self, number: int, frame: Any) -> None:
        if not self._channel.sending:  # half a message would spoil all that follow
            raise LimitReached("a limit on time is reached")


def _run(shell: Shell, source: str) -> None:
    """Run one cell. IPython shows what it raises."""
    result = shell.run_cell(source, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    if isinstance(error, LimitReached):
        raise error


def _drive(shell: Shell, request: dict[str, Value]) -> Value:
    name = request["name"]
    if name not in shell.user_ns:
        return [plain_outcome(outcome) for outcome in absent(name, len(request["probes"]))]
    answer = shell.user_ns[name]
    if request.get("instead") is not None:
        answer = redefined(request["instead"], name, shell.user_ns)
    outcomes = drive_all(
        request["driver"],
        answer,
        request["probes"],
        names=request["names"],
        watch=request["watch"],
        twice=request.get("twice", True),
        # All else is the answer's error: KeyboardInterrupt and its like are nobody's at a keyboard here.
        uncaught=LimitReached,
    )
    return [plain_outcome(outcome) for outcome in outcomes]


def plain_outcome(outcome: Outcome) -> dict[str, Value]:
    """An outcome as a dict of values, without the later results where they are the first one again."""
    values = dict(vars(outcome))
    for later in ("again", "afresh"):
        if values[later] is outcome.result:
            del values[later]
    return values
