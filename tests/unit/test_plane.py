"""The plane in the page: what is sent of a game, and when. How it is drawn, the browser tells."""

import itertools
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import map_coordinates

from gan_edu import stage
from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.chapters.ch07_playground.settings import LOSSES
from gan_edu.recipes import MIDDLES
from gan_edu.stage import painting
from gan_edu.stage import plane as planes
from gan_edu.stage.in_page import CHARTS
from gan_edu.stage.plane import Curves, Field, Frame, Plane
from gan_edu.targets import REACH

SHAPES = {
    "arrows": 4,
    "ways": 4,
    "probe": 4,
    "real_rings": 3,
    "fake_rings": 3,
}  # the others are points
POINTS = [n for n in planes.PACKED if n not in ("threads", "ticks")]  # each is a list of points
SMALLEST = 2 * REACH / 32767  # length that is told apart


def unpacked(data: bytes, columns: int) -> np.ndarray:
    """Return what the page reads: 16 bits a number, the low byte first, 2 · reach the largest."""
    low, high = np.frombuffer(data, np.uint8).reshape(-1, 2).astype(int).T
    numbers = low + 256 * high
    signed = np.where(numbers > 32767, numbers - 65536, numbers)
    return signed.reshape(-1, columns) * SMALLEST


def points(columns: int):
    numbers = st.floats(-2 * REACH, 2 * REACH, width=32)
    return arrays.arrays(float, st.tuples(st.integers(0, 20), st.just(columns)), elements=numbers)


@given(st.fixed_dictionaries({n: points(SHAPES.get(n, 2)) for n in POINTS}))
def test_places_come_back_from_their_bytes(parts):
    plane = Plane(REACH, "A plane.")
    plane.show(Frame(**parts))
    for name, places in parts.items():
        found = unpacked(getattr(plane, name), places.shape[1])
        assert found == pytest.approx(places, abs=SMALLEST)
    plane.close()


@pytest.mark.parametrize("far", [1e9, np.inf, np.nan, -np.inf, -7.0])
def test_what_is_out_of_sight_stays_so_on_its_side(far):
    (x, y), *others = unpacked(planes.packed(np.array([[far, 0.5]]), REACH), 2)
    assert abs(x) > REACH
    assert np.isnan(far) or np.sign(x) == np.sign(far)
    assert (y, others) == (pytest.approx(0.5, abs=SMALLEST), [])


@pytest.mark.parametrize("loss", LOSSES)
def test_d_comes_back_from_its_bytes(loss):
    ground = Playground(loss=loss, one_sided=False)
    for _ in range(5):
        ground.play_iteration()
    plane = Plane(REACH, "A plane.")
    plane.show(frames.frame(ground))
    levels = np.frombuffer(plane.levels, np.uint8)
    outputs = np.frombuffer(plane.outputs, "<i2") * (plane.largest / planes.LARGEST)
    shares = np.frombuffer(plane.shares, np.uint8) / 255
    x, y = np.meshgrid(*[np.linspace(-REACH, REACH, frames.POINTS)] * 2)
    grid = torch.from_numpy(np.stack([x.ravel(), y.ravel()], axis=1)).float()
    with torch.no_grad():
        logits = ground.match.game.discriminator(grid)[:, 0]
    a = logits.numpy().clip(outputs[0], outputs[-1])
    near = np.searchsorted(outputs, a).clip(1, planes.LEVELS - 1)
    apart = np.abs(outputs[levels] - a)
    sent_to = plane.largest / planes.LARGEST
    assert (apart <= (outputs[near] - outputs[near - 1]) / 2 + sent_to).all()
    assert np.abs(shares[levels] - LOSSES[loss].seen(logits).numpy()).max() < 0.02
    assert (np.diff(outputs) > 0).all(), "the page looks between them"
    if LOSSES[loss].constraint:
        assert plane.boundary is None, "a critic has no probability"
    else:
        at_half = np.interp(plane.boundary, np.arange(planes.LEVELS), shares)
        assert at_half == pytest.approx(0.5, abs=0.005)
    plane.close()


@pytest.mark.parametrize("loss", ["non_saturating", "least_squares"])
def test_a_new_d_is_no_staircase_though_its_outputs_hardly_differ(loss):
    now = frames.frame(Playground(loss=loss))
    assert np.ptp(now.field.outputs[now.field.levels]) < 1
    assert len(np.unique(now.field.levels)) > 40


def test_a_level_is_that_of_the_nearest_output():
    outputs = np.array([-2.0, -1.0, 0.0, 5.0])
    a = np.array([[-9.0, -1.6, -1.4], [2.4, 2.6, 99.0]])
    nearest = np.abs(a[..., None] - outputs).argmin(-1)
    assert planes.nearest_levels(a, outputs).tolist() == nearest.tolist()


# --- what is sent, and when -----------------------------------------------------------------------


@pytest.fixture
def played(monkeypatch):
    """Return a function: a player of the ring of 8 whose messages are noted, with these views."""
    players = []

    def play(**views):
        ground = Playground(**views)
        player = stage.play(ground, playground_scene(), alt="The ring.")
        player.sent = []
        for part in (player.plane, player.image):
            part._send = lambda message, buffers=None: player.sent.append((message, buffers or []))
        players.append(player)
        return player

    yield play
    for player in players:
        player.close()


def after_each(player, iterations: int) -> list[list]:
    """Return the messages that each of some iterations makes."""
    found = []
    for _ in range(iterations):
        player.game.play_iteration()
        player.sent.clear()
        player.redraw()
        found.append(list(player.sent))
    return found


@pytest.mark.parametrize("target", ["ring_of_8", "two_modes_1d"])
@pytest.mark.parametrize("show_map", [False, True])
def test_a_frame_is_one_message_of_less_than_seven_kilobytes(played, show_map, target):
    player = played(show_map=show_map, target=target)
    sent = after_each(player, 60)[1:]
    usual = [messages for messages in sent if len(messages) == 1]
    assert len(usual) >= len(sent) - 2, "the charts change every fifty iterations"
    for ((message, buffers),) in usual:
        assert sum(map(len, buffers)) + len(repr(message)) < 7000
        assert "told" in message["state"], "the words come with the frame"


def test_charts_are_drawn_each_twentieth_frame_and_at_rest_as_they_are(played, monkeypatch):
    player = played()
    player.game.match.every = 1  # each frame has news for them
    player.playing = True
    packed, plain = [], painting.png
    monkeypatch.setattr(painting, "png", lambda *of, **how: packed.append(of) or plain(*of, **how))
    after_each(player, 60)
    assert len(packed) == 60 / CHARTS
    after_each(player, 5)
    before = player.image.value
    player.playing = False
    player._sharpen()
    assert player.image.value != before
    again = player.image.value
    player.redraw()
    player._sharpen()
    assert player.image.value == again, "they were up to date"


def test_what_has_not_changed_is_not_sent_again(played):
    player = played()
    _, *later = after_each(player, 3)
    names = [{path[0] for m, _ in messages for path in m["buffer_paths"]} for messages in later]
    assert all({"fake", "levels"} <= sent <= {"fake", "levels", "arrows"} for sent in names)
    player.game.change(target="three_blobs")
    assert any(["real"] in m["buffer_paths"] for m, _ in after_each(player, 1)[0])


def test_the_line_below_says_the_median_of_the_last_diagnostics(played):
    player = played()
    assert player.plane.note == "", "nothing is measured yet"
    player.run(100)
    marks = player.game.match.history
    auc, passed = (np.median([getattr(m, name) for m in marks]) for name in ("accuracy", "passed"))
    found = [float(n) for n in re.findall(r"[\d.]+", player.plane.note)]
    assert found == [pytest.approx(auc, abs=0.006), pytest.approx(100 * passed, abs=0.51)]


def test_views_that_are_off_send_nothing(played):
    hidden = dict.fromkeys(["show_real", "show_fake", "show_arrows", "show_discriminator"], False)
    player = played(**hidden)
    after_each(player, 1)
    assert not any(getattr(player.plane, name) for name in (*planes.PACKED, "levels"))


def test_a_game_on_the_line_has_curves_in_the_plane_s_place_and_comes_back(played):
    player = played()
    player.set("target", "normal_1d")
    assert (player.plane.box, player.plane.levels) == (list(frames.BOX), b"")
    assert len(player.plane.answers) == len(player.plane.outputs) == 2 * len(MIDDLES)
    player.set("target", "ring_of_8")
    assert (player.plane.box, player.plane.answers, player.plane.density) == ([], b"", b"")
    assert len(player.plane.fake) == 256 * 4


def halves(data: bytes) -> np.ndarray:
    """Return what the page reads, each as a share of the largest number."""
    return unpacked(data, 1)[:, 0] / SMALLEST / planes.LARGEST


@given(
    st.floats(0.5, 40),
    arrays.arrays(float, st.integers(1, 120), elements=st.floats(0, 1)),
    arrays.arrays(float, 7, elements=st.floats(-1e4, 1e4, width=32)),
)
def test_curves_come_back_from_their_bytes(width, bins, a):
    densities = bins * len(bins) / width  # all samples may be in one bin
    curves = Curves(
        (-1.0, width - 1, 0, 1), 0.5, density=densities, outputs=a, answers=bins, cdf=bins
    )
    plane = Plane(REACH, "A line.")
    plane.show(Frame(curves=curves))
    found = halves(plane.density) * len(bins) / width
    assert found == pytest.approx(densities, abs=len(bins) / width / planes.LARGEST)
    for name in ("answers", "cdf"):
        assert 2 * halves(getattr(plane, name)) == pytest.approx(bins, abs=2 / planes.LARGEST)
    step = plane.largest / planes.LARGEST
    assert halves(plane.outputs) * plane.largest == pytest.approx(a, abs=step)
    assert (plane.best, plane.histogram, plane.boundary) == (b"", b"", 0.5)
    plane.close()


def test_an_answer_that_is_none_is_sent_as_a_gap():
    plane = Plane(REACH, "A line.")
    plane.show(Frame(curves=Curves((0, 1, 0, 1), None, best=np.array([0.5, np.nan, 1]))))
    assert (2 * halves(plane.best)).tolist() == pytest.approx([0.5, 2, 1], abs=1e-3)
    plane.close()


@pytest.mark.parametrize("loss", LOSSES)
def test_on_the_line_the_page_gets_what_the_networks_and_the_target_say(loss):
    ground = Playground(target="two_modes_1d", loss=loss, one_sided=False, show_map=True)
    for _ in range(5):
        ground.play_iteration()
    now, game = frames.frame(ground), ground.match.game
    with torch.no_grad():
        a = game.discriminator(torch.from_numpy(MIDDLES).float()[:, None])[:, 0]
    assert now.curves.outputs == pytest.approx(a.numpy())
    assert now.curves.answers == pytest.approx(LOSSES[loss].seen(a).numpy())
    p, q = ground.target.distribution.pdf(MIDDLES), now.curves.histogram
    assert now.curves.density == pytest.approx(p)
    assert q.sum() / 10 == pytest.approx(1)
    assert now.curves.boundary == (None if LOSSES[loss].constraint else 0.5)
    if LOSSES[loss].constraint:
        assert not len(now.curves.best), "a critic has no best answer"
    else:
        known = p + q > 0.05
        assert now.curves.best[known] == pytest.approx((p / (p + q))[known], abs=0.02)
    y, u = now.threads[0].T
    assert (np.diff(u) > 0).all()
    assert np.isfinite(y).all()


def test_the_field_is_a_table_of_bytes():
    levels, table = np.array([[0, 255], [7, 128]]), np.linspace(0, 1, planes.LEVELS)
    plane = Plane(REACH, "A plane.")
    plane.show(Frame(field=Field(levels, 4 * table - 3, table, 127.5)))
    assert plane.levels == bytes([0, 255, 7, 128]), "the lowest row first"
    ends = np.frombuffer(plane.outputs, "<i2")[[0, -1]] * (plane.largest / planes.LARGEST)
    assert ends == pytest.approx([-3, 1], abs=1e-4)
    assert list(plane.shares) == list(range(256))
    plane.show(Frame())
    assert (plane.levels, plane.boundary) == (b"", None)
    plane.close()


def test_the_still_and_the_page_draw_the_same_numbers():
    ground = Playground(show_map=True)
    for _ in range(10):
        ground.play_iteration()
    now = frames.frame(ground)
    axes = playground_scene().figure(ground).axes[0]
    drawn = [line.get_xydata() for line in axes.lines if line.get_marker() in ("o", "x")]
    for places in (now.real, now.fake):
        assert any(np.array_equal(places, points) for points in drawn)
    shares = now.field.shares[now.field.levels]
    assert np.abs(axes.images[0].get_array()[::6, ::6] - shares).max() <= 1 / 32 + 1e-6
    sent, drawn = now.field.levels, (c for c in axes.collections if c.get_zorder() == 1.8)
    for x, y in next(drawn).get_segments()[0]:
        i, j = ((c / REACH + 1) / 2 * (len(sent) - 1) for c in (x, y))
        assert (
            abs(map_coordinates(sent.astype(float), [[j], [i]], order=1) - now.field.boundary) < 1
        )


def test_the_still_and_the_page_draw_the_same_curves():
    ground = Playground(target="two_modes_1d", show_map=True, show_best=True)
    for _ in range(10):
        ground.play_iteration()
    now, axes = frames.frame(ground), playground_scene().figure(ground).axes
    drawn = {
        line.get_label(): line.get_ydata()
        for one in axes
        if one.get_visible()
        for line in one.lines
    }
    for label, name in {"real": "density", "D": "answers", "D*": "best", "F": "cdf"}.items():
        assert np.array_equal(drawn[label], getattr(now.curves, name), equal_nan=True)


def test_a_closed_player_lets_go_of_all_pictures():
    player = stage.play(Playground(), playground_scene(), alt="The ring.")
    player.close()
    parts = player.whole, player.picture, player.image
    assert all(part is None for part in parts)
    player.close()


def test_slow_motion_rings_are_larger_where_the_gradient_is():
    ground = Playground()
    while not ground.stage or ground.stage.name != "gradient_d":
        ground.step_slowly()
    now, pull = frames.frame(ground), ground.stage.pull.numpy()
    radii = np.concatenate([now.real_rings[:, 2], now.fake_rings[:, 2]])
    assert radii**2 / radii.max() ** 2 == pytest.approx(pull.ravel() / pull.max(), rel=1e-5)
    for a, b in itertools.pairwise(np.argsort(pull.ravel(), kind="stable")):
        assert radii[a] <= radii[b]
