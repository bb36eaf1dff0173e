"""Text that can be written to a file, and text that can be shown in a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` without lone surrogates, which a string may hold and a file may not."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def visible(text: str) -> str:
    """`text` on one line, with what a terminal would obey, or not show, spelled out: "\\x1b" for an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
