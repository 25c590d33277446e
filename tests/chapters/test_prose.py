"""Prose quotes no number that training produced: each number in it has another reason to stand.

What is looked at: decimals, percentages, "8 of 10", and counts of iterations, in words too;
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
    r"|(?:\d|dozen|hundreds?|thousands?) (?:steps|iterations)"
)
CODE = re.compile(r"```.*?```", re.DOTALL)  # a worked example: tests run it, and no sentence
ANSWER = re.compile(r"<details>.*?</details>", re.DOTALL)
FORMULA = re.compile(r"\$[^$]*\$")
RESULT = re.compile(r"(?<![\d.,])\d[\d,]*\d")

# Numbers that a reader or a cell sets, or that a question or a definition asks for.
SETTINGS = {
    "00": ("train for 100 iterations", "After two thousand iterations",
        "trained on alone for 300 iterations"),
    "01": (
        "between 0.5 and 0.6, so", "the width to 0.3", "smoothly from 0.02 to 0", "1000 steps each",
        "at 50 %", "a grey band marks $0.05<z<0.95$", "$x=0.09$", "h1=0.5, h3=1, width=0.6",
    ),
    "02": (
        "$a=0.1$ and $c=0.9$", "a shift of 0.3", "400 bins",
        "on the right, below 0.01?", "less than 5 %", "55 of the 1000 steps",
        "The percentage above",
        "JS wrong by 0.01", "*shift* 0.3", "$h=0.001$", "$h=0.0001$", "`[0.5, 2.0]`",
        "a JS of 0.001", "100,000 random triples", "less than 0.1 to", "more than 0.6 to noise",
        "more than 0.3 to digits", "from 196 pixels on",
    ),
    "03": (
        "with $a=1.5$ and one generated with $a=-0.5$", "more than 97 % of $W_1$",
        "Try x = 2000", "At step 16 it is",
    ),
    "04": (
        "learning rate to 0.4", "learning rate to 0.025", "rate is 0.1 for SGD and 0.01 for Adam",
        r"$\beta_1$ is 0.5", "the learning rate of G, 0.001", "in a thousand iterations",
        "rate 0.001", "rate to 0.004",
        "plays 1500 iterations",
        r"the blue strip, $|\theta|<0.1$", "modes, at ±1.5", "is below 0.05",
        "200 gradient steps", "within 0.05 of log 4",
        "answers 0.51 to each real sample and 0.49 to each generated one", "Here $r$ is 250",
    ),
    "05": (
        "trains for 3,000 iterations",
        "After 3,000 iterations", "after 200 steps", "instead of 0.5",
        "below 90 %", "the learning rate 0.1", "within 0.01 is accepted",
    ),
    "06": (
        "for a thousand iterations", "the learning rate 0.1",
        "where 95 % of the *upper* marks lie", "until 95 of the 100 lower marks",
        r"$\frac\gamma2$ is 0.1", "**At $t=0.5$, drag", "Set $t$ to 0.8",
        "answers 0.51 to real and 0.49 to generated samples",
    ),
    "07": (
        "last multiple of 50", "before iteration 500",
        "0.97 or more", "an AUC of 0.65 or less while", "of 0.4 or less while",
        "at 100 % all of the slope", "at 0 % nothing",
        "*Learning rate of D* 0.0005", "800 iterations", "play 5,000 iterations",
        "*Learning rate of D* 0.0002", "*Learning rate of D* 0.01", "*D steps per iteration* 10",
    ),
}  # fmt: skip

# Numbers that a formula, an integral or a game without networks gives.
EXACT = {
    "00": ("0.53 for a real picture and 0.46 for a generated one",),
    "01": (r"\log 2\approx0.69",),
    "02": (
        "below 0.01 from a shift of about 5.7", "most at 0.5", "About 40 bins for 0.01",
        r"$\log2\approx0.693$", r"$\log2\approx0.69$", "half of $q$: $-0.69$",
        r"\frac14\log2\approx0.17",
        "near 0.216, the JS between one mode and both",
    ),
    "03": (
        "0.80 for *generated wider*", "1.21 for *real has two modes*", "JS by about 0.04",
        "5 % for *generated shifted*, 4 % for *generated wider*, 6 % for *real has two modes*",
        "stops at 1.006", "below 1.006",
        "31 % of the grains", "but 69 % are needed", "So 38 % have",
        "the score 2 becomes 0.88, and −2 becomes 0.12",
    ),
    "04": (
        "0.49 ($r=1$), 0.11 ($r=2$) and 0.00 ($r=4$)", "an overshoot of 0.00",
        "2. −0.955, with", "its logit by 3.85", "$G$ needs 9 steps", "it is −4.44",
        "optimal $D$ −1.16",
    ),
    "06": (
        "for a variance that is 49 times as large", "about 49 times as large",
        r"\min\max=-0.955",
    ),
    "07": ("The gradient to $G$ is 100%",),
}  # fmt: skip

# Numbers that one sample from a fixed seed gives; nothing is trained.
SAMPLED = {
    "02": (
        "with these 1000 samples, 2 to 14 bins",
        "with 100,000, all from 4 on",
        "At 16 pixels most",
        "at 49 few",
        "more than 10,000 samples",
        "with 40 bins",
    ),
    "06": ("300 to 400 instead of 8", "150 samples are enough"),
}


def allowed(chapter: str) -> list[str]:
    """Return the words around each number that may stand in this chapter."""
    return [words for table in (SETTINGS, EXACT, SAMPLED) for words in table.get(chapter, ())]


@cache
def texts(path: Path) -> tuple[str, ...]:
    """Return the markdown cells of a chapter without the names in them."""
    cells = jupytext.read(path).cells
    return tuple(
        NAME.sub("", CODE.sub("", cell.source)) for cell in cells if cell.cell_type == "markdown"
    )


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


PLANTED = (
    "The gap reaches 0.0217 after training.",
    "Then 59 % of the drawings are digits.",
    r"Then $94.7\,\%$ of the pairs are ranked right.",
    "The loss falls to 0.1.",
    "In 7 of 8 games it finds both bumps.",
    "It is there after a few dozen iterations.",
    "<details><summary>What you should have found</summary>\n\nAfter 340.\n\n</details>",
)


@every_chapter
@pytest.mark.parametrize("sentence", PLANTED)
def test_a_trained_number_that_is_planted_in_any_cell_is_found(path, sentence):
    for text in texts(path):
        assert len(unexplained(f"{text}\n\n{sentence}", path.stem[:2])) == 1
