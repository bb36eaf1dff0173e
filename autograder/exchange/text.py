"""Text that can be written to a file."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` without lone surrogates, which a string may hold and a file may not."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
