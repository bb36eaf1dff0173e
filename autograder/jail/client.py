"""Our end of the jail: a warm process, and children that run a notebook each."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..drivers import Outcome
from ..values import BadValue, Value
from .channel import Channel, Closed, TooLate
from .limits import Limits

START_SECONDS = 60.0  # to import torch on a slow disk, and to fork
POLL_SECONDS = 0.25  # how often a running child's folder is measured


class JailError(RuntimeError):
    """The jail itself failed: nothing can be said about the submission."""


class JailUnavailable(JailError):
    """A child could not be locked in on this machine."""


class Died(Exception):
    """The submission's process is gone; the message is a clause that says why ("it took more than 20 seconds")."""


@dataclass(frozen=True)
class Ran:
    """What a cell did: its outputs as nbformat has them, and why it was stopped, if it was."""

    outputs: list[dict[str, Value]]
    stopped: str | None = None
    died: bool = False


class WarmProcess:
    """A process with torch imported, which forks children. Use as a context manager, or call `close`."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.jail.warm", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
            )
        self._control = ours

    def open(self, limits: Limits, *, jail: bool = True) -> Child:
        """Fork a child. Raises JailUnavailable where it cannot be locked in, JailError where there is none."""
        ours, theirs = socket.socketpair()
        status_read, status_write = os.pipe()
        order = json.dumps({"limits": asdict(limits), "jail": jail}).encode()
        try:
            socket.send_fds(self._control, [order], [theirs.fileno(), status_write])
        except OSError as error:
            ours.close()
            os.close(status_read)
            raise JailError(f"the warm process is gone: {self._last_words()}") from error
        finally:
            theirs.close()
            os.close(status_write)
        return Child(Channel(ours), status_read, limits)

    def _last_words(self) -> str:
        if self._process.poll() is None or self._process.stderr is None:
            return "no reason given"
        return self._process.stderr.read().decode(errors="replace").strip().splitlines()[-1:][0] or "no reason given"

    def close(self) -> None:
        """End the warm process and with it every child."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Child:
    """One submission's process. Everything that it sends is checked before it is believed to be a value at all."""

    def __init__(self, channel: Channel, status_fd: int, limits: Limits) -> None:
        self._channel = channel
        self._status_fd = status_fd
        self._limits = limits
        self._dead: str | None = None
        self._pidfd: int | None = None
        self._total_deadline = time.monotonic() + limits.total_seconds
        try:
            hello = channel.receive(time.monotonic() + START_SECONDS)
        except (Closed, TooLate, BadValue) as error:
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

    @property
    def alive(self) -> bool:
        return self._dead is None

    def run(self, source: str) -> Ran:
        """Run one cell. Never raises for what the cell does."""
        outputs: list[dict[str, Value]] = []
        try:
            reply = self._ask({"do": "run", "source": source}, outputs)
        except Died as death:
            return Ran(outputs, str(death), died=True)
        return Ran(outputs, reply.get("limit"))

    def drive(
        self, driver: str, name: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        """Drive the student's `name`. Raises Died where its process ends, TimeoutError where the answer takes too long."""
        request = {"do": "drive", "driver": driver, "name": name, "watch": watch}
        reply = self._ask({**request, "names": list(names), "probes": [tuple(probe) for probe in probes]}, [])
        if "limit" in reply:
            raise TimeoutError(reply["limit"])
        try:
            outcomes = [Outcome(**outcome) for outcome in reply["outcomes"]]
        except (KeyError, TypeError) as error:
            raise self._kill("it sent something that is not an answer") from error
        if len(outcomes) != len(probes):
            raise self._kill("it sent something that is not an answer")
        return outcomes

    def close(self) -> None:
        """End the child; its folder goes with it."""
        if self._dead is None:
            self._signal()
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

    def _ask(self, request: dict[str, Value], outputs: list[dict[str, Value]]) -> dict[str, Value]:
        if self._dead is not None:
            raise Died(self._dead)
        request_id = secrets.token_hex(8)
        longest = max(self._limits.cell_seconds, self._limits.cell_cpu_seconds) + self._limits.grace_seconds
        deadline = min(time.monotonic() + longest, self._total_deadline)
        try:
            self._channel.send({"id": request_id, **request})
            for message in self._messages(deadline):
                if not isinstance(message, dict) or message.get("id") != request_id:
                    raise self._kill("it sent something that is not an answer")
                if "output" not in message:
                    return message
                outputs.append(_checked_output(message["output"]))
        except BadValue as error:
            raise self._kill("it sent something that is not an answer") from error
        except TooLate as error:
            raise self._kill("it did not take its input") from error
        except Closed as error:
            raise self._ended() from error
        raise AssertionError("unreachable: _messages ends by raising")

    def _messages(self, deadline: float) -> Iterator[Value]:
        while True:
            soon = min(deadline, time.monotonic() + POLL_SECONDS)
            try:
                yield self._channel.receive(soon)
            except TooLate:
                if time.monotonic() >= deadline:
                    raise self._kill(self._which_time(deadline)) from None
                if _size_of(self._folder) > self._limits.folder_bytes:
                    raise self._kill(f"its files grew beyond {self._limits.folder_bytes // 2**20} MB") from None
            if self._channel.received > self._limits.output_bytes:
                raise self._kill(f"it put out more than {self._limits.output_bytes // 10**6} MB")

    def _which_time(self, deadline: float) -> str:
        if deadline >= self._total_deadline:
            return f"the notebook took more than {self._limits.total_seconds:g} seconds"
        return f"it took more than {self._limits.cell_seconds:g} seconds and could not be interrupted"

    def _kill(self, why: str) -> Died:
        self._signal()
        self._dead = why
        return Died(why)

    def _signal(self) -> None:
        try:
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            elif hasattr(self, "_pid"):
                os.kill(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _ended(self) -> Died | JailError:
        """Why the child is gone, by the exit status that the warm process reports."""
        ready, _, _ = select.select([self._status_fd], [], [], 5.0)
        status = os.read(self._status_fd, 16).decode() if ready else ""
        if not status:
            self._signal()
            self._dead = "it was lost"
            # Either the warm process died, or a child closed its end and lives on. The second is its own doing.
            return JailError("the warm process died") if ready else Died("it closed its connection to the grader")
        self._dead = _reason(int(status), self._limits)
        if int(status) == -signal.SIGKILL:
            return JailError("something outside the grader killed the submission's process (out of memory?)")
        return Died(self._dead)


def _reason(status: int, limits: Limits) -> str:
    if status == -signal.SIGXCPU:
        return f"the notebook used more than {limits.total_cpu_seconds:g} seconds of CPU time"
    if status == -signal.SIGXFSZ:
        return f"it wrote a file of more than {limits.file_bytes // 2**20} MB"
    if status < 0:
        return f"it crashed ({signal.Signals(-status).name})"
    return "it ended its own process"


def _checked_output(output: Value) -> dict[str, Value]:
    """An nbformat output made afresh from what a child sent. Raises BadValue."""
    try:
        kind = output["output_type"]
        if kind == "stream" and output["name"] in ("stdout", "stderr"):
            return {"output_type": kind, "name": output["name"], "text": _text(output["text"])}
        if kind == "error":
            frames = [_text(line) for line in output["traceback"]]
            words = {"ename": _text(output["ename"]), "evalue": _text(output["evalue"])}
            return {"output_type": kind, **words, "traceback": frames}
        if kind in ("display_data", "execute_result"):
            data = {_text(mime): _text(body) for mime, body in output["data"].items()}
            made: dict[str, Value] = {"output_type": kind, "data": data, "metadata": {}}
            if kind == "execute_result":
                made["execution_count"] = int(output["execution_count"])
            return made
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadValue("not an output") from error
    raise BadValue("not an output")


def _text(thing: Value) -> str:
    if not isinstance(thing, str):
        raise BadValue("text expected")
    # Lone surrogates can be printed by a cell but not written to a file.
    return thing.encode("utf-8", "replace").decode("utf-8")


def _size_of(folder: Path) -> int:
    """Bytes in all files under `folder`; what vanishes meanwhile counts nothing."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_blocks * 512
            except OSError:
                continue
    return total
