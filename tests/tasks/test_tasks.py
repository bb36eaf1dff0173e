"""Every task: its mistakes lose marks and are recognised, its right answers score full, its stub scores nothing."""

from __future__ import annotations

import pytest

from autograder.tasks import all_tasks
from autograder.verify.tasks import verify_task


@pytest.mark.parametrize("name", all_tasks())
def test_a_task_tells_its_mistakes_from_right_answers(name: str) -> None:
    tally = verify_task(all_tasks()[name])
    assert tally.problems == [], "\n".join(tally.problems)
    assert tally.rejected == tally.diagnosed == len(tally.task.mistakes)
    assert tally.accepted == tally.right_tried
