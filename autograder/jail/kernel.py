"""The kernel calls that lock a process in and that Python has no function for, each with its types declared."""

from __future__ import annotations

import ctypes
import os
from ctypes import c_int, c_long, c_size_t, c_uint32, c_uint64, c_ulong, c_void_p
from enum import IntEnum
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)


class CannotLock(OSError):
    """The kernel lacks a part of the jail; the message says which."""


def _declared(name: str, result: Any, *arguments: Any) -> Any:
    """The C library's function. Each call makes another object, so that `syscall` can have more than one type."""
    try:
        function = _libc[name]
    except AttributeError:  # not on this system: nothing that would call it gets so far there
        return None
    function.restype, function.argtypes = result, arguments
    return function


class PrctlOption(IntEnum):
    """The first argument of prctl(2)."""

    PR_SET_PDEATHSIG = 1
    PR_SET_NAME = 15
    PR_GET_NAME = 16
    PR_SET_SECCOMP = 22
    PR_SET_NO_NEW_PRIVS = 38


class LandlockCall(IntEnum):
    """Numbers of system calls, the same on every architecture."""

    CREATE_RULESET = 444
    ADD_RULE = 445
    RESTRICT_SELF = 446


prctl = _declared("prctl", c_int, c_int, c_ulong, c_ulong, c_ulong, c_ulong)
prctl_with_pointer = _declared("prctl", c_int, c_int, c_ulong, c_void_p, c_ulong, c_ulong)
capset = _declared("capset", c_int, c_void_p, c_void_p)
create_ruleset = _declared("syscall", c_long, c_long, c_void_p, c_size_t, c_uint32)
add_rule = _declared("syscall", c_long, c_long, c_int, c_int, c_void_p, c_uint32)
restrict_self = _declared("syscall", c_long, c_long, c_int, c_uint32)


class RulesetAttributes(ctypes.Structure):
    """What a Landlock ruleset is about: `struct landlock_ruleset_attr`."""

    _fields_ = (("handled_access_fs", c_uint64), ("handled_access_net", c_uint64), ("scoped", c_uint64))


class PathBeneath(ctypes.Structure):
    """What is allowed beneath a folder: `struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = (("allowed_access", c_uint64), ("parent_fd", c_int))


class CapabilityHeader(ctypes.Structure):
    """`struct __user_cap_header_struct`. A pid of 0 is the caller."""

    _fields_ = (("version", c_uint32), ("pid", c_int))


class FilterProgram(ctypes.Structure):
    """`struct sock_fprog`: how many instructions, of eight bytes each, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", c_void_p))


def checked(result: int, what: str) -> int:
    """`result`. Raises CannotLock where it says that `what` failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise CannotLock(number, f"{what}: {os.strerror(number)}")
    return result
