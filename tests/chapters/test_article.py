"""Where the article is imprecise, a chapter says so, and a cell checks it.

Each row puts the article's version into one cell of a chapter; the text that the chapter's checked
cell prints must then differ from what is saved, and must not differ with the cell as it stands. Of
a chapter only the cells run that the checked one builds on.
"""

import ast
import contextlib
import io
import re
from functools import cache
from pathlib import Path

import jupytext
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTER_1, CHAPTER_2 = "01_inverse_cdf", "02_histogram_js"
CHAPTER_3, CHAPTER_4 = "03_neural_distance", "04_adversarial_game"
ARTICLE = {  # row of the list of errors: chapter, what stands there, the article's version
    "1: the slope without its size": (
        CHAPTER_1, "np.sum(1 / np.abs(slopes)).round(4)", "np.sum(1 / slopes).round(4)",
    ),
    "2: the integral starts at 0": (
        CHAPTER_1, "ndtri(ndtr(z)).round(2)", "ndtri(ndtr(z) - 0.5).round(2)",
    ),
    "3: any function": (CHAPTER_1, "lab.crossing(z, 3, ramp)", "lab.torn(z, 3)"),
    "4: JS is the symmetrised KL": (
        CHAPTER_2, "(kl(p, m) / 2 + kl(q, m) / 2).round(4)",
        "(kl(p, q) / 2 + kl(q, p) / 2).round(4)",
    ),
    "5: a root of JS is no distance either": (
        CHAPTER_2, "broken = measure(a, b) + measure(b, c) < measure(a, c) - 1e-12",
        "broken = measure(a, b) ** 2 + measure(b, c) ** 2 < measure(a, c) ** 2 - 1e-12",
    ),
    "7: too many bins to compute with, not to fill": (
        CHAPTER_2, "if expected_js(2**d, n) > np.log(2) / 2",
        "if expected_js(2, n) > np.log(2) / 2",
    ),
    "8: on a line this loss is all one needs": (
        CHAPTER_2, "infinite += np.isinf(symmetrised_kl(p, q))", "infinite += np.isinf(js(p, q))",
    ),
    "9: one critic is a distance": (
        CHAPTER_3, "np.max(one - other, axis=0)", "(one - other)[0]",
    ),
    "10: V of the other sign": (
        CHAPTER_3, "V = e_fake.mean() - e_real.mean()", "V = e_real.mean() - e_fake.mean()",
    ),
    "11: equation (3) has a minimum": (
        CHAPTER_3, "    critic = new_critic()\n    steps = train(critic, pair, plain, 500",
        "    critic = new_critic(spectral_norm=True)\n    steps = train(critic, pair, plain, 500",
    ),
    "12: the log-likelihood gives (3)": (
        CHAPTER_3, "(softplus, losses.discriminator_loss)", "(softplus, losses.critic_loss)",
    ),
    "13: (4) with a probability": (
        CHAPTER_3, '"−a": e_fake.mean()', '"−a": a_fake.sigmoid().mean()',
    ),
    "15: E[−log D] in D's objective": (
        CHAPTER_3, "p * np.log(D) - q * np.log(D):", "p * np.log(D) + q * np.log(1 - D):",
    ),
    "17: z is not in L": (CHAPTER_3, "return real.mean()", "return 1.0"),
    "17: a balance of weights": (
        CHAPTER_3, "found = real.mean(1) - generated.mean(1)",
        "found = (real.sum(1) - generated.sum(1)) / n",
    ),
    "14: the same divergence": (
        CHAPTER_4, "for value in theta - two_js_slope", "for value in two_js_slope",
    ),
    "16: zero-sum": (
        CHAPTER_4, "-loss_of_g(fake)  # payoffs", "-losses.generator_minimax(fake)  # payoffs",
    ),
    "18: the stale discriminator is right": (
        CHAPTER_4, "stale = games.value(-1, 2) - games.value(0, 2)",
        "stale = games.best_value(-1) - games.best_value(0)",
    ),
    "18: any discriminator shows the slope": (
        CHAPTER_4, "slope = games.slope_minimax(2, psi)", "slope = games.slope_minimax(2, 2)",
    ),
    "19: k alone counts": (
        CHAPTER_4, "games.play(3, 0, 100, lr_d=0.4)", "games.play(3, 0, 100, lr_d=0.1)",
    ),
    "20: min max is max min": (
        CHAPTER_4, "games.best_place_per_d([0.5, 0.5], answers).max()", "min_max",
    ),
}  # fmt: skip


@cache
def cells(chapter: str) -> tuple[str, ...]:
    script = jupytext.read(NOTEBOOKS / "source" / f"{chapter}.py")
    return tuple(cell.source for cell in script.cells if cell.cell_type == "code")


@cache
def saved(chapter: str) -> dict[str, str]:
    """Return what each checked cell of the notebook has printed, by its source."""
    notebook = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    return {
        cell.source: "".join(output.get("text", "") for output in cell.outputs)
        for cell in notebook.cells
        if "nbval-check-output" in cell.metadata.get("tags", [])
    }


def stored(node: ast.AST) -> set[str]:
    """Return the names that a statement makes: assigned, imported or defined."""
    nodes = list(ast.walk(node))
    made = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    made |= {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    aliases = (n.names for n in nodes if isinstance(n, ast.Import | ast.ImportFrom))
    return made | {(alias.asname or alias.name).split(".")[0] for some in aliases for alias in some}


def names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell makes, and those that it reads before it has made them."""
    made, read = set(), set()
    for statement in ast.parse(source).body:
        nodes = list(ast.walk(statement))
        loaded = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        own = {n.arg for n in nodes if isinstance(n, ast.arg)}
        for node in nodes:  # what a loop or a comprehension runs over is its own
            if isinstance(node, ast.For | ast.comprehension):
                own |= stored(node.target)
        if isinstance(statement, ast.FunctionDef):
            own |= stored(statement)
        if isinstance(statement, ast.For):
            own |= {name for line in statement.body[:-1] for name in stored(line)}
        read |= loaded - own - made
        made |= stored(statement)
    return made, read


def needed(sources: tuple[str, ...], last: int) -> list[int]:
    """Return the cells that a cell builds on, and itself: of those that make a name, the last."""
    found, open_cells = set(), [last]
    while open_cells:
        here = open_cells.pop()
        if here in found:
            continue
        found.add(here)
        for name in names(sources[here])[1]:
            makers = [i for i in range(here) if name in names(sources[i])[0]]
            open_cells += makers[-1:]
    return sorted(found)


def printed(chapter: str, place: int, source: str) -> tuple[str, str]:
    """Return what the first checked cell that needs `place` prints with `source` there, and did."""
    sources = list(cells(chapter))
    checked = (i for i in range(place, len(sources)) if sources[i] in saved(chapter))
    last = next(i for i in checked if place in needed(cells(chapter), i))
    before = saved(chapter)[sources[last]]
    chosen = needed(cells(chapter), last)
    sources[place] = source
    written, world = io.StringIO(), {}
    for i in chosen:
        with contextlib.redirect_stdout(written if i == last else io.StringIO()):
            exec(compile(sources[i], f"<cell {i} of {chapter}>", "exec"), world)
    plt.close("all")
    return written.getvalue(), before


LONG = {row for row in ARTICLE if row.startswith("11:")}  # it trains for a minute
MARKS = {row: [pytest.mark.slow] if row in LONG else [] for row in ARTICLE}


@pytest.mark.parametrize("row", [pytest.param(row, marks=MARKS[row]) for row in ARTICLE])
def test_the_article_s_version_does_not_pass_and_ours_does(row):
    chapter, correct, article = ARTICLE[row]
    (place,) = (i for i, source in enumerate(cells(chapter)) if correct in source)
    source = cells(chapter)[place]
    said, before = printed(chapter, place, source)
    assert alike(said, before), "as it stands"
    with contextlib.suppress(Exception):  # an error would be seen too
        assert not alike(printed(chapter, place, source.replace(correct, article))[0], before)


def alike(said: str, before: str) -> bool:
    """Whether two texts differ at most by what other random numbers change in the last digit."""
    number = re.compile(r"\d+\.\d+")
    numbers = [[float(found) for found in number.findall(text)] for text in (said, before)]
    same_words = number.sub("", said) == number.sub("", before) != ""
    return same_words and np.allclose(*numbers, rtol=0, atol=0.011)


IN_WORDS = {  # rows that are about history or names, not numbers: what the table says
    "6: how the 2014 paper scores": "Parzen-window log-likelihood",
    "21: a third kind of learning": "is usually counted as a third kind of learning",
}


def rows_of_the_table() -> dict[int, str]:
    """Return the rows of the table of corrections in chapter 06, by their numbers."""
    text = (NOTEBOOKS / "source" / "06_summary.py").read_text(encoding="utf-8")
    _, found = text.split("# ## Further: The article, corrected")
    return {int(n): row for n, row in re.findall(r"^# \| (\d+) \| (.*) \|$", found, re.MULTILINE)}


@pytest.mark.parametrize("row", IN_WORDS)
def test_what_no_cell_can_check_is_said_in_the_table(row):
    assert IN_WORDS[row] in rows_of_the_table()[int(row.split(":")[0])]


def test_the_table_of_chapter_06_has_every_row_and_leads_to_sections_that_there_are():
    assert list(rows_of_the_table()) == list(range(1, 23))
    for number, row in rows_of_the_table().items():
        links = re.findall(r"\]\(([\w.]*)#([^)]+)\)", row)
        assert links or number == 22, row
        for name, anchor in links:
            script = NOTEBOOKS / "source" / f"{Path(name or '06_summary.ipynb').stem}.py"
            heads = re.findall(r"^# #+ (.*)$", script.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in [head.replace(" ", "-") for head in heads], f"{number}: {anchor}"


def test_row_22_nobody_s_employer_is_named():
    for path in (NOTEBOOKS / "source").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(OpenAI|Apple|DeepMind|Google(?! Colab))\b", text), path.name


def test_every_row_of_the_list_is_here():
    rows = {int(row.split(":")[0]) for row in (*ARTICLE, *IN_WORDS)} | {22}
    assert rows == set(range(1, 23))
