"""The plane's module alone in Chromium, without JupyterLab: gliding, hands, a recording."""

import base64
import re
from typing import Any

import numpy as np
import pytest

from gan_edu.stage import palette, plane, replay
from gan_edu.stage.plane import LEVELS, Field, Frame, nearest_levels, parts_of
from tests.helpers.lab import memory, rgb

pytestmark = pytest.mark.browser
REACH, SLOPE, EDGE = 3.0, 1.5, 0.7  # a = SLOPE · (x − EDGE)
MODES = np.array([[-1.0, 2.0], [2.0, 1.0], [0.0, -2.0]])
FAKE = np.array([[1.5, -2.0], [-2.0, -1.0]])
RIGHT, UP = np.eye(2)
NET = np.linspace(-0.98, 0.98, 7), np.linspace(-0.98, 0.98, 3)  # points of a thread, rows

# A model as JupyterLab's: `show` gives it values, `said` notes what the page saves. Paints come
# when a test calls `tick(milliseconds)`, unless the clock is let go.
HARNESS = """
window.state = {}; window.heard = {}; window.said = []; window.queue = []; window.now = 1000;
const decoded = v => v && v.base64 !== undefined
    ? new DataView(Uint8Array.from(atob(v.base64), c => c.charCodeAt(0)).buffer) : v;
window.show = values => {
    const names = Object.keys(values).filter(n => JSON.stringify(values[n]) !== window.raw?.[n]);
    window.raw = window.raw ?? {};
    for (const n of names) { raw[n] = JSON.stringify(values[n]); state[n] = decoded(values[n]); }
    for (const n of names) (heard[`change:${n}`] ?? []).forEach(act => act());
};
window.model = {
    get: n => state[n],
    set(n, v) { state[n] = v; (window.unsaved ??= {})[n] = v; },
    save_changes() { said.push(window.unsaved); window.unsaved = undefined; },
    on: (e, act) => (heard[e] ??= []).push(act),
    off: (e, act) => { heard[e] = heard[e].filter(a => a !== act); },
};
const plain = window.requestAnimationFrame.bind(window);
window.hold = () => { window.requestAnimationFrame = act => queue.push(act); };
window.free = () => { window.requestAnimationFrame = plain; tick(17); };
window.tick = ms => { now += ms; const acts = queue; queue = []; acts.forEach(act => act(now)); };
"""
PIXEL = """([x, y]) => {
    const canvas = document.querySelector('.gan-plane canvas');
    const at = [(x / 3 + 1) / 2, (1 - y / 3) / 2].map(c => Math.round(c * canvas.width));
    return [...canvas.getContext('2d').getImageData(...at, 1, 1).data].slice(0, 3);
}"""
# The middle of all pixels of nearly this colour, as a place of the plane, or null.
MIDDLE = """colour => {
    const canvas = document.querySelector('.gan-plane canvas'), side = canvas.width;
    const {data} = canvas.getContext('2d').getImageData(0, 0, side, side);
    let n = 0, x = 0, y = 0;
    for (let i = 0; i < side * side; i++)
        if (colour.every((c, k) => Math.abs(c - data[4 * i + k]) < 12)) {
            n += 1; x += i % side + 0.5; y += Math.floor(i / side) + 0.5;
        }
    return n ? [(x / n / side * 2 - 1) * 3, (1 - y / n / side * 2) * 3] : null;
}"""


def plain(values: dict) -> dict:
    """Return traits as JSON can hold them."""
    code = lambda v: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v  # noqa: E731
    return {name: code(value) for name, value in values.items()}


def field(slope: float = SLOPE) -> Field:
    outputs, x = np.linspace(-8, 8, LEVELS), np.linspace(-REACH, REACH, 40)
    a = np.tile(slope * (x - EDGE), (40, 1))
    return Field(nearest_levels(a, outputs), outputs, 1 / (1 + np.exp(-outputs)), (LEVELS - 1) / 2)


def threads() -> np.ndarray:
    """Return the net of a map that squeezes and shifts: z ↦ (z₁ + 1, ½z₂ − 1)."""
    rows = [[(s + 1, t / 2 - 1) for s in NET[0]] for t in NET[1]]
    columns = [[(s + 1, t / 2 - 1) for t in NET[0]] for s in NET[1]]
    return np.array(rows + columns)


FIXED = {
    "reach": REACH, "alt": "A plane.", "words": plane.plane_words(), "colours": plane.LOOKS,
    "told": "", "wanted": [], "probed": [], "edits": True, "outputs": b"",
    "shares": b"", "largest": 1.0,
}  # fmt: skip


def show(page, frame: Frame, **more) -> None:
    page.evaluate("values => show(values)", plain(more | parts_of(frame, REACH)))


def opened(browser, frame: Frame, **device):
    page = browser.new_page(viewport={"width": 700, "height": 800}, **device)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    style = plane.STYLE.read_text("utf-8")
    page.set_content(f"<style>{style}</style><div id='host' style='width: 500px'></div>")
    page.add_script_tag(content=HARNESS)
    page.add_script_tag(
        type="module", content=f"{plane.MODULE}\nwindow.plane = {{ render, replay }};"
    )
    page.wait_for_function("window.plane")
    show(page, frame, **FIXED)
    page.evaluate("hold(); window.end = plane.render({ model, el: host }); 0")  # not its function
    page.evaluate("new Promise(done => setTimeout(done, 50))")  # for the observer of its size
    tick(page)
    return page


@pytest.fixture
def page(browser):
    page = opened(browser, Frame(fake=FAKE, modes=MODES, field=field()))
    yield page
    assert page.wrong == []
    page.close()


def tick(page, milliseconds: float = 17) -> None:
    page.evaluate("ms => tick(ms)", milliseconds)


def middle(page, colour: str = palette.FAKE) -> Any:
    return page.evaluate(MIDDLE, rgb(colour))


def at(page, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the plane is in the window."""
    box = page.locator(".gan-plane canvas").bounding_box()
    return box["x"] + (x / 3 + 1) / 2 * box["width"], box["y"] + (1 - y / 3) / 2 * box["height"]


def drag(page, start, end) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=3)
    tick(page)


def tip(page) -> str:
    tick(page)
    return page.locator(".gan-plane .tip").inner_text()


def numbers(words: str) -> list[float]:
    return [float(n.replace("−", "-")) for n in re.findall(r"−?\d+\.\d+", words)]


def last_said(page, name: str) -> Any:
    said = [s[name] for s in page.evaluate("said") if name in s]
    return said[-1] if said else None


# --- gliding --------------------------------------------------------------------------------------


def one(x: float, y: float, **more) -> Frame:
    return Frame(fake=np.array([[x, y]]), **more)


@pytest.fixture
def gliding(browser):
    page = opened(browser, one(-2, 0))
    tick(page, 2000)
    yield page
    assert page.wrong == []
    page.close()


def test_a_sample_glides_to_its_new_place_in_a_quarter_of_a_second(gliding):
    show(gliding, one(2, 1))
    tick(gliding, 1000)
    places = []
    for _ in range(20):
        places.append(middle(gliding)[0])
        tick(gliding)
    ways = np.diff(places)
    assert places[0] < -1.5, "it begins where it was"
    assert places[-1] == pytest.approx(2, abs=0.02)
    assert (ways > -0.02).all(), "it does not turn back"
    assert (ways > 0.1).sum() >= 10, "it is seen on its way"
    assert middle(gliding)[1] == pytest.approx(1, abs=0.02)
    assert gliding.evaluate("queue.length") == 0, "and then nothing is painted"


def test_it_says_that_a_frame_is_painted_only_after_its_first_paint(gliding):
    show(gliding, one(2, 1), told="ten")
    assert gliding.evaluate("state.painted") != "ten"
    tick(gliding)
    assert gliding.evaluate("state.painted") == "ten"
    assert middle(gliding)[0] < 0, "and not only after the glide"


@pytest.mark.parametrize(
    "frame",
    [one(2, 1, batch=True), Frame(fake=np.array([[2.0, 1.0]] * 2))],
    ids=["another batch", "another number"],
)
def test_what_is_not_the_same_sample_does_not_glide(gliding, frame):
    show(gliding, frame)
    tick(gliding)
    assert middle(gliding)[0] == pytest.approx(2, abs=0.02)


def test_nothing_glides_for_those_who_want_no_motion(browser):
    page = opened(browser, one(-2, 0), reduced_motion="reduce")
    show(page, one(2, 1))
    tick(page)
    assert middle(page)[0] == pytest.approx(2, abs=0.02)
    page.close()


def test_nothing_glides_while_paints_fall_behind_and_later_it_does_again(gliding):
    for k in range(12):  # a paint takes a tenth of a second
        show(gliding, one((-1) ** k, 0))
        tick(gliding, 100)
        tick(gliding, 100)
    show(gliding, one(2, 1))
    tick(gliding, 100)
    assert middle(gliding)[0] == pytest.approx(2, abs=0.02), "at once"
    for k in range(32):
        show(gliding, one((-1) ** k, 0))
        for _ in range(4):
            tick(gliding)
    show(gliding, one(-2, 1))
    tick(gliding)
    assert middle(gliding)[0] > -1.8, "on its way"


def test_a_mesh_an_arrow_and_d_glide_too(browser):
    still = {"threads": threads(), "ticks": NET[0], "shades": np.zeros(4)}
    start = Frame(field=field(), arrows=np.array([[-2.0, 2.0, 1.0, 0.0]]), **still)
    end = Frame(field=field(-SLOPE), arrows=np.array([[2.0, 2.0, 1.0, 0.0]]), **still)
    page = opened(browser, start)
    tick(page, 2000)
    before = page.evaluate(PIXEL, [-2.9, 0])
    show(page, end)
    tick(page, 1000)
    for _ in range(7):
        tick(page)
    half = page.evaluate(PIXEL, [-2.9, 0])
    for _ in range(18):
        tick(page)
    after = page.evaluate(PIXEL, [-2.9, 0])
    assert min(before[0], after[2]) > max(before[2], after[0]) + 40, "orange, then blue"
    assert min(half) > 200, "white between"
    page.close()


# --- what is taken and moved ----------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 1.5, 2])
def test_a_mode_is_taken_where_it_is_drawn_and_follows_the_hand(browser, scale):
    page = opened(browser, Frame(modes=MODES), device_scale_factor=scale)
    pixel = 6 / 500
    for (x, y), end in zip(MODES, [(0.5, 0.5), (-1.5, -2.5), (2.5, 2.5)], strict=True):
        page.evaluate("said.length = 0")
        drag(page, (x + 16 * pixel, y), end)
        page.mouse.up()
        assert last_said(page, "wanted") is None, "beside its ring there is nothing to take"
    drag(page, MODES[1] + 11 * pixel * RIGHT, (0.5, 0.25))
    assert np.allclose(last_said(page, "wanted"), [MODES[0], [0.5, 0.25], MODES[2]], atol=0.011)
    ring = page.evaluate(MIDDLE, rgb(palette.REAL))
    assert ring == pytest.approx([0.5, 0.25], abs=0.03), "it is drawn in the hand"
    page.mouse.up()
    page.close()


def test_the_kernel_s_late_answers_do_not_take_a_mode_out_of_the_hand(page):
    drag(page, MODES[0], (0.5, 0.5))
    show(page, Frame(fake=FAKE, modes=MODES + 0.1, field=field()))
    tick(page)
    assert middle(page, palette.REAL) == pytest.approx([0.5, 0.5], abs=0.03)
    page.mouse.up()


def test_a_click_on_nothing_moves_nothing(page):
    drag(page, (0.5, 0.5), (1, 1))
    page.mouse.up()
    assert page.evaluate("said.length") == 0
    assert "D = " in tip(page)


def test_another_button_than_the_first_changes_nothing(page):
    for tool in ("move", "paint", "erase"):
        page.get_by_role("button", name=tool, exact=True).click()
        page.mouse.move(*at(page, *MODES[0]))
        page.mouse.down(button="right")
        page.mouse.move(*at(page, 1, 1), steps=3)
        page.mouse.up(button="right")
    tick(page)
    assert page.evaluate("said.length") == 0


def test_a_sample_in_the_hand_reads_d_and_asks_for_its_arrow(page):
    drag(page, FAKE[0], (-0.5, 0.5))
    assert last_said(page, "probed") == pytest.approx([-0.5, 0.5], abs=0.011)
    a = SLOPE * (-0.5 - EDGE)
    assert numbers(tip(page)) == pytest.approx([1 / (1 + np.exp(-a)), a, -0.5, 0.5], abs=0.07)
    probe = np.array([[-0.5, 0.5, 0.75, 0.0]])
    show(page, Frame(fake=FAKE, modes=MODES, field=field(), probe=probe))
    assert "arrow here: (0.750, 0.000)" in tip(page)
    dark = page.evaluate(PIXEL, [-0.5 + 0.4, 0.5])
    assert max(dark) < 90, "the arrow is drawn from the hand"
    page.mouse.up()
    assert last_said(page, "probed") == []


def test_where_nothing_may_be_moved_there_are_no_tools_and_no_handles(browser):
    page = opened(browser, Frame(modes=MODES))
    page.evaluate("show({ edits: false })")
    show(page, Frame(modes=MODES), told="x")
    tick(page)
    assert not page.locator(".tools").is_visible()
    drag(page, MODES[0], (0, 0))
    page.mouse.up()
    assert page.evaluate("said.length") == 0
    page.close()


def test_a_target_is_painted_erased_and_given_its_own_modes_again(page):
    page.get_by_role("button", name="paint").click()
    drag(page, (-2.5, -2.5), (-1.5, -2.5))
    page.mouse.up()
    wanted = last_said(page, "wanted")
    assert wanted[:3] == MODES.tolist()
    stroke = np.array(wanted[3:])
    assert len(stroke) >= 3
    assert (np.diff(stroke[:, 0]) >= 0.08 * REACH - 0.02).all(), "its modes are apart"
    assert stroke[:, 1] == pytest.approx(-2.5, abs=0.011)
    page.get_by_role("button", name="erase").click()
    drag(page, (-2.9, -2.5), (-1.0, -2.5))
    page.mouse.up()
    assert last_said(page, "wanted") != wanted
    page.mouse.move(*at(page, *MODES[1]))
    page.mouse.down()
    page.mouse.up()
    assert MODES[1].tolist() not in last_said(page, "wanted")
    page.get_by_role("button", name="restore").click()
    assert last_said(page, "wanted") == []


def test_the_last_mode_cannot_be_erased(browser):
    page = opened(browser, Frame(modes=MODES[:1]))
    page.get_by_role("button", name="erase").click()
    drag(page, MODES[0], MODES[0])
    page.mouse.up()
    assert last_said(page, "wanted") is None
    page.close()


# --- keys and fingers -----------------------------------------------------------------------------


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    tick(page)


def test_keys_take_a_mode_move_it_and_go_to_the_next(page):
    page.locator(".gan-plane canvas").focus()
    press(page, "Shift+ArrowUp", "Shift+ArrowUp", "Enter", "ArrowRight", "ArrowUp")
    moved = MODES[0] + 0.12
    assert np.allclose(last_said(page, "wanted"), [moved, *MODES[1:]], atol=0.011)
    assert "mode 1 of the target" in page.locator(".gan-unseen").inner_text()
    press(page, "Tab", "ArrowDown", "Enter", "ArrowDown")
    wanted = np.array([moved, MODES[1] - 0.12 * UP, MODES[2]])
    assert np.allclose(last_said(page, "wanted"), wanted, atol=0.011), "and put it down"


def test_keys_add_and_remove_modes_and_tab_leaves_when_nothing_is_held(page):
    canvas = page.locator(".gan-plane canvas")
    canvas.focus()
    press(page, "Shift+ArrowRight", " ")
    assert last_said(page, "wanted") == [*MODES.tolist(), [0.6, 0]]
    press(page, "Backspace")
    assert last_said(page, "wanted") == MODES.tolist()
    press(page, "Escape", "Escape", "Tab")
    assert not canvas.evaluate("c => c === document.activeElement")


def test_a_sample_is_carried_with_keys(browser):
    page = opened(browser, Frame(fake=FAKE, field=field()))
    page.locator(".gan-plane canvas").focus()
    press(page, "ArrowLeft", "Enter", "ArrowUp")
    assert last_said(page, "probed") == pytest.approx(FAKE[1] + 0.12 * UP, abs=0.011)
    press(page, "Escape")
    assert last_said(page, "probed") == []
    page.close()


SCROLLS = """() => {
    document.body.style.height = '3000px';
    window.stopped = [];
    document.addEventListener('touchstart', e => stopped.push(e.defaultPrevented));
}"""


def test_a_finger_carries_a_mode_and_scrolls_the_page_elsewhere(browser):
    page = opened(browser, Frame(modes=MODES), has_touch=True)
    page.evaluate(SCROLLS)
    session = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [dict(zip("xy", at(page, *place), strict=True)) for place in places]
        event = {"type": kind, "touchPoints": points}
        session.send("Input.dispatchTouchEvent", event)

    touch("touchStart", MODES[1])
    touch("touchMove", (1.5, 0.5))
    touch("touchMove", (1.0, 0.0))
    touch("touchEnd")
    assert np.allclose(last_said(page, "wanted")[1], (1, 0), atol=0.02)
    touch("touchStart", (-2, -1))
    touch("touchEnd")
    assert page.evaluate("stopped") == [True, False]
    page.close()


# --- noise and where it goes ----------------------------------------------------------------------


@pytest.fixture
def mapped(browser):
    net = Frame(threads=threads(), shades=np.zeros(4), ticks=2 * NET[0], modes=MODES)
    page = opened(browser, net)
    yield page
    assert page.wrong == []
    page.close()


def in_noise(page, s: float, t: float) -> tuple[float, float]:
    """Return where noise (s, t) of [−1, 1]² is in the window: a square in the lower left corner."""
    box = page.locator(".gan-plane canvas").bounding_box()
    side = box["width"]
    size = round(max(64, 0.15 * side))
    left, top = box["x"] + 6, box["y"] + side - 6 - size
    return left + (s + 1) / 2 * size, top + (1 - t) / 2 * size


def test_a_noise_point_says_where_it_goes_and_stays_when_it_is_clicked(mapped):
    mapped.mouse.move(*in_noise(mapped, 0.5, -0.4))
    assert numbers(tip(mapped)) == pytest.approx([1.0, -0.8, 1.5, -1.2], abs=0.05)
    assert middle(mapped) is not None
    mapped.mouse.down()
    mapped.mouse.up()
    mapped.mouse.move(*at(mapped, -2, 2))
    tick(mapped)
    near = [mapped.evaluate(PIXEL, [1.5 + d, -1.2]) for d in (-0.02, 0, 0.02)]
    assert rgb(palette.FAKE) in near, "it stays"
    press(mapped, "Escape")
    assert rgb(palette.FAKE) not in [mapped.evaluate(PIXEL, [1.5, -1.2])]


def test_a_knot_of_the_mesh_says_where_it_comes_from(mapped):
    mapped.mouse.move(*at(mapped, 1.98, -1))
    assert numbers(tip(mapped)) == pytest.approx([1.96, 0, 1.98, -1], abs=0.011)
    mapped.mouse.move(*at(mapped, 1.7, -0.7))
    assert "z" not in tip(mapped), "between the knots there is none"


def test_a_thread_of_one_dimensional_noise_is_a_line_of_it(browser):
    line = np.array([[(2 * s, s) for s in NET[0]]])
    page = opened(browser, Frame(threads=line, ticks=NET[0]))
    box = page.locator(".gan-plane canvas").bounding_box()
    page.mouse.move(box["x"] + 6 + 0.75 * 75, box["y"] + box["height"] - 13)
    assert numbers(tip(page)) == pytest.approx([0.5, 1, 0.5], abs=0.03)
    page.close()


# --- light and dark, and the legend ---------------------------------------------------------------

THEMES = {
    "lab": "document.body.dataset.jpThemeLight = 'false'",
    "site": "document.documentElement.dataset.theme = 'dark'",
}


@pytest.mark.parametrize("how", [*THEMES, "system"])
def test_the_sheet_is_dark_where_the_page_is(page, how):
    assert min(page.evaluate(PIXEL, [EDGE + 0.2, 0.5])) > 150
    if how == "system":
        page.emulate_media(color_scheme="dark")
    else:
        page.evaluate(THEMES[how])
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    tick(page, 1000)
    assert max(page.evaluate(PIXEL, [EDGE + 0.2, 0.5])) < 90
    assert middle(page, palette.DARK["fake"]) is not None
    assert middle(page, palette.FAKE) is None
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    tick(page, 1000)
    assert middle(page, palette.FAKE) is not None


def test_jupyterlab_s_light_theme_counts_on_a_dark_system(page):
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    page.emulate_media(color_scheme="dark")
    page.evaluate("new Promise(done => setTimeout(done, 50))")
    tick(page, 1000)
    assert middle(page, palette.FAKE) is not None


def test_the_legend_names_what_is_drawn_and_nothing_else(mapped):
    words = lambda: mapped.locator(".key span:visible").all_inner_texts()  # noqa: E731
    assert words() == ["G's map"]
    frame = Frame(fake=FAKE, real=MODES, arrows=np.ones((1, 4)), field=field())
    show(mapped, frame)
    tick(mapped)
    assert [w.split("\n")[0] for w in words()][:4] == ["real", "generated", "G's push", "D = ½"]
    assert len(words()) == 5
    show(mapped, Frame(fake=np.array([[1.2 * REACH, 0.0]])))
    tick(mapped)
    assert words() == ["generated", "outside"]


# --- its end, and a recording ---------------------------------------------------------------------

FRAMES = """async ([first, count]) => {
    free();
    const codes = [0, 1].map(() => btoa(String.fromCharCode(
        ...new Uint8Array(new Int16Array(512).map(() => (Math.random() - 0.5) * 32000).buffer))));
    const flat = v => String.fromCharCode(...new Uint8Array(1600).fill(v));
    for (let k = first; k < first + count; k++) {
        show({fake: {base64: codes[k % 2]}, levels: {base64: btoa(flat(k % 200))}, told: `${k}`});
        if (k % 4 === 0) await new Promise(done => requestAnimationFrame(done));
    }
    hold();
}"""


@pytest.mark.parametrize(
    "frames", [1000, pytest.param(10_000, marks=pytest.mark.slow)]
)  # of each of two runs
def test_frames_leave_nothing_in_the_page_and_neither_do_views(page, frames):
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    found = []
    for first in range(3):
        page.evaluate(FRAMES, [first * frames, frames])
        found.append(memory(session))
    assert max(found[1:]) < found[0] + 1, found
    for _ in range(20):
        page.evaluate("end(); host.innerHTML = ''; end = plane.render({ model, el: host }); 0")
    assert page.evaluate("Object.values(heard).flat().length") < 40, "no view listens any more"
    page.evaluate("end()")
    assert page.evaluate("Object.values(heard).flat().length") == 0


def recording() -> list[tuple[str, Frame]]:
    moments = [
        (f"iteration {10 * k}", Frame(fake=FAKE + 0.1 * k * RIGHT, field=field())) for k in range(9)
    ]
    return [*moments, ("the end", Frame(fake=np.array([[2.0, 2.0]]), modes=MODES, field=field()))]


@pytest.fixture
def replayed(browser, tmp_path):
    content = replay.replay_html(recording(), REACH, "A ring that is learned.")
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'><p>Before.</p>{content}", "utf-8")
    page = browser.new_page(viewport={"width": 700, "height": 800})
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("request", lambda request: page.wrong.append(request.url))
    page.goto(path.as_uri())
    page.locator("#replay canvas").wait_for()
    yield page
    asked = [url for url in page.wrong if not url.startswith(("file:", "blob:", "data:"))]
    assert asked == [], "no error, and nothing is fetched"
    page.close()


def place_of_cross(page, x: float, y: float) -> bool:
    page.wait_for_timeout(600)  # the glide
    near = [page.evaluate(PIXEL, [x + d, y]) for d in (-0.02, -0.01, 0, 0.01, 0.02)]
    return any(
        max(abs(a - b) for a, b in zip(p, rgb(palette.FAKE), strict=True)) < 40 for p in near
    )


def test_a_recording_is_played_and_scrubbed_without_a_kernel(replayed):
    says = replayed.locator("#replay .replay span")
    assert says.inner_text() == "iteration 0"
    assert place_of_cross(replayed, *FAKE[0])
    slider = replayed.get_by_role("slider", name="moment of the recording")
    slider.fill("5")
    assert says.inner_text() == "iteration 50"
    assert place_of_cross(replayed, *(FAKE[0] + 0.5 * RIGHT))
    replayed.get_by_role("button", name="Play").click()
    replayed.wait_for_function(
        "document.querySelector('#replay .replay span').innerText === 'the end'"
    )
    assert replayed.get_by_role("button", name="Play").is_visible(), "it stops at the end"
    assert place_of_cross(replayed, 2, 2)
    slider.fill("0")
    assert place_of_cross(replayed, *FAKE[0]), "and back"


def test_a_recording_is_read_with_the_pointer_and_cannot_be_changed(replayed):
    assert not replayed.locator(".tools").is_visible()
    replayed.mouse.move(*at(replayed, -0.3, 0.5))
    replayed.wait_for_timeout(100)
    words = replayed.locator("#replay .tip").inner_text()
    assert numbers(words)[1] == pytest.approx(SLOPE * (-0.3 - EDGE), abs=0.07)
