"""A chapter's live figures, made in one run in both languages."""

import ast
import io
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from unittest import mock

import jupytext

from gan_edu import language, stage
from gan_edu.stage.cells import close_all
from gan_edu.stage.controls import DRAWN_ON, Counter
from gan_edu.stage.exploring import Experiment
from tools import edition
from tools.moving.page import speaking
from tools.notebooks import FOLDER, PLACES

WORDS = {"alt", "labels"}
MOST = 2  # controls of a figure that is recorded


def figures(script: Path, take: Callable[[str, Experiment], None]) -> None:
    """Hand each figure with one or two controls, in each language, to `take`, in reading order.

    Only the cells that a figure depends on are run, once; its own cell is run in each language.
    """
    editions = {name: _trees(script, name) for name in PLACES}
    english = editions[language.SOURCE]
    shown = [k for k, tree in enumerate(english) if _explores(tree)]
    space = {"get_ipython": lambda: None}
    with _quiet():
        for k in _needed(english, shown):
            for name in PLACES if k in shown else [language.SOURCE]:
                _put_words(english[k], editions[name][k])
                for made in _run(english[k], space, name):
                    take(name, made)


def _trees(script: Path, name: str) -> list[ast.Module]:
    """Return the code of a chapter's cells, in a language."""
    cells = jupytext.read(script).cells
    if name != language.SOURCE:
        edition.put(cells, script.stem)
    return [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]


def _shown(tree: ast.Module) -> list[ast.Call]:
    """Return the calls of `stage.explore` in a cell."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == "stage.explore"]


def _explores(tree: ast.Module) -> bool:
    """Tell whether a cell shows a figure that can be recorded, as far as its code says."""
    shown = [[k for k in call.keywords if k.arg not in WORDS] for call in _shown(tree)]
    endless = any(
        control in ast.unparse(tree) for control in ("stage.button", "stage.sketch", "stage.pen")
    )
    return not endless and any(len(controls) <= MOST for controls in shown)


def _put_words(tree: ast.Module, other: ast.Module) -> None:
    """Put the words of the figures of a cell's other edition into the cell.

    Other texts stay: some are names of what earlier cells have made.
    """
    for call, told in zip(_shown(tree), _shown(other), strict=True):
        for ours, theirs in zip(call.keywords, told.keywords, strict=True):
            if ours.arg in WORDS:
                ours.value = theirs.value


def _needed(cells: list[ast.Module], wanted: list[int]) -> list[int]:
    """Return the numbers of the cells that must run so that the `wanted` ones can."""
    needed, names = [], set()
    for k, tree in reversed([*enumerate(cells)]):
        if k in wanted or names & (_made(tree) | _changed(tree)):
            needed.append(k)
            names = (names - _made(tree)) | _used(tree)
    return needed[::-1]


def _made(tree: ast.Module) -> set[str]:
    """Return the names that a cell's own statements make."""
    made = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                made.add(name)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                made |= {alias.asname or alias.name.partition(".")[0] for alias in names}
            case ast.Assign(targets=targets):
                made |= {name for target in targets for name in _stored(target)}
    return made


def _changed(tree: ast.Module) -> set[str]:
    """Return the names whose things a cell changes: assigned within a loop, or part by part."""
    changed = _stored(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed |= _names(node.value)
    return changed - _own(tree)


def _used(tree: ast.Module) -> set[str]:
    return _names(tree) - _own(tree)


def _own(tree: ast.Module) -> set[str]:
    """Return the names that a cell takes from nowhere else: what runs in a loop."""
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.comprehension)]
    return set().union(*(_names(loop.target) for loop in loops))


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _stored(tree: ast.AST) -> set[str]:
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {node.id for node in names if isinstance(node.ctx, ast.Store)}


def _run(tree: ast.Module, space: dict, name: str) -> Iterator[Experiment]:
    """Run a cell in a language; yield its figures that can be recorded."""
    made, explore = [], stage.explore
    with speaking(name):
        with mock.patch.object(stage, "explore", lambda *a, **k: made.append(explore(*a, **k))):
            exec(compile(tree, "<cell>", "exec"), space)
        for experiment in made:
            if _can_be_recorded(experiment):
                yield experiment
            close_all(experiment)


def _can_be_recorded(made: Experiment) -> bool:
    """Tell whether a figure has few enough controls; buttons and pads have no end of values."""
    controls = made.controls.values()
    return len(controls) <= MOST and not any(isinstance(c, (Counter, *DRAWN_ON)) for c in controls)


@contextmanager
def _quiet() -> Iterator[None]:
    """Run where the notebooks are, without what they print."""
    with chdir(FOLDER), redirect_stdout(io.StringIO()):
        yield
