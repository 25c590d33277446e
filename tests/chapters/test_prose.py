"""Prose quotes no number that training produced: each number in it has another reason to stand.

What is looked at: decimals, percentages, "8 of 10", and counts of rounds or steps, in words too;
and in the folded answers, where results stand, every number of two digits or more outside
formulas. Other whole numbers are not looked at (sizes and settings, far too many to list), nor
are the names of equations and exercises, which look like decimals.
"""

import re
from functools import cache
from pathlib import Path

import jupytext
import pytest

SOURCE = Path(__file__).parents[2] / "notebooks" / "source"
SCRIPTS = sorted(SOURCE.glob("[0-9]*.py"))

NAME = re.compile(
    r"\]\([^)]*\)"  # a link's address
    r"|\(\d\.\d+\)|\\tag\{\d\.\d+\}"  # an equation
    r'|^#+ \d\.\d|[Ee]xercise \d\.\d|(?:hint|solution|check)\("\d\.\d"',  # an exercise
    re.MULTILINE,
)
QUANTITY = re.compile(
    r"(?<![\d.])\d*\.\d+"
    r"|\d ?\\?%|per ?cent"
    r"|\d+ (?:of|in|out of) (?:the |every )?\d+"
    r"|(?:\d|dozen|hundreds?|thousands?) (?:rounds|steps|iterations)"
)
ANSWER = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA = re.compile(r"\$[^$]*\$")
RESULT = re.compile(r"(?<![\d.,])\d[\d,]*\d")

# Numbers that a reader or a cell sets, or that a question or a definition asks for.
SETTINGS = {
    "01": (
        "the width to 0.3", "from 0.02 to 0 along a cosine", "1000 steps each",
        "at 50 %", "$x=0.09$", "h1=0.5, h3=1, width=0.6",
    ),
    "02": (
        "$a=0.1$ and $c=0.9$", "for 0.1 and 0.9", "shifted by 0.3", "400 bins",
        "JS wrong by 0.01", "shift 0.3", "$w=0.2$", "`[0.5, 2.0]`", "a JS of 0.001",
        "less than 0.1 away", "more than 0.6 from noise", "more than 0.3 from digits",
    ),
    "03": (
        "500 steps", "300 steps", "Clipping at 0.1", "If 8 find less than 4, or 16 miss",
        "within 0.01 of its top", r"$\mu=1.5$", "more than 97 % of $W_1$",
    ),
    "04": (
        "up to 0.4", "down to 0.025", "a rate of 0.4", "rates of 0.1", "the rate 0.1",
        "Adam's 0.01", r"$\beta_1=0.5$", "rate 0.001", "after 200 rounds", "plays 1500 rounds",
        "within 0.05 of log 4", "more than 0.1 away", "bumps at ±1.5", "below 0.05 in the mean",
        "Home with two hundred steps", "K = 10 glides",
    ),
    "05": (
        "1,000 and 12,000 rounds", "mean of 50 rounds", "3,000 rounds", "the last thousand rounds",
        "after 200 steps", "less than 90 %", "the rate 0.1", "an answer within 0.01",
    ),
    "06": (
        "after a thousand rounds", "in their last hundred steps", "for a thousand rounds", "±2.5",
        "the rate 0.1",
    ),
    "07": (
        "then 0.5", "border is 65 %", "it is 40 %", "*D's rate* 0.0005", "*D's rate* 0.0002",
        "*G's rate* 0.001", "*D's rate* 0.004", "150 rounds", "800 rounds", "600 rounds",
        "200 rounds",
    ),
}  # fmt: skip

# Numbers that a formula, an integral or a game without networks gives.
EXACT = {
    "01": (
        r"$0.83/\sqrt n$", r"\log 2\approx0.69",
        "On average 100 times as many dots divide the error by 10",
    ),
    "02": (
        "within 0.004 of its limit", "at 0.5.", "0.3^2/2=0.045", "1.44", "About 40 bins for 0.01",
        "$w/N=0.0002$", r"$\ln2\approx0.693$", "0.216, which is JS of one bump and both",
    ),
    "03": (
        "0.80 for the spread", "1.21 for the bumps", "JS by about 0.04",
        "5 % for the shift, 4 % for the spread, 6 % for the bumps", "stops at 1.006",
        "below 1.006",
    ),
    "04": (r"To about $\theta_1=0.2$", "the border is at 3.6", "its logit by 3.85"),
}  # fmt: skip

# Numbers that one sample from a fixed seed gives; nothing is trained.
SAMPLED = {
    "02": (
        "with these 1000 samples 2 to 14 bins", "With 100,000 all from 4 on",
        "these 1000 forgeries vanishes between $h=0.0004$ and $0.0003$",
    ),
}  # fmt: skip

# Bounds on what was trained, each with the line of a compared cell that checks it.
CHECKED = {
    "03": {
        "Between 0.1 and 0.2": "found[1] < lab.w1(pair) < found[2]",
        "From a hundred steps on, or earlier, the shape hardly changes": "moved < 0.3",
    },
}


def allowed(chapter: str) -> list[str]:
    """Return the words around each number that may stand in this chapter."""
    return [
        words for table in (SETTINGS, EXACT, SAMPLED, CHECKED) for words in table.get(chapter, ())
    ]


@cache
def texts(path: Path) -> tuple[str, ...]:
    """Return the markdown cells of a chapter without the names in them."""
    cells = jupytext.read(path).cells
    return tuple(NAME.sub("", cell.source) for cell in cells if cell.cell_type == "markdown")


def quantities(text: str) -> list[str]:
    """Return the numbers of a text that need a reason."""
    answers = FORMULA.sub("", " ".join(ANSWER.findall(text)))
    return QUANTITY.findall(text) + RESULT.findall(answers)


def unexplained(text: str, chapter: str) -> list[str]:
    """Return the numbers of a text that are left once the allowed ones are taken out."""
    for words in allowed(chapter):
        text = text.replace(words, "")
    return quantities(text)


every_chapter = pytest.mark.parametrize("path", SCRIPTS, ids=[s.stem for s in SCRIPTS])


@every_chapter
def test_prose_quotes_no_number_without_a_reason(path):
    for text in texts(path):
        assert unexplained(text, path.stem[:2]) == [], text


@every_chapter
def test_each_reason_is_for_a_number_that_stands_there(path):
    for words in allowed(path.stem[:2]):
        assert quantities(f"<details>{words}</details>"), f"no number in {words!r}"
        assert any(words in text for text in texts(path)), f"no longer in the chapter: {words!r}"


@every_chapter
def test_a_bound_on_what_was_trained_is_checked_in_a_compared_cell(path):
    cells = [c for c in jupytext.read(path).cells if c.cell_type == "code"]
    compared = [c.source for c in cells if "nbval-check-output" in c.metadata.get("tags", [])]
    for check in CHECKED.get(path.stem[:2], {}).values():
        assert sum(check in source for source in compared) == 1, check


PLANTED = (
    "The gap reaches 0.0217 after training.",
    "Then 59 % of the drawings are digits.",
    r"Then $94.7\,\%$ of the pairs are ranked right.",
    "The loss falls to 0.1.",
    "In 7 of 8 games it finds both bumps.",
    "It is there after a few dozen rounds.",
    "<details><summary>What you should have found</summary>\n\nAfter 340.\n\n</details>",
)


@every_chapter
@pytest.mark.parametrize("sentence", PLANTED)
def test_a_trained_number_that_is_planted_in_any_cell_is_found(path, sentence):
    for text in texts(path):
        assert len(unexplained(f"{text}\n\n{sentence}", path.stem[:2])) == 1
