"""Is the course whole? Prints what is wrong with it, and what was tried on each task."""

from __future__ import annotations

from pathlib import Path

from .notebooks import verify_course
from .table import table_of, tallies


def verify(root: Path, table: bool) -> int:
    """Print what is wrong with the course in `root`, and with `table` what was tried on each task.

    Returns the exit status: 0 where nothing is wrong."""
    tried = tallies()
    if table:
        print(table_of(tried))
    problems = [*verify_course(root), *(problem for tally in tried for problem in tally.problems)]
    for problem in problems:
        print(f"✗ {problem}")
    assignments = len({tally.task.assignment for tally in tried})
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "nothing is wrong"
    print(f"{assignments} assignments, {len(tried)} tasks: {count}.")
    return 1 if problems else 0
