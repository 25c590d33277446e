"""Every exercise: its solution passes, its stub does not, each known mistake hears its own name."""

import ast
import functools
import importlib.util
import re
from pathlib import Path

import jupytext
import pytest

from gan_edu import exercises
from gan_edu.checking import guard
from gan_edu.checking.exercise import Fault
from gan_edu.checking.prose import KINDS

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("copies", ROOT / "classroom" / "copies.py")
copies = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(copies)

SOURCES = ROOT / "notebooks" / "source"
ALL = [e for chapter in exercises.chapters() for e in exercises.exercises(chapter)]
WRONG = [(e, i) for e in ALL for i in range(len(e.wrong))]
RIGHT = [(e, i) for e in ALL for i in range(len(e.right))]

each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
each_wrong = pytest.mark.parametrize(
    ("exercise", "i"), WRONG, ids=[f"{e.name}-{i}" for e, i in WRONG]
)
each_right = pytest.mark.parametrize(
    ("exercise", "i"), RIGHT, ids=[f"{e.name}-{i}" for e, i in RIGHT]
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "LIMIT", 60)  # a machine that is busy is no fault of an answer


@functools.lru_cache
def script_cells(chapter: int) -> list:
    (script,) = SOURCES.glob(f"{chapter:02}_*.py")
    return jupytext.read(script).cells


def stub_of(exercise) -> str:
    """Return the code of the notebook's cell in which a learner answers."""
    cells = script_cells(int(exercise.name.split(".")[0]))
    (stub,) = (
        cell.source
        for cell in cells
        if cell.cell_type == "code" and f'check("{exercise.name}"' in cell.source
    )
    return stub


def run(exercise, code: str):
    """Return the value of the last line of an exercise's cell, run in the notebook's names."""
    names = {}
    exec(copies.imports(script_cells(int(exercise.name.split(".")[0]))), names)
    *statements, last = ast.parse(code).body
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def said(name: str, answer, seed: int = 0) -> str:
    return exercises.graded(exercises.find(name), answer, seed).text


@each
def test_the_solution_passes_on_twenty_seeds(exercise):
    for seed in range(20):
        verdict = exercises.graded(exercise, exercise.answer, seed)
        assert verdict.right is True, f"seed {seed}: {verdict}"


def says(verdict, exercise, mistake: Fault | str) -> bool:
    """Tell whether a verdict has a mistake's sentence, or the part of one, any numbers in it."""
    if isinstance(mistake, Fault):
        return exercise.sentence(mistake) in verdict.text
    sentence = exercise.text.mistakes.get(mistake, mistake)
    pattern = r".+?".join(re.escape(part) for part in re.split(r"{[^}]*}", sentence))
    return bool(re.search(pattern, verdict.text))


@each_wrong
def test_a_known_mistake_fails_with_its_own_message(exercise, i):
    answer, mistake = exercise.wrong[i]
    others = {other for _, other in exercise.wrong} - {mistake}
    for seed in (0, 1, 2):
        verdict = exercises.graded(exercise, answer, seed)
        assert verdict.right is False
        assert says(verdict, exercise, mistake), verdict
        assert not [other for other in others if says(verdict, exercise, other)]


@each
def test_several_mistakes_are_known_by_their_names(exercise):
    fewest = 2 if exercise.text.kind == "predict" else 3
    assert len({message for _, message in exercise.wrong}) >= fewest


@each_right
def test_a_right_answer_written_in_another_way_passes(exercise, i):
    for seed in range(5):
        verdict = exercises.graded(exercise, exercise.right[i], seed)
        assert verdict.right is True, verdict


@each
def test_there_is_another_way_to_be_right(exercise):
    assert exercise.right


@each
def test_the_stub_is_short_ends_in_its_check_and_does_not_pass(exercise):
    code = stub_of(exercise)
    lines = [line for line in code.splitlines() if line.strip()]
    assert re.fullmatch(rf'check\("{re.escape(exercise.name)}", \w+\)', lines[-1])
    assert len(lines) <= (20 if exercise.text.kind == "debug" else 8)
    verdict = run(exercise, code)
    if exercise.text.kind == "debug":
        assert verdict.right is False
        assert any(says(verdict, exercise, mistake) for _, mistake in exercise.wrong), "a known bug"
    else:
        assert verdict.right is None


@each
@pytest.mark.parametrize("nonsense", ["answer = 7", 'answer = "?"', "def answer(*_):\n    1 / 0"])
def test_nonsense_in_the_stub_s_cell_gets_a_verdict(exercise, nonsense):
    verdict = run(exercise, f'{nonsense}\n\n\ncheck("{exercise.name}", answer)')
    assert verdict.right is False
    assert len(verdict.text) < 600


@each
def test_the_solution_fits_into_the_stub_s_cell(exercise):
    check = stub_of(exercise).rstrip().splitlines()[-1]
    assert run(exercise, f"{exercise.code()}\n\n\n{check}").right is True


@each
def test_what_is_said_is_complete(exercise):
    assert exercise.name.split(".")[0].isdecimal()
    assert all(
        [exercise.text.insight, exercise.text.lecturer, exercise.text.solution, exercise.text.hints]
    )
    said = [exercise.text.insight, exercise.text.solution, *exercise.text.hints]
    assert all(text.strip()[-1] in ".!?:`)$" for text in said), said


@each
def test_the_notebook_asks_the_question_under_its_number(exercise):
    chapter = script_cells(int(exercise.name.split(".")[0]))
    heads = [c.source.splitlines()[0] for c in chapter if c.cell_type == "markdown"]
    assert heads.count(f"### {exercise.name} · {exercise.text.title}") == 1


@pytest.mark.parametrize("chapter", exercises.chapters())
def test_a_chapter_has_exercises_of_several_kinds(chapter):
    there = exercises.exercises(chapter)
    assert [e.name for e in there] == [f"{chapter}.{i}" for i in range(1, len(there) + 1)]
    assert len(there) >= 4
    assert "open" in {e.text.kind for e in there}
    assert {e.text.kind for e in there} <= set(KINDS)
