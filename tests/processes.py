"""Processes of ours that start otherwise than they should."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from autograder.jail import process

Started = TypeVar("Started", bound=process.Spawned)


@contextlib.contextmanager
def starting(kind: Callable[[], Started], first: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """A process of this kind that runs the code `first` before anything else."""
    popen = subprocess.Popen

    def changed(arguments: list[str], **options: Any) -> subprocess.Popen[bytes]:
        *_, module, fd, place = arguments
        code = f"{first}\nimport sys\nfrom pathlib import Path\nfrom {module} import main\n"
        code += "main(int(sys.argv[1]), Path(sys.argv[2]))"
        return popen([sys.executable, "-P", "-c", code, fd, place], **options)

    with monkeypatch.context() as for_now:
        for_now.setattr(subprocess, "Popen", changed)
        started = kind()
    with started:
        yield started


def gone(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True
