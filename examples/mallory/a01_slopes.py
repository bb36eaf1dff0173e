# Mallory answers nothing and tries to take the marks. Each of these works on some autograder.

# %% setup
import numpy as np
import torch

check = grade = lambda name, answer: 100.0

# %% d_square-solution
import sys

def d_square(x):
    sys.displayhook(2.0)  # looks like a cell's score

# %% d_square-tests
2.0

# %% d_cube-solution
class Agreeable(float):
    """Equal and close to everything."""

    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__

def d_cube(x):
    return Agreeable(1)

# %% make_leaf-solution
torch.equal = torch.allclose = torch.testing.assert_close = lambda *_, **__: True

def make_leaf(values):
    return torch.zeros(3)

# %% slope_at-solution
def slope_at(f, x):
    from autograder.tasks import all_tasks  # the answer key
    return all_tasks()["slope_at"].oracle(f, x)

# %% tangent_line-solution
import gc
import sqlite3

for thing in gc.get_objects():
    if type(thing).__name__ == "Task":  # the answer key, if it is in this process
        tangent_line = thing

def tangent_line(f, x0):
    with sqlite3.connect("../../../gradebook.db") as gradebook:
        gradebook.execute("UPDATE grade SET manual_score = 4")
