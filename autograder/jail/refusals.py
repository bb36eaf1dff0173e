"""What the jail refused to the code that runs in it: other programs, and the network.

A test that needs them cannot be judged in here, which is no fault of the student's. The grader is told.
"""

from __future__ import annotations

import _posixsubprocess
import errno
import functools
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

# Shell lines without which a notebook goes on all the same: what they install is here, or its import says that it
# is not; what they show is for people.
_HARMLESS = set("pip pip3 conda mamba uv apt apt-get ls cat head tail wc echo pwd date nvidia-smi which whoami".split())
_MODULES = {"multiprocessing": "multiprocessing", "subprocess": "subprocess", "socket": "the network"}


class Refusals:
    """Notes what is refused from now on; `last` is that in words, or None."""

    def __init__(self) -> None:
        self.last: str | None = None
        for module, names in (
            (os, ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system")),
            (subprocess, ("_fork_exec",)),
            (_posixsubprocess, ("fork_exec",)),
        ):
            for name in names:
                if real := getattr(module, name, None):
                    setattr(module, name, self._noting(real, "subprocess" if module is not os else f"os.{name}"))

    def shell_line(self, line: str, *, its_output_is_used: bool = False) -> None:
        """Say that a shell line is not run."""
        first = line.strip().splitlines()[0] if line.strip() else ""
        print(f"[Not run: {first[:200]}. No other program is started while a notebook is graded.]")
        words = [word for word in first.split() if not word.startswith("-")]
        program = os.path.basename(words[0]) if words else ""  # noqa: PTH119  a word, not a path
        if program.startswith("python") and "pip" in words:
            program = "pip"
        if its_output_is_used or program not in _HARMLESS:
            self.last = f"the shell line {first[:80]!r}"

    def look_at(self, error: BaseException | None) -> None:
        """Note what an exception that ended a cell shows to have been refused."""
        for link in _chain(error):
            if isinstance(link, OSError) and link.errno in (errno.EPERM, errno.EACCES):
                trace = link.__traceback__
                while trace is not None:
                    module = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
                    self.last = _MODULES.get(module, self.last)
                    trace = trace.tb_next

    def _noting(self, real: Callable[..., Any], what: str) -> Callable[..., Any]:
        @functools.wraps(real)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                result = real(*args, **kwargs)
            except OSError as error:
                if error.errno in (errno.EPERM, errno.ENOSYS):
                    self.last = what
                raise
            if real.__name__ == "system" and result != 0:  # it does not raise
                self.last = what
            return result

        return call


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and those that it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)  # where urllib keeps it
        error = error.__cause__ or error.__context__ or (reason if isinstance(reason, BaseException) else None)
