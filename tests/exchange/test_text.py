"""Text that can be written, and shown."""

from __future__ import annotations

import pytest

from autograder.exchange.text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ada", "ada"),
        ("Zoë Ångström 李 ∂x", "Zoë Ångström 李 ∂x"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("two\nlines\rone", "two\\nlines\\rone"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(text).encode()
