"""What nbgrader needs of a chapter: `dist/nbgrader`, which `python -m classroom.copies` writes.

In `dist/nbgrader`, with nbgrader installed beside the course:

    nbgrader generate_assignment 02_histogram_js
    nbgrader release_assignment 02_histogram_js
    nbgrader collect 02_histogram_js
    nbgrader autograde 02_histogram_js

A student gets the stubs, and below each a cell that fails until `check` says that the answer is
right: so Validate fails where something is missing. The hidden test behind it, on other data,
imports `check` anew: what the notebook, or a file beside it, has made of `check` does not count.
No note for lecturers is in there. `solution("2.3")` is public, as the whole course is: the points
are for practice, and who runs a kernel can find another way to cheat in it.
"""

import copy
import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from gan_edu import exercises
from gan_edu.checking.exercise import Exercise
from gan_edu.language import gettext as _
from gan_edu.language import later

CHECK = re.compile(r'^check\("([\d.]+)", (\w+)\)$', re.MULTILINE)
SOLVED = """{stub}
### BEGIN SOLUTION
{code}
### END SOLUTION
{space}{call}"""
POINT = later("One point. Your lecturer's copy of this cell checks your answer on other data, too.")
NOT_YET = later("not right yet: see what `check` says above")
GRADE = """# {point}
assert check("{number}", {name}), "{not_yet}"
### BEGIN HIDDEN TESTS
import os, sys

theirs = [module for module in sys.modules if module.partition(".")[0] == "gan_edu"]
theirs = {{module: sys.modules.pop(module) for module in theirs}}
path, sys.path = sys.path, [p for p in sys.path if p not in ("", os.getcwd())]
from gan_edu.exercises import check as check_anew

verdict = check_anew("{number}", {name}, seed={seed})
sys.path = path
sys.modules.update(theirs)
assert verdict, verdict
### END HIDDEN TESTS"""
OTHER_DATA = 2027  # the seed that grades; a course may choose its own


def exercise_in(cell: NotebookNode) -> Exercise | None:
    """Return the exercise that a cell answers, or None."""
    if cell.cell_type != "code" or "exercise" not in cell.metadata.get("tags", []):
        return None
    return exercises.find(CHECK.search(cell.source)[1])


def assignment(notebook: NotebookNode) -> NotebookNode:
    """Return what lies in nbgrader's source folder: solutions between marks, cells that grade."""
    copied = copy.deepcopy(notebook)
    copied.cells = []
    for cell in copy.deepcopy(notebook.cells):
        copied.cells.append(cell)
        if exercise := exercise_in(cell):
            name = CHECK.search(cell.source)[2]
            cell.source = solved(cell.source, exercise)
            cell.outputs, cell.execution_count = [], None
            cell.metadata.nbgrader = about(exercise, grade=False)
            copied.cells.append(graded(exercise, name))
    return copied


def solved(source: str, exercise: Exercise) -> str:
    """Return an exercise's cell with its answer between the marks, after the stub."""
    start = CHECK.search(source).start()
    return SOLVED.format(
        stub=source[:start].rstrip(),
        code=exercise.code(),
        space="\n" if callable(exercise.answer) else "",
        call=source[start:],
    )


def graded(exercise: Exercise, name: str) -> NotebookNode:
    """Return the locked cell that grades an exercise."""
    words = {"point": _(POINT), "not_yet": _(NOT_YET)}
    source = GRADE.format(number=exercise.name, name=name, seed=OTHER_DATA, **words)
    metadata = {
        "nbgrader": about(exercise, grade=True),
        "slideshow": {"slide_type": "skip"},
        "tags": ["grade"],
    }
    return new_code_cell(source, metadata=metadata, id=f"grade-{dashed(exercise)}")


def about(exercise: Exercise, grade: bool) -> dict:
    """Return what nbgrader must know of a cell: the answer's, or the one that grades it."""
    told = {
        "grade": grade,
        "grade_id": f"{'grade' if grade else 'answer'}-{dashed(exercise)}",
        "locked": grade,
        "schema_version": 3,
        "solution": not grade,
        "task": False,
    }
    return told | {"points": 1} if grade else told


def dashed(exercise: Exercise) -> str:
    """Return an exercise's name as part of an id: "2-3"."""
    return exercise.name.replace(".", "-")
