"""Is the course whole? Prints what is wrong with it, and what was tried on each task."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .notebooks import by_assignment, verify_course
from .table import table_of, tallies


def verify(root: Path, assignments: Sequence[str], table: bool) -> int:
    """Print what is wrong with the course in `root`, or with these assignments; with `table` what was tried on tasks.

    Returns the exit status: 0 where nothing is wrong, 2 where there is no such assignment, or no course."""
    if not (root / "source").is_dir():
        print(f"{root} is no checkout of the course: it has no source. Change to one and try again.", file=sys.stderr)
        return 2
    known = by_assignment()
    for name in assignments:
        if name not in known:
            print(f"There is no assignment {name!r} with tasks. Assignments: {', '.join(known)}.", file=sys.stderr)
            return 2
    tried = tallies([task.name for name in assignments or known for task in known[name]])
    if table:
        print(table_of(tried))
    problems = [*verify_course(root, assignments), *(problem for tally in tried for problem in tally.problems)]
    for problem in problems:
        print(f"✗ {problem}")
    count_of_assignments = len({tally.task.assignment for tally in tried})
    count = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "nothing is wrong"
    print(f"{count_of_assignments} assignments, {len(tried)} tasks: {count}.")
    return 1 if problems else 0
