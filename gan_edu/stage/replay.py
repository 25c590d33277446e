"""A recording of a game in the plane, as HTML that plays it without a kernel."""

import base64
import html
import itertools
import json
import zlib
from collections.abc import Iterable
from typing import Any

from gan_edu.stage.plane import LOOKS, MODULE, STYLE, Frame, parts_of, plane_words
from gan_edu.stage.stills import check_alt

PAUSE = 120  # milliseconds from one frame to the next
NAME = "replay"  # the id of its element
Moment = tuple[str, Frame]


def replay_html(frames: Iterable[Moment], reach: float, alt: str) -> str:
    """Return HTML, which needs no other file, that plays frames of the plane [−`reach`, `reach`]².

    Each frame has words for its moment. A page has room for one recording.
    Raises ValueError without a frame or words for those who do not see them.
    """
    code = recording(frames, reach, alt)
    style = STYLE.read_text(encoding="utf-8")
    return (
        f"<style>\n{style}</style>\n"
        f'<div class="gan-replay" id="{NAME}">{html.escape(alt)}</div>\n'
        f'<script type="module">\n{MODULE}'
        f'replay(document.getElementById("{NAME}"), ["{code}"], {PAUSE});\n</script>\n'
    )


def recording(frames: Iterable[Moment], reach: float, alt: str) -> str:
    """Return frames as `replay` in replay.js unpacks them: see `replay_html`."""
    check_alt(alt)
    fixed = {"reach": reach, "alt": alt, "words": plane_words(), "colours": LOOKS}
    fixed |= {"edits": False, "outputs": b"", "shares": b"", "largest": 1.0}
    states = [parts_of(frame, reach) | {"told": words} for words, frame in frames]
    if not states:
        raise ValueError("a recording needs at least one frame")
    states[0] = fixed | states[0]
    return packed(states)


def packed(states: list[dict[str, Any]]) -> str:
    """Return states of a plane's traits as the page unpacks them: what changes, deflated."""
    whole = itertools.accumulate(states, lambda before, now: before | now)
    changes = [
        {k: _plain(v) for k, v in now.items() if k not in before or before[k] != v}
        for before, now in itertools.pairwise(itertools.chain([{}], whole))
    ]
    text = json.dumps(changes, ensure_ascii=True)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _plain(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
