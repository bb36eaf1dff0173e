"""Is the course whole? What `autograder verify` checks, with messages that tell a contributor what to do."""

from __future__ import annotations

from pathlib import Path

__all__ = ["main"]


def main(root: Path, table: bool) -> int:
    """Print what is wrong with the course in `root`, and with `table` what was tried on each task.

    Returns the exit status: 0 where nothing is wrong."""
    from .notebooks import verify_course  # torch and Jupyter take a second to import
    from .table import table_of, tallies

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
