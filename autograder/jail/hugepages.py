"""Memory in huge pages: a fork then has few page tables to copy, and an exit few to take down."""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

SIZE = 2 * 2**20
_COLLAPSE = 25  # MADV_COLLAPSE, from the kernel's uapi headers; Linux 6.1 and newer
_PRIVATE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) rw-p 0+ 00:00 0 *(?:\[heap\])?$", re.MULTILINE)


def collapse() -> None:
    """Move what this process has allocated so far into huge pages. Does nothing where the kernel does not do that."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    for start, end in _PRIVATE.findall(Path("/proc/self/maps").read_text()):
        first, last = -(-int(start, 16) // SIZE) * SIZE, int(end, 16) // SIZE * SIZE
        if first < last:
            libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), _COLLAPSE)
