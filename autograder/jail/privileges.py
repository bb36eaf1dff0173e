"""What a process gives up, and how it stands towards the others."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

from . import kernel
from .kernel import PrctlOption, checked

_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def end_with_parent() -> None:
    """End with the process that made this one, however that ends. Does nothing on systems other than Linux."""
    if sys.platform == "linux":
        ended = kernel.prctl(PrctlOption.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        checked(ended, "prctl(PR_SET_PDEATHSIG)")


def go_first() -> None:
    """Where memory runs out, this process is the first to go."""
    Path("/proc/self/oom_score_adj").write_text("1000")


def stand_alone() -> None:
    """Have a session of its own, without a terminal and with no group of others.

    A kernel that shares busy cores out by session gives all the threads of this process one share together.
    """
    os.setsid()


def drop_capabilities() -> None:
    """Give up every capability, so that a grader run as root does not hand root's powers down."""
    header = kernel.CapabilityHeader(_LINUX_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(kernel.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


def no_new_privileges() -> None:
    """What Landlock and seccomp ask for first, of a process that is not root."""
    checked(kernel.prctl(PrctlOption.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
