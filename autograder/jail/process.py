"""The warm process, seen from our side: start it, have it fork a child, end it.

Imports no torch, so that the warm process can be busy importing it while its owner imports it as well.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .folder import remove
from .limits import Limits

if TYPE_CHECKING:
    from .client import Child

# A word in a submission -> what its first use imports. For torch.func that takes more than a second.
SLOW_IMPORTS = dict.fromkeys(("torch.func", "functorch", "vmap"), "torch._dynamo")
SLOW_IMPORTS |= dict.fromkeys(("matplotlib", "plt", "seaborn", ".plot"), "autograder.jail.pictures")


def _slow_imports(source: str) -> list[str]:
    return sorted({module for word, module in SLOW_IMPORTS.items() if word in source})


class JailError(RuntimeError):
    """The jail itself failed: nothing can be said about the submission."""


class JailUnavailable(JailError):
    """A child could not be locked in on this machine."""


class WarmProcess:
    """A process with torch imported, which forks children. Use as a context manager, or call `close`."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8"}
        environment |= {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # see hugepages, which does so for the rest
        self._place = Path(tempfile.mkdtemp(prefix="autograder-"))  # for the children's folders
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.jail.warm", str(theirs.fileno()), str(self._place)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=environment,
                cwd="/",
            )
        self._control = ours

    def open(self, limits: Limits, *, jail: bool = True, source: str = "") -> Child:
        """Fork a child. Raises JailUnavailable where it cannot be locked in, JailError where there is none.

        What the code in `source` would be slow to import is imported before the fork, once for all such children.
        """
        from .channel import Channel
        from .client import Child

        ours, theirs = socket.socketpair()
        status_read, status_write = os.pipe()
        order = {"limits": asdict(limits), "jail": jail, "ahead": _slow_imports(source)}
        try:
            self._send(order, [theirs.fileno(), status_write])
        except JailError:
            ours.close()
            os.close(status_read)
            raise
        finally:
            theirs.close()
            os.close(status_write)
        return Child(Channel(ours, limits.output_bytes), status_read, limits)

    def prepare(self, source: str) -> bool:
        """Have what `source` is slow to import imported from now on; False where there is nothing of that kind.

        Raises JailError."""
        ahead = _slow_imports(source)
        if ahead:
            self._send({"ahead": ahead}, [])
        return bool(ahead)

    def _send(self, order: dict[str, Any], descriptors: list[int]) -> None:
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], descriptors)
        except OSError as error:
            raise JailError(f"the warm process is gone: {self._last_words()}") from error

    def _last_words(self) -> str:
        if self._process.poll() is None or self._process.stderr is None:
            return "no reason given"
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"

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
        remove(self._place)

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@functools.cache
def shared() -> WarmProcess:
    """One for this Python process, however many submissions it grades."""
    process = WarmProcess()
    atexit.register(process.close)
    return process


def start(**_: object) -> None:
    """For nbgrader's `Autograde.pre_convert_hook`: the warm process imports torch while nbgrader prepares its work."""
    shared()
