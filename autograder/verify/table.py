"""Every task's tally, worked out in two processes, and all of them as a table."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from ..tasks import all_tasks
from .tasks import Tally, verify_task

_HEAD = ("task", "mistakes", "rejected", "diagnosed", "right answers", "accepted", "twins", "worded for all")


def tallies(names: Sequence[str], workers: int = 2) -> list[Tally]:
    """The tally of each of these tasks, in this order."""
    tasks = {name: all_tasks()[name] for name in names}
    # New interpreters, not forks: autograd's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return [Tally(tasks[name], *measured) for name, measured in zip(tasks, pool.map(_measure, tasks), strict=True)]


def _measure(name: str) -> tuple[int, int, int, int, int, int, list[str]]:
    """A tally without its task, which does not pickle."""
    tally = verify_task(all_tasks()[name])
    counts = tally.rejected, tally.diagnosed, tally.accepted, tally.right_tried, tally.twins, tally.worded
    return *counts, tally.problems


def table_of(tried: Sequence[Tally]) -> str:
    """What was tried on each task and how it went, in columns, with a last line that adds up."""
    rows = [
        (t.task.name, len(t.task.mistakes), t.rejected, t.diagnosed, t.right_tried, t.accepted, t.twins, t.worded)
        for t in tried
    ]
    total = ("all", *(sum(column) for column in list(zip(*rows, strict=True))[1:]))
    lines = [_HEAD, *rows, total]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            str(cell).rjust(width) if i else str(cell).ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
