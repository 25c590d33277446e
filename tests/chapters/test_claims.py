"""What a cell prints as true comes out otherwise if the thing that it claims is false.

A sum like f(x) − f(x) is 0 with any nonsense for f, and two fines of a network that is too flat to
be fined are equal. So each row breaks one function of the package, everywhere, as its result times
a factor, and runs one checked cell with the cells before it that it needs: its line must change.
"""

import ast
import contextlib
import dis
import functools
import importlib
import io
import re
import types
from collections.abc import Iterator
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch

from gan_edu import recipes
from gan_edu.chapters.ch07_playground.playground import Playground
from tests.helpers.playing import played

SOURCE = Path(__file__).parents[2] / "notebooks" / "source"
CLAIMS = (  # chapter, what stands in the cell and in its line, what is broken, and how
    ("00", "minimax, largest distance", "losses.generator_minimax", -1),
    ("00", "minimax, largest distance", "losses.discriminator_loss", -1),
    ("00", "non-saturating, largest sum", "losses.generator_non_saturating", -1),
    ("00", "non-saturating, largest sum", "losses.discriminator_loss", 0.1),
    ("00", "non-saturating, largest sum", "losses.generator_non_saturating", 2),
    ("01", "in the gap", "chapters.ch01_inverse_cdf.scenes.crossing", 10),
    ("02", "kl(p, q):", "divergences.kl", -1),
    ("03", ": penalty", "losses.gradient_penalty", 3),
    ("03", "G: minimax", "losses.generator_minimax", -1),
    ("03", "G: non-saturating", "losses.generator_non_saturating", -1),
    ("03", "the package's loss:", "losses.discriminator_loss", -1),
    ("04", "generator_minimax", "losses.generator_minimax", -1),
    ("04", "generator_minimax", "losses.discriminator_loss", -1),
    ("04", "generator_non_saturating", "losses.generator_non_saturating", -1),
    ("04", "slope of V with ψ", "games.slope_minimax", -1),
    ("04", "D for ψ = 2", "games.logit", -1),
    ("04", "the package's play", "games.play", -1),
    ("06", "2 JS", "divergences.js", -1),
    ("06", "KL(q‖p) − 2 JS", "divergences.kl", -1),
)


def code_cells(chapter: str) -> list[str]:
    (path,) = SOURCE.glob(f"{chapter}_*.py")
    cells = [cell for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    return [c.source for c in cells if "remove-cell" not in c.metadata.get("tags", [])]


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield the code of a cell and of all functions in it."""
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from codes(part)


@functools.cache
def made_and_wanted(source: str) -> tuple[frozenset, frozenset]:
    """Return the names that a cell makes, and those that it needs from the cells before it."""
    made, wanted = set(), set()
    for code in codes(compile(source, "cell", "exec")):
        for step in dis.get_instructions(code):
            if step.opname == "STORE_NAME":
                made.add(step.argval)
            elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in made:
                wanted.add(step.argval)
    return frozenset(made), frozenset(wanted)


def with_what_it_needs(cells: list[str], last: int) -> list[str]:
    kept, missing = [cells[last]], set(made_and_wanted(cells[last])[1])
    for cell in reversed(cells[:last]):
        made, wanted = made_and_wanted(cell)
        if made & missing:
            kept.insert(0, cell)
            missing = (missing - made) | wanted
    return kept


def printed(cells: list[str]) -> list[str]:
    """Run cells as one program; return the lines that they print."""
    world: dict = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        for cell in cells:
            exec(cell, world)
    return said.getvalue().splitlines()


def break_down(monkeypatch, name: str, factor: float) -> None:
    """Let a function of the package return its result times a factor, whoever calls it."""
    module_name, _, function_name = f"gan_edu.{name}".rpartition(".")
    right = getattr(importlib.import_module(module_name), function_name)

    @functools.wraps(right)
    def wrong(*args, **options):
        return factor * right(*args, **options)

    monkeypatch.setattr(f"{module_name}.{function_name}", wrong)


@functools.cache
def cells_and_lines(chapter: str, line: str) -> tuple[list[str], list[str]]:
    """Return the last cell that can print such a line, with what it needs, and what they print."""
    cells = code_cells(chapter)
    last = max(i for i, cell in enumerate(cells) if line in cell and "print(" in cell)
    needed = with_what_it_needs(cells, last)
    return needed, printed(needed)


@pytest.mark.parametrize(("chapter", "line", "broken", "factor"), CLAIMS)
def test_a_claim_comes_out_otherwise_if_it_is_false(chapter, line, broken, factor, monkeypatch):
    cells, right = cells_and_lines(chapter, line)
    assert any(line in said for said in right)
    break_down(monkeypatch, broken, factor)
    changed = set(right) - set(printed(cells))
    assert any(line in said for said in changed), f"the same with nonsense for {broken}"


def test_a_game_that_never_goes_back_is_found_out(monkeypatch):
    (cell,) = [source for source in code_cells("07") if "past.moment = 333" in source]
    past = played(Playground(), 340)
    said = [lines_of(cell, past), lines_of(cell, past)]
    assert said[0] == said[1]
    monkeypatch.setattr(Playground, "moment", None)
    assert lines_of(cell, past) != said[0]


def lines_of(cell: str, past: Playground) -> list[str]:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(cell, {"game": past, "torch": torch})
    return said.getvalue().splitlines()


# --- what a learner may have changed --------------------------------------------------------------

SHOWN = re.compile(r"(?:^(\w+) = )?(?:stage\.play|screen)\(\s*(\w+),", re.MULTILINE)


def asserts(source: str) -> bool:
    """Tell whether a cell asserts something without an `if`."""
    return any(isinstance(node, ast.Assert) for node in ast.parse(source).body)


@pytest.mark.parametrize("chapter", [f"{n:02}" for n in range(8)])
def test_no_cell_asserts_what_holds_only_for_a_game_that_nobody_has_changed(chapter):
    games: set[str] = set()  # those with buttons and controls, and what plays them
    for source in code_cells(chapter):
        assert not (asserts(source) and games & set(re.findall(r"\w+", source))), source
        games |= {name for names in SHOWN.findall(source) for name in names if name}


@pytest.mark.parametrize(
    ("line", "game", "player", "distribution"),
    [
        ("mean losses: D", "match", "duel", "normal"),
        ("left mode's share", "two_modes", "duel_2", "two_modes"),
    ],
)
def test_a_game_that_the_text_has_let_one_change_ends_in_no_error(
    line, game, player, distribution, capsys
):
    (cell,) = (source for source in code_cells("04") if line in source)
    match = recipes.line_match(distribution, every=1)
    names = {"np": np, "recipes": recipes, game: match}
    names[player] = types.SimpleNamespace(run=lambda iterations: match)  # paused far too early
    match.play_iteration()
    with pytest.raises(AssertionError):
        exec(compile(cell, "cell", "exec"), names)
    match.change(lr_d=1e-3)
    exec(compile(cell, "cell", "exec"), names)
    assert "KS of the EMA" in capsys.readouterr().out
