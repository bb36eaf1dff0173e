"""Hostile submissions. None may gain a mark, read what is not its own, or harm what is graded after it.

The homework has two tasks: `d_square` (2 points, by hand) and `slope_at` (4 points, any way). An attack is one of

    attack    code in the first answer's cell, both answers left blank
    answers   code that defines `answer`, which is handed in for both tasks
    by_hand   code that defines a right `d_square` which differentiates in hiding; the other answer is left blank
    edit      a function that changes the notebook's JSON; both answers left blank

In the code ROOT stands for the course's folder, as a string.

What is not here, since nothing inside a process can hold it: an answer that overwrites `watching.watching` (or the
functions that it uses) in its own process and then differentiates in a task by hand. It gets the points for right
values by the wrong means, no more: values are judged elsewhere. `test_hostile.py` says so in a test of its own.

    values.py     answers that lie about what they are
    machinery.py  what runs cells and shows results, taken over
    messages.py   replies that are forged
    by_hand.py    differentiating in hiding
    notebook.py   what a notebook says about itself
    reading.py    files, secrets, the answer key, and changing them
    breaking.py   ending or breaking the process
    exhausting.py time, memory, files, threads and output without end
    outside.py    harm to others from inside the jail: each is shown to work where the filter of system calls is off
"""

from . import breaking, by_hand, exhausting, machinery, messages, notebook, outside, reading, values  # noqa: F401
from .entry import CORPUS, Hostile
from .notebook import code_cell

__all__ = ["CORPUS", "Hostile", "code_cell"]
