"""Each limit: a cell that goes beyond it is stopped and told why; with that limit out of the way it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from autograder.jail.client import Died, Ran, WarmProcess
from autograder.jail.limits import Limits

WIDE = Limits(grace_seconds=20)
# SECONDS stands for more than any limit where one is to be reached, and else for more than the tight one.
SPIN = "import time\nend = time.process_time() + SECONDS\nwhile time.process_time() < end: pass\nprint('done')"
# Long enough that no machine keeps it waiting for most of that: such time is not counted.
NAP = "import time\nend = time.monotonic() + 3\nwhile time.monotonic() < end: time.sleep(0.01)\nprint('done')"
STUBBORN = "import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
FILES = "for n in range(5):\n    with open(str(n), 'wb') as file: file.write(bytes(2**18))\n"
AWAIT_A_LOOK = "import time; time.sleep(SECONDS)\nprint('done')"

# limit -> (a tight value, what to change besides, code that needs more, what the student is told)
BEYOND: dict[str, tuple[float, dict[str, Any], str, str]] = {
    "cell_seconds": (0.2, {}, NAP, "it took more than 0.2 seconds"),
    "cell_cpu_seconds": (0.2, {}, SPIN, "it took more than 0.2 seconds of CPU time"),
    "total_seconds": (0.5, {}, NAP, "the notebook took more than 0.5 seconds"),
    "total_cpu_seconds": (0.5, {}, SPIN, "the notebook used more than 0.5 seconds of CPU time"),
    "grace_seconds": (
        0.0,
        {"cell_seconds": 0.2},
        STUBBORN + NAP,
        "it took more than 0.2 seconds and could not be interrupted",
    ),
    "memory_bytes": (2**27, {}, "x = bytearray(2**29)\nprint('done')", "MemoryError"),
    "file_bytes": (2**16, {}, "open('large', 'wb').write(bytes(2**17))\nprint('done')", "File too large"),
    "folder_bytes": (2**20, {}, FILES + AWAIT_A_LOOK, "its files grew beyond 1 MB"),
    "open_files": (50, {}, "x = [open('/dev/null') for _ in range(60)]\nprint('done')", "Too many open files"),
    "threads": (
        10,
        {},
        "import threading\nstop = threading.Event()\n"
        "for _ in range(20): threading.Thread(target=stop.wait, daemon=True).start()\n" + AWAIT_A_LOOK,
        "it had more than 10 threads",
    ),
    "text_bytes": (100, {}, "print('x' * 1000)\nprint('done')", "The rest is left out"),
    "picture_bytes": (
        100,
        {},
        "from IPython.display import display, HTML\ndisplay(HTML('x' * 1000))\nprint('done')",
        "other rich output is left out",
    ),
    "output_bytes": (
        50_000,
        {"text_bytes": 10**9},
        "for _ in range(100): print('x' * 1000)\nprint('done')",
        "it put out more than 0.05 MB",
    ),
}


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmProcess]:
    with WarmProcess() as process:
        yield process


def ran(warm: WarmProcess, limits: Limits, code: str) -> Ran:
    with warm.open(limits) as child:
        return child.run(code)


def told(run: Ran) -> str:
    return f"{run.stopped}\n{run.outputs}"


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_beyond_a_limit_a_cell_is_stopped_and_told_why(name: str, warm: WarmProcess) -> None:
    tight, besides, code, sentence = BEYOND[name]
    limits = replace(WIDE, **besides | {name: tight})
    assert sentence in told(ran(warm, limits, code.replace("SECONDS", "1000")))


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_without_that_limit_the_same_cell_goes_on_to_its_end(name: str, warm: WarmProcess) -> None:
    _, besides, code, sentence = BEYOND[name]
    run = ran(warm, replace(WIDE, **besides), code.replace("SECONDS", "1.5"))
    assert sentence not in told(run)
    assert run.stopped is None or name == "grace_seconds"
    assert "done" in told(run)


def test_what_was_printed_before_a_limit_is_kept(warm: WarmProcess) -> None:
    run = ran(warm, replace(WIDE, cell_seconds=0.2), "print('before', flush=True)\nwhile True: pass")
    assert run.outputs[0]["text"] == "before\n"
    run = ran(warm, replace(WIDE, text_bytes=10), "print('x' * 100)")
    assert run.outputs[0]["text"].startswith("x" * 10 + "\n[The rest is left out: a cell may print 10 characters.]")


def test_after_an_interrupt_the_notebook_goes_on(warm: WarmProcess) -> None:
    with warm.open(replace(WIDE, cell_seconds=0.2)) as child:
        child.run("x = 1")
        assert child.run("while True: pass").stopped == "it took more than 0.2 seconds"
        assert child.run("print(x)").outputs[0]["text"] == "1\n"


def test_an_answer_that_takes_too_long_is_interrupted_and_the_next_one_is_driven(warm: WarmProcess) -> None:
    with warm.open(replace(WIDE, cell_seconds=0.3)) as child:
        child.run("def slow(x):\n    while True: pass\ndef fast(x): return x")
        with pytest.raises(TimeoutError, match=r"it took more than 0\.3 seconds"):
            child.drive("call", "slow", [(1,)], names=["x"], watch=False)
        assert child.drive("call", "fast", [(1,)], names=["x"], watch=False)[0].result == 1


def test_cpu_time_is_up_for_who_ignores_the_signal_too(warm: WarmProcess) -> None:
    code = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
    with warm.open(replace(WIDE, total_cpu_seconds=0.5)) as child:
        run = child.run(f"{code}while True: pass")
    assert run.stopped == "the notebook used more than 0.5 seconds of CPU time"


def test_a_look_at_the_folder_is_taken_though_messages_keep_coming(warm: WarmProcess) -> None:
    chatty = "import time\nwhile True:\n    print('x', flush=True); time.sleep(0.02)"
    assert ran(warm, replace(WIDE, folder_bytes=2**20), FILES + chatty).stopped == "its files grew beyond 1 MB"


def test_a_stopped_child_answers_nothing_more(warm: WarmProcess) -> None:
    with warm.open(replace(WIDE, output_bytes=1000)) as child:
        assert child.run("print('x' * 10_000)").died
        with pytest.raises(Died, match="it put out more than"):
            child.drive("call", "f", [(1,)], names=["x"], watch=False)
