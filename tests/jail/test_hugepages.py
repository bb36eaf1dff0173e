"""The warm process's memory moves into huge pages, where the kernel has them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.jail import hugepages

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MEASURED = """
import re
from autograder.jail.hugepages import collapse
def huge():
    return int(re.search(r"AnonHugePages: *([0-9]+) kB", open("/proc/self/smaps_rollup").read())[1])
kept = [bytes(100) for _ in range(300_000)]
before = huge()
collapse()
assert kept == [bytes(100)] * len(kept)
print(huge() - before)
"""


@pytest.mark.skipif(not SETTING.exists() or "[never]" in SETTING.read_text(), reason="this kernel has no huge pages")
def test_small_objects_move_into_huge_pages() -> None:
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 4_000, "kB: of 40 MB in small objects hardly any moved"


def test_nothing_happens_on_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hugepages.sys, "platform", "darwin")
    monkeypatch.setattr(hugepages, "Path", None)
    hugepages.collapse()
