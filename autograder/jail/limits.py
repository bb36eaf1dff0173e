"""How much a submission may use. Every limit and its default is here."""

from __future__ import annotations

import signal
from dataclasses import dataclass

INTERRUPT = signal.SIGALRM  # what the grader interrupts a cell with, once a limit on time is reached


@dataclass(frozen=True)
class Limits:
    """Limits on one child, which runs one notebook.

    cell_cpu_seconds   CPU time for a cell or a task's answer, of all threads together; it is interrupted, then killed
    cell_seconds       wall time for the same: a backstop, and what the machine kept it waiting is not counted
    total_cpu_seconds  CPU time for the notebook, after which its process is killed
    total_seconds      wall time for the same, as for a cell
    grace_seconds      between the interrupt and the kill, for a cell that swallows interrupts
    memory_bytes       beyond what the warm process had mapped
    file_bytes         the largest file
    folder_bytes       everything in the private folder, together, but what was laid out there for it
    open_files         open descriptors
    threads            threads of the process, torch's own among them
    text_bytes         text that a cell may print
    picture_bytes      pictures and other rich output of a cell
    output_bytes       everything that the notebook may put out
    """

    cell_cpu_seconds: float = 20.0
    cell_seconds: float = 40.0
    total_cpu_seconds: float = 120.0
    total_seconds: float = 240.0
    grace_seconds: float = 1.0
    memory_bytes: int = 2 * 2**30
    file_bytes: int = 32 * 2**20
    folder_bytes: int = 64 * 2**20
    open_files: int = 128
    threads: int = 100
    text_bytes: int = 100_000
    picture_bytes: int = 2_000_000
    output_bytes: int = 8_000_000

    @property
    def longest_seconds(self) -> float:
        """How long a notebook can take on a machine that is too busy to run it; then the grader gives up."""
        return 6 * self.total_seconds
