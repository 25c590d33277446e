"""A chapter's live figures, made in one run in both languages."""

import ast
import os
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from unittest import mock

import jupytext

from gan_edu import language, stage
from gan_edu.stage.cells import close_all
from gan_edu.stage.controls import Counter
from gan_edu.stage.exploring import Experiment
from tools import edition
from tools.moving.page import speaking
from tools.notebooks import FOLDER, PLACES

WORDS = {"alt", "labels"}
MOST = 2  # controls of a figure that is recorded


def figures(script: Path, take: Callable[[str, Experiment], None]) -> None:
    """Hand each figure with one or two controls, in each language, to `take`, in reading order.

    Only the cells that a figure depends on are run, once: of the figure alone there are editions.
    """
    cells = {name: _code(script, name) for name in PLACES}
    english = cells[language.SOURCE]
    shown = [k for k, code in enumerate(english) if _explores(code)]
    space = {"get_ipython": lambda: None}
    with _quiet():
        for k in _needed(english, shown):
            for name in PLACES if k in shown else [language.SOURCE]:
                for made in _run(english[k], space, name, _told(cells[name][k])):
                    take(name, made)


def _code(script: Path, name: str) -> list[str]:
    cells = jupytext.read(script).cells
    if name != language.SOURCE:
        edition.put(cells, script.stem)
    return [cell.source for cell in cells if cell.cell_type == "code"]


def _shown(code: str) -> list[ast.Call]:
    """Return the calls of `stage.explore` in a cell."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [call for call in calls if ast.unparse(call.func) == "stage.explore"]


def _explores(code: str) -> bool:
    """Tell whether a cell shows a figure with few enough controls, as far as its code says."""
    controls = [{k.arg: ast.unparse(k.value) for k in c.keywords if k.arg not in WORDS}
                for c in _shown(code)]  # fmt: skip
    return any(len(c) <= MOST and "stage.button" not in str(c) for c in controls)


def _told(code: str) -> list[dict[str, ast.expr]]:
    """Return the words of a cell's figures, as they stand in the code."""
    return [{k.arg: k.value for k in call.keywords if k.arg in WORDS} for call in _shown(code)]


def _needed(cells: list[str], wanted: list[int]) -> list[int]:
    """Return the numbers of the cells that must run so that the `wanted` ones can."""
    needed, names = [], set()
    for k in reversed(range(len(cells))):
        tree = ast.parse(cells[k])
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
                made |= {part.id for target in targets for part in ast.walk(target)
                         if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}  # fmt: skip
    return made


def _changed(tree: ast.Module) -> set[str]:
    """Return the names whose things a cell changes: assigned within a loop, or part by part."""
    changed = {node.id for node in ast.walk(tree)
               if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    return changed - _own(tree)


def _used(tree: ast.Module) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names - _own(tree)


def _own(tree: ast.Module) -> set[str]:
    """Return the names that a cell takes from nowhere else: what runs in a loop."""
    loops = (ast.For, ast.comprehension)
    targets = [node.target for node in ast.walk(tree) if isinstance(node, loops)]
    return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}


def _run(code: str, space: dict, name: str, told: list) -> Iterator[Experiment]:
    """Run a cell in a language; yield its figures that can be recorded."""
    made, explore = [], stage.explore
    words = iter(told)

    def shown(draw, **options):
        own = {k: eval(ast.unparse(v), space) for k, v in next(words, {}).items()}
        made.append(explore(draw, **options | own))

    with speaking(name):
        with mock.patch.object(stage, "explore", shown):
            exec(compile(code, "<cell>", "exec"), space)
        for experiment in made:
            if _can_be_recorded(experiment):
                yield experiment
            close_all(experiment)


def _can_be_recorded(made: Experiment) -> bool:
    """Tell whether a figure has few enough controls; a button has no end of values."""
    controls = made.controls.values()
    return len(controls) <= MOST and not any(isinstance(c, Counter) for c in controls)


@contextmanager
def _quiet() -> Iterator[None]:
    """Run where the notebooks are, without what they print."""
    with chdir(FOLDER), open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield
