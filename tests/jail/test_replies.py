"""Whatever a child sends in place of a reply is its own doing: no points, and the notebook goes on to be marked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.examiner.client import Cell, Examiner, Examiners

VALUES = {
    "a tensor": "torch.ones(3)",
    "nothing": "None",
    "a text": "'text'",
    "a number": "3",
    "a record of nothing": "{}",
    "a list of tensors": "[torch.ones(2)] * 40",
    "a deep list": "functools.reduce(lambda inner, _: [inner], range(14), 1)",
    "many zeros": "[0] * 500_000",
    "a huge number": "1 << 13_000",
    "a long text": "'x' * 1_000_000",
    "nan": "float('nan')",
    "a strange tensor": "torch.ones(2, 0, 3, dtype=torch.complex64)",
}
FIELDS = ("result", "again", "inputs", "state", "differentiated", "afresh", "left", "printed", "unknown", None)
FORGED = """
import functools, torch
from autograder.jail import child
driven = child._drive
def forged(*args, **kwargs):
    honest = driven(*args, **kwargs)
    forgery = {value}
    if {field!r} is None:
        return forgery
    return [dict(outcome, **{{{field!r}: forgery}}) for outcome in honest]
child._drive = forged
def d_square(x):
    return 2 * x
"""
IN_THE_REPLY = """
import torch
from autograder.jail.channel import Channel
send = Channel.send
def forged(self, message):
    if isinstance(message, dict) and "outcomes" in message:
        message = {change}
    send(self, message)
Channel.send = forged
def d_square(x):
    return x
"""


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiners() as process, process.open() as examiner:
        yield examiner


def points(examiner: Examiner, code: str) -> float:
    outputs = examiner.run([Cell(code), Cell('grade("d_square")', grade=True, points=2)], ["secret", "ann"]).outputs
    return float(outputs[1][-1]["data"]["text/plain"])


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", VALUES)
def test_a_malformed_outcome_is_marked_and_never_the_graders_fault(examiner: Examiner, field: str, value: str) -> None:
    assert 0 <= points(examiner, FORGED.format(field=field, value=VALUES[value])) <= 2


@pytest.mark.parametrize(
    "change",
    [
        "{**message, 'id': torch.ones(2)}",
        "{**message, 'limit': torch.ones(2)}",
        "{**message, 'output': torch.ones(2)}",
        "{'id': message['id']}",
        "{**message, 'limit': ['a']}",
        "[message]",
        "torch.ones(2)",
        "None",
        "{**message, 'output': {'output_type': torch.ones(2)}}",
        "{**message, 'output': {'output_type': 'stream', 'name': torch.ones(2), 'text': 1}}",
        "{**message, 'output': {'output_type': 'error', 'traceback': 3}}",
        "{**message, 'output': {'output_type': 'display_data', 'data': [1]}}",
    ],
)
def test_a_malformed_reply_earns_nothing_and_is_never_the_graders_fault(examiner: Examiner, change: str) -> None:
    assert points(examiner, IN_THE_REPLY.format(change=change)) == 0
