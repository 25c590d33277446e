"""Puzzles, warm-up questions, both forms of the test: right answers pass, wrong ones hear why."""

import contextlib
import io
import itertools
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest

from gan_edu import exercises, practice
from gan_edu.distributions import GRID_U

ROOT = Path(__file__).parents[2]

PUZZLES = [p for chapter in range(8) for p in exercises.puzzles(chapter)]
QUESTIONS = [q for chapter in range(8) for q in exercises.questions(chapter)]
FORMS = practice.forms()
ALL = [*PUZZLES, *QUESTIONS, *FORMS["a"], *FORMS["b"]]

each = pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
each_puzzle = pytest.mark.parametrize("puzzle", PUZZLES, ids=lambda p: p.name)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def graded(exercise, answer):
    return exercises.graded(exercise, answer, seed=0)


@each
def test_the_answer_passes_in_every_form_and_a_wrong_one_hears_its_own_sentence(exercise):
    for answer in (exercise.answer, *exercise.right):
        assert graded(exercise, answer).right is True
    assert graded(exercise, None).right is None
    heard = {mistake: graded(exercise, answer) for answer, mistake in exercise.wrong}
    assert not any(verdict.right for verdict in heard.values())
    for mistake, verdict in heard.items():
        assert exercise.text.mistakes[mistake] in verdict.text
    nonsense = graded(exercise, "what?")
    assert nonsense.right is not True
    if not re.search(r"[ab]\d", exercise.name):  # the forms say nothing
        assert len({v.text for v in (nonsense, *heard.values())}) >= 3


def test_there_are_enough_and_each_name_is_known_to_check():
    assert len(PUZZLES) >= 6
    assert len(QUESTIONS) >= 36
    assert len({e.name for e in ALL}) == len(ALL)
    for exercise in (*PUZZLES, *QUESTIONS):
        assert exercises.find(exercise.name).name == exercise.name
        assert exercises.check(exercise.name, exercise.answer)


def test_no_option_is_told_by_its_length_alone():
    chosen = [q for q in QUESTIONS if q.options]
    longest = [q for q in chosen if max(q.options, key=len) == q.answer]
    assert len(longest) < 0.67 * len(chosen)
    first = [q for q in chosen if q.options[0] == q.answer]
    assert 0.15 < len(first) / len(chosen) < 0.5


def test_both_forms_ask_for_the_same_ideas_in_the_same_way():
    assert len(FORMS["a"]) == len(FORMS["b"]) == 10
    for a, b in zip(FORMS["a"], FORMS["b"], strict=True):
        assert a.name.replace("a", "b") == b.name
        assert len(a.options) == len(b.options), "a guess has the same chance in both"
        assert a.text.title != b.text.title
    words = [sum(len(q.text.title.split()) for q in FORMS[f]) for f in "ab"]
    assert max(words) < 1.15 * min(words), "as much to read in both"


@each_puzzle
def test_every_mistake_of_a_puzzle_s_prose_can_be_made(puzzle):
    assert set(puzzle.text.mistakes) == {mistake for _, mistake in puzzle.wrong}
    assert len(puzzle.lines) >= 8


def neighbours(puzzle) -> list[str]:
    """Return the right order with each two neighbours swapped."""
    a = puzzle.answer
    return [a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)]


@each_puzzle
def test_whatever_order_is_handed_in_gets_a_sentence(puzzle):
    orders = [puzzle.answer[:n] for n in range(1, len(puzzle.answer))]
    for order in (*neighbours(puzzle), *orders, "".join(sorted(puzzle.lines))):
        verdict = graded(puzzle, order)
        assert verdict.right or len(verdict.text) > 60
    assert not any(graded(puzzle, order).right for order in orders), "a line is missing"
    with_all = graded(
        puzzle, puzzle.answer + next(k for k in puzzle.lines if k not in puzzle.answer)
    )
    assert with_all.right is False
    assert len(with_all.text) > 60
    assert "once" in graded(puzzle, puzzle.answer + puzzle.answer[0]).text


@pytest.mark.parametrize("nothing", [None, ..., [], ""])
def test_an_empty_program_is_asked_for_lines(nothing):
    verdict = graded(exercises.find("4.p1"), nothing)
    assert verdict.right is None
    assert "Put lines into your program first." in verdict.text


def test_a_hint_is_offered_where_there_is_one():
    for name, there in (("4.p1", True), ("4.1", True), ("4.w1", False)):
        assert ("Stuck?" in graded(exercises.find(name), None).text) is there


# Pairs of neighbours that may be swapped, found with pencil and paper.
FREE = {
    "1.p1": [{"loss = (", "optimiser.zero_grad()"}, {"optimiser.zero_grad()", "z, x = pairs"}],
    "3.p1": [{"a_real = ", "a_fake = "}, {"loss_d = -logsigmoid(a_real).", "opt_d.zero_grad()"}],
    "6.p1": [{"opt_d = SGD", "opt_g = SGD"}],
}


@pytest.mark.parametrize("name", FREE)
def test_other_right_orders_are_right(name):
    puzzle = exercises.find(name)
    for pair in FREE[name]:
        one, other = (
            next(k for k in puzzle.answer if puzzle.lines[k].startswith(start)) for start in pair
        )
        swap = puzzle.answer.translate(str.maketrans(one + other, other + one))
        if abs(puzzle.answer.index(one) - puzzle.answer.index(other)) == 1:
            assert graded(puzzle, swap).right is True
    moved = exercises.find("1.p1")
    zero = next(k for k in moved.lines if "zero_grad" in moved.lines[k])
    rest = moved.answer.replace(zero, "")
    for place in range(len(rest) + 1):
        right = place != len(rest) - 1, "only between backward and step it does harm"
        assert graded(moved, rest[:place] + zero + rest[place:]).right is right[0], right[1]


def test_a_right_order_is_one_of_few():
    puzzle = exercises.find("1.p1")
    orders = ("".join(order) for order in itertools.permutations(puzzle.answer))
    assert sum(graded(puzzle, order).right is True for order in orders) == 4


def test_a_question_in_which_something_is_missing_is_refused(tmp_path):
    for body in ("+ a:: b\n", "+ a:: b\n+ c:: d\n- e:: f\n", "+ a:: b\n- c::\n- d:: e\n"):
        (tmp_path / "questions.md").write_text(f"# 1.w1 What?\n\n{body}", "utf-8")
        with pytest.raises(ValueError, match=re.escape("1.w1: one right answer")):
            exercises.quiz.read(tmp_path / "questions.md")


def stubs(chapter: int) -> list[str]:
    """Return what a notebook hands out of each function that is to be written."""
    (script,) = (ROOT / "notebooks" / "source").glob(f"{chapter:02}_*.py")
    cells = jupytext.read(script).cells
    code = [c.source for c in cells if "exercise" in c.metadata.get("tags", [])]
    return [source.split("\n\n")[0] for source in code if "..." in source]


@pytest.mark.parametrize("chapter", range(1, 7))
def test_each_chapter_has_an_example_a_beginning_and_an_empty_cell(chapter):
    (script,) = (ROOT / "notebooks" / "source").glob(f"{chapter:02}_*.py")
    cells = [c for c in jupytext.read(script).cells if c.cell_type == "markdown"]
    (example,) = (c.source for c in cells if "<summary>A worked example" in c.source)
    code = re.search(r"```python\n(.*?)```", example, re.DOTALL)[1]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"np": np, "GRID_U": GRID_U})
    said = code.strip().splitlines()[-1].partition("# ")[2]
    assert f"{float(printed.getvalue()):.3g}" in said
    given = [len(stub.splitlines()) - 2 for stub in stubs(chapter)]
    assert max(given) >= 1, "one to complete"
    assert min(given) <= 0, "one from an empty cell"
