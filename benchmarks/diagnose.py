"""What reports say of wrong answers that no task lists: the true cause, facts, something misleading, or nothing.

    python benchmarks/diagnose.py [--told]

The answers are in tests/marking/unlisted.txt. Each is graded on hidden inputs and checked on the public examples. What
a report says of a cause is held against the pattern that stands beside the answer.
"""

from __future__ import annotations

import argparse
import collections
import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.marking import checker
from autograder.marking.answers import LocalAnswer
from autograder.marking.report import Report
from autograder.tasks import all_tasks

UNLISTED = Path(__file__).parents[1] / "tests" / "marking" / "unlisted.txt"
BEFORE = "import math, torch\nimport numpy as np\nimport torch.nn.functional as F"
TRUE, FACTS, MISLEADING, NOTHING = "true cause", "facts", "misleading", "nothing"


@dataclass(frozen=True)
class Unlisted:
    """A wrong answer: its task, its source, what is really wrong, and a pattern for a report that says so."""

    task: str
    wrong: str
    pattern: str
    source: str


def unlisted() -> list[Unlisted]:
    """All of them."""
    found = []
    for block in UNLISTED.read_text().split("\n== ")[1:]:
        head, _, source = block.partition("\n")
        task, wrong, pattern = head.split(" | ", 2)
        found.append(Unlisted(task, wrong, pattern.strip(), source))
    return found


def defined(answer: Unlisted, number: int) -> LocalAnswer:
    """The answer as a notebook would have defined it, its source where `inspect` finds it."""
    file = f"<unlisted-{number}>"
    linecache.cache[file] = len(answer.source), None, answer.source.splitlines(keepends=True), file
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(BEFORE, space)
    exec(compile(answer.source, file, "exec"), space)
    return LocalAnswer(space[answer.task], answer.task)


def judged(report: Report, answer: Unlisted) -> str:
    """What the report says of the cause."""
    causes = [line for line in report.lines if line.startswith("Looks like: ")]
    if causes:
        return TRUE if all(re.search(answer.pattern, line) for line in causes) else MISLEADING
    return FACTS if report.lines else NOTHING


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--told", action="store_true", help="print each answer and what is said of it")
    told = parser.parse_args().told
    counts: dict[str, collections.Counter[str]] = {way: collections.Counter() for way in ("graded", "check")}
    for number, answer in enumerate(unlisted()):
        task, mine = all_tasks()[answer.task], defined(answer, number)
        checker.check(task, mine)  # what an earlier check has found out about the task
        reports = {
            "graded": checker.grade(task, mine, points=task.points, seed=("unlisted",)),
            "check": checker.check(task, mine),
        }
        for way, report in reports.items():
            counts[way][judged(report, answer)] += 1
            if told and (way == "graded" or judged(report, answer) != judged(reports["graded"], answer)):
                print(f"{way} {answer.task} ({answer.wrong}): {judged(report, answer)}")
                print("\n".join(f"    {line}" for line in report.lines if line.startswith("Looks like")))
    print("".ljust(10), *(word.rjust(12) for word in (TRUE, FACTS, MISLEADING, NOTHING)))
    for way, found in counts.items():
        print(way.ljust(10), *(str(found[word]).rjust(12) for word in (TRUE, FACTS, MISLEADING, NOTHING)))


if __name__ == "__main__":
    main()
