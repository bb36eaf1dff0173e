"""IPython as a notebook's kernel has it, without a kernel: magics, display, tracebacks, and a loop that goes on."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace
from typing import Any, ClassVar

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magics.script import ScriptMagics
from IPython.utils.text import LSString, SList
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

from ..exchange import cells
from ..exchange.values import raised
from .refusals import Refusals
from .streams import Recorder


def _bundle(data: dict[str, Any]) -> dict[str, str]:
    """A MIME bundle with text and base64 only."""
    texts = {}
    for mime, body in data.items():
        if isinstance(body, bytes):
            body = base64.b64encode(body).decode()
        if isinstance(body, str):
            texts[str(mime)] = body
    return texts


class _Publisher(DisplayPublisher):
    recorder: ClassVar[Recorder]

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: Any = False,
        **_: Any,
    ) -> None:
        if data:
            self.recorder.rich({"output_type": "display_data", "data": _bundle(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        pass


class _Hook(DisplayHook):
    recorder: ClassVar[Recorder]

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.recorder.rich({"output_type": "execute_result", "data": _bundle(format_dict), "metadata": {}})


class _Transformers(TransformerManager):
    """Looks for magics only where there may be some: it does so with a tokenizer that is slower than the compiler."""

    _magic = re.compile(r"[%!?]|^\s*[,;/]")

    def do_token_transforms(self, lines: list[str]) -> list[str]:
        return super().do_token_transforms(lines) if any(map(self._magic.search, lines)) else lines


class ZMQInteractiveShell(InteractiveShell):
    """IPython without a terminal or a kernel. Libraries know by the name of this class that they are in a notebook."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    kernel = AnyTrait()
    recorder: ClassVar[Recorder]
    refusals: Refusals | None = None  # there are some where the process is locked in

    def should_run_async(self, raw_cell: str, **transformed: Any) -> bool:
        # IPython compiles the cell to find that out.
        return ("await" in raw_cell or "async" in raw_cell) and super().should_run_async(raw_cell, **transformed)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def init_io(self) -> None:
        pass

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        text = raised(evalue).message if isinstance(evalue, BaseException) else ""
        name = getattr(etype, "__name__", "Error")
        frames = [str(line) for line in stb][-100:]
        self.recorder.rich({"output_type": "error", "ename": name, "evalue": text, "traceback": frames})

    # --- other programs: where none can be started, a line says so and the notebook goes on ------------------------

    def system(self, cmd: str) -> None:
        if self.refusals is None:
            self.system_piped(cmd)
        else:
            self.refusals.shell_line(self.var_expand(cmd, depth=1))
            self.user_ns["_exit_code"] = 0

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        if self.refusals is None:
            return super().getoutput(cmd, split=split, depth=depth + 1)
        self.refusals.shell_line(self.var_expand(cmd, depth=depth + 1), its_output_is_used=True)
        return SList() if split else LSString("")

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        maker = getattr(self.find_cell_magic(magic_name), "__qualname__", "")
        if self.refusals is not None and maker.startswith(ScriptMagics.__name__):
            return self.refusals.shell_line(f"%%{magic_name} {line}".rstrip(), its_output_is_used=True)
        return super().run_cell_magic(magic_name, line, cell)


# Others know it by where it comes from.
ZMQInteractiveShell.__module__ = "ipykernel.zmqshell"


def make_shell() -> ZMQInteractiveShell:
    """The shell, made in the warm process so that a child finds it ready."""
    recorder = Recorder()
    _Publisher.recorder = _Hook.recorder = ZMQInteractiveShell.recorder = recorder
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPKernelApp.connection_file = ""  # that there is such a section tells libraries that this is a notebook
    shell: ZMQInteractiveShell = ZMQInteractiveShell.instance(config=config, colors="nocolor")
    shell.kernel = SimpleNamespace(shell=shell, implementation="ipython", language="python", comm_info={})
    shell.input_transformer_manager = _Transformers()
    shell.user_ns["__name__"] = "__main__"
    cells.watch(shell)
    return shell
