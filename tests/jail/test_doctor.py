"""The doctor: every escape is blocked on every version of Landlock, and where one is open it is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import starting

from autograder.jail import doctor, landlock
from autograder.jail.client import WarmProcess
from autograder.jail.escapes import ESCAPES

# In the warm process: the version, and whether there is a filter, are read anew for each child.
CHANGED = """
from pathlib import Path
from autograder.jail import landlock, lock
landlock.version = lambda: int(Path({version!r}).read_text())
load = lock.restrict_syscalls
lock.restrict_syscalls = lambda filter: Path({unfiltered!r}).exists() or load(filter)
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two files: Landlock's version to go by, and one that is there where no filter is to be loaded."""
    place = tmp_path_factory.mktemp("landlock")
    return place / "version", place / "unfiltered"


@pytest.fixture(scope="module")
def warm(places: tuple[Path, Path]) -> Iterator[WarmProcess]:
    first = CHANGED.format(version=str(places[0]), unfiltered=str(places[1]))
    with pytest.MonkeyPatch.context() as monkeypatch, starting(WarmProcess, first, monkeypatch) as process:
        yield process


@pytest.mark.parametrize("version", range(1, 8))
def test_on_every_version_of_landlock_every_escape_is_blocked(
    version: int, warm: WarmProcess, places: tuple[Path, Path]
) -> None:
    if version > landlock.version():
        pytest.skip("this kernel's Landlock is older")
    places[0].write_text(str(version))
    assert doctor.open_escapes(warm) == []
    assert len(doctor.attempts(warm)) == len(ESCAPES)


# What an older Landlock leaves to the filter. `signal everybody` is not among them: that would be ourselves.
LEFT_TO_THE_FILTER = {1: {"truncate a file outside"}, 5: {"signal another process", "signal by a descriptor (pidfd)"}}


@pytest.mark.parametrize("version", LEFT_TO_THE_FILTER)
def test_the_version_that_is_forced_is_the_one_that_counts(
    version: int, warm: WarmProcess, places: tuple[Path, Path]
) -> None:
    """Or the test above would pass whatever happened."""
    if landlock.version() < 7:
        pytest.skip("this kernel's Landlock is older")
    places[1].touch()
    try:
        places[0].write_text(str(version))
        there = {escape.what for escape in doctor.open_escapes(warm)}
        places[0].write_text("7")
        newest = {escape.what for escape in doctor.open_escapes(warm)}
    finally:
        places[1].unlink()
    assert LEFT_TO_THE_FILTER[version] <= there - newest


def test_an_escape_that_closes_a_file_to_the_doctor_itself_is_named(
    warm: WarmProcess, places: tuple[Path, Path]
) -> None:
    """A mode of 0 is one: whoever is not root cannot even read the file again."""
    places[0].write_text(str(landlock.version()))
    places[1].touch()
    try:
        found = doctor.open_escapes(warm)
        said = doctor.refusal(found)
    finally:
        places[1].unlink()
    changed = {escape.what for escape in found if escape.why == "it went through: what is outside was changed"}
    assert {"change a file's mode", "set a file's access list (setxattrat)"} <= changed
    assert "Nothing was graded" in said and "change a file's mode" in said


def test_without_a_jail_nearly_every_escape_is_open(warm: WarmProcess) -> None:
    """Each one is shown to work, in test_lock.py; here together, as the doctor tries them."""
    found = doctor.attempts(warm, jail=False)
    still_open = {attempt.what for attempt in found if not attempt.blocked}
    assert len(still_open) > 0.8 * len(ESCAPES), [attempt for attempt in found if attempt.blocked]
