"""The files beside a notebook, in the folder that its cells run in.

Small ones are copied, so that cells can write to them; what is larger, or too much, is linked to and can be read. What
is linked to has to be made readable before the process is locked in.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

COPIED_BYTES = 2**20  # the largest file that is copied
COPIED_IN_ALL = 16 * 2**20
IGNORED = (".ipynb",)  # a notebook does not need itself, nor its tests


def lay_out(origin: Path, folder: Path) -> list[Path]:
    """Have in `folder` what is in `origin`, which is the grader's own; returns what has to be readable for it.

    Links in `origin` were made by the grader, and are followed. Raises OSError.
    """
    readable = {origin}
    copied = 0
    waiting = [(str(origin), str(folder))]
    while waiting:
        here, there = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                target = f"{there}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    os.mkdir(target)  # noqa: PTH102  there may be thousands
                    waiting.append((entry.path, target))
                elif not entry.name.endswith(IGNORED):
                    with contextlib.suppress(FileNotFoundError):  # a link to what is no longer there
                        size = entry.stat().st_size
                        if size <= COPIED_BYTES and copied + size <= COPIED_IN_ALL and entry.is_file():
                            shutil.copyfile(entry.path, target)
                            copied += size
                            continue
                        real = os.path.realpath(entry.path)
                        os.symlink(real, target)  # noqa: PTH211
                        if entry.is_symlink():
                            readable.add(Path(real))
    return sorted(readable)
