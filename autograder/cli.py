"""`autograder`: grade a class, try the demo, examine the jail, verify the course."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exchange.text import visible

if TYPE_CHECKING:
    from .grading.run import Summary

GRADED, PROBLEMS, REFUSED, STOPPED = 0, 1, 2, 130  # exit statuses


def run() -> None:
    """The `autograder` command."""
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # everything is closed, and Python would take its time to free what torch and nbgrader made


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line, run one command, return the exit status."""
    # Where this process imports torch (verify, doctor), one numerical thread, as in the jail.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # nbgrader runs `alembic` when it makes a gradebook; it is beside this Python, which need not be on the PATH.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        return status
    except KeyboardInterrupt:
        print("Stopped. Run it again, and it ends as if it had not been stopped.", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    grade = commands.add_parser("grade", help="grade the submissions of assignments, in any nbgrader course root")
    grade.add_argument(
        "assignments", nargs="+", metavar="ASSIGNMENT", help="its name, for example a01_slopes", type=_name
    )
    grade.add_argument("--student", action="append", default=[], metavar="ID", help="only this student (repeatable)")
    grade.add_argument("--quiet", action="store_true", help="no progress bar and no table: only what went wrong")
    _add_jail_options(grade)
    grade.set_defaults(run=_grade)

    demo = commands.add_parser("demo", help="grade the demo class in a fresh course root")
    demo.add_argument("--into", type=Path, default=Path("build/demo"), help="where to put it (default: build/demo)")
    _add_jail_options(demo)
    demo.set_defaults(run=_demo)

    doctor = commands.add_parser("doctor", help="try each escape from inside a jailed process")
    doctor.set_defaults(run=_doctor)

    verify = commands.add_parser("verify", help="is the course whole? (for contributors)")
    verify.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="only this one (repeatable)", type=_name)
    verify.add_argument("--table", action="store_true", help="print what was measured for each task")
    verify.set_defaults(run=_verify)

    new = commands.add_parser("new", help="begin a task, and its assignment where that is new (for contributors)")
    new.add_argument("task", metavar="ASSIGNMENT/TASK", help="for example a01_slopes/d_fourth_power")
    new.add_argument("--points", type=float, default=2, help="how many it earns (default: 2)")
    new.set_defaults(run=_new)
    return parser


def _name(word: str) -> str:
    """An assignment's name, where a shell completed it to a folder: a01_slopes/ or ./a01_slopes."""
    return word.removeprefix("./").rstrip("/")


def _add_jail_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-jail", action="store_true", help="run submissions unlocked: their code can do what you can"
    )


def _grade(arguments: argparse.Namespace) -> int:
    jail, quiet = not arguments.no_jail, arguments.quiet
    return _grade_in(Path.cwd(), arguments.assignments, arguments.student, jail=jail, quiet=quiet)


def _grade_in(root: Path, assignments: Sequence[str], students: Sequence[str], *, jail: bool, quiet: bool) -> int:
    gc.disable()  # importing makes a million objects that stay
    from .examiner.client import Examiners
    from .jail.process import JailError

    with Examiners() as examiners:  # they import torch while we import everything else
        from .grading.course import CannotGrade, open_course
        from .grading.feedback import PageMaker
        from .grading.run import grade

        gc.freeze()
        gc.enable()
        try:
            course = open_course(root)
            pages = PageMaker(course)
            with _progress(quiet) as progress:
                summaries = grade(course, assignments, students, examiners, pages, jail=jail, progress=progress)
        except (JailError, CannotGrade) as error:
            _complain(str(error))
            return REFUSED
    for summary in summaries:
        _print_summary(summary, quiet)
    return max(REFUSED if summary.refused else PROBLEMS if summary.problems else GRADED for summary in summaries)


def _progress(quiet: bool) -> Any:
    from .grading.progress import bar, silent

    return silent() if quiet or not sys.stderr.isatty() else bar()


def _complain(line: str) -> None:
    """What is wrong, on standard error: names and reasons hold what students wrote."""
    print("\n".join(map(visible, line.split("\n"))), file=sys.stderr)


def _print_summary(summary: Summary, quiet: bool) -> None:
    if summary.refused:
        _complain(summary.refused)
    if not quiet:
        for student in sorted(summary.results):
            score, best = summary.score(student)
            print(f"{summary.assignment}  {visible(student):24} {score:6.2f} / {best:g}")
        if summary.results:
            print(f"Feedback: {summary.place}/")
    for student, notes in sorted(summary.notes.items()):
        for note in notes:
            print(f"{summary.assignment}  {visible(student)}: {visible(note)}", file=sys.stderr)
    for student, problem in sorted(summary.problems.items()):
        print(f"{summary.assignment}  {visible(student)}: {visible(problem)}", file=sys.stderr)


def _demo(arguments: argparse.Namespace) -> int:
    from .demo import NoDemo, set_up

    try:
        assignments = set_up(arguments.into)
    except NoDemo as error:
        print(error, file=sys.stderr)
        return REFUSED
    return _grade_in(arguments.into.resolve(), assignments, [], jail=not arguments.no_jail, quiet=False)


def _doctor(arguments: argparse.Namespace) -> int:
    from .jail import doctor
    from .jail.client import WarmProcess

    with WarmProcess() as warm:
        return doctor.print_findings(warm)


def _verify(arguments: argparse.Namespace) -> int:
    from .verify.whole import verify

    return verify(Path.cwd(), arguments.assignments, table=arguments.table)


def _new(arguments: argparse.Namespace) -> int:
    from .verify.skeleton import CannotBegin, begin

    try:
        touched = begin(Path.cwd(), arguments.task, arguments.points)
    except CannotBegin as error:
        print(error, file=sys.stderr)
        return REFUSED
    for path in touched:
        print(path.relative_to(Path.cwd()))
    assignment = arguments.task.partition("/")[0]
    print(f"Fill them in, then: make refresh A={assignment}; make release; autograder verify {assignment}")
    return GRADED


if __name__ == "__main__":
    run()
