"""The examiners, seen from the side of whoever has submissions. Imports no torch: grading does not wait for that."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..jail.limits import Limits
from ..jail.process import JailError, JailUnavailable, Spawned

PATIENCE_SECONDS = 90.0  # to import torch from a slow disk, and to mark; running a notebook has limits of its own
STARTS_AGAIN = 20  # of a process that ends too soon, over a run
Output = dict[str, Any]  # as nbformat has it


@dataclass(frozen=True)
class Cell:
    """A code cell of a notebook, and what the gradebook knows of it.

    grade     whether it earns points
    solution  whether the student is to write it; a cell that is both is for a person to mark
    points    how many it may earn
    name      what nbgrader knows it by
    """

    source: str
    grade: bool = False
    solution: bool = False
    points: float | None = None
    name: str | None = None


@dataclass(frozen=True)
class Examined:
    """What running a notebook gave.

    outputs  of each cell
    ended    (number of the cell, how) for each that ended the notebook's process
    fault    why a test could not be judged here, whatever the student did; None where all could
    """

    outputs: list[list[Output]]
    ended: Sequence[tuple[int, str]] = ()
    fault: str | None = None


def stopped(why: str) -> Output:
    """The output of a cell that was stopped, or cannot be scored."""
    return {"output_type": "error", "ename": "Stopped", "evalue": why, "traceback": [f"Stopped: {why}"]}


class Examiners(Spawned):
    """The process that examiners are forked from, and with it a warm process."""

    receiver = "the process that examines submissions"

    def __init__(self) -> None:
        super().__init__("autograder.examiner.server")
        self._starts_left = STARTS_AGAIN

    def open(self) -> Examiner:
        """An examiner for whoever asks, in this process or in a fork of it. Raises JailError."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self.send({}, [theirs.fileno()])
            except JailError:
                ours.close()
                raise
        return Examiner(Connection(ours.detach()), self)

    def revive(self) -> None:
        """Start it again where it or its warm process is gone, as when somebody killed it; STARTS_AGAIN times at most.

        Examiners that were opened before, and forks of this process from before, are of no use then. Raises OSError
        where no process can be started.
        """
        if self._starts_left and not self._is_whole():
            self._starts_left -= 1
            self._start_again()

    def _is_whole(self) -> bool:
        try:
            with self.open() as examiner:
                return examiner.sees_a_warm_process()
        except JailError:
            return self.is_there  # then it could not fork an examiner: there will be room for one later


class Examiner:
    """A process of our own to examine one notebook after the other. Use as a context manager, or call `close`."""

    def __init__(self, connection: Connection, examiners: Examiners) -> None:
        self._connection = connection
        self._examiners = examiners

    def try_the_jail(self) -> None:
        """Raises JailUnavailable, with the reason and the remedy, where a submission could escape."""
        self._ask({"do": "try the jail"})

    def sees_a_warm_process(self) -> bool:
        """Whether there is one to fork children."""
        there: bool = self._ask({"do": "see what is there"})["warm"]
        return there

    def import_ahead(self, source: str) -> bool:
        """Have what `source` is slow to import imported from now on; False where there is nothing of that kind."""
        slow: bool = self._ask({"do": "import ahead", "source": source})["slow"]
        return slow

    def unrecognised(self, sources: Sequence[str], setting: str) -> dict[int, str]:
        """The test cells that call our `grade` and name no task: their number, and what is the matter, a clause.

        `setting` is the instructor's code, cells joined by zeros: whose `grade` is, it says.
        """
        found: dict[str, str] = self._ask({"do": "recognise", "sources": list(sources), "setting": setting})[
            "unrecognised"
        ]
        return {int(number): why for number, why in found.items()}

    def run(
        self,
        cells: Sequence[Cell],
        seed: Sequence[str],
        *,
        jail: bool = True,
        limits: Limits | None = None,
        setting: str = "",
        files: Path | None = None,
    ) -> Examined:
        """Run a notebook's cells in a new child and mark the tasks among them.

        `seed` (secret, student) and the code fix the hidden probes; for `setting` see `unrecognised`; `files` is the
        folder with what lies beside the notebook. Raises JailError where the jail fails, JailUnavailable where there is
        none, never for what a cell does.
        """
        request = {"do": "run", "cells": [asdict(cell) for cell in cells], "seed": list(seed), "jail": jail}
        request |= {"setting": setting, "files": None if files is None else str(files)}
        limits = limits or Limits()
        reply = self._ask({**request, "limits": asdict(limits)}, limits.longest_seconds + PATIENCE_SECONDS)
        ended = [(index, how) for index, how in reply["ended"]]
        return Examined(reply["outputs"], ended, reply["fault"])

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def __enter__(self) -> Examiner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        try:
            self._connection.send_bytes(json.dumps(request).encode())
            if not self._connection.poll(seconds):
                raise JailError(f"{self._examiners.receiver} gave no answer for {seconds:g} seconds")
            reply: dict[str, Any] = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            self.close()
            raise JailError(self._examiners.explained(f"{self._examiners.receiver} is gone")) from error
        except BaseException:  # Ctrl-C among them: what comes after it must not read the answer that is still to come
            self.close()
            raise
        if "unavailable" in reply:
            raise JailUnavailable(reply["unavailable"])
        if "failed" in reply:
            raise JailError(reply["failed"])
        return reply
