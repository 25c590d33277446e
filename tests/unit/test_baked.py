"""Frames under a slider: what is drawn, what a page holds, and how it moves without a kernel."""

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gan_edu import stage
from gan_edu.stage.baked import baked_html, of_game, recorded, slider_frames
from gan_edu.stage.painting import Picture


@stage.scene(height=1.0)
def bar(axes):
    (patch,) = axes.bar([0], [0])
    axes.set(ylim=(0, 1))

    def update(height=0.5, colour="k"):
        patch.set(height=getattr(height, "iterations", height), color=colour)

    return update


def opened(picture: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("WEBP", (1800, 200)), "sharp: two pixels for one"
        return np.array(image.convert("RGB")).astype(int)


def ink(picture: bytes, colour: tuple[int, int, int]) -> int:
    return int((np.abs(opened(picture) - colour).max(-1) < 2).sum())


def test_a_frame_for_each_value_and_all_else_is_held():
    frames = slider_frames(bar, "height", [0.25, 0.5, 1.0], colour="#ff0000")
    assert [words for words, _ in frames] == ["0.25", "0.5", "1"]
    red = [ink(picture, (255, 0, 0)) for _, picture in frames]
    np.testing.assert_allclose(np.divide(red, red[-1]), [0.25, 0.5, 1], atol=0.02)


def test_all_combinations_are_recorded_and_the_last_parameter_runs_first():
    grid = {"height": [0.5, 1.0], "colour": ["#ff0000", "#0000ff", "#ff0000"]}
    frames = list(recorded(Picture(*bar.open()), grid))
    assert {(frame.shape, frame.dtype) for frame in frames} == {((100, 900, 3), np.dtype("uint8"))}
    red = [int((np.abs(f.astype(int) - (255, 0, 0)).max(-1) < 2).sum()) for f in frames]
    assert [r > 0 for r in red] == [True, False, True] * 2
    assert red[3] == pytest.approx(2 * red[0], rel=0.05), "each frame is an array of its own"


def test_a_game_is_played_to_each_moment():
    game = SimpleNamespace(iterations=0)
    game.play_iteration = lambda: setattr(game, "iterations", game.iterations + 1)
    scene = stage.scene(lambda axes: lambda game: axes.set_title(f"{game.iterations}"), height=1.0)
    frames = slider_frames(of_game(scene, game), "iterations", [0, 3, 1200])
    assert [words for words, _ in frames] == ["0", "3", "1,200"]
    assert game.iterations == 1200
    assert len({picture for _, picture in frames}) == 3
    with pytest.raises(ValueError, match=r"stands at iteration 1200 already.* at 3: "):
        slider_frames(of_game(scene, game), "iterations", [3])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"alt": " "}, "alt must say"),
        ({"start": 2}, "below 2, the frames' number, got 2"),
        ({"frames": []}, "below 0, the frames' number"),
    ],
)
def test_what_cannot_be_shown_is_refused(wrong, told):
    good = {"frames": [("0", b"a"), ("1", b"b")], "alt": "A bar.", "label": "height"}
    with pytest.raises(ValueError, match=told):
        baked_html(**good | wrong)


NOTED = """() => {
    window.noted = [];
    const output = document.querySelector("output");
    new MutationObserver(() => noted.push(output.textContent)).observe(output, {childList: true});
}"""


@pytest.mark.browser
def test_two_sliders_of_a_page_move_by_key_and_play_without_a_kernel(browser, tmp_path):
    path = tmp_path / "page.html"
    frames = slider_frames(bar, "height", [0.25, 0.5, 1.0])
    parts = [baked_html(frames, "A bar.", label=f"<{n}>", start=1) for n in "ab"]
    path.write_text("<!doctype html><meta charset=utf-8>" + "".join(parts), encoding="utf-8")
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    shown = (
        "[...document.querySelectorAll('.gan-baked')].map((b) => [b.innerText, b.firstChild.src])"
    )
    before = page.evaluate(shown)
    assert [words.split("\n")[-1] for words, _ in before] == ["0.5", "0.5"]
    page.get_by_role("slider", name="<a>").press("ArrowRight")
    after = page.evaluate(shown)
    assert after[0][0].endswith("1")
    assert after[0][1] != before[0][1]
    assert after[1] == before[1], "the other one stays"
    page.evaluate(NOTED)
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_function("noted.length === 3")
    assert page.evaluate("noted") == ["0.25", "0.5", "1"], "it stood at its end, and begins anew"
    assert page.get_by_role("button", name="Play").count() == 2, "it stops at the end"
    assert page.get_by_role("slider", name="<a>").get_attribute("aria-valuetext") == "1"
    assert not wrong
    assert not re.findall(r'(?:src|href)="(?!data:)', path.read_text(encoding="utf-8"))
    page.close()
