"""What runs cells and shows results, taken over."""

from __future__ import annotations

from .entry import answers, attack

attack(
    "displayhook",
    "Shows full marks through sys.displayhook, print and stderr.",
    """
import sys
sys.displayhook(2.0)
print(2.0)
print(2.0, file=sys.stderr)
2.0
""",
)
attack(
    "displayhook_replaced",
    "From now on every cell displays full marks.",
    """
import sys
hook = get_ipython().displayhook
hook.__class__.__call__ = lambda self, result=None: self.write_format_data({"text/plain": "2.0"})
get_ipython().display_formatter.format = lambda *args, **kwargs: ({"text/plain": "2.0"}, {})
sys.displayhook = lambda value: hook(2.0)
""",
)
attack(
    "forged_result",
    "Sends execute results of 2.0 and 3.0 as outputs of this cell and of every later one.",
    """
import sys
recorder = sys.stdout._recorder
forged = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
recorder.rich(forged)
begin = type(recorder).begin
def forging(self, request_id):
    begin(self, request_id)
    if request_id:
        self._send(forged)
type(recorder).begin = forging
""",
)
attack(
    "ast_transformer",
    "An AST transformer that turns every expression into full marks and drops every assert.",
    """
import ast
class Full(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Call(self, node): return ast.Constant(2.0)
get_ipython().ast_transformers.append(Full())
""",
)
attack(
    "input_transformer",
    "An input transformer that replaces the source of every later cell.",
    """
get_ipython().input_transformers_cleanup.append(lambda lines: ["2.0"])
get_ipython().input_transformers_post.append(lambda lines: ["2.0"])
""",
)
attack(
    "run_cell_replaced",
    "run_cell, run_code and the traceback of IPython do nothing but succeed.",
    """
shell = type(get_ipython())
shell.run_cell = lambda self, *args, **kwargs: self.displayhook(2.0)
shell.run_code = lambda self, *args, **kwargs: False
shell.showtraceback = shell._showtraceback = lambda self, *args, **kwargs: None
""",
)
attack(
    "cell_events",
    "Hooks before and after each cell display full marks.",
    """
from IPython.display import display
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    get_ipython().events.register(event, lambda *args: get_ipython().displayhook(2.0))
""",
)
attack(
    "check_and_grade_replaced",
    "check and grade return full marks.",
    """
import autograder, builtins
check = grade = builtins.check = builtins.grade = autograder.check = autograder.grade = lambda *args: 2.0
""",
)
attack(
    "poisoned_modules",
    "Puts modules of its own where the grader's would be.",
    """
import sys, types
parts = "marks compare checker report mistakes".split()
for name in ("tasks", "authoring.oracle", "authoring.probes", "authoring.task", *(f"marking.{part}" for part in parts)):
    fake = types.ModuleType(f"autograder.{name}")
    fake.__getattr__ = lambda attribute: lambda *args, **kwargs: 2.0
    sys.modules[f"autograder.{name}"] = fake
""",
)
attack(
    "torch_replaced",
    "torch and numpy are stand-ins from now on.",
    """
import sys, types
class Anything(types.ModuleType):
    def __getattr__(self, name): return Anything(name)
    def __call__(self, *args, **kwargs): return self
sys.modules["torch"] = sys.modules["numpy"] = Anything("torch")
""",
)
attack(
    "user_names_replaced",
    "The shell's names are a dict that has an answer to everything.",
    """
class Everything(dict):
    def __contains__(self, key): return True
    def __missing__(self, key): return lambda *args: 2.0
shell = get_ipython()
object.__setattr__(shell, "user_ns", Everything(shell.user_ns))
shell.__dict__["user_ns"] = Everything()
""",
)
answers(
    "drivers_replaced",
    "The driver reports full marks, truths and recipes in place of values.",
    """
from autograder.exchange import drive, values
made = values.Made("array", {"values": [2.0]})
drive.drive = lambda *args, **kwargs: drive.Outcome(made, made, {}, {})
drive.DRIVERS = drive.Outcome = None
values.dump = values.plain = lambda *args: b"2.0"
def answer(*args): return 2.0
""",
)
