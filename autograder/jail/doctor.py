"""Tries each escape from inside a jailed child. Grading runs this first, and refuses where one succeeds."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .client import Ran, Warm
from .escapes import ESCAPES, SETTING, Escape
from .limits import Limits
from .process import JailError, JailUnavailable

REMEDY = """\
The jail needs Linux 5.13 or newer with Landlock enabled (`cat /sys/kernel/security/lsm` names it), on x86_64
or aarch64. Run `autograder doctor` for the whole table. Where that is not to be had, grade elsewhere, or say
`--no-jail` by name: submissions can then read the answer key and the gradebook, and do whatever you can do."""


@dataclass(frozen=True)
class Attempt:
    """How an escape went; `why` is what the child saw."""

    what: str
    blocked: bool
    why: str


TRY_EACH = """
import json
for code, outside in ATTEMPTS:
    try:
        exec(code, {**globals(), "outside": outside})
        reason = None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    print(json.dumps([reason]), flush=True)
"""


def attempts(warm: Warm, *, jail: bool = True) -> list[Attempt]:
    """Try each escape from inside a child, locked in or not. Raises JailUnavailable where none can be locked in."""
    tried = [escape for escape in ESCAPES if not escape.alone]
    found = _attempts(warm, tried, jail)
    for escape in ESCAPES:
        if escape.alone:
            found += _attempts(warm, [escape], jail)
    return found


def _attempts(warm: Warm, tried: list[Escape], jail: bool) -> list[Attempt]:
    """Try these escapes in one child, each aimed at a file of its own, and look at that file afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="outside-", ignore_cleanup_errors=True) as folder,
        _mailbox(folder) as mailbox,
        warm.open(Limits(), jail=jail) as child,
    ):
        places = [Path(folder, str(number)) for number in range(len(tried))]
        for place in places:
            place.mkdir()
            (place / "forbidden").write_text("secret")
        before = [_look(place) for place in places]
        setting = {"other": os.getpid(), "mailbox": mailbox, "package": str(Path(__file__).parents[1])}
        setting["ATTEMPTS"] = [
            (escape.code, str(place / "forbidden")) for escape, place in zip(tried, places, strict=True)
        ]
        named = "\n".join(f"{name} = {value!r}" for name, value in setting.items())
        ran = child.run(f"{named}\n{SETTING}\n{TRY_EACH}")
        reasons = _reasons(ran)
        if ran.died and len(reasons) < len(tried):  # a crash while it tried, and what came after was not tried at all
            crashed = tried[len(reasons)]
            if not crashed.alone:
                raise JailError(f"the doctor's own child ended as it tried to {crashed.what}: {ran.stopped}")
            reasons.append(f"{ran.stopped}")
        if len(reasons) != len(tried):
            raise JailError(f"the doctor's own child failed: {ran}")
        found = []
        for escape, reason, place, was in zip(tried, reasons, places, before, strict=True):
            if _look(place) != was:
                found.append(Attempt(escape.what, False, "it went through: what is outside was changed"))
            else:
                found.append(Attempt(escape.what, bool(reason), (reason or "it went through")[:80]))
        return found


def _reasons(ran: Ran) -> list[str | None]:
    """Of each escape that was tried, why it failed; None where it did not."""
    text = "".join(output["text"] for output in ran.outputs if output["output_type"] == "stream")
    return [json.loads(line)[0] for line in text.splitlines()]


def _look(place: Path) -> Any:
    """What can be seen of a folder without opening anything in it: an escape may have closed it to us."""
    seen = []
    for path in sorted([place, *place.iterdir()]):
        about = path.lstat()
        size = about.st_size if path != place else 0
        seen.append((path, about.st_mode, about.st_uid, about.st_gid, about.st_nlink, size, about.st_mtime_ns))
    return seen


@contextlib.contextmanager
def _mailbox(folder: str) -> Iterator[str]:
    """The path of a socket that takes datagrams."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mailbox:
        path = f"{folder}/mailbox"
        mailbox.bind(path)
        yield path


def open_escapes(warm: Warm) -> list[Attempt]:
    """The escapes that are open; [] where the jail holds."""
    try:
        return [attempt for attempt in attempts(warm) if not attempt.blocked]
    except JailUnavailable as error:
        return [Attempt("lock a process in", False, str(error))]


def examine(warm: Warm) -> None:
    """Raises JailUnavailable, with the reason and the remedy, where an escape is open."""
    escapes = open_escapes(warm)
    if escapes:
        raise JailUnavailable(refusal(escapes))


def refusal(escapes: list[Attempt]) -> str:
    """Why nothing is graded, and what to do."""
    ways = "\n".join(f"  {attempt.what}: {attempt.why}" for attempt in escapes)
    return f"Nothing was graded: the jail does not hold on this machine.\n{ways}\n{REMEDY}"


def print_findings(warm: Warm) -> int:
    """Print the table; 0 where every escape is blocked."""
    try:
        found = attempts(warm)
    except JailUnavailable as error:
        print(refusal([Attempt("lock a process in", False, str(error))]))
        return 1
    for attempt in found:
        print(f"{'blocked' if attempt.blocked else 'OPEN':8} {attempt.what:50} {attempt.why}")
    still_open = sum(not attempt.blocked for attempt in found)
    print(f"{len(found) - still_open} of {len(found)} escapes blocked" + (f"\n{REMEDY}" if still_open else ""))
    return 1 if still_open else 0
