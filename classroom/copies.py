"""Make a class's copies of the notebooks, from the one source that the course has.

python -m classroom.copies        dist/student and dist/lecturer, every chapter
python -m classroom.copies 02     the chapters whose names start so

A student's copy holds no answer, neither to be seen nor in its JSON. A lecturer's copy holds each
solution with its verdict, minutes, the question to ask, what wrong answers hear, and the picture
to expect. Nothing is written into `notebooks/`: what somebody answered there stays there.

Both carry nbgrader's metadata. Put the lecturer's copies into its `source/`, run
`nbgrader generate_assignment` so that it knows the cells, hand out the *student's* copies (they
have the stubs, which nbgrader's own release has not), and let `nbgrader autograde` put the locked
cells of the lecturer's copies, which check on other data, into what comes back.
"""

import ast
import copy
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from gan_edu import exercises
from gan_edu.checking.exercise import Exercise
from tools import notebooks as build

ROOT = Path(__file__).parents[1]
CHECK = re.compile(r'^check\("([\d.]+)", (\w+)\)$', re.MULTILINE)
GRADED = "# Your lecturer's copy of this cell checks your answer on other data."
PICTURE = """from gan_edu import stage
{before}
stage.show({figure}, alt="{alt}")"""
OTHER_DATA = 2027  # the seed that grades; a course may choose its own


def main(prefixes: list[str], dist: Path = ROOT / "dist") -> None:
    """Write both copies of each notebook, with the glossary that they link to."""
    for script in build.scripts(prefixes):
        notebook = build.unexecuted(script, ROOT / "notebooks" / f"{script.stem}.ipynb")
        for who, copied in (("student", student(notebook)), ("lecturer", lecturer(notebook))):
            folder = dist / who
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "notebooks" / "glossary.ipynb", folder)
            nbformat.validate(copied)
            nbformat.write(copied, folder / f"{script.stem}.ipynb")
            print(f"{who}: {script.stem}")


def student(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with empty stubs, and a locked cell after each for the grade."""
    copied = copy.deepcopy(notebook)
    copied.cells = []
    for cell in copy.deepcopy(notebook.cells):
        copied.cells.append(cell)
        if exercise := exercise_in(cell):
            cell.outputs, cell.execution_count = [], None
            cell.metadata.nbgrader = nbgrader(exercise, solution=True)
            copied.cells.append(graded(exercise, GRADED))
    return copied


def lecturer(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with open solutions, the cells that grade, and notes; its exercises are run."""
    copied = copy.deepcopy(notebook)
    copied.cells = []
    for cell in copy.deepcopy(notebook.cells):
        copied.cells.append(cell)
        if exercise := exercise_in(cell):
            name = CHECK.search(cell.source)[2]
            space = "\n\n\n" if callable(exercise.answer) else "\n"
            cell.source = f'{exercise.code()}{space}check("{exercise.name}", {name})'
            cell.metadata.nbgrader = nbgrader(exercise, solution=True)
            copied.cells += [graded(exercise, test_of(exercise, name)), *notes(exercise)]
    run_exercises(copied)
    return copied


def exercise_in(cell: NotebookNode) -> Exercise | None:
    """Return the exercise that a cell answers, or None."""
    if cell.cell_type != "code" or "exercise" not in cell.metadata.get("tags", []):
        return None
    return exercises.find(CHECK.search(cell.source)[1])


def nbgrader(exercise: Exercise, solution: bool) -> dict:
    """Return what nbgrader must know of a cell: the answer's, or the one that grades it."""
    about = {
        "grade": not solution,
        "grade_id": f"{'answer' if solution else 'grade'}-{exercise.name.replace('.', '-')}",
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return about if solution else about | {"points": 1}


def graded(exercise: Exercise, source: str) -> NotebookNode:
    """Return the cell that grades an exercise."""
    metadata = {
        "nbgrader": nbgrader(exercise, solution=False),
        "slideshow": {"slide_type": "skip"},
        "tags": ["grade"],
    }
    return new_code_cell(source, metadata=metadata, id=f"grade-{exercise.name.replace('.', '-')}")


def test_of(exercise: Exercise, name: str) -> str:
    """Return the code that grades: nbgrader cuts out what stands between the marks."""
    return (
        f"{GRADED}\n### BEGIN HIDDEN TESTS\n"
        f'verdict = check("{exercise.name}", {name}, seed={OTHER_DATA})\n'
        "assert verdict, verdict\n### END HIDDEN TESTS"
    )


def notes(exercise: Exercise) -> list[NotebookNode]:
    """Return what only the lecturer reads, and the picture to expect."""
    heard = [exercises.graded(exercise, answer, 0).text for answer, _ in exercise.wrong]
    heard = [text.split("** ", 1)[1].split("\n\n")[0] for text in heard]
    text = "\n".join(
        [
            f"**For the lecturer** · {exercise.text.kind}, {exercise.text.minutes} minutes",
            f"\n{exercise.text.lecturer}\n\n**Why:** {exercise.text.solution}",
            "\n**What wrong answers hear:**\n",
            *(f"- {sentence}" for sentence in heard),
        ]
    )
    number = exercise.name.replace(".", "-")
    about = {"slideshow": {"slide_type": "notes"}, "tags": ["lecturer"]}
    cells = [new_markdown_cell(text, metadata=about, id=f"notes-{number}")]
    if exercise.picture:
        shown = about | {"slideshow": {"slide_type": "fragment"}}
        source = picture_cell(exercise, f"To expect: {exercise.text.title}.")
        cells.append(new_code_cell(source, metadata=shown, id=f"picture-{number}"))
    return cells


def picture_cell(exercise: Exercise, alt: str) -> str:
    """Return the code that shows what to expect."""
    *before, figure = exercise.picture.splitlines()
    return PICTURE.format(before="\n".join(before), figure=figure, alt=alt)


def run_exercises(notebook: NotebookNode) -> None:
    """Run the cells from "## Exercises" on, after the notebook's imports; the rest is as built."""
    starts = [i for i, c in enumerate(notebook.cells) if c.source.startswith("## Exercises")]
    if not starts:
        return
    short = copy.deepcopy(notebook)
    short.cells = [new_code_cell(imports(notebook.cells)), *short.cells[starts[0] :]]
    with tempfile.TemporaryDirectory() as folder:
        build.execute(short, Path(folder))
    notebook.cells[starts[0] :] = short.cells[1:]


def imports(cells: list[NotebookNode]) -> str:
    """Return all import statements of a notebook: what an exercise may lean on."""
    parsed = [ast.parse(cell.source).body for cell in cells if cell.cell_type == "code"]
    statements = [node for body in parsed for node in body]
    return "\n".join(
        ast.unparse(node) for node in statements if isinstance(node, ast.Import | ast.ImportFrom)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
