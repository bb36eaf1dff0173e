"""A process of ours, seen from the side that starts it: how it begins, gets its orders, and ends.

Imports no torch: who starts such a process need not wait for that.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
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
    """The end of a socket on which another process, the `receiver`, takes orders. A forked copy works as well.

    `stderr` is a descriptor to read what the process writes there.
    """

    receiver: ClassVar[str]

    def __init__(self, control: socket.socket, stderr: int) -> None:
        self._control = control
        self._stderr = stderr
        os.set_blocking(stderr, False)  # other processes may hold the writing end, and live on

    def send(self, order: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        """Raises JailError where there is nobody to take it."""
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError as error:
            raise JailError(self.explained(f"{self.receiver} is gone")) from error

    @property
    def is_there(self) -> bool:
        """Whether the receiver is there: it sends nothing, so what can be read is the end."""
        return not select.select([self._control], [], [], 0)[0]

    def explained(self, fault: str) -> str:
        """`fault`, and the last that the process wrote to its standard error, where it did: mostly the reason."""
        with contextlib.suppress(OSError):  # nothing to read, or closed
            lines = os.read(self._stderr, 65536).decode(errors="replace").strip().splitlines()
            return f"{fault}: {lines[-1]}" if lines else fault
        return fault


class Spawned(Orders):
    """A Python process that runs `module`, with nothing of this one's memory and next to nothing of its environment.

    It gets the number of its socket and a folder for temporary files. Use as a context manager, or call `close`.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stderr_read, stderr_write = os.pipe()
        Orders.__init__(self, ours, stderr_read)
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8"}
        environment |= {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # huge pages: few to copy in a fork
        try:
            self._place = Path(tempfile.mkdtemp(prefix="autograder-"))
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", self._module, str(theirs.fileno()), str(self._place)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr_write,
                env=environment,
                cwd="/",
            )
        finally:
            theirs.close()
            os.close(stderr_write)

    def _start_again(self) -> None:
        """In the place of the process, which is gone or of no use, have a new one. Raises OSError."""
        self._process.kill()  # it would wait for the forks of this process that hold its socket
        self.close()
        self._start()

    def close(self) -> None:
        """End the process and with it all that it started. Once closed, does nothing."""
        if self._stderr < 0:
            return
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._stderr)
        self._stderr = -1
        remove(self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
