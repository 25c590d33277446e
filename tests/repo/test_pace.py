"""A core that fits an afternoon: what it needs, and how long it takes by a plain count.

The count: 125 words of prose a minute, two and a half minutes for each experiment and five for the
guessing game of chapter 00, four more for the walk through an iteration in chapter 06, half a
minute for each displayed formula and each cell of code to be read, three quarters for each
prediction. Two first readings of each chapter took about as long.
"""

import ast
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import pytest
from nbformat import NotebookNode

from gan_edu import exercises

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
FURTHER, EXERCISES, LAST = "## Further", "## Exercises", "## In this chapter we saw"
WORDS_A_MINUTE = 125
EXPERIMENT, PREDICTION, FORMULA, CODE, GAME = 2.5, 0.75, 0.5, 0.5, 5
WALK = 4  # through thirteen stops, each with words and numbers of its own
CREW = re.compile(r"stage\.(explore|play|watch)\(")
TAG = re.compile(r"\\tag\{([\d.]+)\}")

each_chapter = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


@dataclass
class Part:
    """The core of a chapter, or its *Further* sections, or its exercises."""

    cells: list[NotebookNode] = field(default_factory=list)

    def code(self) -> list[NotebookNode]:
        """Return the cells of code, the installation on Colab left out."""
        code = [cell for cell in self.cells if cell.cell_type == "code"]
        return [cell for cell in code if "remove-cell" not in cell.metadata.get("tags", [])]

    def prose(self) -> str:
        """Return the text that everybody reads: no folded answer, no table of symbols."""
        texts = [cell.source for cell in self.cells if cell.cell_type == "markdown"]
        text = re.sub(r"<details>.*?</details>", "", "\n\n".join(texts), flags=re.DOTALL)
        return re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)

    def minutes(self) -> float:
        """Return how long a first reader takes, by the count above."""
        text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "x", self.prose(), flags=re.DOTALL)
        sources = [cell.source for cell in self.code()]
        experiments = sum(bool(CREW.search(source)) for source in sources)
        formulas = len(re.findall(r"\$\$.*?\$\$", self.prose(), flags=re.DOTALL))
        games = sum("detective_game(" in source for source in sources)
        walks = sum("iteration_scene(" in source for source in sources)
        predictions = sum("stage.predict(" in source for source in sources)
        folded = {"hide-cell", "hide-input"}
        read = [c for c in self.code() if not folded & set(c.metadata.get("tags", []))]
        return (
            len(text.split()) / WORDS_A_MINUTE
            + GAME * games
            + WALK * walks
            + EXPERIMENT * experiments
            + PREDICTION * predictions
            + FORMULA * formulas
            + CODE * len(read)
        )


def parts(path: Path) -> tuple[Part, Part, Part]:
    """Return a chapter's core, its *Further* sections, and its exercises."""
    core, further, practice = Part(), Part(), Part()
    here = core
    for cell in jupytext.read(path).cells:
        heading = re.match(r"## .*", cell.source)
        if heading:
            here = core
            if heading[0].startswith(FURTHER):
                here = further
            if heading[0].startswith(EXERCISES):
                here = practice
        here.cells.append(cell)
    return core, further, practice


def bound(part: Part) -> set[str]:
    """Return the names that a part's cells bind."""
    names = set()
    for cell in part.code():
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
    return names


def read(part: Part) -> set[str]:
    """Return the names that a part's cells read."""
    nodes = [node for cell in part.code() for node in ast.walk(ast.parse(cell.source))]
    return {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


@each_chapter
def test_the_core_needs_nothing_that_only_a_further_section_has(path):
    core, further, practice = parts(path)
    without = Part(core.cells + practice.cells)
    assert not (read(without) & bound(further)) - bound(without)
    only_there = set(TAG.findall(further.prose())) - set(TAG.findall(without.prose()))
    assert not {tag for tag in only_there if f"({tag})" in core.prose()}


@each_chapter
def test_the_core_takes_the_minutes_that_the_readme_says(path):
    row = next(line for line in README.splitlines() if f"notebooks/{path.stem}.ipynb)<br>" in line)
    said = row.strip("| ").split("|")[-3].strip()
    if said != "as you like":
        assert parts(path)[0].minutes() == pytest.approx(float(said), rel=0.25)


README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("chapter", [1, 2])
def test_the_exercises_and_puzzles_take_the_minutes_that_the_readme_and_the_chapter_say(chapter):
    every = (*exercises.exercises(chapter), *exercises.puzzles(chapter))
    rounded = 5 * math.ceil(sum(exercise.text.minutes for exercise in every) / 5)
    script = SCRIPTS[chapter]
    row = next(
        line for line in README.splitlines() if f"notebooks/{script.stem}.ipynb)<br>" in line
    )
    assert row.strip("| ").split("|")[-1].strip() == str(rounded)
    assert f"the exercises about {rounded}" in script.read_text(encoding="utf-8")


def test_the_cores_fit_an_afternoon():
    assert sum(parts(path)[0].minutes() for path in SCRIPTS[:6]) < 240


@each_chapter
def test_a_chapter_s_equations_are_numbered_in_the_order_in_which_they_stand(path):
    chapter = int(path.stem[:2])
    numbers = [tag for tag in TAG.findall(path.read_text(encoding="utf-8")) if "." in tag]
    assert numbers == [f"{chapter}.{i + 1}" for i in range(len(numbers))]
