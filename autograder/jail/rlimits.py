"""Limits that the kernel keeps: CPU time, memory, files."""

from __future__ import annotations

import math
import resource
from pathlib import Path

from .limits import Limits


def set_rlimits(limits: Limits) -> None:
    """Limits on CPU, memory, files; the hard limits too, so that they cannot be raised again."""
    sizes = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mapped, data = (int(sizes[name].split()[0]) * 1024 for name in ("VmSize", "VmData"))
    cpu = math.ceil(limits.total_cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))  # SIGXCPU says why; SIGKILL is for who ignores it
    for kind, amount in (
        # DATA counts private memory; AS also bounds what is mapped shared, which DATA does not count.
        (resource.RLIMIT_DATA, data + limits.memory_bytes),
        (resource.RLIMIT_AS, mapped + 2 * limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))
