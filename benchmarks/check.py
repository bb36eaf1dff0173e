"""How long `check` takes for each task, in milliseconds of CPU time: the first call after the import and
the median of later ones.

    python benchmarks/check.py [task ...]

Each task is measured in a new interpreter, with its first listed mistake and with its first right answer.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from autograder.tasks import all_tasks

CALLS = 7
MEASURE = """
import contextlib, io, statistics, sys, time
from autograder import check
from autograder.notebook import find
task = find(sys.argv[1])
answer = {"wrong": task.mistakes[0].answer, "right": task.right_answers[0]}[sys.argv[2]]
times = []
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        check(task.name, answer)
    times.append(1000 * (time.process_time() - start))
print(times[0], statistics.median(times[1:]))
"""


def main(names: list[str]) -> None:
    medians, firsts = [], []
    for name in names or all_tasks():
        line = f"{name:24}"
        for kind in ("right", "wrong"):
            command = [sys.executable, "-W", "ignore", "-c", MEASURE, name, kind, str(CALLS)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
            first, median = map(float, done.stdout.split())
            medians.append(median)
            firsts.append(first)
            line += f"  {kind}: first {first:6.1f}, then {median:6.1f}"
        print(line, flush=True)
    print(f"worst first {max(firsts):.0f}, worst median {max(medians):.0f}, median {statistics.median(medians):.0f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
