"""The eyes of the corner tests: each fault is seen where it is, and not where it is not."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from gan_edu.stage import artists, painting, paper
from tests.helpers.corners import troubles
from tests.helpers.tongue import speaking

X = np.linspace(-1, 1, 41)


def drawn(build) -> list[str]:
    figure, (axes,) = paper.new_figure()
    axes.set(xlim=(-1, 1), ylim=(-1, 1))
    build(axes)
    painting.render(figure)
    return troubles(figure)


def legend_on_a_curve(axes, curve=0.85):
    axes.plot(X, 0 * X + curve, label="line")
    axes.legend(loc="upper center")


def legend_without_curve(axes):
    legend_on_a_curve(axes, curve=-0.5)


def legend_of_the_invisible(axes):
    axes.plot(X, 0 * X, label="line")[0].set_visible(False)
    axes.legend()


def legend_of_nothing_but_gaps(axes):
    axes.plot(X, np.nan * X, label="line")
    axes.legend()


def legend_of_what_will_come(axes):
    axes.plot([], [], label="line")
    axes.legend()


def legend_of_strangers(axes):
    axes.legend(axes.plot(X, 0 * X), ["line"])


def dot_beyond(axes):
    axes.plot([2], [0], "o")


def dot_at_the_border(axes):
    artists.point_at(axes.plot([], [], "o")[0], 2, 0)


def bend_beyond(axes):
    axes.plot(X, 2 - 4 * X**2)


def bend_beyond_with_arrowheads(axes):
    bend_beyond(axes)
    y = 2 - 4 * X**2
    artists.arrowheads(axes, "C0")(X[artists.exits(y > 1)], y[artists.exits(y > 1)])


def bend_beyond_with_another_s_arrowheads(axes):
    bend_beyond(axes)
    artists.arrowheads(axes, "C1")(np.zeros(1), np.full(1, 2.0))


def bend_beyond_with_an_arrowhead_inside(axes):
    bend_beyond(axes)
    axes.plot([0], [0], "^", color="C0")


def curve_that_goes_on(axes):
    axes.plot(X, 3 * X)


def curve_of_y_over_a_stretch(axes):
    axes.plot(0.5 * np.cos(X), 3 * X)


def loop_beyond(axes):
    angle = np.linspace(0, 6, 99)
    axes.plot(1.5 * np.cos(angle), 0.2 * np.sin(angle))


def bar_beyond(axes):
    axes.bar([0], [2], width=0.2)


def histogram_beyond(axes):
    axes.stairs([0.5, 2], [-1, 0, 1], fill=True)


def histogram_of_a_wider_stretch(axes):
    axes.stairs([0.5, 0.7], [-2, 0, 2], fill=True)


def one_moves(axes):
    axes.set_title("1 moves")


def one_move(axes):
    axes.set_title("1 move, 11 moves, 1 loss, 0.1 nats")


def touching_words(axes, room=0.0):
    figure = axes.figure
    first = axes.text(0, 0, "moves")
    figure.draw_without_rendering()
    end = first.get_window_extent().x1 + room
    axes.text(*axes.transData.inverted().transform((end, first.get_window_extent().y0)), "played")


def formula_among_chinese_words(axes):
    axes.set_title("判别器 $x^2$")


def formula_below_chinese_words(axes):
    with speaking("zh_CN"), paper.course_style():
        axes.text(0, 0, "判别器\n$x^2$")


def words_apart(axes):
    touching_words(axes, room=12)


def title_too_long(axes):
    axes.set_title("a title that does not end " * 9)


@pytest.mark.parametrize(
    ("build", "fault"),
    [
        (legend_on_a_curve, "'line' runs through the legend"),
        (legend_of_the_invisible, "'line' is told and not drawn"),
        (legend_of_nothing_but_gaps, "'line' is told and not drawn"),
        (legend_of_strangers, "'line' is told and not drawn"),
        (dot_beyond, "Line2D leaves the axes"),
        (bend_beyond, "Line2D leaves the axes"),
        (bend_beyond_with_another_s_arrowheads, "Line2D leaves the axes"),
        (bend_beyond_with_an_arrowhead_inside, "Line2D leaves the axes"),
        (loop_beyond, "Line2D leaves the axes"),
        (bar_beyond, "Rectangle leaves the axes"),
        (histogram_beyond, "'' leaves the axes"),
        (one_moves, "'1 moves' is no plural"),
        (touching_words, "'moves' lies on 'played'"),
        (title_too_long, "leaves the figure"),
        (formula_among_chinese_words, "needs a line of its own"),
    ],
)
def test_a_fault_is_seen(build, fault):
    assert any(fault in trouble for trouble in drawn(build))


@pytest.mark.parametrize(
    "build",
    [
        legend_without_curve,
        legend_of_what_will_come,
        dot_at_the_border,
        bend_beyond_with_arrowheads,
        curve_that_goes_on,
        curve_of_y_over_a_stretch,
        histogram_of_a_wider_stretch,
        one_move,
        words_apart,
        formula_below_chinese_words,
    ],
)
def test_what_is_right_is_no_fault(build):
    assert drawn(build) == []


def test_an_arrowhead_points_to_where_a_dot_would_be():
    axes = Figure().subplots()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    (dot,) = axes.plot([], [], "s")
    places = {"<": (-3, 0.5), ">": (3, 0.5), "v": (0.5, -3), "^": (0.5, 3), "s": (0.2, 0.3)}
    for marker, (x, y) in places.items():
        artists.point_at(dot, x, y, marker="s")
        assert dot.get_marker() == marker
        assert dot.get_xydata().tolist() == [[min(max(x, 0), 1), min(max(y, 0), 1)]]


def test_arrowheads_on_an_axis_that_runs_backwards():
    axes = Figure().subplots()
    axes.set(xlim=(1, 0), ylim=(0, 1))
    artists.arrowheads(axes, "C0")(np.array([2, -2, 0.5]), np.array([0.5, 0.5, 0.5]))
    heads = {line.get_marker(): line.get_xydata().tolist() for line in axes.lines}
    assert heads == {"<": [[1, 0.5]], ">": [[0, 0.5]], "v": [], "^": []}


def test_exits_are_the_last_points_outside():
    outside = np.array([1, 1, 0, 0, 1, 1, 1, 0, 1], bool)
    assert artists.exits(outside).nonzero()[0].tolist() == [1, 4, 6, 8]


def test_a_legend_follows_what_is_drawn():
    axes = Figure().subplots()
    lines = [axes.plot([0, 1], [0, i], label=f"line {i}")[0] for i in (0, 1)]
    show = artists.legend_of_drawn(axes, lines, loc="upper left")
    for shown in ((True, True), (False, True), (False, False), (True, True)):
        for line, visible in zip(lines, shown, strict=True):
            line.set_visible(visible)
        show()
        words = [text.get_text() for text in axes.get_legend().get_texts()]
        assert words == [f"line {i}" for i in (0, 1) if shown[i]]
    before = axes.get_legend()
    show()
    assert axes.get_legend() is before
