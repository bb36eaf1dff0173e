"""How far a long run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID


@contextmanager
def bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error, one line a phase."""
    # Not refreshed by a thread of its own: workers are forked while it is shown.
    with Progress(console=Console(stderr=True), auto_refresh=False, transient=True) as progress:
        lines: dict[str, TaskID] = {}

        def show(phase: str, done: int, total: int) -> None:
            if phase not in lines:
                lines[phase] = progress.add_task(phase)
            progress.update(lines[phase], completed=done, total=total)
            progress.refresh()

        yield show


@contextmanager
def silent() -> Iterator[Callable[[str, int, int], None]]:
    """Says nothing."""
    yield lambda phase, done, total: None
