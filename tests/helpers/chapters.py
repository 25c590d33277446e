"""What a chapter asks, when it answers, and what stands between the two."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted((FOLDER / "source").glob("*.py"))


@dataclass(frozen=True)
class Question:
    """A prediction: its cell, the cell that reveals, and what is said in both.

    One that is drawn has "" for its only answer.
    """

    name: str
    asked: int
    told: int
    words: str
    answers: tuple[str, ...]
    right: str
    explanation: str


def cells_of(chapter: str) -> list[NotebookNode]:
    """Return the cells of the script that belongs to a notebook's name."""
    return jupytext.read(FOLDER / "source" / f"{chapter}.py").cells


def questions(cells: list[NotebookNode]) -> list[Question]:
    """Return all predictions of a chapter. AssertionError if one of them is never answered."""
    asked = {}
    told = {}
    for number, cell in enumerate(cells):
        for call, name in _calls(cell):
            arguments = tuple(_literal(argument) for argument in call.args)
            kind = told if call.func.attr == "reveal" else asked
            kind[name] = number, *arguments
    assert asked.keys() == told.keys(), "a prediction and its reveal"
    return [
        Question(name, number, told[name][0], words, tuple(answers or ("",)), *told[name][1:3])
        for name, (number, words, answers) in asked.items()
    ]


def _literal(node: ast.expr) -> object:
    """Return what an argument says, or "" for what is computed: the axes and curve of a sketch."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ""


def _calls(cell: NotebookNode) -> list[tuple[ast.Call, str]]:
    """Return the calls of `stage.predict` and `….reveal` in a cell, and the prediction's name."""
    found = []
    for node in ast.parse(cell.source).body if cell.cell_type == "code" else []:
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr == "predict":
                found.append((call, node.targets[0].id))
            elif call.func.attr == "reveal":
                found.append((call, call.func.value.id))
    return found


def tags(cell: NotebookNode) -> set[str]:
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def hides_output(cell: NotebookNode) -> bool:
    """Tell whether a cell's output is folded until the cell is run."""
    return bool(tags(cell) & {"hide-output", "hide-cell"})


def alternative_texts(cell: NotebookNode) -> list[str]:
    """Return the words that stand for a cell's pictures."""
    if cell.cell_type == "markdown":
        return re.findall(r"!\[(.*?)\]\(", cell.source)
    found = re.findall(r'\balt="(.*?)"', cell.source)
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "picture":
            found.append(ast.literal_eval(node.args[1]))
    return found
