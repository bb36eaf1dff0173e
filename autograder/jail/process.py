"""A process of ours, seen from the side that starts it: how it begins, gets its orders, and ends.

Imports no torch: who starts such a process need not wait for that.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from .folder import remove


class JailError(RuntimeError):
    """The jail itself failed: nothing can be said about the submission."""


class JailUnavailable(JailError):
    """A child could not be locked in on this machine."""


class Orders:
    """The end of a socket on which another process, the `receiver`, takes orders. A forked copy works as well."""

    receiver: ClassVar[str]

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def send(self, order: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Raises JailError where there is nobody to take it."""
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError as error:
            raise JailError(self.obituary()) from error

    def obituary(self) -> str:
        """That the receiver is gone, and why, where that is known."""
        return f"{self.receiver} is gone"

    def close(self) -> None:
        """Once no copy is left open, the process ends."""
        self._control.close()


class Spawned(Orders):
    """A Python process that runs `module`, with nothing of this one's memory and next to nothing of its environment.

    It gets the number of its socket and a folder for temporary files. Use as a context manager, or call `close`.
    """

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(ours)
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8"}
        environment |= {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # huge pages: few to copy in a fork
        self._owner = os.getpid()  # a fork of it cannot ask how the process ended
        self._place = Path(tempfile.mkdtemp(prefix="autograder-"))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(theirs.fileno()), str(self._place)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
            )

    def obituary(self) -> str:
        if os.getpid() != self._owner or self._process.poll() is None or self._process.stderr is None:
            return super().obituary()
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return f"{super().obituary()}: {lines[-1] if lines else f'exit status {self._process.returncode}'}"

    def close(self) -> None:
        """End the process and with it all that it started."""
        super().close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        remove(self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
