"""What wrong answers that no list holds are told: a table, in a notebook's `check` and on graded pages.

    python benchmarks/reports.py            the table
    python benchmarks/reports.py --all      and every report in full

`wrong_answers.txt` holds the answers. Above each stands its task and, behind the bar, what a report that names its true
cause says (a regular expression); nothing where facts are all that can be expected. An answer is
  true        told that
  misleading  told another cause
  facts       told what came and what should have come
  nothing     told neither
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from autograder.examiner.client import Cell, Examiners
from autograder.exchange import cells

ANSWERS = Path(__file__).parent / "wrong_answers.txt"
SETUP = "import math\nimport numpy as np\nimport torch\nfrom autograder import check, grade"
CLASSES = ("true", "facts", "misleading", "nothing")


@dataclass(frozen=True)
class Wrong:
    """A wrong answer; `cause` is searched in its report."""

    task: str
    cause: str
    source: str


def wrong_answers() -> list[Wrong]:
    """Those of the file."""
    blocks = re.split(r"^### ", ANSWERS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    heads = [block.partition("\n") for block in blocks]
    made = []
    for head, _, source in heads:
        task, _, cause = head.partition("|")
        made.append(Wrong(task.strip(), cause.strip(), source.rstrip()))
    return made


def class_of(wrong: Wrong, said: str) -> str:
    """How the report `said` did."""
    if wrong.cause and re.search(wrong.cause, said):
        return "true"
    if not said.strip():
        return "nothing"
    _, *lines = said.splitlines()
    explained = [line for line in lines if re.match(r"  (?:In .*, line|Line) \d+, `.*`: (?!here it stopped)", line)]
    causes = [line for line in lines if line.startswith("  Looks like:")] + explained
    return "misleading" if causes else "facts" if lines else "nothing"


def checked(wrong: list[Wrong]) -> list[str]:
    """What `check` says of each, in one notebook's kernel."""
    shell = InteractiveShell.instance(colors="nocolor")
    found = []
    for each in wrong:
        shell.reset()
        cells.forget()
        run(shell, SETUP)
        run(shell, each.source)
        found.append(run(shell, f'_ = check("{each.task}")'))
    return found


def run(shell: InteractiveShell, source: str) -> str:
    """What a cell prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        shell.run_cell(source, store_history=True)
    return out.getvalue()


def graded(wrong: list[Wrong]) -> list[str]:
    """What a graded page says of each, judged in the jail."""
    with Examiners() as examiners, examiners.open() as examiner:
        pages = []
        for each in wrong:
            test = Cell(f'check("{each.task}")\ngrade("{each.task}")', grade=True, points=3.0)
            cells = [Cell(SETUP), Cell(each.source, solution=True), test]
            outputs = examiner.run(cells, ("benchmark", "student")).outputs[-1]
            pages.append(next(o["data"]["text/plain"] for o in outputs if o["output_type"] == "display_data"))
        return pages


RAISED = re.compile(r" raised |not defined|itself|stub")
PLACED = re.compile(r"(?:Line|In .*, line) \d+, `|The line `|There is a function")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    everything = parser.parse_args().all
    wrong = wrong_answers()
    for where, said in (("check", checked(wrong)), ("graded", graded(wrong))):
        classes = [class_of(each, words) for each, words in zip(wrong, said, strict=True)]
        for each, words, found in zip(wrong, said, classes, strict=True):
            if everything or found in ("misleading", "nothing") or (each.cause and found != "true"):
                print(f"--- {where}: {found}\n{each.source}\n{words}")
        counts = Counter(classes)
        raising = [words for words in said if RAISED.search(words)]
        for words in raising:
            if everything and not PLACED.search(words):
                print("no line:", words)
        placed = sum(bool(PLACED.search(words)) for words in raising)
        table = ", ".join(f"{name} {counts[name]}" for name in CLASSES)
        passed = sum(words.startswith("✓") for words in said)
        print(
            f"{where:7} {len(wrong)} answers: {table}; passed {passed}; of {len(raising)} raising {placed} with a line"
        )


if __name__ == "__main__":
    main()
