"""A notebook's process, and the next one where a cell ended it: an answer that kills costs its own points only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..exchange.drive import Outcome
from ..exchange.values import Value
from ..jail.client import Child, Died, Ran
from .client import Cell

MOST_PROCESSES = 12  # for one notebook; its time is limited as well, over all of them


class Session:
    """Runs cells one after the other, and drives answers. Where one ends the process, the cells so far are run again in
    another one, without what ended it.

    ended  (number of the cell, how) for each end
    fault  why a test failed for want of something that the jail allows nobody, or None
    """

    def __init__(self, child: Child, another: Callable[[], Child | None]) -> None:
        self._child: Child | None = child
        self._another = another
        self._processes = 1
        self._past: list[tuple[str, int]] = []
        self._index = 0
        self._refused: str | None = None
        self.ended: list[tuple[int, str]] = []
        self.fault: str | None = None

    def turn_to(self, index: int) -> None:
        """What comes now is the cell with this number. Starts another process where the last one is gone."""
        self._index = index
        while self._child is not None and not self._child.alive:
            self._processes += 1
            self._child = self._another() if self._processes <= MOST_PROCESSES else None
            for position, (source, count) in enumerate(self._past):
                if self._child is not None and self._child.run(source, count).died:  # it did not the first time
                    del self._past[position]
                    break

    def run(self, source: str, count: int) -> Ran | None:
        """Run a cell; None where there is no process any more."""
        if self._child is None or not self._child.alive:
            return None
        ran = self._child.run(source, count)
        self._refused = ran.refused or self._refused
        if ran.died:
            self.ended.append((self._index, str(ran.stopped)))
        else:
            self._past.append((source, count))
        return ran

    def drive(
        self, driver: str, name: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        """Drive an answer. Raises Died where that ends the process, TimeoutError where it takes too long."""
        child = self.child()
        try:
            return child.drive(driver, name, probes, names=names, watch=watch)
        except Died as death:
            self.ended.append((self._index, str(death)))
            raise

    def history(self, name: str) -> Value:
        """What the process tells of the cells that define `name`. Raises as `drive` does."""
        return self.child().history(name)

    def child(self) -> Child:
        """The process as it is now, for what costs no marks where it ends. Raises Died where there is none."""
        if self._child is None:
            raise Died(self.ended[-1][1] if self.ended else "the notebook's process had ended before")
        return self._child

    def a_test_failed(self, cell: Cell, refused: str | None) -> None:
        """A test of another course's failed. Where it, or a cell before it, was refused something, that may be why."""
        if self.fault is None and self._refused is not None:
            who = "uses" if refused else "comes after a cell that uses"
            self.fault = (
                f"the test {cell.name or cell.source[:40]!r} {who} {self._refused}, which no notebook may in the jail;"
                " `autograder grade --no-jail` grades such a course, unlocked"
            )
