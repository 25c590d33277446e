"""No answer before it is asked for: what is folded, and in which state a figure opens."""

import re

import jupytext
import nbformat
import numpy as np
import pytest

from gan_edu import distributions
from gan_edu.chapters.ch00_forger_and_detective.scenes import payoff_scene
from gan_edu.chapters.ch01_inverse_cdf import scenes as inverse_cdf
from gan_edu.chapters.ch02_histogram_js import scenes as histogram_js
from gan_edu.chapters.ch03_neural_distance import scenes as neural_distance
from gan_edu.chapters.ch03_neural_distance.pointwise import point_scene
from gan_edu.chapters.ch04_adversarial_game import scenes as adversarial_game
from gan_edu.chapters.ch06_summary import scenes as summary
from gan_edu.chapters.sign_card import two_losses_scene
from tests.helpers import chapters
from tools import notebooks as build

CHAPTERS = [script.stem for script in chapters.SCRIPTS]
FOLDED = re.compile(r"<summary>[^<]+</summary>\n\n")

every_chapter = pytest.mark.parametrize("chapter", CHAPTERS)


@pytest.mark.parametrize(
    ("tag", "source", "outputs"),
    [("hide-input", 1, 0), ("hide-output", 0, 1), ("hide-cell", 1, 1), ("other", 0, 0)],
)
def test_a_tag_is_put_into_words_that_each_frontend_knows(tag, source, outputs):
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["kept", tag], "collapsed": True})
    build.fold(cell)
    jupyter = cell.metadata.get("jupyter", {})
    assert cell.metadata.tags == ["kept", tag]
    assert jupyter.get("source_hidden", False) == bool(source)
    assert cell.metadata.get("cellView", "") == ("form" if source else ""), "Colab's word"
    assert jupyter.get("outputs_hidden", False) == bool(outputs)
    assert cell.metadata.get("collapsed", False) == bool(outputs)


def test_sync_folds_and_unfolds_what_the_tags_say_and_keeps_the_outputs(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    script, path = tmp_path / "source" / "09_short.py", tmp_path / "09_short.ipynb"
    script.parent.mkdir()
    for tag in ("", ' tags=["hide-cell"]', ""):
        script.write_text(f"# %%{tag}\nprint(1)\n", "utf-8")
        if not path.exists():
            made = build.unexecuted(script, path)
            made.cells[0].outputs = [nbformat.v4.new_output("stream", text="1")]
            nbformat.write(made, path)
        build.main(["--sync", "09"])
        (cell,) = nbformat.read(path, as_version=4).cells
        hidden = {"source_hidden": True, "outputs_hidden": True} if tag else {}
        assert cell.metadata.get("jupyter", {}) == hidden
        assert ("collapsed" in cell.metadata, cell.outputs[0].text) == (bool(tag), "1")


@every_chapter
def test_every_reveal_is_folded_and_its_first_line_which_stays_in_sight_tells_nothing(chapter):
    cells = chapters.cells_of(chapter)
    for question in chapters.questions(cells):
        cell = cells[question.told]
        assert "hide-cell" in chapters.tags(cell), question.name
        assert cell.source.splitlines()[0] == f"{question.name}.reveal("


# Cells between a prediction and its reveal that print what the prediction does not ask for.
INNOCENT = {
    "02_histogram_js": ["from gan_edu.chapters"],
    "03_neural_distance": ["from scipy.stats"],
    "04_adversarial_game": [
        "h = 1e-4",
        "theta, psi = 3.0, 0.0",
        "torch.manual_seed(0)",
        "match.reset()",
    ],
}


@every_chapter
def test_what_is_printed_between_a_question_and_its_answer_is_folded(chapter):
    cells = chapters.cells_of(chapter)
    innocent = tuple(INNOCENT.get(chapter, ()))
    for question in chapters.questions(cells):
        between = cells[question.asked + 1 : question.told]
        telling = [
            cell.source[:60]
            for cell in between
            if re.search(r"^ *print\(", cell.source, re.MULTILINE)
            and "hide-cell" not in chapters.tags(cell)
            and not cell.source.startswith(innocent)
        ]
        assert telling == [], f"{question.name}: tag it hide-cell"


@every_chapter
def test_no_output_is_folded_below_open_code(chapter):
    """JupyterLab would show its first line, of a text or of HTML."""
    for cell in chapters.cells_of(chapter):
        assert "hide-output" not in chapters.tags(cell), "tag it hide-cell"


@every_chapter
def test_what_is_folded_is_in_a_fold_that_every_renderer_knows(chapter):
    for cell in chapters.cells_of(chapter):
        if cell.cell_type == "markdown":
            assert "ou should have found:*" not in cell.source
            assert cell.source.count("<details>") == cell.source.count("</details>")
            for inside in cell.source.split("<details>")[1:]:
                assert FOLDED.match(inside), "a blank line, then Markdown"
                assert "\n\n</details>" in inside, "a blank line, then the end"


# Words that give an answer away, beside those of the right answer itself.
TELLING = {
    "guess_far": "levels off|log 2|shoots|smoother",
    "guess_maps": "different|same bell",
    "guess_free": "grows|limit",
    "guess_top": "¾|0.75",
    "guess_floor": "minus log 4",
    "guess_push": "flat",
    "guess_curve": "one half|do not|soon",
}


def telling(question: chapters.Question) -> set[str]:
    """Return the words of the right answer that stand in no other answer, nor in the question."""
    words = {answer: set(re.findall(r"\w{4,}", answer.lower())) for answer in question.answers}
    others = set().union(*(found for answer, found in words.items() if answer != question.right))
    return words[question.right] - others - set(re.findall(r"\w+", question.words.lower()))


def given_away(cells, question: chapters.Question) -> list[str]:
    """Return the alternative texts before the reveal that tell a question's answer."""
    nothing = "(?!)"
    by_hand = TELLING.get(question.name, nothing)
    words = "|".join(rf"\b{word}\b" for word in sorted(telling(question))) or nothing
    # Earlier sections have other figures, but the chapter's title picture may tell as well.
    title, between = cells[:5], cells[question.asked : question.told]
    return [
        text
        for part, pattern in ((title, by_hand), (between, f"{by_hand}|{words}"))
        for cell in part
        for text in chapters.alternative_texts(cell)
        if re.search(pattern, text, re.IGNORECASE)
    ]


@every_chapter
def test_no_alternative_text_tells_what_is_asked(chapter):
    cells = chapters.cells_of(chapter)
    for question in chapters.questions(cells):
        assert given_away(cells, question) == [], question.name


def test_an_alternative_text_that_tells_is_seen():
    script = (
        '# %%\nguess = stage.predict("What does it do?", ["sinks", "levels off at ln 2"])\n\n'
        '# %%\nlive.explore(scene, alt="One curve that {}.")\n\n'
        '# %%\nguess.reveal("levels off at ln 2", "It does.")\n'
    )
    for words, seen in (("levels up", True), ("sinks", False), ("is drawn", False)):
        cells = jupytext.reads(script.format(words), fmt="py:percent").cells
        (question,) = chapters.questions(cells)
        assert bool(given_away(cells, question)) == seen


def trace(step: int, slope: float = 1.0) -> neural_distance.Trace:
    return neural_distance.Trace(step, slope * neural_distance.X)


LAST = 100  # step of the trainings below
TRAINED = {name: [trace(1), trace(10), trace(LAST)] for name in neural_distance.PAIRS}
HISTOGRAMS = {
    "run": (
        histogram_js.TWO_MODES,
        [histogram_js.Trace(step, 0.1, distributions.GRID_U) for step in (1, 10, LAST)],
    )
}
# Of each figure that shows a curve on demand: the scene, its panel, and the move that shows all.
GROWING = {
    "payoffs": (payoff_scene, 0, {"answer": 0.99}),
    "shift": (histogram_js.shift_scene, 1, {"shift": 10.0}),
    "bins": (histogram_js.bins_scene, 1, {"bins": 200}),
    "w1": (neural_distance.w1_scene, 1, {"shift": 5.0}),
    "two losses": (two_losses_scene, 0, {"d": 0.01}),
    "their slopes": (two_losses_scene, 1, {"d": 0.01}),
    "stale": (adversarial_game.stale_scene, 1, {"theta_1": -4.0}),
    "rotation": (adversarial_game.rotation_scene, 1, {"iterations": 400}),
    "runs": (lambda: histogram_js.runs_scene(HISTOGRAMS, "run"), 2, {"step": LAST}),
    "runaway": (lambda: neural_distance.runaway_scene(TRAINED), 1, {"step": LAST}),
    "log": (lambda: neural_distance.log_scene(TRAINED), 1, {"step": LAST}),
    "constraint": (
        lambda: neural_distance.constraint_scene(
            {("none", name): run for name, run in TRAINED.items()}, "none"
        ),
        1,
        {"step": LAST, "constraint": "none"},
    ),
    "width": (
        lambda: neural_distance.width_scene({w: trace(1, w) for w in (2, 8, 32)}),
        1,
        {"width": 32},
    ),
}


def drawn(figure, panel: int) -> float:
    """Return the largest share of its panel's width over which a curve of a figure is drawn."""
    axes = figure.axes[panel]
    low, high = axes.transScale.transform([(side, 1) for side in axes.get_xlim()])[:, 0]
    shares = []
    for line in axes.lines:
        x = np.asarray(line.get_xdata(), dtype=float)
        if line.get_transform() == axes.transData and len(x):
            places = axes.transScale.transform(np.column_stack([x, np.ones(len(x))]))[:, 0]
            shares.append(np.ptp(places) / (high - low))
    return max(shares)


@pytest.mark.parametrize("name", GROWING)
def test_a_curve_that_answers_is_drawn_only_as_far_as_one_has_moved(name):
    make, panel, move = GROWING[name]
    assert drawn(make().figure(**move), panel) > 0.9
    assert drawn(make().figure(), panel) < 0.35, "at the beginning"


# Of each figure with a box to tick: the box, and what is seen only when it is ticked.
TICKED = {
    "point": (point_scene, "exact", 1),
    "maxima": (adversarial_game.maximum_scene, "three", 1),
    "order": (adversarial_game.order_scene, "exact", 0),
}


def visible(figure, panel: int) -> int:
    return sum(line.get_visible() for line in figure.axes[panel].lines)


@pytest.mark.parametrize("name", TICKED)
def test_the_exact_answer_shows_when_its_box_is_ticked_and_not_before(name):
    make, box, panel = TICKED[name]
    assert visible(make().figure(), panel) < visible(make().figure(**{box: True}), panel)


def test_the_best_value_is_not_in_the_title_before_one_asks_for_it():
    opened, ticked = point_scene().figure(), point_scene().figure(exact=True)
    assert not re.search("best|optimal", opened.axes[1].get_title(loc="left"))
    assert re.search("best|optimal", ticked.axes[1].get_title(loc="left"))


def test_the_best_fits_open_with_all_of_them_on_both_modes():
    for axes in summary.best_fits_scene().figure().axes:
        _p, best, mirror = axes.lines
        assert not mirror.get_visible()
        np.testing.assert_allclose(best.get_ydata(), best.get_ydata()[::-1], atol=1e-12)


def test_the_share_of_real_samples_is_no_number_before_one_asks_for_the_maximum():
    for ticked in (False, True):
        column = point_scene().figure(exact=ticked).axes[0]
        told = [text.get_text() for text in column.texts if text.get_visible()]
        assert bool(told) == ticked


def test_the_critic_by_hand_opens_with_a_kink_and_a_difference_above_0():
    """The question asks whether it can be negative, or 0."""
    curve, bars = neural_distance.hand_scene().figure().axes
    real, fake = (bar.get_height() for bar in bars.patches)
    assert real > fake
    (a,) = (line for line in curve.lines if line.get_label() == "a")
    (dot,) = (line for line in curve.lines if len(line.get_xdata()) == 1)
    x, y = dot.get_xydata()[0]
    bend = np.interp([x - 1, x, x + 1], *a.get_data())
    assert bend[1] == y
    assert bend[1] - bend[0] > 0 > bend[2] - bend[1]


def test_the_histogram_opens_on_another_number_of_bins_than_the_best():
    bars = histogram_js.sample_scene().figure().axes[0].patches[0]
    assert len(bars.get_data().values) == 4, "the question asks what goes wrong with 4"


def test_the_pairs_open_with_all_of_them_right():
    fits = {right: (distributions.GRID_U, distributions.GRID_U * right) for right in (0, 100)}
    opened = inverse_cdf.pairs_scene(fits).figure().axes[0].lines[-1].get_ydata()
    assert np.array_equal(opened, fits[100][1])
