"""seccomp: a process makes no system call but those that allowed.py lists, with the arguments that it lists.

What is not listed answers ENOSYS, as a call does that the kernel does not have: libraries then do without. That holds
for numbers that no kernel has yet, and for the calls of other architectures (i386 by `int 0x80`, x32). A listed call
with an argument that is not answers EPERM.

The filter is a program of the kernel's classic BPF: it loads words of `struct seccomp_data` (the call's number, the
architecture, six arguments) and ends by returning a verdict. Source: seccomp(2), include/uapi/linux/{seccomp,filter}.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from . import kernel
from .allowed import ALLOWED, OWN_PROCESS, Argument, Conditions
from .kernel import CannotLock, PrctlOption, checked
from .numbers import MACHINES, Machine
from .privileges import no_new_privileges

SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ALLOW = 0x7FFF0000
SECCOMP_RET_ERRNO = 0x00050000

BPF_LD_W_ABS = 0x20  # load the word at offset k
BPF_AND_K = 0x54  # keep the bits that are in k
BPF_JA = 0x05  # skip k instructions
BPF_JEQ_K = 0x15  # where it equals k skip `yes` instructions, else `no`
BPF_JGE_K = 0x35  # the same, where it is at least k
BPF_RET_K = 0x06  # end with the verdict k

NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16
ALL_BITS = 0xFFFFFFFF


class Instruction(NamedTuple):
    """`struct sock_filter`. `k` is OWN_PROCESS where the process's own id belongs there."""

    code: int
    yes: int = 0
    no: int = 0
    k: int = 0


def _return(verdict: int) -> Instruction:
    return Instruction(BPF_RET_K, k=verdict)


ALLOW = _return(SECCOMP_RET_ALLOW)
MISSING = _return(SECCOMP_RET_ERRNO | errno.ENOSYS)
DENIED = _return(SECCOMP_RET_ERRNO | errno.EPERM)


@dataclass(frozen=True)
class Filter:
    """A program's bytes, and where in them the process's own id belongs."""

    program: bytes
    own_process_at: tuple[int, ...]

    def of(self, pid: int) -> bytes:
        """The program for the process with this id."""
        program = bytearray(self.program)
        for offset in self.own_process_at:
            struct.pack_into("=I", program, offset, pid)
        return bytes(program)


def prepare_filter() -> Filter:
    """The filter for this machine. Raises CannotLock where its system calls are not known."""
    name = platform.machine()
    machine = MACHINES.get(name) if sys.maxsize > 2**32 else None
    if machine is None:
        known = " and ".join(MACHINES)
        why = f"the jail knows the system calls of {known} (64 bit), and this machine is {name}"
        raise CannotLock(errno.ENOSYS, why)
    return packed(assembled(machine, ALLOWED))


def restrict_syscalls(filter: Filter) -> None:
    """Load the filter. Raises CannotLock."""
    no_new_privileges()
    program = filter.of(os.getpid())
    held = ctypes.create_string_buffer(program, len(program))
    described = kernel.FilterProgram(len(program) // struct.calcsize("=HBBI"), ctypes.addressof(held))
    loaded = kernel.prctl_with_pointer(PrctlOption.PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0)
    checked(loaded, "prctl(PR_SET_SECCOMP)")


# --- the program --------------------------------------------------------------------------------------------------


def assembled(machine: Machine, allowed: Mapping[str, tuple[Conditions, ...]]) -> list[Instruction]:
    """The program that allows the calls `allowed`, by name, on `machine`; a call that it has not is left out."""
    verdicts = {machine.calls[name]: _call(ways) for name, ways in allowed.items() if name in machine.calls}
    return [
        Instruction(BPF_LD_W_ABS, k=ARCHITECTURE_OFFSET),
        Instruction(BPF_JEQ_K, yes=1, k=machine.architecture),
        MISSING,
        Instruction(BPF_LD_W_ABS, k=NUMBER_OFFSET),
        *_search(_ranges(verdicts)),
    ]


def packed(program: list[Instruction]) -> Filter:
    """The program as the kernel reads it."""
    where = [8 * index + 4 for index, instruction in enumerate(program) if instruction.k == OWN_PROCESS]
    numbers = [instruction._replace(k=max(instruction.k, 0)) for instruction in program]
    return Filter(b"".join(struct.pack("=HBBI", *instruction) for instruction in numbers), tuple(where))


Range = tuple[int, list[Instruction]]  # from this number on, until the next range begins: how it is decided


def _ranges(verdicts: Mapping[int, list[Instruction]]) -> list[Range]:
    """From 0 to the largest number that there is; what is in no verdict is missing."""
    ranges: list[Range] = []
    for number in sorted({0, *verdicts, *(number + 1 for number in verdicts)}):
        verdict = verdicts.get(number, [MISSING])
        if not ranges or ranges[-1][1] != verdict:
            ranges.append((number, verdict))
    return ranges


def _search(ranges: list[Range]) -> list[Instruction]:
    """Find the range of the loaded number by halving. The kernel tries every number as it loads a filter, so that
    one comparison after the other would cost each child some milliseconds."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    low, high = _search(ranges[:middle]), _search(ranges[middle:])
    # The jump over `low` is one of its own: a comparison skips 255 instructions at most.
    return [Instruction(BPF_JGE_K, no=1, k=ranges[middle][0]), Instruction(BPF_JA, k=len(low)), *low, *high]


def _call(ways: tuple[Conditions, ...]) -> list[Instruction]:
    """Allow the call where all the conditions of one of these ways hold, else deny it."""
    return [instruction for way in ways for instruction in _way(way)] + [DENIED] * (() not in ways)


def _way(conditions: Conditions) -> list[Instruction]:
    """Allow the call where the conditions hold; where one does not, go on after the end of this."""
    program = [ALLOW]
    for argument in reversed(conditions):
        program = _condition(argument, len(program)) + program
    return program


def _condition(argument: Argument, left: int) -> list[Instruction]:
    """Go on where the condition holds, else skip the `left` instructions that follow."""
    word = argument.position * 2 + (argument.high != (sys.byteorder == "big"))
    program = [Instruction(BPF_LD_W_ABS, k=ARGUMENTS_OFFSET + 4 * word)]
    if argument.bits != ALL_BITS:
        program.append(Instruction(BPF_AND_K, k=argument.bits))
    count = len(argument.values)
    if argument.other_than:
        for done, value in enumerate(argument.values, 1):
            program += [Instruction(BPF_JEQ_K, no=1, k=value), Instruction(BPF_JA, k=2 * (count - done) + left)]
        return program
    program += [Instruction(BPF_JEQ_K, yes=count - done, k=value) for done, value in enumerate(argument.values)]
    return [*program, Instruction(BPF_JA, k=left)]
