"""The filter, as the kernel would run it: every call's number, on every machine, with arguments of every kind."""

from __future__ import annotations

import errno
import itertools
import re
import struct
from pathlib import Path

import pytest

from autograder.jail import seccomp
from autograder.jail.allowed import ALLOWED, OWN_PROCESS, Argument
from autograder.jail.kernel import CannotLock
from autograder.jail.numbers import MACHINES, Machine

PID = 4711
ALLOW, DENIED, MISSING = (instruction.k for instruction in (seccomp.ALLOW, seccomp.DENIED, seccomp.MISSING))
HIGH = 1 << 32
I386, ARM = 0x40000003, 0x40000028
LARGEST = 1024
BEYOND = (2**16, 0x3FFFFFFF, 0x40000000, 0x40000000 + 1, 0x40000000 + 39, 2**31, 2**32 - 1)


def verdict(program: bytes, number: int, arguments: tuple[int, ...] = (), architecture: int | None = None) -> int:
    """What the program returns: an interpreter of the few instructions that it is made of."""
    given = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("=iIQ6Q", struct.unpack("=i", struct.pack("=I", number))[0], architecture or 0, 0, *given)
    steps: list[tuple[int, int, int, int]] = list(struct.iter_unpack("=HBBI", program))
    at = word = 0
    while True:
        code, yes, no, k = steps[at]
        at += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("=I", data, k)
            case 0x54:
                word &= k
            case 0x05:
                at += k
            case 0x15:
                at += yes if word == k else no
            case 0x35:
                at += yes if word >= k else no
            case 0x06:
                return k
            case _:
                raise AssertionError(f"no such instruction: {code:#x}")


def holds(argument: Argument, given: tuple[int, ...]) -> bool:
    word = given[argument.position] >> (32 if argument.high else 0) & argument.bits
    values = [PID if value == OWN_PROCESS else value for value in argument.values]
    return (word in values) != argument.other_than


@pytest.fixture(params=MACHINES.values(), ids=list(MACHINES))
def machine(request: pytest.FixtureRequest) -> Machine:
    made: Machine = request.param
    return made


@pytest.fixture
def program(machine: Machine) -> bytes:
    return seccomp.packed(seccomp.assembled(machine, ALLOWED)).of(PID)


def test_a_call_that_is_not_listed_is_missing(machine: Machine, program: bytes) -> None:
    listed = set(machine.calls.values())
    assert len(listed) > 80
    for number in (*range(LARGEST), *BEYOND):
        found = verdict(program, number, (PID,), machine.architecture)
        assert (found == MISSING) == (number not in listed), number


def test_a_call_of_another_architecture_is_missing(machine: Machine, program: bytes) -> None:
    others = {I386, ARM, 0, *(other.architecture for other in MACHINES.values())} - {machine.architecture}
    for architecture, number in itertools.product(others, range(LARGEST)):
        assert verdict(program, number, (), architecture) == MISSING


def test_a_listed_call_is_allowed_with_the_arguments_that_are_listed_and_denied_with_others(
    machine: Machine, program: bytes
) -> None:
    for name, ways in ALLOWED.items():
        if name not in machine.calls:
            continue
        said = {value for way in ways for argument in way for value in argument.values}
        tried = {0, 1, 2, 9, 19, PID, PID + 1, 0x2000, 2**31, 2**32 - 1, HIGH, 2**64 - 1} | (said - {OWN_PROCESS})
        tried |= {value | HIGH for value in tried}
        positions = sorted({argument.position for way in ways for argument in way})
        for values in itertools.product(sorted(tried), repeat=len(positions)):
            given = [0] * 6
            for position, value in zip(positions, values, strict=True):
                given[position] = value
            expected = any(all(holds(argument, tuple(given)) for argument in way) for way in ways)
            found = verdict(program, machine.calls[name], tuple(given), machine.architecture)
            assert found == (ALLOW if expected else DENIED), (name, given)


# name: arguments that are allowed, arguments that are not
EXAMPLES: dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]] = {
    "clone": ([(0x3D0F00,), (0x7D0F00,), (0x3D0F00 | HIGH,)], [(17,), (0x10000,), (0x103D0F00,), (0x3D0900,)]),
    "ioctl": ([(3, 0x5401), (3, 0x5421)], [(3, 0x8901), (3, 0x8901 | HIGH), (3, 0x8902), (3, 0x5452), (3, 0x40086602)]),
    "fcntl": (
        [(3, 3, 2**64 - 1), (3, 4, 0x800), (3, 1030, 10), (3, 2, 1)],
        [(3, 4, 0x2000), (3, 4, 0x2800), (3, 8, 1), (3, 10, 9), (3, 15, 0), (3, 1024, 0), (3, 6, 0), (3, 8 | HIGH, 1)],
    ),
    "kill": ([(PID, 15), (PID | HIGH, 0)], [(PID, 9), (PID, 19), (PID, 9 | HIGH), (PID + 1, 0), (0, 0), (2**64 - 1,)]),
    "tgkill": ([(PID, 5, 10)], [(PID, 5, 9), (1, 5, 10)]),
    "prctl": ([(15,), (16,)], [(1,), (22,), (38,), (1 | HIGH,)]),
    "sendto": ([(3, 1, 1, 0, 0, 0)], [(3, 1, 1, 0, 8, 2), (3, 1, 1, 0, HIGH, 2)]),
    "prlimit64": ([(0, 7, 0, 8), (PID, 7, 0, 8)], [(0, 7, 8, 0), (0, 7, HIGH, 0), (1, 7, 0, 8)]),
    "socketpair": ([(1, 1), (1, 2)], [(2, 1), (16, 3)]),
    "madvise": ([(0, 1, 4), (0, 1, 14)], [(0, 1, 100), (0, 1, 101), (0, 1, 12)]),
    "close_range": ([(3, 9, 0), (3, 9, 4)], [(3, 9, 2), (3, 9, 6)]),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_arguments(name: str, machine: Machine, program: bytes) -> None:
    right, wrong = EXAMPLES[name]
    for arguments in right:
        assert verdict(program, machine.calls[name], arguments, machine.architecture) == ALLOW
    for arguments in wrong:
        assert verdict(program, machine.calls[name], arguments, machine.architecture) == DENIED


def test_every_call_that_depends_on_its_arguments_has_examples(machine: Machine) -> None:
    conditional = {name for name, ways in ALLOWED.items() if ways != ((),)}
    assert conditional == {*EXAMPLES, "arch_prctl"}


def test_what_a_filter_returns_is_an_error_that_callers_expect() -> None:
    assert (DENIED & 0xFFFF, MISSING & 0xFFFF) == (errno.EPERM, errno.ENOSYS)


def test_the_program_is_as_short_as_the_kernel_asks(program: bytes) -> None:
    assert len(program) // 8 < 4096


def test_every_listed_call_has_a_number_and_every_number_is_listed() -> None:
    assert set(ALLOWED) == set(MACHINES["x86_64"].calls) >= set(MACHINES["aarch64"].calls)


HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_numbers_are_the_kernels(name: str) -> None:
    if not HEADERS[name].exists():
        pytest.skip("the kernel's headers are not installed here")
    found: dict[str, int] = {}
    for call, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[name].read_text()):
        found.setdefault({"fstatat": "newfstatat"}.get(call, call), int(number))
    assert MACHINES[name].calls.items() <= found.items()


def test_a_program_that_the_kernel_refuses_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "no_new_privileges", lambda: None)
    with pytest.raises(CannotLock, match="PR_SET_SECCOMP"):
        seccomp.restrict_syscalls(seccomp.Filter(b"", ()))
