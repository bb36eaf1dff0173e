"""A child's private folder, seen from outside: how much is in it, and how to be rid of it. It may hold anything."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import stat
import subprocess
from pathlib import Path

SMALLEST = 4096  # what an entry counts at least, so that a million empty files count too


def bytes_in(folder: Path, most: float = math.inf) -> float:
    """What all entries under `folder` take together, counted until it is more than `most`; infinity where that cannot
    be measured."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += max(entry.stat(follow_symlinks=False).st_blocks * 512, SMALLEST)
                    if total > most:
                        return total
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except FileNotFoundError:  # removed meanwhile
            continue
        except OSError:  # nested too deeply or closed to us: what can't be measured is too much
            return math.inf
    return total


def open_to(pid: int, folder: Path, largest: int) -> int:
    """Bytes of files that were removed from `folder` while a process had them open, or mapped, and still has.

    One that is only mapped, and whose size cannot be seen, counts as the `largest` that a file may be.
    """
    sizes: dict[int, int] = {}
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as descriptors:
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                about = descriptor.stat()
                if about.st_nlink == 0 and stat.S_ISREG(about.st_mode):
                    sizes[about.st_ino] = max(about.st_blocks * 512, SMALLEST)
    with contextlib.suppress(OSError), Path(f"/proc/{pid}/maps").open("rb") as maps:
        for line in maps:
            if line.endswith(b" (deleted)\n") and os.fsencode(folder) in line:
                sizes.setdefault(int(line.split(None, 5)[4]), largest)
    return sum(sizes.values())


def remove(folder: Path) -> None:
    """Remove `folder` with all that is in it. Does nothing where there is none."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except (OSError, RecursionError):  # a folder that may not be listed, or a tree too deep for Python
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], stderr=subprocess.DEVNULL, check=False)
