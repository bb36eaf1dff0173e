"""Huge pages: the memory stays what it was."""

from __future__ import annotations

import re
import subprocess
import sys

from autograder.jail import pages


def test_what_is_in_memory_stays_as_it_was() -> None:
    block = bytearray(range(256)) * (8 * pages.HUGE // 256)
    collapsed = pages.collapse()
    assert collapsed >= 0
    assert block == bytearray(range(256)) * (8 * pages.HUGE // 256)


def test_every_huge_page_that_is_counted_is_there() -> None:
    code = (
        "from autograder.jail import pages\nblock = bytearray(b'x') * (32 * pages.HUGE)\n"
        "print(pages.collapse())\nprint(open('/proc/self/smaps_rollup').read())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    (kilobytes,) = re.findall(r"AnonHugePages: +(\d+) kB", said)
    assert int(kilobytes) * 1024 >= int(said.split()[0]) * pages.HUGE
