"""The warm process: imports once, forks a child for each request. It never holds a task, a seed or a submission.

Run as `python -m autograder.jail.warm FD FOLDER`, or by `main` in a fork of a process that holds no more than torch.
On the socket FD it gets one message for each child: the limits, what to import ahead, and two descriptors, the child's
end of a channel and a pipe on which the child's exit status and CPU seconds are written once it is gone. Without
descriptors only the imports are asked for. The children's private folders are made in FOLDER, which goes when this
process does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from .beside import lay_out
from .channel import Channel
from .folder import remove
from .kernel import CannotLock
from .limits import Limits
from .lock import Prepared, lock, prepare
from .privileges import end_with_parent


def main(fd: int, place: Path) -> None:
    """Serve until the other end of `fd` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the grader, which then closes the socket
    control = socket.socket(fileno=fd)
    control.set_inheritable(False)
    gc.disable()  # importing makes a million objects that stay
    shell = _warm_up()
    _fork_to_order(control, place, shell, _try_to_prepare(), frozenset())
    remove(place)
    os._exit(0)  # there is nothing to tidy up, and torch takes its time over it


def _fork_to_order(
    control: socket.socket, place: Path, shell: Any, prepared: Prepared | CannotLock, imported: frozenset[str]
) -> None:
    """Fork a child for each order, until the other end of `control` is closed. `imported` went ahead already."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, tuple[int, Path]] = {}
    branches: dict[frozenset[str], socket.socket] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 512)
            _reap(running)
        if control.fileno() in ready:
            message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
            if not message:
                break
            order = json.loads(message)
            ahead = frozenset(order["ahead"])
            with contextlib.suppress(OSError):  # no more processes: who waits for the child sees its end closed
                if ahead <= imported:
                    pid, folder = _fork_child(order, descriptors[0], place, shell, prepared)
                    running[pid] = descriptors.pop(), folder
                else:
                    branch = branches.get(ahead)
                    if branch is None or _is_closed(branch):
                        branch = branches[ahead] = _branch(ahead, place, shell, prepared)
                    if descriptors:  # without, there was no more to do than to make the branch
                        socket.send_fds(branch, [message], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
    for branch in branches.values():
        branch.close()
    with contextlib.suppress(ChildProcessError):
        while True:  # or they could go on writing
            os.wait()


def _is_closed(branch: socket.socket) -> bool:
    """Whether its process is gone: a branch sends nothing, so what can be read is the end."""
    return bool(select.select([branch], [], [], 0)[0])


def _branch(ahead: frozenset[str], place: Path, shell: Any, prepared: Prepared | CannotLock) -> socket.socket:
    """Fork a warm process with more imported, for the submissions that need it. Others neither wait nor pay for that.

    Returns our end of its socket. It ends when that is closed, or with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        theirs.close()
        return ours
    try:
        end_with_parent()
        _forget_signals()
        _close_all_but(theirs.fileno())
        gc.disable()
        for name in ahead:
            with contextlib.suppress(Exception):  # the submission's own import will say what is wrong
                importlib.import_module(name)
        _settle()
        _fork_to_order(theirs, place, shell, prepared, ahead)
    finally:
        os._exit(0)


def _fork_child(
    order: dict[str, Any], channel_fd: int, place: Path, shell: Any, prepared: Prepared | CannotLock
) -> tuple[int, Path]:
    """The new child's process id and its folder."""
    folder = Path(tempfile.mkdtemp(prefix="submission-", dir=place))
    pid = os.fork()
    if not pid:
        _forget_signals()
        _close_all_but(channel_fd)
        _child(socket.socket(fileno=channel_fd), folder, order, shell, prepared)
    return pid, folder


def _forget_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _warm_up() -> Any:
    """Import what notebooks use, in one thread, and never a backward: autograd's threads do not survive a fork."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    from . import child
    from .shell import make_shell

    shell = make_shell()
    import torch

    import autograder

    from .. import show

    torch.set_num_threads(1)
    torch.manual_seed(0)
    autograder.check = autograder.grade = _looked_at_later
    for name in show.__all__:  # each is imported when it is asked for, which a locked child cannot do
        getattr(show, name)
    show.stop_drawing()
    autograder.show = show
    gc.freeze()  # the rehearsal ends with a collection
    child.rehearse(shell)
    _settle()
    return shell


def _settle() -> None:
    """Have children's collections leave alone what is there by now."""
    gc.freeze()
    gc.enable()


def _looked_at_later(name: object = "", answer: object = None) -> None:
    """What `check` and `grade` are in here, where no task is known."""
    print(f"{name}: the grader looks at this answer itself.")


def _try_to_prepare() -> Prepared | CannotLock:
    try:
        return prepare()
    except CannotLock as error:
        return error


def _reap(running: dict[int, tuple[int, Path]]) -> None:
    while running:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        if pid not in running:  # a branch: orders for it will fail, as they should
            continue
        status_fd, folder = running.pop(pid)
        remove(folder)
        with contextlib.suppress(OSError):
            cpu_seconds = usage.ru_utime + usage.ru_stime
            os.write(status_fd, f"{os.waitstatus_to_exitcode(status)} {cpu_seconds:.2f}".encode())
        os.close(status_fd)


def _child(
    sock: socket.socket, folder: Path, order: dict[str, Any], shell: Any, prepared: Prepared | CannotLock
) -> None:
    """Never returns."""
    from . import child

    code = 1
    try:
        channel = Channel(sock)
        limits = Limits(**order["limits"])
        readable = _settle_in(folder, order["files"])
        loop = child.make_loop()
        if order["jail"]:
            try:
                if isinstance(prepared, CannotLock):
                    raise prepared
                lock(folder, limits, replace(prepared, readable=[*prepared.readable, *readable]))
            except CannotLock as error:
                channel.send({"cannot lock": str(error)})
                return
        channel.send({"ready": os.getpid(), "folder": str(folder)})
        child.answer_requests(channel, shell, limits, loop, locked=order["jail"])
        code = 0
    except BaseException:
        pass
    finally:
        os._exit(code)


def _settle_in(folder: Path, files: str | None) -> list[Path]:
    """Go to where the notebook's files are, `files` among them; returns what has to be readable for that."""
    work, home = folder / "work", folder / "home"
    work.mkdir(0o700)
    home.mkdir(0o700)
    readable = lay_out(Path(files), work) if files else []
    os.chdir(work)
    os.environ.clear()
    os.environ.update(PATH=os.defpath, HOME=str(home), TMPDIR=str(home), LANG="C.UTF-8", PAGER="cat")
    os.environ.update(MPLBACKEND="module://matplotlib_inline.backend_inline", MPLCONFIGDIR=str(home))
    os.environ["NBGRADER_EXECUTION"] = "autograde"
    tempfile.tempdir = None
    sys.path[:] = ["", *filter(None, sys.path)]  # what is beside the notebook can be imported, as in a kernel
    sys.dont_write_bytecode = True  # a module that is written twice in a second would be known by its first text
    return readable


def _close_all_but(keep: int) -> None:
    """Close every descriptor above 2 but that one, and point 0, 1 and 2 at /dev/null."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
