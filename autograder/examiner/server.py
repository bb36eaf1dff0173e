"""The process that examiners are forked from. Run as `python -m autograder.examiner.server FD FOLDER`.

On the socket FD it gets a message with a descriptor for each caller: the other end of the caller's connection, on which
the examiner that is forked for it answers (see examine.py). FOLDER is for the warm process.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from ..jail.privileges import end_with_parent


def main(fd: int, place: Path) -> None:
    """Serve until the other end of `fd` is closed. Never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then closes the socket
    control = socket.socket(fileno=fd)
    gc.disable()  # importing makes a million objects that stay
    import torch  # noqa: F401  once, for both processes

    warm_pid, warm_control, warm_stderr = _fork_a_warm_process(control, place)
    from . import examine  # not before: with it comes the answer key, which the warm process must never have seen

    examine.get_ready()
    gc.freeze()
    gc.enable()
    tempfile.tempdir = str(place)  # which is removed, however an examiner ends
    _fork_examiners(control, lambda caller: examine.answer_requests(caller, warm_control, warm_stderr))
    warm_control.close()
    os.waitpid(warm_pid, 0)  # it removes what its children left
    os._exit(0)


def _fork_a_warm_process(control: socket.socket, place: Path) -> tuple[int, socket.socket, int]:
    """Its process id, our end of its socket, and a descriptor to read its standard error."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    stderr_read, stderr_write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.dup2(stderr_write, 2)
            for descriptor in (stderr_read, stderr_write, control.fileno(), ours.fileno()):
                os.close(descriptor)
            from ..jail import warm

            warm.main(theirs.detach(), place)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)
    theirs.close()
    os.close(stderr_write)
    return pid, ours, stderr_read


def _fork_examiners(control: socket.socket, examine: Callable[[Connection], None]) -> None:
    """Fork an examiner for each caller."""
    examiners: set[int] = set()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            break
        for caller in descriptors:
            with contextlib.suppress(OSError):  # no more processes: the caller sees its connection closed
                examiners.add(_fork_an_examiner(control, caller, examine))
            os.close(caller)
        examiners -= {pid for pid in examiners if os.waitpid(pid, os.WNOHANG)[0]}
    for pid in examiners:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _fork_an_examiner(control: socket.socket, caller: int, examine: Callable[[Connection], None]) -> int:
    pid = os.fork()
    if not pid:
        try:
            control.close()
            end_with_parent()
            # Nobody reads from there while we run, and what is not read would block us in the end.
            os.dup2(os.open(os.devnull, os.O_RDWR), 2)
            examine(Connection(caller))
        finally:
            os._exit(0)
    return pid


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
