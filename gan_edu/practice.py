"""What a chapter offers beside its text: a warm-up, puzzles, and a test before and after all.

warm_up(3)         three questions from earlier chapters, folded
puzzle("4.p1")     lines to put in order
test("before")     ten questions before chapter 00, and ten like them after chapter 05
hand_in()          writes what the tests said to an anonymous file, for those who like to
"""

import json
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets

from gan_edu import record
from gan_edu.checking import quiz
from gan_edu.checking.exercise import Wrong
from gan_edu.checking.puzzle import Puzzle
from gan_edu.checking.quiz import Question
from gan_edu.exercises import check, find, graded, questions
from gan_edu.files import written_whole
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.stage.asking import Asked, Questions, marked
from gan_edu.stage.cells import remember
from gan_edu.stage.ordering import Ordering

__all__ = ["hand_in", "puzzle", "test", "warm_up"]

WARM_UPS, PUZZLES, TESTS = "warm_ups", "puzzles", "tests"  # their parts of the learner's file
A_WARM_UP = 3  # questions
REST = 2  # warm-ups between two right answers to one question
FORMS = ("a", "b")
TITLES = {
    "before": later("If you like: ten questions for later. You need not know any answer yet."),
    "after": later("Ten questions, five minutes, no marks: what do you know after the course?"),
}

_chosen: dict[int, tuple[int, list[Question]]] = {}  # of this kernel: a warm-up's turn, questions
_new_learner = {"id": secrets.token_hex(4), "first": secrets.choice(FORMS)}


def warm_up(chapter: int, needs: int | None = None) -> Questions:
    """Return three questions from earlier chapters, folded behind one line.

    `needs` is the last chapter that this one promises to need, by default the one before. Later
    ones are asked about once the learner has worked on an exercise of theirs. ValueError before
    chapter 1, where nothing is earlier.
    """
    last = chapter - 1 if needs is None else needs
    met = {name.partition(".")[0] for name in record.known()}
    earlier = [c for c in range(chapter) if c <= last or str(c) in met]
    pool = [question for c in earlier for question in questions(c)]
    if not pool:
        raise ValueError(f"there is no warm-up before chapter {chapter}")
    if chapter not in _chosen:  # a cell that runs again asks the same
        entries = record.known(WARM_UPS)
        turn = 1 + max((int(entry.get("turn", 0)) for entry in entries.values()), default=0)
        _chosen[chapter] = turn, due(pool, entries, turn)
    turn, chosen = _chosen[chapter]
    title = _("Warm-up: three questions from earlier chapters, one minute")
    told = [Asked(q.text.title, q.options, _heard(q, turn)) for q in chosen]
    trouble = [widgets.HTML(record.trouble())] if record.trouble() else []
    return remember(Questions(title, told, trouble))


def due(pool: Sequence[Question], entries: record.Entries, turn: int) -> list[Question]:
    """Return the questions that are asked in warm-up number `turn`, at most one of each chapter
    as long as others are as urgent.

    First those that were missed the last time; then those not asked yet, of late chapters first;
    then those answered right at least `REST` warm-ups ago, the longest ago first: equal spacing,
    after Karpicke and Roediger 2007; then the rest.
    """

    def urgency(question: Question) -> tuple[int, int]:
        entry = entries.get(question.name)
        if entry is None:
            return 1, -int(question.name.partition(".")[0])
        rested = turn - int(entry.get("turn", 0)) > REST
        return 0 if not entry.get("right") else 2 if rested else 3, int(entry.get("turn", 0))

    chosen: list[Question] = []
    rest = list(pool)
    while rest and len(chosen) < A_WARM_UP:
        taken = [question.name.partition(".")[0] for question in chosen]

        def order(question: Question, taken: list[str] = taken) -> tuple:
            class_, when = urgency(question)
            return class_, taken.count(question.name.partition(".")[0]), when

        chosen.append(min(rest, key=order))
        rest.remove(chosen[-1])
    return chosen


def _heard(question: Question, turn: int):
    def hear(answer: str) -> str:
        if not question.options:
            try:
                quiz.typed(answer)
            except Wrong as wrong:  # a slip of the keys is no answer yet
                return str(wrong)
        verdict = graded(question, answer, seed=0)
        known = record.recall(WARM_UPS, question.name)
        if verdict.right is not None and known.get("turn") != turn:  # the first answer counts
            record.note(question.name, WARM_UPS, right=int(verdict.right), turn=turn)
        mark = {True: "✓ ", False: "✗ ", None: ""}[verdict.right]
        return mark + verdict.told

    return hear


def puzzle(name: str) -> Ordering:
    """Return the puzzle of this name in the page; its button asks `check`.

    ValueError for a name that has none.
    """
    try:
        found = find(name)
    except LookupError:
        found = None
    if not isinstance(found, Puzzle):
        raise ValueError(f"no puzzle is called {name!r}")

    def hear(chosen: list[str]) -> str:
        record.note(name, PUZZLES, order="".join(chosen))
        return check(name, chosen or None).text

    made = Ordering(f"{found.name} · {found.text.title}", found.lines, hear)
    kept = record.recall(PUZZLES, name).get("order", "")
    made.lines.chosen = [k for k in dict.fromkeys(kept) if k in found.lines]
    return remember(made)


def test(when: str) -> Questions:
    """Return ten questions, folded: `when` is "before" or "after"; nothing is said of the answers.

    The form is chosen by a coin at first; after the course it is the other one. ValueError for
    another `when`.
    """
    if when not in TITLES:
        raise ValueError(f'when must be "before" or "after", got {when!r}')
    learner = _learner() or _new_learner
    form = learner["first"] if when == "before" else FORMS[learner["first"] == "a"]
    hears = _noting(when, form, learner)
    asked = [Asked(q.text.title, q.options, hears(q)) for q in forms()[form]]
    how = _("For your lecturer, if you like: `practice.hand_in()` writes a file without your name.")
    after = [widgets.HTML(marked(how))]
    return remember(Questions(_(TITLES[when]), asked, after, quiet=True))


def _learner() -> dict | None:
    """Return the number and the first form of whoever took a test; the number names a file."""
    known = record.recall(TESTS, "learner")
    fits = re.fullmatch("[0-9a-f]{8}", known.get("id", "")) and known.get("first") in FORMS
    return known if fits else None


def _noting(when: str, form: str, learner: dict):
    """Return what makes, of a test's question, the function that notes an answer to it."""
    began: list[float] = []

    def hearing(question: Question):
        def hear(answer: str) -> str:
            began.append(time.monotonic())
            try:
                known = answer if question.options else f"{quiz.typed(answer):.4g}"
            except Wrong as wrong:
                return str(wrong)
            right = int(bool(graded(question, answer, seed=0)))
            record.note("learner", TESTS, **learner)
            idea = question.name.partition(".")[2][1:]  # the other form has one of this number too
            record.note(f"{when} {idea}", TESTS, form=form, answer=known, right=right)
            minutes = round((began[-1] - began[0]) / 60)  # of this kernel; one before had its own
            minutes = max(minutes, int(record.recall(TESTS, when).get("minutes", 0)))
            record.note(when, TESTS, minutes=minutes)
            return _("noted")

        return hear

    return hearing


def forms() -> dict[str, list[Question]]:
    """Return the two forms of the test; the questions of the same number ask for the same idea."""
    all_of_them = quiz.read(Path(quiz.__file__).with_name("forms.md"))
    return {f: [q for q in all_of_them if q.name.partition(".")[2][0] == f] for f in FORMS}


def hand_in(folder: str | Path = ".") -> Path:
    """Write the answers of both tests to a file without name or path, and return where it is.

    ValueError if no test was taken; OSError if it cannot be written.
    """
    learner = _learner()
    known = {name: facts for name, facts in record.known(TESTS).items() if name != "learner"}
    if not learner:
        raise ValueError(_("There are no answers yet: take the test before chapter 00 first."))
    path = Path(folder) / f"gan_edu_test_{learner['id']}.json"
    told = {
        "gan_edu_test": 1,
        "learner": learner["id"],
        "first": learner["first"],
        "answers": known,
    }
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return path
