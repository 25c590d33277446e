"""Say what a class has learned, from the files that its students hand in.

python -m classroom.gains FOLDER     gains.md, a table, and gains.png, a picture, in FOLDER

A student gets the file from `practice.hand_in()`; it holds the answers to ten questions before the
course and to ten like them after it, and no name. Whoever took both counts, once. The two forms
should be equally hard: the last table compares them before the course, when nobody has learned.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from gan_edu import practice
from gan_edu.stage import palette
from gan_edu.stage.paper import course_style, new_figure

WHEN = ("before", "after")
IDEAS = {q.text.name.partition(".")[2][1:]: q for q in practice.forms()["a"]}


class Class(NamedTuple):
    """A class's answers: right (students, 2, ideas), 1, 0, or NaN for none; each one's first form;
    minutes (students, 2); and what is wrong with files that do not count.
    """

    right: np.ndarray
    first: list[str]
    minutes: np.ndarray
    refused: list[str]


def read(paths: Iterable[Path]) -> Class:
    """Return what the files say; one that is damaged, foreign or half is refused by name."""
    taken: dict[str, tuple] = {}
    refused = []
    for path in sorted(paths):
        try:
            learner, student = _student(json.loads(path.read_text(encoding="utf-8")))
            taken[learner] = student
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = error if type(error) is ValueError else "not a file of this test"
            refused.append(f"{path.name}: {why}")
    right, first, minutes = zip(*taken.values(), strict=True) if taken else ((), (), ())
    shape = (len(taken), len(WHEN), len(IDEAS))
    return Class(np.reshape(right, shape), [*first], np.reshape(minutes, shape[:2]), refused)


def _student(told: dict) -> tuple[str, tuple]:
    if told.get("gan_edu_test") != 1 or told["first"] not in practice.FORMS:
        raise ValueError("not a file of this test")
    answers = told["answers"]
    right = [
        [float(answers.get(f"{when} {idea}", {}).get("right", "nan")) for idea in IDEAS]
        for when in WHEN
    ]
    if np.isnan(right).all(axis=1).any():
        raise ValueError("one of the two tests was not taken")
    if not np.isin(right, (0, 1)).all(where=~np.isnan(right)):
        raise ValueError("an answer is neither right nor wrong")
    minutes = [float(answers.get(when, {}).get("minutes", "nan")) for when in WHEN]
    return str(told["learner"]), (right, told["first"], minutes)


def shares(right: np.ndarray) -> np.ndarray:
    """Return the share of right answers before and after, (2, ideas); who skips one counts not."""
    counted = np.isfinite(right).sum(axis=0)
    return np.nansum(right, axis=0) / np.where(counted, counted, np.nan)


def table(found: Class) -> str:
    """Return the gains by question and by chapter, and both forms, as Markdown."""
    share = shares(found.right)
    students = len(found.right)
    minutes = [f"{m:.0f}" for m in np.nanmedian(found.minutes, axis=0)]
    lines = [
        f"# What the class has learned (students: {students})\n",
        f"Median minutes: {minutes[0]} before, {minutes[1]} after.\n",
        "| question | chapter | before | after | gain |\n|:--|:--|--:|--:|--:|",
    ]
    chapters = [question.name[0] for question in IDEAS.values()]
    for i, question in enumerate(IDEAS.values()):
        lines.append(f"| {i + 1}. {question.text.title} | {chapters[i]} | {_gain(share[:, i])} |")
    lines.append("\n| chapter | before | after | gain |\n|:--|--:|--:|--:|")
    for chapter in sorted({*chapters}):
        mean = np.nanmean(share[:, [c == chapter for c in chapters]], axis=1)
        lines.append(f"| {chapter} | {_gain(mean)} |")
    lines.append(f"| all | {_gain(np.nanmean(share, axis=1))} |")
    lines.append("\n| form taken first | students | before | after | gain |\n|:--|--:|--:|--:|--:|")
    for form in practice.FORMS:
        here = found.right[[first == form for first in found.first]]
        if len(here):
            gain = _gain(np.nanmean(shares(here), axis=1))
            lines.append(f"| {form} | {len(here)} | {gain} |")
    lines += ["", *(f"- not counted: {why}" for why in found.refused)]
    return "\n".join(lines).rstrip() + "\n"


def _gain(share: np.ndarray) -> str:
    before, after = share
    return f"{before:.0%} | {after:.0%} | {100 * (after - before):+.0f}"


def picture(found: Class) -> Figure:
    """Return an arrow for each question, from the share of right answers before to that after."""
    share = shares(found.right)
    figure, (axes,) = new_figure(4.2)
    with course_style():
        places = np.arange(len(IDEAS))
        axes.hlines(places, *share, color=palette.NOISE, lw=2)
        axes.plot(share[0], places, "o", mfc="white", color=palette.NOISE, label="before")
        axes.plot(share[1], places, "D", color=palette.REAL, label="after")
        axes.set_yticks(
            places, [f"{i + 1}, chapter {q.name[0]}" for i, q in enumerate(IDEAS.values())]
        )
        axes.set(xlim=(-0.02, 1.02), xlabel="share of right answers", ylim=(len(IDEAS) - 0.5, -0.5))
        axes.set_title(f"students: {len(found.right)}")
        axes.legend(loc="lower left", bbox_to_anchor=(1, 0))
    return figure


def main(folder: Path) -> None:
    """Write the table and the picture; SystemExit if no file counts."""
    found = read(folder.glob("gan_edu_test_*.json"))
    if not len(found.right):
        raise SystemExit("\n".join([f"{folder}: nobody's file has both tests", *found.refused]))
    (folder / "gains.md").write_text(table(found), encoding="utf-8")
    picture(found).savefig(folder / "gains.png")
    counted, refused = len(found.right), len(found.refused)
    print(f"students: {counted}, files not counted: {refused}; see {folder}/gains.md")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
