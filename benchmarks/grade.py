"""Time stock nbgrader against `autograder grade` on the same class, in one run.

    python benchmarks/grade.py [--students 40]

The class is honest: the demo class's ada, ben, chen and emre, over and over. Stock nbgrader runs its own Execute
preprocessor. Both must give every student the same score, or the comparison is void.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.demo import filled

CHECKOUT = Path(__file__).parents[1]
ASSIGNMENTS = ("a01_slopes", "a02_chain_rule")
STUDENTS = ("ada", "ben", "chen", "emre")
STOCK_CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "grad-school"\n'
RUNS_OF_ONE = 3


def main() -> None:
    """Make the class twice, grade it both ways, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=40)
    students = parser.parse_args().students
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        stock, ours = Path(place) / "stock", Path(place) / "ours"
        for root in (stock, ours):
            make_class(root, students)
        (stock / "nbgrader_config.py").write_text(STOCK_CONFIG)
        many = len(ASSIGNMENTS) * students
        one = ["--student", "s001", "--force"]
        # A machine's speed drifts over minutes: our short runs come before, between and after the long ones.
        grade = ("autograder", "grade", *ASSIGNMENTS, "--quiet")
        our_seconds = [timed(ours, *grade)]
        stock_seconds = 0.0
        for name in ASSIGNMENTS:
            stock_seconds += timed(stock, "nbgrader", "autograde", name)
            our_seconds += [timed(ours, *grade) for _ in range(2)]
        stock_feedback = sum(timed(stock, "nbgrader", "generate_feedback", name) for name in ASSIGNMENTS)
        stock_one = [timed(stock, "nbgrader", "autograde", ASSIGNMENTS[0], *one) for _ in range(RUNS_OF_ONE)]
        our_one = [timed(ours, "nbgrader", "autograde", ASSIGNMENTS[0], *one) for _ in range(RUNS_OF_ONE)]
        our_own_one = [
            timed(ours, "autograder", "grade", ASSIGNMENTS[0], "--student", "s001") for _ in range(RUNS_OF_ONE)
        ]
        if scores(stock) != scores(ours):
            sys.exit("the two graders disagree on a score: the comparison is void")
    print(f"{many} submissions: {students} each of {' and '.join(ASSIGNMENTS)}; x: times what autograder grade takes")
    middle = statistics.median(our_seconds)
    for name, seconds in (
        ("nbgrader autograde, stock", stock_seconds),
        ("nbgrader autograde + generate_feedback, stock", stock_seconds + stock_feedback),
        ("autograder grade (jail on, feedback included)", middle),
    ):
        print(f"{name:52} {seconds:8.1f} s {1000 * seconds / many:8.0f} ms each {seconds / middle:7.1f} x")
    print(f"one submission of {ASSIGNMENTS[0]}; x: times as fast as stock")
    for name, times in (
        ("nbgrader autograde --student, stock", stock_one),
        ("nbgrader autograde --student, in the jail", our_one),
        ("autograder grade --student (feedback included)", our_own_one),
    ):
        middle = statistics.median(times)
        print(f"{name:52} {middle:8.1f} s {'':16} {statistics.median(stock_one) / middle:7.1f} x")


def make_class(root: Path, students: int) -> None:
    """A course root with a gradebook and a class's submissions."""
    root.mkdir()
    shutil.copy(CHECKOUT / "nbgrader_config.py", root)
    for name in ASSIGNMENTS:
        shutil.copytree(CHECKOUT / "source" / name, root / "source" / name)
        timed(root, "nbgrader", "generate_assignment", name)
        for number in range(students):
            folder = root / "submitted" / f"s{number + 1:03}" / name
            folder.mkdir(parents=True)
            notebook = nbformat.read(root / "release" / name / f"{name}.ipynb", as_version=4)
            answers = CHECKOUT / "examples" / STUDENTS[number % len(STUDENTS)] / f"{name}.py"
            nbformat.write(filled(notebook, answers), folder / f"{name}.ipynb")


def timed(root: Path, *command: str) -> float:
    """Wall seconds of a whole process, which must succeed."""
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    start = time.perf_counter()
    done = subprocess.run([bin_folder / command[0], *command[1:]], cwd=root, env=environment, capture_output=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.decode()[-2000:]}")
    print(f"  {seconds:7.1f} s  {' '.join(command)}", file=sys.stderr)
    return seconds


def scores(root: Path) -> dict[tuple[str, str], str]:
    """(assignment, student) -> score, as `nbgrader export` writes them."""
    timed(root, "nbgrader", "export")
    with (root / "grades.csv").open() as file:
        return {(row["assignment"], row["student_id"]): row["score"] for row in csv.DictReader(file)}


if __name__ == "__main__":
    main()
