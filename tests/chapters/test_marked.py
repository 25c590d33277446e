"""All that a learner reads is marked, and looked up when it is drawn: in any language.

Everything is imported in English. Then a language is spoken in which each marked text stands in
⟦brackets⟧, and what is drawn, shown, said and printed may have no words outside of them.
"""

import re

import numpy as np
import pytest

from gan_edu import datasets, exercises, practice, stage
from gan_edu.chapters.ch00_forger_and_detective import installation
from gan_edu.chapters.ch07_playground import case, failures, missions, playground, screen
from gan_edu.checking import guard
from gan_edu.stage import stills
from gan_edu.stage.pad import Pad
from tests.chapters.test_corners import FIGURES, SCENES, STATES
from tests.helpers.corners import each_value_once
from tests.helpers.playing import played
from tests.helpers.tongue import bracketed, made_widgets, texts_of, unmarked

ALT = "⟦what is to be seen⟧"
FROM_NOTEBOOKS = {"as it is", "mirrored", "tent", "cut"}  # names that a cell gives to its maps
CHAPTERS = exercises.chapters()
NONSENSE = (None, ..., 7, "?", np.ones(3), {}, lambda *_: 1 / 0, lambda *_: "x")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "LIMIT", 60)


def strays(texts) -> dict[str, list[str]]:
    return {text: words for text in texts if (words := unmarked(text))}


def test_what_is_not_marked_is_seen_and_what_is_no_word_is_not():
    words = "⟦modes: ⟦8⟧ of {n}⟧ real `code` $x_{real}$ log 2 x_real loss.item() <b>⟦cut o"
    assert unmarked(words) == ["real"]
    assert unmarked("Generated") == ["Generated"]
    assert unmarked("**⟦both⟧.** ⟦why⟧") == [".**"]
    assert unmarked("⟦**⟦both⟧**·⟦why⟧, and⟧ ⟦more⟧: 2 ⟦left⟧") == []


@pytest.mark.parametrize("name", SCENES)
def test_the_words_of_a_scene(name):
    make, sliders = SCENES[name]
    with bracketed():
        figure, update = make().open()
        for row in [*each_value_once(sliders), *STATES.get(name, ())]:
            update(**row)
            assert not strays(set(texts_of(figure)) - FROM_NOTEBOOKS)


@pytest.mark.parametrize("name", FIGURES)
def test_the_words_of_a_figure(name):
    with bracketed():
        assert not strays(texts_of(FIGURES[name]()))


# What is beside a picture


def draw(axes, shift=1.0, shape="box", on=True, seed=0):
    axes.plot([0, shift])


def a_live_figure():
    controls = {"shift": stage.played((0.0, 2.0)), "shape": ["box"], "on": True}
    return stage.explore(draw, alt=ALT, seed=stage.button("⟦new⟧", key="e"), **controls)


def a_drawing():
    axes = stage.sketch(x=(0, 1), y=(0, 1), labels=("⟦x⟧", "⟦y⟧"))
    return stage.predict("⟦where?⟧", axes)


MADE = {
    "a figure with controls": a_live_figure,
    "a question": lambda: stage.predict("⟦which?⟧", ["⟦a⟧", "⟦b⟧"]),
    "a drawing": a_drawing,
    "a warm-up": lambda: practice.warm_up(5),
    "a test": lambda: practice.test("before"),
    "a puzzle": lambda: practice.puzzle("4.p1"),
}


@pytest.mark.parametrize("name", MADE)
def test_the_words_of_what_lives_in_the_page(name):
    with bracketed(), made_widgets() as said:
        still = MADE[name]().still()
    assert said
    assert not strays([*said, still])


@pytest.fixture
def told(monkeypatch) -> list[str]:
    """What is displayed in the notebook."""
    said = []
    monkeypatch.setattr(stills, "display_in_notebook", lambda shown: said.append(shown.data))
    return said


def test_the_words_of_an_answer(told):
    part = stage.Part(over=(0, 1), right="⟦right⟧", above="⟦too high⟧", below="⟦too low⟧")
    with bracketed():
        question, drawing = MADE["a question"](), MADE["a drawing"]()
        for _ in range(2):  # before an answer, and after it
            question.reveal("⟦a⟧", "⟦why⟧")
            drawing.reveal(lambda x: x, "⟦why⟧", part, part)
            question.buttons[1].click()
            question.because.value = "⟦because⟧"
            drawing.pad.heights = [0.0] * len(drawing.heights)
        told.append(stage.surprises().data)
    assert len(told) == 5
    assert not strays(told)


def test_the_words_of_a_pad():
    with bracketed(), made_widgets() as said:
        Pad()._ipython_display_()
    assert not strays(said)


def test_the_words_of_the_playground():
    ground = playground.Playground()
    with bracketed(), made_widgets() as said:
        shown = screen.screen(ground, alt=ALT)
        shown.run(60)
        for mission in missions.MISSIONS:
            shown.set("mission", mission)
            said += [shown.line.value, shown.still()]
            shown.hint.click()
        shown.compare.click()
        shown._diagnose(0)
        said += [shown.line.value, shown.over.value, shown.game.difference]
        failing = case.case("d_too_strong", alt=ALT)
        failing.run(50)
        said += [failing.verdict.value, failing.still()]
    assert not strays(said)


@pytest.mark.parametrize("preset", failures.FAILURES)
def test_the_words_of_a_diagnosis(preset):
    ground = played(failures.preset(preset), 60)
    with bracketed():
        told = str(failures.diagnose(ground)), failures.verdict(ground), failures.explained(ground)
    assert not strays(told)


# What is said and printed


def heard(exercise, answers) -> list[str]:
    return [str(exercises.graded(exercise, answer, 0)) for answer in answers]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_words_about_nonsense_and_of_hints_and_solutions(chapter):
    with bracketed():
        for exercise in exercises.exercises(chapter):
            told = exercises.hint(exercise.name), exercises.solution(exercise.name)
            assert not strays([*heard(exercise, NONSENSE), *map(str, told)])
        for asked in (*exercises.puzzles(chapter), *exercises.questions(chapter)):
            answers = [None, 7, "?", asked.answer, *(answer for answer, _ in asked.wrong)]
            assert not strays(heard(asked, answers))


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_words_of_all_verdicts(chapter):
    with bracketed():
        for exercise in exercises.exercises(chapter):
            answers = [exercise.answer, *exercise.right, *(answer for answer, _ in exercise.wrong)]
            assert not strays(heard(exercise, answers))


def test_other_words():
    with bracketed():
        said = [exercises.progress(), exercises.check("9.9", 1), exercises.hint("1.99")]
        said += [datasets.load_offline_digits("⟦why⟧"), stage.surprises().data]
        assert not strays(map(str, said))


def test_the_words_about_an_installation():
    with bracketed():
        told = str(installation.check_installation())
    packages = re.compile(r"^[A-Za-z-]+ +\d[\w.+]* ", re.MULTILINE)
    assert not strays([packages.sub("", told)])
