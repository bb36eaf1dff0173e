"""Landlock: a process opens nothing but the Python installation (read-only) and one private folder.

Source for every flag: landlock(7) and the kernel's include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import site
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from enum import IntFlag
from pathlib import Path

from . import kernel
from .kernel import CannotLock, LandlockCall, checked
from .privileges import no_new_privileges

LANDLOCK_CREATE_RULESET_VERSION = 1 << 0
LANDLOCK_RULE_PATH_BENEATH = 1
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


class AccessFs(IntFlag):
    """LANDLOCK_ACCESS_FS_*"""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


class AccessNet(IntFlag):
    """LANDLOCK_ACCESS_NET_*"""

    BIND_TCP = 1 << 0
    CONNECT_TCP = 1 << 1


class Scope(IntFlag):
    """LANDLOCK_SCOPE_*"""

    ABSTRACT_UNIX_SOCKET = 1 << 0
    SIGNAL = 1 << 1


# What a version of Landlock can withhold, from that version on. Whatever can be withheld is.
FILES_SINCE = {
    1: AccessFs(AccessFs.REFER - 1),  # all that come before it
    2: AccessFs.REFER,
    3: AccessFs.TRUNCATE,
    5: AccessFs.IOCTL_DEV,
}
NET_SINCE = {4: AccessNet.BIND_TCP | AccessNet.CONNECT_TCP}
SCOPES_SINCE = {6: Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL}
# The attributes have grown: an older kernel takes only as many bytes as it knows.
BYTES_SINCE = {1: 8, 4: 16, 6: 24}

READ = AccessFs.READ_FILE | AccessFs.READ_DIR
OWN_FOLDER = (
    READ
    | AccessFs.WRITE_FILE
    | AccessFs.TRUNCATE
    | AccessFs.MAKE_REG
    | AccessFs.MAKE_DIR
    | AccessFs.MAKE_SYM
    | AccessFs.REMOVE_FILE
    | AccessFs.REMOVE_DIR
    | AccessFs.REFER
)
OF_A_FILE = AccessFs.EXECUTE | AccessFs.WRITE_FILE | AccessFs.READ_FILE | AccessFs.TRUNCATE | AccessFs.IOCTL_DEV


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    found: int = kernel.create_ruleset(LandlockCall.CREATE_RULESET, None, 0, LANDLOCK_CREATE_RULESET_VERSION)
    return max(0, found)


def restrict_files(folder: Path, readable: list[Path]) -> None:
    """From here on only `folder` can be written, and only it and `readable` can be opened. Raises CannotLock."""
    known = version()
    if not known:
        raise CannotLock(errno.ENOSYS, "this kernel has no Landlock (Linux 5.13 and newer have, where it is enabled)")
    handled = AccessFs(sum(_up_to(known, FILES_SINCE)))
    attributes = kernel.RulesetAttributes(handled, sum(_up_to(known, NET_SINCE)), sum(_up_to(known, SCOPES_SINCE)))
    size = max(_up_to(known, BYTES_SINCE))
    made = kernel.create_ruleset(LandlockCall.CREATE_RULESET, ctypes.byref(attributes), size, 0)
    ruleset = checked(made, "landlock_create_ruleset")
    try:
        _allow(ruleset, folder, OWN_FOLDER & handled)
        for path in readable:
            _allow(ruleset, path, READ)
        for device in DEVICES:
            _allow(ruleset, Path(device), AccessFs.READ_FILE | AccessFs.WRITE_FILE)
        no_new_privileges()
        checked(kernel.restrict_self(LandlockCall.RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _up_to(known: int, since: Mapping[int, int]) -> Iterator[int]:
    return (what for first, what in since.items() if first <= known)


def _allow(ruleset: int, path: Path, access: AccessFs) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            access &= OF_A_FILE
        rule = kernel.PathBeneath(access, fd)
        added = kernel.add_rule(LandlockCall.ADD_RULE, ruleset, LANDLOCK_RULE_PATH_BENEATH, ctypes.byref(rule), 0)
        checked(added, f"landlock_add_rule {path}")
    finally:
        os.close(fd)


def readable_paths() -> list[Path]:
    """The Python installation and shared libraries, without this package wherever it is installed."""
    paths = sysconfig.get_paths()
    wanted = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")} | set(site.getsitepackages())
    wanted |= {"/lib", "/lib64", "/usr/lib", "/usr/share/fonts", "/usr/share/zoneinfo"}
    own = Path(__file__).parents[1]
    directories = {Path(directory).resolve() for directory in wanted}
    return [path for directory in sorted(directories) for path in _without(own, directory)]


def _without(own: Path, directory: Path) -> list[Path]:
    """`directory`, or where `own` lies in it, everything in it but `own`."""
    if own == directory or not directory.is_dir():
        return []
    if not own.is_relative_to(directory):
        return [directory]
    found: list[Path] = []
    for entry in directory.iterdir():
        found += _without(own, entry) if own.is_relative_to(entry) else [entry]
    return found
