"""A recording as HTML: what it holds, and what is refused. How it plays, the browser tells."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.stage import palette
from gan_edu.stage.plane import LOOKS, Frame, parts_of
from gan_edu.stage.replay import replay_html
from gan_edu.targets import REACH


def recorded(count: int = 4) -> list[tuple[str, Frame]]:
    ground, found = Playground(show_map=True), []
    for _ in range(count):
        ground.play_iteration()
        found.append((f"iteration {ground.iterations}", frames.frame(ground)))
    return found


def states_of(page: str) -> list[dict]:
    """Return what a page holds, frame by frame, as the browser unpacks it."""
    (packed,) = re.findall(r'replay\(document.getElementById\("replay"\), \["([^"]+)"\], 120', page)
    now, found = {}, []
    for changes in json.loads(zlib.decompress(base64.b64decode(packed))):
        plain = {k: v for k, v in changes.items() if not isinstance(v, dict) or "base64" not in v}
        coded = changes.keys() - plain.keys()
        now = now | plain | {k: base64.b64decode(changes[k]["base64"]) for k in coded}
        found.append(now)
    return found


def test_a_recording_holds_each_frame_as_the_live_plane_gets_it():
    moments = recorded()
    states = states_of(replay_html(moments, REACH, "A ring."))
    assert len(states) == len(moments)
    for state, (words, frame) in zip(states, moments, strict=True):
        sent = parts_of(frame, REACH)
        assert {name: state[name] for name in sent} == sent
        assert (state["told"], state["reach"], state["edits"]) == (words, REACH, False)


def test_what_does_not_change_is_held_once():
    one, many = (len(replay_html(recorded(1) * n, REACH, "A ring.")) for n in (1, 50))
    assert many - one < 3000


def test_words_that_look_like_html_end_no_element():
    evil = '</script><script>alert("x")</script>'
    page = replay_html([(evil, Frame(title=evil))], REACH, evil)
    assert page.count("</script>") == 1
    assert "&lt;/script&gt;" in page
    assert states_of(page)[0]["title"] == evil


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"frames": []}, "at least one frame"),
        ({"alt": " "}, "alt must say"),
    ],
)
def test_what_is_no_recording_is_refused(changes, words):
    given = {"frames": [("start", Frame())], "reach": REACH, "alt": "A ring."} | changes
    with pytest.raises(ValueError, match=words):
        replay_html(**given)


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("look", LOOKS)
def test_all_marks_stand_out_from_the_sheet_in_light_and_dark(look):
    colours = LOOKS[look]
    assert colours.keys() == LOOKS["light"].keys()
    paper = luminance(colours["paper"])
    for name in colours.keys() - {"paper"}:
        low, high = sorted([paper, luminance(colours[name])])
        assert (high + 0.05) / (low + 0.05) >= 3, name
    assert luminance(palette.DARK["paper"]) < 0.02
