"""Questions with answers: a check that says why, hints one by one, and worked solutions.

check("2.3", answer)   is it right, and if not, why not?
hint("2.3")            up to three, one more each time
solution("2.3")        the worked answer, with its reason
progress()             what is solved so far
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from gan_edu.checking import guard, reading, record
from gan_edu.checking.exercise import Exercise, Shown, Unanswered, Verdict, Wrong
from gan_edu.language import gettext as _

__all__ = ["check", "hint", "progress", "solution"]


def check(name: str, answer: Any, seed: int = 0) -> Verdict:
    """Return the verdict on an answer; never raises, whatever the answer does.

    Only the interrupt key gets through. Values are tried on random inputs, which `seed` chooses:
    a lecturer grades with another. A right answer is noted in the folder where the notebook runs.
    """
    try:
        exercise = find(name)
    except LookupError as error:
        return Verdict(str(error))
    verdict = graded(exercise, answer, seed)
    if verdict:
        record.note(exercise.name, solved=1)
        return Verdict(f"{verdict}\n\n{_bar(exercise.name)}", right=True)
    return verdict


def hint(name: str) -> Shown:
    """Return the hints so far and one more, up to three; never raises."""
    try:
        exercise = find(name)
    except LookupError as error:
        return Shown(str(error))
    count = min(record.load().get(exercise.name, {}).get("hints", 0) + 1, len(exercise.text.hints))
    record.note(exercise.name, hints=count)
    words = _("**Hint {number} of {of}.** {text}")
    told = enumerate(exercise.text.hints[:count], 1)
    lines = [words.format(number=i, of=len(exercise.text.hints), text=text) for i, text in told]
    return Shown("\n\n".join(lines))


def solution(name: str) -> Shown:
    """Return the worked answer with its reason; never raises. Try for yourself first."""
    try:
        exercise = find(name)
    except LookupError as error:
        return Shown(str(error))
    record.note(exercise.name, looked=1)
    return Shown(f"```python\n{exercise.code()}\n```\n\n{exercise.text.solution}")


def progress() -> Shown:
    """Return a bar for each chapter that has exercises, and how many are solved."""
    return Shown("\n\n".join(_bar(f"{chapter}.") for chapter in chapters()))


def chapters() -> list[int]:
    """Return the numbers of the chapters that have exercises."""
    return sorted(_modules())


def exercises(chapter: int) -> tuple[Exercise, ...]:
    """Return a chapter's exercises in their order; its module is loaded by this, and its alone."""
    with guard.usual_settings():
        return importlib.import_module(_modules()[chapter]).EXERCISES


def _modules() -> dict[int, str]:
    """Return the module of each chapter that has exercises."""
    folders = Path(__file__).with_name("chapters").glob("ch*/exercises.py")
    names = [path.parent.name for path in folders]
    return {int(name[2:4]): f"gan_edu.chapters.{name}.exercises" for name in names}


def find(name: str) -> Exercise:
    """Return the exercise of this name; raises LookupError with a sentence for the learner."""
    chapter = str(name).strip().partition(".")[0]
    if chapter not in map(str, chapters()):
        words = _('There are no exercises for "{name}". Names look like "2.3": chapter, number.')
        raise LookupError(words.format(name=name))
    there = exercises(int(chapter))
    for exercise in there:
        if exercise.name == str(name).strip():
            return exercise
    names = ", ".join(exercise.name for exercise in there)
    words = _('There is no exercise "{name}". There are {names}.')
    raise LookupError(words.format(name=name, names=names))


def graded(exercise: Exercise, answer: Any, seed: int) -> Verdict:
    """Return the verdict on an answer, and note nothing."""
    name = exercise.name
    printed = guard.Notepad()
    try:
        reading.asked(answer)
        with guard.usual_settings():
            exercise.prepare()
        rng = np.random.default_rng(seed)
        fault = guard.guarded(lambda: exercise.verify(answer, rng), printed)
    except Unanswered as missing:
        text = _('○ **{name} is not answered yet.** {why}\n\nStuck? `hint("{name}")`')
        return Verdict(text.format(name=name, why=missing) + _quoted(printed))
    except Wrong as wrong:
        fault = wrong.args[0]
    if fault is None:
        text = _("✓ **{name} is right.** {insight}")
        said = text.format(name=name, insight=exercise.text.insight)
    else:
        text = _('✗ **{name}, not yet.** {fault}\n\nStuck? `hint("{name}")`')
        said = text.format(name=name, fault=exercise.sentence(fault))
    return Verdict(said + _quoted(printed), fault is None)


def _quoted(printed: guard.Notepad) -> str:
    text = printed.text.strip()
    return _("\n\nIt printed:\n```\n{text}\n```").format(text=text) if text else ""


def _bar(name: str) -> str:
    """Return a chapter's bar: a square for each exercise, full if solved, half after a look."""
    chapter = int(name.partition(".")[0])
    done = record.load()
    facts = [done.get(exercise.name, {}) for exercise in exercises(chapter)]
    squares = "".join("■" if f.get("solved") else "◧" if f.get("looked") else "□" for f in facts)
    solved = sum(bool(f.get("solved")) for f in facts)
    words = _("Chapter {chapter}: {squares} {solved} of {of} solved")
    return words.format(chapter=chapter, squares=squares, solved=solved, of=len(facts))
