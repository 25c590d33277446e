"""What is kept of a learner (choices, sketches, reasons, warm-ups, tests), and how it is lost."""

import json
import math
import os
import re
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from traitlets import TraitError

from gan_edu import exercises, practice, record, stage
from gan_edu.checking.exercise import Wrong
from gan_edu.checking.quiz import typed
from gan_edu.stage import asking, cells, sketching, stills
from tests.helpers import shown

SCRIPTS = sorted((Path(__file__).parents[2] / "notebooks" / "source").glob("[0-9]*.py"))
QUESTION = "Which way?"
LINE = sketching.sketch(x=(0, 10), y=(0, 1), labels=("x", "y"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    restart(monkeypatch)


def restart(monkeypatch) -> None:
    """Forget all that a kernel has in its memory, and leave the file alone."""
    monkeypatch.setattr(record, "_session", {})
    monkeypatch.setattr(record, "_trouble", "")
    monkeypatch.setattr(stage.predicting, "_asked", {})
    monkeypatch.setattr(practice, "_chosen", {})


@pytest.fixture
def told(monkeypatch) -> list[str]:
    seen = []
    monkeypatch.setattr(stills, "display_in_notebook", lambda thing, **_: seen.append(thing.data))
    return seen


def on_file() -> dict:
    return json.loads(Path(record.FILE).read_text("utf-8"))


# --- choices and reasons --------------------------------------------------------------------------


def test_a_choice_and_its_reason_survive_a_restart(monkeypatch, told):
    guess = stage.predict(QUESTION, ["up", "down"])
    assert guess.because.layout.display == "none", "not before there is a choice"
    guess.buttons[1].click()
    assert guess.because.layout.display is None
    guess.because.value = "it is <heavy>"
    restart(monkeypatch)
    again = stage.predict(QUESTION, ["up", "down"])
    assert (again.choice, again.because.value) == ("down", "it is <heavy>")
    again.reveal("up", "It is light.")
    assert told[-1].endswith("\n\nYour reason was: *it is &lt;heavy&gt;*")
    assert on_file()["predictions"][QUESTION] == {
        "choice": "down", "because": "it is <heavy>", "right": 0, "said": "down",
    }  # fmt: skip


def test_what_surprised_is_what_was_said_first(monkeypatch, told):
    for question, choice in (("Which way?", 1), ("And then?", 0), ("Why?", None)):
        guess = stage.predict(question, ["up", "down"])
        if choice is not None:
            guess.buttons[choice].click()
            guess.because.value = "of *it*"
        guess.reveal("up", "It is light.")
        if choice:
            guess.buttons[0].click()
            guess.reveal("up", "It is light.")
    expected = (
        "**You were surprised by 1 of 2:**\n\n- Which way? — you said “down”, *because of \\*it\\**"
    )
    assert stage.surprises().data == expected
    restart(monkeypatch)
    assert stage.surprises().data == expected, "from the file, after a restart"
    stage.predict("Another chapter's?", ["yes", "no"])
    assert "no prediction here yet" in stage.surprises().data


def test_a_reveal_without_a_prediction_notes_nothing(told):
    stage.predict(QUESTION, ["up", "down"]).reveal("up", "It is light.")
    stage.predict("Draw.", LINE).reveal(lambda x: x / 10, "A line.")
    assert all("<details>" in text for text in told)
    assert not os.path.exists(record.FILE)


def test_in_a_folder_that_cannot_be_written_to_a_choice_lasts_as_long_as_the_kernel(monkeypatch):
    os.mkdir(record.FILE)
    stage.predict(QUESTION, ["up", "down"]).buttons[0].click()
    assert stage.predict(QUESTION, ["up", "down"]).choice == "up"
    restart(monkeypatch)
    assert stage.predict(QUESTION, ["up", "down"]).choice is None


def test_all_is_forgotten_when_asked_to():
    stage.predict(QUESTION, ["up", "down"]).buttons[0].click()
    exercises.hint("1.1")
    assert "erased" in exercises.progress.forget().text
    assert os.listdir() == []
    assert stage.predict(QUESTION, ["up", "down"]).choice is None
    assert "No" not in exercises.progress.forget().text, "twice does no harm"


# --- files that are not ours ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"format": 3, "exercises": {}}', "another version of the course wrote it (format 3)"),
        (b'{"format": "x"}', "another program wrote it"),
        (b'{"format": 2, "predictions": {"Why?": {"choice": ["a"]}}}', "another program wrote it"),
        (b'{"cells": [], "nbformat": 4}', "another program wrote it"),
        (b'{"format": 2, "warm_ups": {"1.w1": {"turn": "x"}}}', "another program wrote it"),
        (b'{"format": 2, "puzzles": {"4.p1": {"order": 5}}}', "another program wrote it"),
        (b'{"format": 2, "tests": {"learner": {"id": 7}}}', "another program wrote it"),
        (b'{"format": 2, "exercises": {"1.1": {"solved": NaN}}}', "another program wrote it"),
        (b'{"format": 2}' + b" " * record.LARGEST, "another program wrote it"),
        (b'{"format": 2, "exercises": ' + 9999 * b'{"a":', "it is damaged"),
        (b'{"format": ' + 5000 * b"9" + b"}", "it is damaged"),
        (b'{"format": 2, "exer', "it is damaged"),
        (b"\xff\xfe\x00", "it is damaged"),
    ],
)
def test_a_file_that_is_not_ours_is_kept_aside_and_one_is_told(content, why):
    Path(record.FILE).write_bytes(content)
    told = exercises.progress().text
    aside = Path("exercises_done.broken.json")
    assert f"{record.FILE} could not be used: {why}. It is kept as {aside.name}" in told
    stage.predict(QUESTION, ["up", "down"]).buttons[0].click()
    assert aside.read_bytes() == content
    assert on_file()["predictions"] == {QUESTION: {"choice": "up"}}
    assert record.FILE in stage.surprises().data, "it is told until the kernel ends"


def given(**parts) -> None:
    """Put a file there that somebody has made up."""
    Path(record.FILE).write_text(json.dumps({"format": record.FORMAT} | parts), "utf-8")


@pytest.mark.parametrize("number", ["/../../away/x", "..", "0123456G", "0123456\n", "", None])
@pytest.mark.parametrize("first", ["a", "c", None])
def test_a_made_up_number_of_a_learner_names_no_file(tmp_path, number, first):
    facts = {"id": number, "first": first, "form": "a"}
    given(tests={"learner": {name: fact for name, fact in facts.items() if fact is not None}})
    with pytest.raises(ValueError, match="no answers yet"):
        practice.hand_in(tmp_path / "class")
    assert os.listdir(tmp_path) == [record.FILE]
    assert len(practice.test("before").fields) == 10, "it may still be taken"


def test_a_made_up_puzzle_has_each_line_once():
    given(puzzles={"4.p1": {"order": "ba?b" * 9}})
    assert practice.puzzle("4.p1").lines.chosen == ["b", "a"]


def test_hints_below_none_count_as_none():
    given(exercises={"1.1": {"hints": -9}})
    assert exercises.hint("1.1").text.startswith("**Hint 1 of")


def test_half_a_letter_is_no_reason_to_stop():
    given(exercises={"\ud800": {"solved": 1}})
    record.note("1.1", solved=1)
    assert on_file()["exercises"] == {"?": {"solved": 1}, "1.1": {"solved": 1}}


def test_words_from_a_file_are_words_and_fetch_nothing():
    words = "<img src=x>\n\n![a](http://there/a.png) [b](http://there) $[0, 1]$ D*"
    given(predictions={words: {"choice": "up", "said": words, "because": words, "right": 0}})
    told = stage.surprises().data.splitlines()[-1]
    plain = r"&lt;img src=x&gt; !\[a\](http://there/a.png) \[b\](http://there) $[0, 1]$ D\*"
    assert told.count(plain) == 3


def test_a_file_of_the_first_format_loses_nothing():
    Path(record.FILE).write_text('{"1.1": {"solved": 1}, "2.3": {"hints": 2}}', "utf-8")
    stage.predict(QUESTION, ["up", "down"]).buttons[0].click()
    assert on_file()["exercises"] == {"1.1": {"solved": 1}, "2.3": {"hints": 2}}
    assert record.trouble() == ""


def test_the_file_is_short_text_that_one_can_read():
    pad = stage.predict("Draw.", LINE).pad
    pad.heights = [0.123456789] * sketching.COLUMNS
    lines = Path(record.FILE).read_text("utf-8").splitlines()
    assert len(lines) < 10
    assert '   "drawn": "0:0.1235 1:0.1235' in lines[4]


# --- sketches -------------------------------------------------------------------------------------

PARTS = (
    stage.Part(over=(0, 4), right="right on the left", above="too high", below="too low"),
    stage.Part(over=(6, 10), right="right at the end", above="D* saturates", below="it rises"),
)


def drawn(curve, columns=range(sketching.COLUMNS)) -> list:
    heights = [None] * sketching.COLUMNS
    for i in columns:
        heights[i] = float(curve(LINE.columns()[i]))
    return heights


@pytest.mark.parametrize(
    ("curve", "said", "right"),
    [
        (lambda x: x / 10, "Right on the left; right at the end", True),
        (lambda x: x / 10 + 0.04, "Right on the left; right at the end", True),
        (lambda x: 0.5, "Too high; it rises", False),
        (lambda x: min(x / 4, 1), r"Too high; D\* saturates", False),
        (lambda x: x / 10 + 0.31 * math.sin(20 * x), "", False),  # right in the mean alone
    ],
)
def test_the_gap_is_said_in_the_subject_s_words(told, curve, said, right):
    guess = stage.predict("Draw.", LINE)
    guess.pad.heights = drawn(curve)
    guess.reveal(lambda x: x / 10, "It is *straight*.", *PARTS)
    picture, words = told[-1].split("\n\n")
    assert words.startswith(f"**{said}")
    assert words.endswith(r".** It is \*straight\*.")
    assert said.replace("\\", "")[1:] in picture
    assert record.load("predictions")["Draw."]["right"] == right


def test_a_sketch_that_is_half_wrong_is_a_surprise_and_says_in_what(told):
    for question, curve in (("Draw.", lambda x: x / 10), ("Draw on.", lambda x: min(x / 10, 0.5))):
        guess = stage.predict(question, LINE)
        guess.pad.heights = drawn(curve)
        guess.reveal(lambda x: x / 10, "", *PARTS)
    assert stage.surprises().data == "**You were surprised by 1 of 2:**\n\n- Draw on. — it rises"


def test_nothing_is_shown_or_compared_where_nothing_was_measured():
    axes = stage.sketch(x=(0, 300), y=(0, 10), labels=("x", "y"))
    true = sketching.values(([50, 300], [4.0, 4.0]), axes.columns())
    assert np.isnan(true[axes.columns() < 50]).all()
    assert np.all(true[axes.columns() >= 50] == 4)
    drawn = np.where(axes.columns() < 50, 0.0, 4.0)
    part = stage.Part(over=(0, 300), right="right", above="above", below="below")
    assert part.compare(axes, drawn, true) == (True, "right")


@pytest.mark.parametrize(("close", "said"), [(0.1, "too high"), (0.25, "right")])
def test_a_part_says_how_close_is_right(close, said):
    axes = stage.sketch(x=(0, 1), y=(0, 10), labels=("x", "y"))
    part = stage.Part(over=(0, 1), right="right", above="too high", below="low", close=close)
    assert part.compare(axes, np.full(81, 2.0), np.zeros(81))[1] == said


@pytest.mark.parametrize(("peak", "said"), [(6.0, "too high"), (-6.0, "too low")])
def test_a_curve_that_leaves_in_one_place_is_told_of_that_place(peak, said):
    axes = stage.sketch(x=(0, 1), y=(-10, 10), labels=("x", "y"))
    part = stage.Part(over=(0, 1), right="right", above="too high", below="too low")
    sketch = np.full(81, -0.02 * peak)  # its mean is on the other side, and near
    sketch[40] = peak
    assert part.compare(axes, np.roll(sketch, 3), np.zeros(81)) == (False, said)
    assert np.sign(sketch.mean()) == -np.sign(peak)


def test_who_skipped_the_question_hears_where_it_is_and_may_unfold_the_answer(told):
    stage.predicting.NeverAsked("guess_k").reveal("no", "It falls.", PARTS[0])
    assert "run the cell that ends with `guess_k`" in told[-1]
    assert re.search(r"<details>.*\n\nno\n\nIt falls\.\n\n</details>", told[-1], re.DOTALL)


@pytest.mark.parametrize(("end", "said"), [(1.0, "right"), (0.53, "it does not fall")])
def test_a_line_that_only_crosses_the_true_curve_is_not_right(end, said):
    axes = stage.sketch(x=(0, 1500), y=(0, 3), labels=("iteration", "loss"))
    part = stage.Part(over=(600, 1500), right="right", above="lower", below="it does not fall")
    drawn = np.interp(axes.columns(), [220, 1350], [2.4, end])
    assert part.compare(axes, drawn, np.full(81, 1.33))[1] == said


def test_what_was_not_drawn_is_not_compared(told):
    guess = stage.predict("Draw.", LINE)
    guess.pad.heights = drawn(lambda x: 1, columns=(50, 80))
    guess.reveal(([0, 10], [0, 1]), "A line.", *PARTS)
    assert "**D\\* saturates.**" in told[-1]
    assert "too high" not in told[-1]


def test_a_sketch_survives_a_restart_and_stands_in_the_saved_notebook(monkeypatch):
    stage.predict("Draw.", LINE).pad.heights = drawn(lambda x: 0.5, columns=(3, 60))
    restart(monkeypatch)
    again = stage.predict("Draw.", LINE)
    assert [i for i, y in enumerate(again.heights) if y is not None] == [3, 60]
    (empty,) = shown.pictures({"text/html": stage.predict("Draw again.", LINE).still()})
    (full,) = shown.pictures({"text/html": again.still()})
    assert empty.alt == full.alt == "Axes to draw on: x to the right, y upwards."
    assert (empty.width, empty.pixels.shape[1], full.pixels.shape[1]) == (900, 900, 1800)
    violet = np.array([0x9B, 0x3F, 0x86])
    middle = full.pixels[240:320].astype(int)  # without the legend
    line = (np.abs(middle - violet) < 9).all(axis=2).nonzero()[1]
    assert np.ptp(line) == pytest.approx(57 / 80 * 1690, rel=0.05), "columns 3 to 60"


@pytest.mark.parametrize("text", ["", "1", "1:2:3", "a:b", "99:1", "3:nan", "3:inf", "up"])
def test_a_text_that_is_no_sketch_draws_nothing(text):
    assert sketching.read(text) == [None] * sketching.COLUMNS


@pytest.mark.parametrize("heights", [[0.5] * 82, [0.5] * 3, [math.nan] * 81, ["a"] * 81, None])
def test_a_page_that_sends_no_heights_changes_nothing(heights):
    asked = stage.predict("Draw.", LINE)
    asked.pad.set_state({"heights": drawn(lambda x: 0.5)})
    with pytest.raises(TraitError):
        asked.pad.set_state({"heights": heights})
    assert asked.heights == drawn(lambda x: 0.5)


def test_points_are_joined_by_straight_lines():
    heights = drawn(lambda x: x / 10, columns=(8, 72))
    line = sketching.joined(LINE, heights)
    assert np.isnan(line[:8]).all()
    assert np.isnan(line[73:]).all()
    assert np.allclose(line[8:73], LINE.columns()[8:73] / 10)
    assert sketching.read(sketching.written(heights)) == pytest.approx(heights, nan_ok=True)


@pytest.mark.parametrize("wrong", [{"x": (1, 1)}, {"y": (1, 0)}, {"x": (0, math.inf)}])
def test_axes_without_a_length_are_refused(wrong):
    with pytest.raises(ValueError, match="must be two rising numbers"):
        stage.sketch(**{"x": (0, 1), "y": (0, 1), "labels": ("x", "y")} | wrong)


# --- warm-ups -------------------------------------------------------------------------------------


def names(widget) -> list[str]:
    titles = {q.text.title: q.name for c in range(7) for q in exercises.questions(c)}
    return [titles[field.question.words] for field in widget.fields]


def answer(widget, right: bool) -> None:
    for name, field in zip(names(widget), widget.fields, strict=True):
        question = exercises.find(name)
        said = question.answer if right else question.wrong[0][0]
        if question.options:
            next(b for b in field.buttons if b.description == said).click()
        else:
            field.text.value = str(said)
        assert (">✓ " if right else ">✗ ") in field.said.value


def test_a_warm_up_asks_earlier_chapters_only_and_several_of_them(monkeypatch):
    for chapter in range(1, 8):
        asked = [int(name[0]) for name in names(practice.warm_up(chapter))]
        assert len(asked) == 3
        assert max(asked) == chapter - 1, "what comes last is asked first"
        assert len(set(asked)) == min(3, chapter)
    with pytest.raises(ValueError, match="no warm-up before chapter 0"):
        practice.warm_up(0)


def test_a_warm_up_asks_nothing_that_the_chapter_does_not_need_before_the_learner_was_there():
    assert max(int(name[0]) for name in names(practice.warm_up(7, needs=4))) == 4
    record.note("5.2", hints=1)
    practice._chosen.clear()
    asked = [int(name[0]) for name in names(practice.warm_up(7, needs=4))]
    assert asked[0] == 5
    assert 6 not in asked


@pytest.mark.parametrize("path", SCRIPTS[1:], ids=lambda path: path.stem)
def test_a_chapter_s_warm_up_asks_no_chapter_after_those_that_it_says_it_needs(path):
    script = path.read_text(encoding="utf-8")
    asked = re.search(r"practice\.warm_up\((\d)(?:, needs=(\d))?\)", script)
    last = int(asked[2] or int(asked[1]) - 1)
    needed = re.search(r"What you need\.\*\*.*?Chapters? (?:\d (?:to|and) )?(\d)", script)
    assert last == (int(needed[1]) if needed else 0)


def test_what_was_missed_comes_again_and_what_was_right_rests(monkeypatch):
    missed = practice.warm_up(3)
    answer(missed, right=False)
    assert names(practice.warm_up(3)) == names(missed), "a cell that is run again asks the same"
    restart(monkeypatch)
    again = practice.warm_up(3)
    assert set(names(again)) == set(names(missed))
    answer(again, right=True)
    seen = []
    for _ in range(practice.REST):
        restart(monkeypatch)
        seen.append(practice.warm_up(3))
        assert not set(names(seen[-1])) & set(names(missed))
        answer(seen[-1], right=True)
    pool = [exercises.find(name) for name in names(missed)]
    assert practice.due(pool, record.load("warm_ups"), turn=99) == pool
    for _ in range(3):
        restart(monkeypatch)
        answer(practice.warm_up(3), right=True)
    restart(monkeypatch)
    assert set(names(practice.warm_up(3))) == set(names(missed)), "the longest ago, of all 18"


def test_what_was_right_rests_for_so_many_warm_ups_and_comes_before_what_still_rests():
    rested, resting = ["1.w1", "1.w2", "1.w3"], "2.w1"
    turn = 9
    right = dict.fromkeys(rested, turn - practice.REST - 1) | {resting: turn - practice.REST}
    entries = {name: {"right": 1, "turn": then} for name, then in right.items()}
    pool = [exercises.find(name) for name in right]
    assert [question.name for question in practice.due(pool, entries, turn)] == rested


def test_only_the_first_answer_of_a_warm_up_counts():
    widget = practice.warm_up(2)
    answer(widget, right=False)
    answer(widget, right=True)
    assert {entry["right"] for entry in record.load("warm_ups").values()} == {0}


def test_in_a_folder_that_cannot_be_written_to_a_warm_up_knows_the_last_one_of_the_kernel():
    os.mkdir(record.FILE)
    record.note("5.2", hints=1)
    first = practice.warm_up(7, needs=4)
    assert "5" in {name[0] for name in names(first)}, "chapter 05 was met in this kernel"
    answer(first, right=True)
    practice._chosen.clear()
    assert not set(names(practice.warm_up(7, needs=4))) & set(names(first))
    assert practice._chosen[7][0] == 2, "its turn"


def test_a_warm_up_that_is_skipped_writes_nothing_and_shows_one_line():
    widget = practice.warm_up(4)
    assert widget.inside.layout.display == "none"
    widget.line.click()
    assert widget.inside.layout.display is None
    widget.line.click()
    assert widget.inside.layout.display == "none"
    assert os.listdir() == []
    still = widget.still()
    assert still.startswith("<details><summary>Warm-up")
    assert "Right" not in still
    assert not [q.text.insight for q in exercises.questions(3) if q.text.insight in still]
    cells.close_all(widget)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), ("0,5", 0.5), ("1/2", 0.5), ("50 %", 0.5), (" .5 ", 0.5), ("log 2", math.log(2)),
     ("ln(2)", math.log(2)), ("−log 4", -math.log(4)), ("-3", -3), (0.5, 0.5)],
)  # fmt: skip
def test_a_number_may_be_typed_in_many_ways(text, value):
    assert typed(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "a half", "1/0", "1.2.3", "__import__('os')", "--1"])
def test_what_is_no_number_is_told(text):
    with pytest.raises(Wrong, match="is no number"):
        typed(text)


def test_a_puzzle_s_order_stands_again_after_a_restart(monkeypatch):
    puzzle = practice.puzzle("1.p1")
    puzzle.lines.chosen = ["b", "e"]
    puzzle.button.click()
    assert "1.p1, not yet" in puzzle.said.value
    restart(monkeypatch)
    again = practice.puzzle("1.p1")
    assert again.lines.chosen == ["b", "e"]
    again.lines.chosen = list(exercises.find("1.p1").answer)
    again.button.click()
    assert "1.p1 is right" in again.said.value
    assert record.load() == {"1.p1": {"solved": 1}}
    assert exercises.find("1.p1").answer not in again.still()
    for name in ("1.1", "9.p1", "1.w1"):
        with pytest.raises(ValueError, match="no puzzle is called"):
            practice.puzzle(name)


# --- both tests -----------------------------------------------------------------------------------


def take(when: str, right: int) -> None:
    """Answer a test, the first `right` questions rightly."""
    widget = practice.test(when)
    by_title = {q.text.title: q for form in practice.forms().values() for q in form}
    for i, field in enumerate(widget.fields):
        question = by_title[field.question.words]
        said = question.answer if i < right else question.wrong[0][0]
        if question.options:
            next(b for b in field.buttons if b.description == said).click()
        else:
            field.text.value = str(said)
        assert ">noted<" in field.said.value, "nothing is said of the answer"


def test_a_test_before_and_one_after_make_one_file_without_a_name(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="no answers yet"):
        practice.hand_in()
    take("before", right=3)
    restart(monkeypatch)
    take("after", right=8)
    path = practice.hand_in(tmp_path / "class")
    assert re.fullmatch(r"gan_edu_test_[0-9a-f]{8}\.json", path.name)
    told = json.loads(path.read_text("utf-8"))
    assert set(told) == {"gan_edu_test", "learner", "first", "answers"}
    forms = {told["answers"][f"{when} {n}"]["form"] for when in ("before",) for n in range(1, 11)}
    assert forms == {told["first"]}
    others = {told["answers"][f"after {n}"]["form"] for n in range(1, 11)}
    assert others == {"a", "b"} - forms
    rights = {w: sum(told["answers"][f"{w} {n}"]["right"] for n in range(1, 11))
              for w in ("before", "after")}  # fmt: skip
    assert rights == {"before": 3, "after": 8}
    assert told["answers"]["before"]["minutes"] == 0
    assert str(tmp_path) not in path.read_text("utf-8")


def say_something(field) -> None:
    field._answer(field.buttons[0].description if field.buttons else "1")


def test_the_minutes_of_a_test_outlive_its_kernel(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(practice.time, "monotonic", lambda: now[0])
    first, *_others, last = practice.test("before").fields
    for field in (first, last):
        now[0] += 420
        say_something(field)
    assert record.recall(practice.TESTS, "before")["minutes"] == 7
    restart(monkeypatch)
    say_something(practice.test("before").fields[0])
    assert record.recall(practice.TESTS, "before")["minutes"] == 7


def test_a_slip_of_the_keys_is_no_answer_to_a_warm_up(monkeypatch):
    question = next(q for c in range(7) for q in exercises.questions(c) if not q.options)
    monkeypatch.setattr(practice, "due", lambda *_: [question])
    (field,) = practice.warm_up(7).fields
    field.text.value = "abc"
    assert "is no number" in field.said.value
    assert not record.recall(practice.WARM_UPS, question.name)
    field.text.value = str(question.answer)
    assert record.recall(practice.WARM_UPS, question.name)["right"] == 1


def test_closing_questions_leaves_no_widget_open():
    before = len(ipywidgets.widget._instances)
    cells.close_all(practice.test("before"))
    assert len(ipywidgets.widget._instances) == before


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("**a** < *b*", "<b>a</b> &lt; <i>b</i>"),
        ("**`a*b`**: `c*d`", "<b><code>a*b</code></b>: <code>c*d</code>"),
        ("a\nb\n\nc", "a<br>b<br><br>c"),
    ],
)
def test_a_few_words_of_markdown_are_shown(text, wanted):
    assert asking.as_html(text) == wanted


def test_what_a_folder_that_cannot_be_written_to_has_lost_is_handed_in_elsewhere(tmp_path):
    os.mkdir(record.FILE)
    take("before", right=3)
    answers = json.loads(practice.hand_in(tmp_path / "class").read_text("utf-8"))["answers"]
    assert sum(answers[f"before {n}"]["right"] for n in range(1, 11)) == 3


def test_what_somebody_types_in_words_is_not_handed_in():
    widget = practice.test("before")
    field = next(field for field in widget.fields if not field.buttons)
    field.text.value = "my name is Ann"
    assert "is no number" in field.said.value
    assert not os.path.exists(record.FILE)
    with pytest.raises(ValueError, match='must be "before" or "after"'):
        practice.test("now")
    assert "<li>" not in widget.still(), "the form is a coin's: no notebook shows it"
