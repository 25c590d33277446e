"""Make a class's copies of the notebooks, from the one source that the course has.

python -m classroom.copies        dist/student, dist/lecturer and dist/nbgrader, every chapter
python -m classroom.copies 02     the chapters whose names start so
python -m classroom.copies --language zh_CN    in Chinese, dist/zh/student and so on

A student's copy holds no answer, neither to be seen nor in its JSON. A lecturer's copy holds each
solution with its verdict, minutes, the question to ask, what wrong answers hear, and the picture
to expect. What nbgrader needs lies apart (`classroom/grading.py`). Nothing is written into
`notebooks/`: what somebody answered there stays there.
"""

import ast
import copy
import re
import shutil
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from classroom.grading import CHECK, assignment, dashed, exercise_in
from gan_edu import exercises, language
from gan_edu.checking.exercise import Exercise
from gan_edu.language import gettext as _
from tools import notebooks as build
from tools.edition import EXERCISES

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[([^]]+)\]\((\w+)\.ipynb(#[^)]*)?\)")
PICTURE = """from gan_edu import stage
{before}
stage.show({figure}, alt="{alt}")"""


def main(prefixes: list[str], dist: Path = ROOT / "dist", of: str = "en") -> None:
    """Write the copies of each notebook, with the glossary that they link to."""
    language.speak(of)
    saved, dist = build.folder(of), dist / build.PLACES[of]
    made = {
        script.stem: build.unexecuted(script, saved / f"{script.stem}.ipynb", of)
        for script in build.scripts(prefixes)
    }
    glossary = {"glossary": build.glossary(of)}
    for who, copied in (("student", student), ("lecturer", lecturer)):
        folder = dist / who
        there = {path.stem for path in folder.glob("*.ipynb")} | {*made, *glossary}
        for name, notebook in (made | glossary).items():
            write(copied(notebook), folder / f"{name}.ipynb", "{}.ipynb", there)
    source = dist / "nbgrader" / "source"
    there = {path.name for path in source.glob("*")} | {*made}
    for name, notebook in made.items():
        write(assignment(notebook), source / name / f"{name}.ipynb", "../{0}/{0}.ipynb", there)
    shutil.copy(Path(__file__).with_name("nbgrader_config.py"), dist / "nbgrader")


def write(notebook: NotebookNode, path: Path, form: str, there: set[str]) -> None:
    """Write a copy; its links to notebooks that are there get this form, the others are words."""

    def led(link: re.Match) -> str:
        words, name, anchor = link.groups(default="")
        return f"[{words}]({form.format(name)}{anchor})" if name in there else words

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(led, cell.source)
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    print(path.relative_to(path.parents[3 if "source" in path.parts else 1]))


def student(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with the stubs, and what they printed taken out."""
    copied = copy.deepcopy(notebook)
    for cell in copied.cells:
        if exercise_in(cell):
            cell.outputs, cell.execution_count = [], None
    return copied


def lecturer(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with open solutions and notes; its exercises are run."""
    copied = copy.deepcopy(notebook)
    copied.cells = []
    for cell in copy.deepcopy(notebook.cells):
        copied.cells.append(cell)
        if exercise := exercise_in(cell):
            name = CHECK.search(cell.source)[2]
            space = "\n\n\n" if callable(exercise.answer) else "\n"
            cell.source = f'{exercise.code()}{space}check("{exercise.name}", {name})'
            copied.cells += notes(exercise)
    run_exercises(copied)
    return copied


def notes(exercise: Exercise) -> list[NotebookNode]:
    """Return what only the lecturer reads, and the picture to expect."""
    heard = [exercises.graded(exercise, answer, 0).told for answer, _ in exercise.wrong]
    text = "\n".join(
        [
            _("**For the lecturer** · {kind}, {minutes} minutes").format(
                kind=_(exercise.text.kind), minutes=exercise.text.minutes
            ),
            f"\n{exercise.text.lecturer}\n",
            _("**Why:** {solution}").format(solution=exercise.text.solution),
            "\n" + _("**What wrong answers hear:**") + "\n",
            *(f"- {sentence}" for sentence in heard),
        ]
    )
    number = dashed(exercise)
    about = {"slideshow": {"slide_type": "notes"}, "tags": ["lecturer"]}
    cells = [new_markdown_cell(text, metadata=about, id=f"notes-{number}")]
    if exercise.picture:
        shown = about | {"slideshow": {"slide_type": "fragment"}}
        source = picture_cell(exercise, _("To expect: {title}.").format(title=exercise.text.title))
        cells.append(new_code_cell(source, metadata=shown, id=f"picture-{number}"))
    return cells


def picture_cell(exercise: Exercise, alt: str) -> str:
    """Return the code that shows what to expect."""
    *before, figure = exercise.picture.splitlines()
    return PICTURE.format(before="\n".join(before), figure=figure, alt=alt)


def run_exercises(notebook: NotebookNode) -> None:
    """Run the exercises' cells, after the notebook's imports; the rest is as built."""
    starts = [i for i, c in enumerate(notebook.cells) if EXERCISES in c.source]
    if not starts:
        return
    short = copy.deepcopy(notebook)
    short.cells = [new_code_cell(imports(notebook.cells)), *short.cells[starts[0] :]]
    with tempfile.TemporaryDirectory() as folder:
        build.execute(short, Path(folder))
    notebook.cells[starts[0] :] = short.cells[1:]


def imports(cells: list[NotebookNode]) -> str:
    """Return what an exercise may lean on: a notebook's import statements, and its language."""
    parsed = [ast.parse(cell.source).body for cell in cells if cell.cell_type == "code"]
    statements = [node for body in parsed for node in body]
    told = {node: ast.unparse(node) for node in statements}
    return "\n".join(
        text for node, text in told.items()
        if isinstance(node, ast.Import | ast.ImportFrom) or text.startswith("language.speak(")
    )  # fmt: skip


if __name__ == "__main__":
    asked = build.options("classroom.copies").parse_args()
    main(asked.chapters, of=asked.language)
