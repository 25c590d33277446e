"""Copies for a class: students get no answer, lecturers all; nobody's notebook changes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from classroom import copies
from gan_edu import exercises, stage
from gan_edu.stage import painting
from tests.helpers import shown, tongue

ROOT = Path(__file__).parents[2]

ALL = [e for chapter in exercises.chapters() for e in exercises.exercises(chapter)]
PICTURED = [e.name for e in ALL if e.picture]

each_chapter = pytest.mark.parametrize("chapter", exercises.chapters())


def source(chapter: int, of: str = "en") -> nbformat.NotebookNode:
    (script,) = copies.build.scripts([f"{chapter:02}"])
    return copies.build.unexecuted(script, copies.build.folder(of) / f"{script.stem}.ipynb", of)


def answers(notebook) -> list:
    return [cell for cell in notebook.cells if "exercise" in cell.metadata.get("tags", [])]


def written(thing) -> str:
    """Return all strings in a notebook's JSON, pictures left out, without blanks."""
    if isinstance(thing, dict):
        return "".join(k + written(v) for k, v in thing.items() if k != "text/html")
    if isinstance(thing, list):
        return "".join(map(written, thing))
    return bare(str(thing))


def bare(text: str) -> str:
    return "".join(text.split())


def test_without_the_tools_for_a_class_it_says_how_to_get_them(tmp_path):
    missing = "raise ModuleNotFoundError('No module named jupytext')"
    (tmp_path / "jupytext.py").write_text(missing, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    for module in ("classroom.copies", "classroom.slides"):
        command = [sys.executable, "-m", module, "00"]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.strip().endswith('python -m pip install -e ".[classroom]"')


@each_chapter
def test_a_student_s_copy_holds_no_answer_anywhere(chapter):
    notebook = copies.student(source(chapter))
    everything = written(json.loads(nbformat.writes(notebook)))
    for exercise in exercises.exercises(chapter):
        secrets = [
            exercise.text.solution,
            exercise.text.lecturer,
            exercise.text.insight,
            *exercise.text.hints,
        ]
        secrets += [exercise.code()]
        for secret in secrets:
            assert bare(secret) not in everything
    assert "HIDDEN" not in everything
    assert all(not cell.outputs for cell in answers(notebook))


def test_the_search_for_answers_finds_one_that_is_there():
    notebook = copies.student(source(1))
    answers(notebook)[2].source = exercises.find("1.3").code()
    everything = written(json.loads(nbformat.writes(notebook)))
    assert bare(exercises.find("1.3").code()) in everything


@each_chapter
def test_a_student_s_stubs_are_those_of_the_script(chapter):
    original = [cell.source for cell in answers(source(chapter))]
    assert [cell.source for cell in answers(copies.student(source(chapter)))] == original
    assert len(original) == len(exercises.exercises(chapter))


def test_what_somebody_answered_in_the_notebook_does_not_get_into_a_copy(tmp_path, monkeypatch):
    (script,) = copies.build.scripts(["01"])
    notebook = source(1)
    answers(notebook)[0].source = 'answer = "my secret"\ncheck("1.1", answer)'
    monkeypatch.setattr(copies.build, "execute", lambda *_: None)
    nbformat.write(notebook, tmp_path / "mine.ipynb")
    made = copies.student(copies.build.unexecuted(script, tmp_path / "mine.ipynb"))
    assert "my secret" not in nbformat.writes(made)


@each_chapter
def test_a_lecturer_s_copy_has_solutions_notes_and_tests(chapter, monkeypatch):
    monkeypatch.setattr(copies.build, "execute", lambda *_: None)
    notebook = copies.lecturer(source(chapter))
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    for exercise in exercises.exercises(chapter):
        assert exercise.code() in text
        assert exercise.text.lecturer in text
        assert f"{exercise.text.kind}, {exercise.text.minutes} minutes" in text
        assert f'check("{exercise.name}", ' in text
    for cell in notebook.cells:
        assert cell.metadata.slideshow.slide_type


@each_chapter
def test_both_copies_fold_what_the_notebook_folds(chapter, monkeypatch):
    monkeypatch.setattr(copies.build, "execute", lambda *_: None)

    def folds(cells) -> list[tuple]:
        folded = [
            cell for cell in cells if "<details>" in cell.source or "jupyter" in cell.metadata
        ]
        return [(cell.source, cell.metadata.get("jupyter", {})) for cell in folded]

    notebook = source(chapter)
    assert len(folds(notebook.cells)) > 3
    for copied in (copies.student(notebook), copies.lecturer(notebook)):
        assert folds(copied.cells) == folds(notebook.cells)


@pytest.mark.parametrize("of", copies.build.PLACES)
def test_the_exercises_of_a_lecturer_s_copy_are_run_in_either_language(of, monkeypatch):
    run = []
    monkeypatch.setattr(copies.build, "execute", lambda notebook, _: run.append(notebook))
    with tongue.speaking(of):
        copies.lecturer(source(1, of))
    (short,) = run
    assert len(answers(short)) == len(exercises.exercises(1))
    assert len(short.cells) < len(source(1, of).cells) / 2


def links(path: Path) -> list[str]:
    """Return the notebooks beside it, or near it, that a notebook points to."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    return re.findall(r"\]\((?!https?:|#)([^)#]+)", "\n".join(texts))


@pytest.mark.parametrize("prefixes", [["00", "01"], ["02"]])
def test_a_copy_points_only_at_files_that_are_there(prefixes, tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "run_exercises", lambda notebook: None)
    copies.main(prefixes, tmp_path)
    written = sorted(tmp_path.rglob("*.ipynb"))
    assert len(written) == 3 * len(prefixes) + 2, "two with a glossary"
    pointed = {path: links(path) for path in written}
    missing = [
        (p, link)
        for p, found in pointed.items()
        for link in found
        if not (p.parent / link).exists()
    ]
    assert not missing
    assert sum(map(len, pointed.values())) > 3


def test_the_command_writes_its_folders_and_nothing_else(tmp_path):
    before = sorted((ROOT / "notebooks").iterdir())
    copies.main(["01"], tmp_path)
    assert sorted((ROOT / "notebooks").iterdir()) == before
    assert {path.name for path in tmp_path.iterdir()} == {"student", "lecturer", "nbgrader"}
    for who in ("student", "lecturer"):
        notebook = nbformat.read(tmp_path / who / "01_inverse_cdf.ipynb", as_version=4)
        first = next(cell for cell in notebook.cells if cell.source.startswith("stage.explore("))
        found = [shown.pictures(output.get("data", {})) for output in first.outputs]
        assert any(found), "its first figure"
        assert (tmp_path / who / "glossary.ipynb").exists(), "each chapter links to it"
    verdicts = [str(cell.outputs) for cell in answers(notebook)]
    assert all("is right" in verdict for verdict in verdicts)
    pictures = [
        c for c in notebook.cells if "lecturer" in c.metadata.get("tags", []) and "outputs" in c
    ]
    assert any(shown.pictures(o.get("data", {})) for cell in pictures for o in cell.outputs)


@pytest.mark.parametrize("name", PICTURED)
def test_the_picture_to_expect_is_drawn(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    exercise, chapter = exercises.find(name), source(int(name.split(".")[0]))
    scenes = [c.source for c in chapter.cells if "@stage.scene" in c.source]
    picture = copies.picture_cell(exercise, name)
    drawn, names = [], {}
    monkeypatch.setattr(stage, "show", lambda figure, alt: drawn.append((figure, alt)))
    for code in (copies.imports(chapter.cells), *scenes, exercise.code(), picture):
        exec(code, names)
    ((figure, alt),) = drawn
    assert painting.render(figure).std() > 5
    assert alt == name


def test_every_open_exercise_has_a_picture_to_expect():
    assert {e.name for e in ALL if e.text.kind == "open"} <= set(PICTURED)


WRONG = """from gan_edu import exercises

{name} = exercises.find("{number}").wrong[0][0]
check("{number}", {name})"""


def answered(chapter: int, how: str, folder: Path) -> nbformat.NotebookNode:
    """Return the whole notebook, run, with the right answers or with a known mistake each."""
    notebook = source(chapter)
    for cell in answers(notebook):
        number, name = copies.CHECK.search(cell.source).groups()
        code = f'{exercises.find(number).code()}\n\n\ncheck("{number}", {name})'
        cell.source = code if how == "is right" else WRONG.format(name=name, number=number)
    copies.build.execute(notebook, folder)
    return notebook


@pytest.mark.parametrize(
    ("chapter", "how"),
    [
        pytest.param(
            chapter, how, marks=[] if (chapter, how) == (1, "is right") else [pytest.mark.slow]
        )
        for chapter in exercises.chapters()
        for how in ("is right", "not yet")
    ],
)
def test_restart_and_run_all_works_with_right_answers_and_with_wrong_ones(chapter, how, tmp_path):
    shown = [str(cell.outputs) for cell in answers(answered(chapter, how, tmp_path))]
    assert all(how in verdict for verdict in shown)


@pytest.mark.slow
@each_chapter
def test_every_lecturer_s_copy_runs(chapter):
    notebook = copies.lecturer(source(chapter))
    assert all("is right" in str(cell.outputs) for cell in answers(notebook))
