"""Stands for PyTorch where there is none, in a browser: it can be imported, and not be used.

A module that imports it, defines networks and annotates its functions, works as far as it goes
without PyTorch. The cell that needs it says so in plain words instead of a traceback; so do the
cells that need what that one could not make, and all others run.
"""

import ast
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from IPython import get_ipython
from IPython.display import HTML, display

COURSE = "https://github.com/gan-edu/gan-edu#start"

missing: set[str] = set()  # what cells could not make


class NeedsTorch(ImportError):
    """Something was called that only PyTorch can do."""

    def __init__(self):
        super().__init__("PyTorch does not run in a browser")


class _Absent(type):
    """A name of PyTorch's: a class that can be named and inherited from.

    While a module loads, it can be called too, as a decorator or for a constant.
    """

    def __call__(cls, *args, **values) -> "_Absent":
        if not _loads_a_module():
            raise NeedsTorch
        return cls

    def __getattr__(cls, name: str) -> "_Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(name, (), {})


def _loads_a_module() -> bool:
    frame = sys._getframe()
    while frame and frame.f_code.co_filename != "<frozen importlib._bootstrap>":
        frame = frame.f_back
    return frame is not None


class _Module(ModuleType):
    """One of PyTorch's modules. It is false, so that who asks for PyTorch's settings finds none."""

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        absent = _Absent(name, (), {})
        setattr(self, name, absent)
        return absent


class _Finder:
    """Finds `torch.nn` and all the other modules."""

    @staticmethod
    def find_spec(name: str, path=None, target=None) -> ModuleSpec | None:
        if name.startswith("torch."):
            return ModuleSpec(name, _Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        pass


def set_num_threads(number: int) -> None:
    """Do nothing: with how many threads PyTorch would compute is all the same here."""


def explain(shell, kind, error, trace, tb_offset=None) -> None:
    """Say in plain words why a cell stopped, if it is for want of PyTorch; else show its error."""
    lacking = isinstance(error, NameError) and error.name in missing
    if not isinstance(error, NeedsTorch) and not lacking:
        shell.showtraceback((kind, error, trace), tb_offset)
        return
    for name in set(not_made(shell.user_ns["In"][-1], _line(trace))):
        missing.add(name)
        shell.user_ns.pop(name, None)
    display(HTML(f"<p>{note(error.name if lacking else '')}</p>"))


def note(name: str) -> str:
    """Return why a cell stopped, as HTML: for want of PyTorch, or of a `name` from such a cell."""
    from gan_edu.language import gettext as _  # here: what stands for PyTorch needs no package

    link = f'<a href="{COURSE}" target="_blank">'
    what = _("<code>{name}</code> from a cell that needs PyTorch").format(name=name)
    return _(
        "This cell needs {what}, which does not run in a browser. It runs in the course that you "
        "{link}install on your computer</a>, in three minutes."
    ).format(what=what if name else "PyTorch", link=link)


def _line(trace) -> int:
    """Return in which line of the cell the error arose."""
    while trace.tb_next and "<module>" not in trace.tb_frame.f_code.co_name:
        trace = trace.tb_next
    return trace.tb_lineno


def not_made(cell: str, line: int) -> Iterator[str]:
    """Yield the names that a cell which stopped in a line has not made, or only in part."""
    for statement in ast.parse(cell).body:
        if statement.end_lineno and statement.end_lineno >= line:
            for node in ast.walk(statement):
                yield from _made(node)


def _made(node: ast.AST) -> Iterator[str]:
    """Yield the name that a part of a statement binds, or whose items it sets."""
    while isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
        node = node.value
        if isinstance(node, ast.Name):
            yield node.id
    match node:
        case ast.Name(name, ast.Store()) | ast.FunctionDef(name) | ast.ClassDef(name):
            yield name
        case ast.alias(name, other):
            yield other or name.partition(".")[0]


__path__: list[str] = []  # a package, so that there is a torch.nn
sys.modules[__name__].__class__ = _Module
sys.meta_path.append(_Finder)
if shell := get_ipython():
    shell.set_custom_exc((NeedsTorch, NameError), explain)
