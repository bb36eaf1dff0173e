"""The locked side: runs the student's cells, drives their answers, and sends back values. Knows no task.

A student may overwrite anything here, this module included. It gains them nothing: what leaves is values, and the
values that earn marks are the right answers for inputs that did not exist before they were asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

import torch

from ..exchange import cells, history, surroundings
from ..exchange.drive import Outcome, absent, drive_all, redefined
from ..exchange.values import Value, dump, load, raised
from .channel import Channel
from .limits import INTERRUPT, Limits
from .refusals import Refusals
from .shell import ZMQInteractiveShell
from .streams import Recorder, Stream


class LimitReached(BaseException):
    """A limit on time. Not an Exception, so that an ordinary `except Exception` does not swallow it."""


_REHEARSAL = (
    "import torch\nfrom autograder import check, show",
    "t = torch.tensor([1.0, 2.0], requires_grad=True)\nfor x in (3.0, 4.0):\n    print(f'{x:.3f}', t**2)",
    "def answer(x):\n    return torch.sin(x) * 3 + x.sum()",
    "answer(t)",
    "raise ValueError",
)


def rehearse(shell: ZMQInteractiveShell) -> None:
    """Run a small notebook and drive its answer, in the warm process: what runs for the first time is slow, and writes
    to memory that a child would have to copy. No backward: autograd's threads do not survive a fork."""
    with contextlib.redirect_stdout(Stream("stdout", shell.recorder)):
        for source in _REHEARSAL:
            shell.run_cell(source, store_history=True)
        request = {"driver": "call", "name": "answer", "names": ["x"], "probes": [(torch.ones(2),), (1.0,)]}
        for watch in (False, True):
            load(dump({"outcomes": _outcomes(shell, {**request, "watch": watch})}))
    shell.reset()
    cells.forget()
    shell.displayhook.flush()  # gives `_` and its like their first values
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)


def make_loop() -> asyncio.AbstractEventLoop:
    """The loop that cells run in, and that goes on between them. Made before the process is locked in."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


def answer_requests(
    channel: Channel, shell: ZMQInteractiveShell, limits: Limits, loop: asyncio.AbstractEventLoop, *, locked: bool
) -> None:
    """Answer requests, for as long as there are any: the other end ends this process when it has what it wants."""
    recorder = shell.recorder
    recorder.channel, recorder.limits = channel, limits
    shell.refusals = Refusals() if locked else None
    surroundings.remember()  # before any cell has run
    sys.stdout, sys.stderr = Stream("stdout", recorder), Stream("stderr", recorder)
    vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
    signal.signal(INTERRUPT, signal.SIG_IGN)
    while True:
        with contextlib.suppress(Exception):  # a student's loop may be stopped or closed; then it no longer goes on
            loop.run_until_complete(_something_comes(loop, channel))
        request = channel.receive()
        reply: dict[str, Value] = {"id": request["id"]}
        recorder.begin(request["id"])
        try:
            with _Interruptible(channel):
                if request["do"] == "run":
                    shell.execution_count = request["count"] or shell.execution_count
                    _run(shell, request["source"], loop, reply)
                elif request["do"] == "tell":
                    reply["history"] = history.about(request["name"], shell.user_ns)
                else:
                    reply["outcomes"] = loop.run_until_complete(_drive(shell, request))
        except LimitReached:
            reply["limit"] = True
        except BaseException as error:  # what gets past IPython, like an exception whose __str__ raises
            _show(recorder, error)
        recorder.flush()
        recorder.begin(None)
        channel.send(reply)


async def _something_comes(loop: asyncio.AbstractEventLoop, channel: Channel) -> None:
    """Wait for a request; meanwhile a student's tasks go on."""
    there = loop.create_future()

    def ready() -> None:
        if not there.done():
            there.set_result(None)

    loop.add_reader(channel.fileno(), ready)
    try:
        await there
    finally:
        loop.remove_reader(channel.fileno())


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


def _run(shell: ZMQInteractiveShell, source: str, loop: asyncio.AbstractEventLoop, reply: dict[str, Value]) -> None:
    """Run one cell. IPython shows what it raises; where it was kept from that, the error is shown here."""
    _forget_what_was_listed()
    if shell.refusals is not None:
        shell.refusals.last = None
    error: BaseException | None = None
    try:
        result = loop.run_until_complete(_cell(shell, source))
        error = result.error_before_exec or result.error_in_exec
    except LimitReached:
        raise
    except BaseException as escaped:
        error = escaped
    if isinstance(error, LimitReached):
        raise error
    if error is not None:
        _show(shell.recorder, error)
    if shell.refusals is not None:
        shell.refusals.look_at(error)
        if shell.refusals.last is not None:
            reply["refused"] = str(shell.refusals.last)


async def _cell(shell: ZMQInteractiveShell, source: str) -> Any:
    """Run one cell in the running loop, as a kernel does."""
    if not shell.should_run_async(source, transformed_cell=source):
        return shell.run_cell(source, store_history=True)
    failed = None
    try:
        transformed = shell.transform_cell(source)
    except Exception:
        transformed, failed = source, sys.exc_info()
    if not shell.should_run_async(source, transformed_cell=transformed, preprocessing_exc_tuple=failed):
        return shell.run_cell(source, store_history=True)
    result = None
    try:
        result = await shell.run_cell_async(
            source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=failed
        )
        return result
    finally:
        shell.events.trigger("post_execute")
        shell.events.trigger("post_run_cell", result)


def _show(recorder: Recorder, error: BaseException) -> None:
    """Have an error among the outputs of the cell that it ended, whatever became of IPython's own way to show it."""
    if not recorder.showed_error:
        fault = raised(error)
        words = {"ename": fault.kinds[0] if fault.kinds else "Error", "evalue": fault.message}
        recorder.rich({"output_type": "error", **words, "traceback": [f"{words['ename']}: {words['evalue']}"]})


def _forget_what_was_listed() -> None:
    """Have the next import look at the folder anew: Python knows by its time, and cells here are quicker than that."""
    with contextlib.suppress(Exception):  # the student's code may have removed the folder, or replaced the finder
        finder = sys.path_importer_cache.get(os.getcwd())  # noqa: PTH109
        if finder is not None:
            finder.invalidate_caches()  # type: ignore[attr-defined]


async def _drive(shell: ZMQInteractiveShell, request: dict[str, Value]) -> Value:
    """Drive an answer in the running loop: it may count on one, as its cell could."""
    return _outcomes(shell, request)


def _outcomes(shell: ZMQInteractiveShell, request: dict[str, Value]) -> Value:
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
