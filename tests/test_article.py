"""Where the article is imprecise, a chapter says so, and a cell checks it.

Each row puts the article's version into one cell of a chapter; the text that the cell prints must
then differ from what is saved. These runs take minutes: `python -m pytest -m slow`.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHAPTER_3, CHAPTER_4 = "03_neural_distance", "04_adversarial_game"
ARTICLE = {  # row of the list of errors: chapter, what stands there, the article's version
    "9: one judge is a distance": (
        CHAPTER_3, "np.max(first - second, axis=0)", "(first - second)[0]",
    ),
    "10: V of the other sign": (
        CHAPTER_3, "V = E_fake.mean() - E_real.mean()", "V = E_real.mean() - E_fake.mean()",
    ),
    "11: equation (3) has a minimum": (
        CHAPTER_3, "    critic = new_critic()\n    steps = train(critic, pair, plain, 500",
        "    critic = new_critic(spectral_norm=True)\n    steps = train(critic, pair, plain, 500",
    ),
    "12: the log-likelihood gives (3)": (
        CHAPTER_3, '"softplus": losses.discriminator_loss}[name]',
        '"softplus": losses.critic_loss}[name]',
    ),
    "13: (4) with a probability": (
        CHAPTER_3, '"E": -a_fake.mean(), "P(real)": a_fake.sigmoid().mean()',
        '"E": a_fake.sigmoid().mean(), "P(real)": a_fake.sigmoid().mean()',
    ),
    "15: E[−log D] in D's objective": (
        CHAPTER_3, "softplus(-critic(x_real)).mean() - softplus(-critic(x_fake)).mean()",
        "softplus(-critic(x_real)).mean() + softplus(critic(x_fake)).mean()",
    ),
    "17: z is not in L": (CHAPTER_3, "return z.mean()", "return 1.0"),
    "17: a balance of weights": (CHAPTER_3, "gaps = z.mean(1) - y.mean(1)",
        "gaps = (z.sum(1) - y.sum(1)) / n"),
    "14: the same hill": (
        CHAPTER_4, "np.allclose(other, theta - two_js_slope", "np.allclose(other, two_js_slope",
    ),
    "16: zero-sum": (
        CHAPTER_4, "-loss_of_g(fake)  # payoffs", "-losses.generator_minimax(fake)  # payoffs",
    ),
    "18: the stale judge is right": (
        CHAPTER_4, "stale = games.value(-1, 2) - games.value(0, 2)",
        "stale = games.best_value(-1) - games.best_value(0)",
    ),
    "18: any judge shows the slope": (
        CHAPTER_4, "slope = games.slope_minimax(2, psi)", "slope = games.slope_minimax(2, 2)",
    ),
    "19: k alone counts": (
        CHAPTER_4, "games.play(3, 0, 100, lr_d=0.4)", "games.play(3, 0, 100, lr_d=0.1)",
    ),
    "20: min max is max min": (
        CHAPTER_4, "games.best_place_per_d([0.5, 0.5], answers).max()", "min_max",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ARTICLE)
def test_the_article_s_version_does_not_pass(row):
    chapter, correct, article = ARTICLE[row]
    notebook = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    (place,) = (i for i, cell in enumerate(notebook.cells) if correct in cell.source)
    saved = [printed(cell) for cell in notebook.cells]
    notebook.cells[place].source = notebook.cells[place].source.replace(correct, article)
    assert any(said != before for said, before in zip(texts(notebook, place), saved, strict=False))


def printed(cell) -> str:
    checked = "nbval-check-output" in cell.metadata.get("tags", [])
    outputs = cell.get("outputs", []) if checked else []
    return "".join(output.get("text", "") for output in outputs)


def texts(notebook, place: int) -> list[str]:
    """Run the cells up to the first checked one that depends on `place`; return what they print."""
    checked = [i for i, cell in enumerate(notebook.cells) if i >= place and printed(cell)]
    notebook.cells = notebook.cells[: checked[0] + 1]
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": NOTEBOOKS}}).execute()
    return [printed(cell) for cell in notebook.cells]
