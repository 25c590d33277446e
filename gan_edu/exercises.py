"""Questions with answers: a check that says why, hints one by one, and worked solutions.

check("2.3", answer)   is it right, and if not, why not?
hint("2.3")            up to three, one more each time
solution("2.3")        the worked answer, with its reason
progress()             what is solved so far; progress.forget() erases what the file has noted
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from gan_edu import language, record
from gan_edu.checking import guard, quiz, reading
from gan_edu.checking.exercise import Exercise, Shown, Unanswered, Verdict, Wrong
from gan_edu.checking.puzzle import Puzzle
from gan_edu.language import ITEMS, joined
from gan_edu.language import gettext as _

__all__ = ["check", "hint", "progress", "solution"]

_read_in: dict[str, str] = {}  # the language in which each module of exercises was read


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
        bar = _bar(exercise.name) if exercise.text.hints else ""
        return Verdict(f"{verdict}\n\n{bar}".strip(), right=True)
    return verdict


def hint(name: str) -> Shown:
    """Return the hints so far and one more, up to three; never raises."""
    try:
        exercise = find(name)
    except LookupError as error:
        return Shown(str(error))
    before = max(0, record.recall("exercises", exercise.name).get("hints", 0))
    count = min(before + 1, len(exercise.text.hints))
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
    """Return a bar for each chapter that has exercises, and how many are solved.

    `progress.forget()` erases all that was noted: exercises, predictions, warm-ups, tests.
    """
    bars = [_bar(f"{chapter}.") for chapter in chapters()]
    return Shown("\n\n".join(filter(None, [*bars, record.trouble()])))


def _forget() -> Shown:
    """Erase all that was noted: exercises, predictions, warm-ups, tests."""
    record.forget()
    return Shown(_("All that this course had noted of you here is erased."))


progress.forget = _forget


def chapters() -> list[int]:
    """Return the numbers of the chapters that have exercises."""
    return sorted(_modules())


def exercises(chapter: int) -> tuple[Exercise, ...]:
    """Return a chapter's exercises in their order; its module is loaded by this, and its alone."""
    return _loaded(_modules()[chapter]).EXERCISES


def puzzles(chapter: int) -> tuple[Exercise, ...]:
    """Return a chapter's puzzles; its module is loaded by this."""
    folder = _folders()[chapter]
    if not (folder / "puzzles.py").exists():
        return ()
    return _loaded(f"gan_edu.chapters.{folder.name}.puzzles").PUZZLES


def questions(chapter: int) -> tuple[quiz.Question, ...]:
    """Return the questions that later chapters' warm-ups ask of a chapter."""
    path = _folders()[chapter] / "questions.md"
    return quiz.read(path) if path.exists() else ()


def _loaded(name: str) -> Any:
    """Return a chapter's module with its texts in the language of now; it reads them as it loads.

    If another language is spoken since, it is loaded again.
    """
    with guard.usual_settings():
        module = importlib.import_module(name)
        if _read_in.setdefault(name, language.spoken()) != language.spoken():
            importlib.reload(module)
            _read_in[name] = language.spoken()
    return module


def _folders() -> dict[int, Path]:
    """Return the folder of each chapter."""
    folders = sorted(Path(__file__).with_name("chapters").glob("ch[0-9][0-9]_*"))
    return {int(folder.name[2:4]): folder for folder in folders}


def _modules() -> dict[int, str]:
    """Return the module of each chapter that has exercises."""
    there = {n: folder for n, folder in _folders().items() if (folder / "exercises.py").exists()}
    return {n: f"gan_edu.chapters.{folder.name}.exercises" for n, folder in there.items()}


def find(name: str) -> Exercise:
    """Return the exercise, puzzle or question of this name.

    Raises LookupError with a sentence for the learner.
    """
    name = str(name).strip()
    chapter, _dot, rest = name.partition(".")
    if chapter not in map(str, _folders()):
        words = _('There are no exercises for "{name}". Names look like "2.3": chapter, number.')
        raise LookupError(words.format(name=name))
    kinds = {"w": questions, "p": puzzles}
    there = kinds.get(rest[:1], exercises if int(chapter) in chapters() else questions)(
        int(chapter)
    )
    for exercise in there:
        if exercise.name == name:
            return exercise
    names = joined((exercise.name for exercise in there), ITEMS)
    words = _('There is no exercise "{name}". There are {names}.')
    raise LookupError(words.format(name=name, names=names))


def graded(exercise: Exercise, answer: Any, seed: int) -> Verdict:
    """Return the verdict on an answer, and note nothing."""
    name = exercise.name
    stuck = _('\n\nStuck? `hint("{name}")`').format(name=name) if exercise.text.hints else ""
    printed = guard.Notepad()
    try:
        if not isinstance(exercise, Puzzle):  # it says itself that it wants lines
            reading.asked(answer)
        with guard.usual_settings():
            exercise.prepare()
        rng = np.random.default_rng(seed)
        fault = guard.guarded(lambda: exercise.verify(answer, rng), printed)
    except Unanswered as missing:
        said = _("○ **{name} is not answered yet.** {why}").format(name=name, why=missing)
        return Verdict(said + stuck + _quoted(printed), told=str(missing))
    except Wrong as wrong:
        fault = wrong.args[0]
    if fault is None:
        text = _("✓ **{name} is right.** {insight}")
        told = exercise.text.insight
        said = text.format(name=name, insight=told)
    else:
        text = _("✗ **{name}, not yet.** {fault}")
        told = exercise.sentence(fault)
        said = text.format(name=name, fault=told) + stuck
    return Verdict(said + _quoted(printed), fault is None, told)


def _quoted(printed: guard.Notepad) -> str:
    text = printed.text.strip()
    return _("\n\nIt printed:\n```\n{text}\n```").format(text=text) if text else ""


def _bar(name: str) -> str:
    """Return a chapter's bar: a square for each exercise, full if solved, half after a look."""
    chapter = int(name.partition(".")[0])
    done = record.known()
    facts = [done.get(exercise.name, {}) for exercise in exercises(chapter)]
    squares = "".join("■" if f.get("solved") else "◧" if f.get("looked") else "□" for f in facts)
    solved = sum(bool(f.get("solved")) for f in facts)
    words = _("Chapter {chapter}: {squares} {solved} of {of} solved")
    return words.format(chapter=chapter, squares=squares, solved=solved, of=len(facts))
