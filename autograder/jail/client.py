"""Our end of the warm process and its children: run cells, drive answers, believe nothing that a child says."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..exchange.drive import Outcome
from ..exchange.values import MAX_BITS, MAX_ITEMS, MAX_TEXT, BadValue, Made, Raised, Value
from .channel import Channel, Closed, TooLarge, TooLate
from .limits import INTERRUPT, Limits
from .process import JailError, JailUnavailable, Orders, Spawned
from .watch import LOOK_SECONDS, Watch, is_ending

START_SECONDS = 60.0  # for the warm process to import what it needs from a slow disk, and to fork
# What a page shows as it is. Scripts and widgets do nothing there, and some of what claims to be JSON breaks it.
SHOWN = {"text/plain", "text/html", "text/latex", "text/markdown", "text/vnd.mermaid"}
SHOWN |= {"image/png", "image/jpeg", "image/svg+xml"}
NOT_SHOWN = "[Output of a kind that is not shown here.]"
NO_ANSWER = "it sent something that is not an answer"
AGAIN_SECONDS = 0.2  # between one interrupt and the next
REAP_SECONDS = 30.0  # for a process to be gone, and for the warm process to say how; it clears the child's folder first

# A word in a submission -> what its first use imports. For torch.func and torch.optim that takes more than a second.
SLOW_IMPORTS = dict.fromkeys(("torch.func", "functorch", "vmap", "optim."), "torch._dynamo")
SLOW_IMPORTS |= dict.fromkeys(("matplotlib", "plt", "seaborn", ".plot"), "autograder.jail.pictures")


def _slow_imports(source: str) -> list[str]:
    return sorted({module for word, module in SLOW_IMPORTS.items() if word in source})


class Warm(Orders):
    """Has a warm process fork children."""

    receiver = "the warm process"

    def open(self, limits: Limits, *, jail: bool = True, source: str = "", files: Path | str | None = None) -> Child:
        """Fork a child. Raises JailUnavailable where it cannot be locked in, JailError where there is none.

        `files` is a folder of the grader's own; the cells find what is in it beside them.

        What the code in `source` would be slow to import is imported before the fork, once for all such children.
        """
        ours, theirs = socket.socketpair()
        status_read, status_write = os.pipe()
        order = {"limits": asdict(limits), "jail": jail, "ahead": _slow_imports(source)}
        order["files"] = None if files is None else str(files)
        try:
            self.send(order, [theirs.fileno(), status_write])
        except JailError:
            ours.close()
            os.close(status_read)
            raise
        finally:
            theirs.close()
            os.close(status_write)
        try:
            return Child(Channel(ours, limits.output_bytes), status_read, limits)
        except Closed as error:
            raise JailError(self.explained("the warm process made no child")) from error

    def import_ahead(self, source: str) -> bool:
        """Have what `source` is slow to import imported from now on; False where there is nothing of that kind.

        Raises JailError."""
        ahead = _slow_imports(source)
        if ahead:
            self.send({"ahead": ahead})
        return bool(ahead)


class WarmProcess(Spawned, Warm):
    """A process with torch imported, which forks children."""

    def __init__(self) -> None:
        super().__init__("autograder.jail.warm")


class Died(Exception):
    """The submission's process is gone; the message is a clause that says why ("it took more than 20 seconds")."""


@dataclass(frozen=True)
class Ran:
    """What a cell did: its outputs as nbformat has them, and why it was stopped, if it was.

    refused  what it wanted that the jail allows nobody, as it says
    """

    outputs: list[dict[str, Value]]
    stopped: str | None = None
    died: bool = False
    refused: str | None = None


class Child:
    """One submission's process. Everything that it sends is checked before it is believed to be a value at all."""

    def __init__(self, channel: Channel, status_fd: int, limits: Limits) -> None:
        """Raises Closed where there is no process, JailError or JailUnavailable where it is not as it should be."""
        self._channel = channel
        self._status_fd = status_fd
        self._limits = limits
        self._dead: str | None = None
        self._pidfd: int | None = None
        try:
            hello = channel.receive(time.monotonic() + START_SECONDS)
        except Closed:
            self.close()
            raise
        except (TooLate, BadValue) as error:
            self.close()
            raise JailError("the warm process made no child") from error
        if "cannot lock" in hello:
            self.close()
            raise JailUnavailable(hello["cannot lock"])
        self._pid = hello["ready"]
        self._folder = Path(hello["folder"])
        # The child waits for its first request, so the pid is still its own; the descriptor stays right for good.
        if hasattr(os, "pidfd_open"):
            self._pidfd = os.pidfd_open(self._pid)
        self._watch = Watch(self._pid, self._folder, limits)
        self._next_look = time.monotonic() + LOOK_SECONDS

    @property
    def alive(self) -> bool:
        return self._dead is None

    def run(self, source: str, count: int | None = None) -> Ran:
        """Run one cell, with the number `count` beside it or the next one. Never raises for what the cell does."""
        outputs: list[dict[str, Value]] = []
        try:
            reply = self._ask({"do": "run", "source": source, "count": count}, outputs)
        except Died as death:
            return Ran(outputs, str(death), died=True)
        refused = reply.get("refused")
        return Ran(
            outputs,
            self._interrupted if "limit" in reply else None,
            refused=refused[:200] if isinstance(refused, str) else None,
        )

    def drive(
        self,
        driver: str,
        name: str,
        probes: Sequence[Sequence[Value]],
        *,
        names: Sequence[str],
        watch: bool,
        instead: str | None = None,
        twice: bool = True,
        seconds: float | None = None,
    ) -> list[Outcome]:
        """Drive the student's `name`, or what the source `instead` has under that name, for `seconds` at most.

        Raises Died where its process ends, TimeoutError where it takes too long.
        """
        request: dict[str, Value] = {"do": "drive", "driver": driver, "name": name, "watch": watch, "twice": twice}
        request |= {"names": list(names), "probes": [tuple(probe) for probe in probes]}
        request["instead"] = instead
        reply = self._ask(request, [], seconds)
        if "limit" in reply and self._interrupted:
            raise TimeoutError(self._interrupted)
        try:
            return _checked_outcomes(reply["outcomes"], len(probes))
        except (BadValue, KeyError, TypeError) as error:
            raise self._kill(NO_ANSWER) from error

    def history(self, name: str) -> Value:
        """What the child tells of the cells that define `name` (see `exchange.history`). Raises as `drive` does."""
        reply = self._ask({"do": "tell", "name": name}, [])
        if "limit" in reply and self._interrupted:
            raise TimeoutError(self._interrupted)
        return reply.get("history")

    def close(self) -> None:
        """End the child; its folder goes with it."""
        if self._dead is None:
            self._signal(signal.SIGKILL)
            self._dead = "it was ended"
        self._channel.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        if self._status_fd >= 0:
            os.close(self._status_fd)
            self._status_fd = -1

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- one request and what comes back ----------------------------------------------------------------------

    def _ask(
        self, request: dict[str, Value], outputs: list[dict[str, Value]], seconds: float | None = None
    ) -> dict[str, Value]:
        if self._dead is not None:
            raise Died(self._dead)
        request_id = secrets.token_hex(8)
        self._interrupted: str | None = None
        self._watch.begin(seconds)
        try:
            self._channel.send({"id": request_id, **request})
            for message in self._messages():
                if not isinstance(message, dict) or not _is_text(message.get("id"), request_id):
                    raise self._kill(NO_ANSWER)
                if "output" not in message:
                    return message
                outputs.append(_checked_output(message["output"]))
        except TooLarge as error:
            raise self._kill(self._too_much()) from error
        except BadValue as error:
            raise self._kill(NO_ANSWER) from error
        except TooLate as error:
            raise self._kill("it did not take its input") from error
        except Closed as error:
            raise self._ended() from error
        raise AssertionError("unreachable: _messages ends by raising")

    def _messages(self) -> Iterator[Value]:
        next_check = 0.0
        while True:
            message = None
            with contextlib.suppress(TooLate):
                message = self._channel.receive(next_check)
            if self._channel.received > self._limits.output_bytes:
                raise self._kill(self._too_much())
            if message is not None:
                yield message
            if time.monotonic() >= next_check:
                next_check = time.monotonic() + self._check()

    def _check(self) -> float:
        """Seconds until the next check. Raises Died where a limit is reached after which the notebook can't go on."""
        if time.monotonic() >= self._next_look:
            if grown := self._watch.look():
                raise self._kill(grown.why)
            self._next_look = time.monotonic() + LOOK_SECONDS
        beyond = self._watch.beyond()
        if beyond and not beyond.goes_on:
            raise self._kill(beyond.why)
        if beyond and not self._interrupted:
            self._interrupted = beyond.why
            self._grace_ends = self._watch.own_seconds() + self._limits.grace_seconds
        if not self._interrupted:
            return min(self._watch.left(), LOOK_SECONDS)
        left = self._grace_ends - self._watch.own_seconds()
        if left <= 0:
            raise self._kill(f"{self._interrupted} and could not be interrupted")
        self._signal(INTERRUPT)
        return min(left, AGAIN_SECONDS)

    def _too_much(self) -> str:
        return f"it put out more than {self._limits.output_bytes / 10**6:g} MB"

    def _kill(self, why: str) -> Died:
        self._signal(signal.SIGKILL)
        self._dead = why
        return Died(why)

    def _signal(self, number: signal.Signals) -> None:
        try:
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, number)
            elif hasattr(self, "_pid"):
                os.kill(self._pid, number)
        except ProcessLookupError:
            pass

    def _ended(self) -> Died | JailError:
        """Why the child is gone, by what the warm process reports."""
        if not is_ending(self._pid):
            return self._kill("it closed its connection to the grader")
        ready, _, _ = select.select([self._status_fd], [], [], REAP_SECONDS)
        report = os.read(self._status_fd, 64).decode() if ready else ""
        if not report:
            self._kill("the warm process died")
            return JailError("the warm process died")
        status, cpu_seconds = report.split()
        self._dead = _reason(int(status), float(cpu_seconds), self._limits)
        if self._dead is None:
            self._dead = "it was killed from outside"
            return JailError("something outside the grader killed the submission's process (out of memory?)")
        return Died(self._dead)


def _reason(status: int, cpu_seconds: float, limits: Limits) -> str | None:
    """A clause; None where the end was not the submission's own doing (see what `lock` denies for that)."""
    if status == -signal.SIGXCPU or (status == -signal.SIGKILL and cpu_seconds >= limits.total_cpu_seconds):
        return f"the notebook used more than {limits.total_cpu_seconds:g} seconds of CPU time"
    if status == -signal.SIGKILL:
        return None
    if status == -signal.SIGXFSZ:
        return f"it wrote a file of more than {limits.file_bytes / 2**20:g} MB"
    if status < 0:
        return f"it crashed ({signal.strsignal(-status) or f'signal {-status}'})"
    return "it ended its own process"


def _checked_outcomes(outcomes: Value, count: int) -> list[Outcome]:
    """Outcomes made afresh from what a child sent. Raises BadValue, KeyError or TypeError."""
    if not isinstance(outcomes, list) or len(outcomes) != count:
        raise BadValue(f"{count} outcomes expected")
    if not all(isinstance(outcome, dict) for outcome in outcomes):
        raise BadValue("records expected")
    found = [Outcome(**{"again": outcome["result"], "afresh": outcome["result"], **outcome}) for outcome in outcomes]
    for outcome in found:
        if not isinstance(outcome.differentiated, (str, type(None))):
            raise BadValue("text expected")
        if not isinstance(outcome.left, list) or not all(isinstance(name, str) for name in outcome.left):
            raise BadValue("a list of texts expected")
        if not isinstance(outcome.printed, str):
            raise BadValue("text expected")
        later = [value for value in (outcome.again, outcome.afresh) if value is not outcome.result]
        for value in (outcome.result, outcome.inputs, outcome.state, *later):
            _check_returned(value, [MAX_ITEMS])
    return found


def _check_returned(value: Value, room: list[int]) -> None:
    """Raises BadValue for what `plain` never makes: more than it lets through, or what only we send."""
    room[0] -= 1
    if room[0] < 0:
        raise BadValue(f"more than {MAX_ITEMS} values")
    if isinstance(value, Made) or (isinstance(value, Raised) and not value.kinds):
        raise BadValue("not something that an answer returns")
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise BadValue(f"a whole number of more than {MAX_BITS} bits")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise BadValue(f"a text of more than {MAX_TEXT} characters")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        _check_returned(item, room)


def _is_text(thing: Value, text: str) -> bool:
    """Whether a value is that text: a tensor, asked whether it is equal, would give no plain answer."""
    return isinstance(thing, str) and thing == text


def _checked_output(output: Value) -> dict[str, Value]:
    """An nbformat output made afresh from what a child sent. Raises BadValue."""
    if not isinstance(output, dict):
        raise BadValue("not an output")
    try:
        kind = output["output_type"]
        if kind == "stream" and output["name"] in ("stdout", "stderr"):
            return {"output_type": kind, "name": output["name"], "text": _text(output["text"])}
        if kind == "error":
            frames = [_text(line) for line in output["traceback"]]
            words = {"ename": _text(output["ename"]), "evalue": _text(output["evalue"])}
            return {"output_type": kind, **words, "traceback": frames}
        if kind in ("display_data", "execute_result"):
            data = {mime: _text(body) for mime, body in output["data"].items() if mime in SHOWN}
            return {"output_type": kind, "data": data or {"text/plain": NOT_SHOWN}, "metadata": {}}
    except (LookupError, TypeError, AttributeError) as error:
        raise BadValue("not an output") from error
    raise BadValue("not an output")


def _text(thing: Value) -> str:
    if not isinstance(thing, str):
        raise BadValue("text expected")
    return thing
