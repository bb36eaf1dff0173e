"""What a hostile submission is, and how one is put into the corpus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Notebook = dict[str, Any]  # a notebook's JSON

BLANK = "raise NotImplementedError"


@dataclass(frozen=True)
class Hostile:
    """One hostile submission: its name, a sentence that says what it tries, and what it is made of."""

    name: str
    tries: str
    first: str
    second: str
    change: Callable[[Notebook], None] | None = None
    limits: dict[str, Any] = field(default_factory=dict)


CORPUS: list[Hostile] = []
_STUB = "\ndef {name}(*args):\n    raise NotImplementedError\n"


def attack(name: str, tries: str, code: str, **limits: float) -> None:
    CORPUS.append(
        Hostile(name, tries, code + _STUB.format(name="d_square"), _STUB.format(name="slope_at"), None, limits)
    )


def answers(name: str, tries: str, code: str, **limits: float) -> None:
    CORPUS.append(Hostile(name, tries, f"{code}\nd_square = answer\n", "slope_at = answer\n", None, limits))


def by_hand(name: str, tries: str, code: str) -> None:
    CORPUS.append(Hostile(name, tries, code, _STUB.format(name="slope_at")))


def edit(tries: str) -> Callable[[Callable[[Notebook], None]], None]:
    def register(change: Callable[[Notebook], None]) -> None:
        first, second = (_STUB.format(name=name) for name in ("d_square", "slope_at"))
        CORPUS.append(Hostile(change.__name__, tries, first, second, change))

    return register
