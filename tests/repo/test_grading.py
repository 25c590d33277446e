"""What nbgrader gets and what it makes of it: no answer and no note for students, honest points."""

import json
import os
import re
import subprocess
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest

from classroom import copies, grading
from gan_edu import exercises
from tests.repo.test_copies import WRONG, each_chapter, source

ROOT = Path(__file__).parents[2]
SOLUTION = re.compile(r"### BEGIN SOLUTION\n.*?\n### END SOLUTION", re.DOTALL)
HIDDEN = re.compile(r"\n### BEGIN HIDDEN TESTS\n.*?\n### END HIDDEN TESTS", re.DOTALL)


def of(notebook, tag: str) -> list:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


@each_chapter
def test_what_is_between_the_marks_is_all_that_a_student_s_notebook_lacks(chapter):
    notebook, made = source(chapter), grading.assignment(source(chapter))
    answers = of(made, "exercise")
    assert len(answers) == len(exercises.exercises(chapter))
    for cell, before in zip(answers, of(notebook, "exercise"), strict=True):
        number = grading.CHECK.search(before.source)[1]
        assert exercises.find(number).code() in cell.source
        left = SOLUTION.sub("", cell.source)  # nbgrader puts its stub there: none
        assert left.split() == before.source.split()
        assert exercises.find(number).code() not in left
        assert not cell.outputs
    rest = [c for c in made.cells if c not in answers and c not in of(made, "grade")]
    assert rest == [c for c in notebook.cells if c not in of(notebook, "exercise")]
    assert "For the lecturer" not in nbformat.writes(made)


@each_chapter
def test_nbgrader_finds_its_names_and_a_point_for_each_exercise(chapter):
    told = [
        c.metadata.nbgrader
        for c in grading.assignment(source(chapter)).cells
        if "nbgrader" in c.metadata
    ]
    names = [about["grade_id"] for about in told]
    assert len(set(names)) == len(names) == 2 * len(exercises.exercises(chapter))
    for about in told:
        assert about["schema_version"] == 3
        assert about["grade"] == about["locked"] == ("points" in about) != about["solution"]
        assert re.fullmatch(r"[a-zA-Z0-9_\-]+", about["grade_id"])


def graded(made: nbformat.NotebookNode, folder: Path) -> list[str | None]:
    """Run a notebook; return for each cell that grades what it complained of, None for a point."""
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.metadata.setdefault("tags", []).append("raises-exception")
    copies.build.execute(made, folder)
    wrong = [[o for o in c.outputs if o.output_type == "error"] for c in of(made, "grade")]
    return [errors[0].ename + errors[0].evalue if errors else None for errors in wrong]


def short(chapter: int) -> nbformat.NotebookNode:
    """Return an assignment's imports and exercises alone."""
    made = grading.assignment(source(chapter))
    shown = [made.cells.index(cell) for tag in ("exercise", "grade") for cell in of(made, tag)]
    imports = nbformat.v4.new_code_cell(copies.imports(made.cells))
    made.cells = [imports, *(made.cells[i] for i in sorted(shown))]
    return made


@pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(chapter, marks=[] if chapter == 1 else pytest.mark.slow)
        for chapter in exercises.chapters()
    ],
)
def test_right_answers_get_all_points_and_empty_stubs_none(chapter, tmp_path):
    right, empty = short(chapter), short(chapter)
    count = len(exercises.exercises(chapter))
    assert graded(right, tmp_path) == [None] * count
    for cell in empty.cells:
        cell.source = HIDDEN.sub("", SOLUTION.sub("", cell.source))
    assert all("not right yet" in str(said) for said in graded(empty, tmp_path)), "Validate fails"


CHEATS = {
    "the package": """import gan_edu.exercises
check = gan_edu.exercises.check = lambda *a, **k: True""",
    "the inside": """from gan_edu import exercises
exercises.graded = lambda *a: exercises.Verdict("", right=True)
exercises.Verdict.__bool__ = lambda self: True""",
    "a file beside": """from pathlib import Path
Path("gan_edu").mkdir()
for name in ("__init__", "exercises"):
    Path(f"gan_edu/{name}.py").write_text("check = lambda *a, **k: True")
check = lambda *a, **k: True""",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_whoever_replaces_check_earns_nothing(cheat, tmp_path):
    made = short(1)
    made.cells.insert(1, nbformat.v4.new_code_cell(CHEATS[cheat]))
    for cell in of(made, "exercise"):
        cell.source = SOLUTION.sub("", cell.source)
    said = graded(made, tmp_path)
    honest = [
        bool(re.search("is not answered yet|, not yet", str(complaint))) for complaint in said
    ]
    assert honest == [True] * 6, said


# With nbgrader itself, from the lecturer's folder to the points


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Return a function that runs a command of nbgrader, installed beside this environment."""
    folder = tmp_path_factory.mktemp("nbgrader")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    inside = sysconfig.get_path("purelib", vars={"base": folder, "platbase": folder})
    (Path(inside) / "beside.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    subprocess.run(
        [scripts / "python", "-m", "pip", "install", "-q", "nbgrader==0.9.6"], check=True
    )
    (folder / "exchange").mkdir()
    (folder / "exchange").chmod(0o777)
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])
    own = {"HOME": str(folder / "home"), "PATH": path, "PYTHONPATH": str(ROOT)}
    own |= {"JUPYTER_DATA_DIR": str(folder / "data"), "JUPYTER_CONFIG_DIR": str(folder / "config")}

    def run(*arguments: str, cwd: Path) -> str:
        command = [scripts / "python", "-m", "nbgrader", *arguments]
        command += [f"--Exchange.root={folder / 'exchange'}", "--CourseDirectory.course_id=gan_edu"]
        ran = subprocess.run(
            command, cwd=cwd, env=os.environ | own, capture_output=True, encoding="utf-8"
        )
        assert "Traceback" not in ran.stderr, ran.stderr[-3000:]
        return ran.stdout + ran.stderr

    return run


CHAPTER = "01_inverse_cdf"


def answer(cells: list, how: str) -> None:
    """Answer the exercises in one of six ways."""
    for i, cell in enumerate(cells):
        number, name = grading.CHECK.search(cell.source).groups()
        solved = f'{exercises.find(number).code()}\n\n\ncheck("{number}", {name})'
        cell.source = {
            "right": solved,
            "half right": solved if i < len(cells) // 2 else cell.source,
            "wrong": WRONG.format(name=name, number=number),
            "untouched": cell.source,
            "endless": "while True: pass" if i == 0 else solved,
            "cheating": f"check = lambda *a, **k: True\n{cell.source}",
        }[how]


POINTS = {"right": 6, "half right": 3, "wrong": 0, "untouched": 0, "endless": 5, "cheating": 0}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="nbgrader's exchange is for Unix")
def test_six_submissions_get_what_they_deserve(nbgrader, tmp_path):
    copies.main(["01"], tmp_path)
    course, desk = tmp_path / "nbgrader", tmp_path / "desk"
    desk.mkdir()
    nbgrader("generate_assignment", CHAPTER, cwd=course)
    release = course / "release" / CHAPTER / f"{CHAPTER}.ipynb"
    text = release.read_text(encoding="utf-8")
    for exercise in exercises.exercises(1):
        assert json.dumps(exercise.code().splitlines()[-1])[1:-1] not in text
        assert exercise.text.lecturer not in text
    assert "HIDDEN" not in text
    assert "Validation failed" in nbgrader("validate", str(release), cwd=course).replace(
        "VALIDATION FAILED", "Validation failed"
    )
    nbgrader("release_assignment", CHAPTER, cwd=course)
    for how in POINTS:
        home = desk / how.replace(" ", "_")
        home.mkdir()
        nbgrader("fetch_assignment", CHAPTER, cwd=home)
        path = home / CHAPTER / f"{CHAPTER}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        answer(of(notebook, "exercise"), how)
        nbformat.write(notebook, path)
        nbgrader("submit", CHAPTER, cwd=home)
        nbgrader("collect", CHAPTER, cwd=course)
        (mine,) = [p for p in (course / "submitted").iterdir() if p.name not in KINDS]
        mine.rename(mine.with_name(home.name))  # on this machine all are one user
    nbgrader("autograde", CHAPTER, "--create", "--Execute.timeout=120", cwd=course)
    nbgrader("export", cwd=course)
    rows = (course / "grades.csv").read_text(encoding="utf-8").splitlines()
    table = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    points = {row["student_id"].replace("_", " "): float(row["raw_score"]) for row in table}
    assert points == POINTS
    assert {float(row["max_score"]) for row in table} == {6}


KINDS = {how.replace(" ", "_") for how in POINTS}
