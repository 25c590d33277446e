"""The two networks as a drawing with buttons, in which slow motion lights what flows where."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anywidget
import traitlets

from gan_edu.chapters.ch07_playground.settings import (
    Settings,
    label_of,
    next_value,
    next_widths,
    worded,
)
from gan_edu.language import CLAUSES, joined, named
from gan_edu.language import gettext as _
from gan_edu.stage.plane import LOOKS

PARTS = ("layers", "width", "activation")
DRAWN = tuple(f"{part}_{player}" for player in "gd" for part in PARTS)  # settings

WIDTHS_OF = ("widths_g", "widths_d")  # settings too


@dataclass(frozen=True)
class Flow:
    """What a stage of slow motion lights: parts of the drawing, and which way they are passed.

    `way` is "forward"; "back" for a gradient; or "update" where an optimiser uses it.
    """

    lit: tuple[str, ...] = ()
    way: str = "forward"


OUTPUT, LOSS = ("d", "d_a", "a"), ("a", "a_loss", "loss")
FAKE_TO_D = ("fake", "fake_d")
FLOWS = {
    "real": Flow(("real",)),
    "noise": Flow(("z",)),
    "generate": Flow(("z", "z_g", "g", "g_fake", "fake")),
    "discriminator": Flow(("real", "real_d", *FAKE_TO_D, *OUTPUT)),
    "loss_d": Flow(LOSS),
    "gradient_d": Flow((*LOSS, *OUTPUT), "back"),
    "update_d": Flow(("d",), "update"),
    "discriminator_again": Flow((*FAKE_TO_D, *OUTPUT)),
    "loss_g": Flow(LOSS),
    "gradient_g": Flow((*LOSS, *OUTPUT, *FAKE_TO_D), "back"),
    "update_g": Flow(("fake", "g_fake", "g"), "update"),
    "end": Flow(),
}


class Diagram(anywidget.AnyWidget):
    """The way z → G → x → D → a → loss, with each network's hidden layers.

    Its buttons call `ask` with the name of one of the settings `DRAWN`, and with 1 or −1 for the
    next or the last value of its control; a hidden layer's own ones with "widths_g" or "widths_d"
    and with the layer's number, from 0.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")
    game = traitlets.Unicode().tag(sync=True)
    players = traitlets.Dict().tag(sync=True)  # "g" and "d": what is drawn of each
    steps = traitlets.Dict().tag(sync=True)  # setting: words of a step down, and of one up
    layers = traitlets.Dict().tag(sync=True)  # "g" and "d": the same of each hidden layer
    lit = traitlets.List().tag(sync=True)
    way = traitlets.Unicode("forward").tag(sync=True)
    colour = traitlets.Unicode("exact").tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)  # what a screen reader says of a stage
    colours = traitlets.Dict(LOOKS).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, ask: Callable[..., object]):
        words = {
            "diagram": _("the two networks"),
            "z": "z",
            "real": _("real"),
            "fake": _("generated"),
            "a": "a",
            "loss": _("loss"),
            "layers": _("layers"),
            "width": _("width"),
        }
        super().__init__(words=words)
        self._ask = ask
        self.on_msg(self._hear)

    def _hear(self, _widget, step: dict, _buffers):
        name, by, layer = (step.get(part) for part in ("name", "by", "layer"))
        layers = self.layers.get(str(name)[-1:], ()) if name in WIDTHS_OF else ()
        if by in (1, -1) and name in DRAWN:
            self._ask(name, by)
        elif by in (1, -1) and layer in range(len(layers)):
            self._ask(name, by, layer)

    def show(
        self,
        settings: Settings,
        stage: str = "",
        colour: str = "exact",
        told: str = "",
        game: str = "",
    ) -> None:
        """Draw the networks of these settings, and light what a stage of slow motion is about.

        `stage` is the name of one, or ""; `colour` says whose turn it is, and `told` what happens;
        `game` is the name of the game, if there are two.
        """
        flow = FLOWS[stage or "end"]
        with self.hold_sync():
            self.game, self.colour, self.told = game, colour, told if flow.lit else ""
            self.lit, self.way = list(flow.lit), flow.way
            self.players = {player: _player(settings, player) for player in "gd"}
            self.steps = {name: [_step(settings, name, by) for by in (-1, 1)] for name in DRAWN}
            self.layers = {player: _layer_steps(settings, player) for player in "gd"}


def _player(settings: Settings, player: str) -> dict[str, object]:
    """Return what is drawn of a network, and its words for a screen reader."""
    there: dict[str, object] = {"widths": settings.widths(player)}
    there["activation"] = getattr(settings, f"activation_{player}")
    there["said"] = joined([_now(settings, f"{part}_{player}") for part in PARTS], CLAUSES)
    optimiser = f"optimiser_{player}"
    return there | {"optimiser": worded(optimiser, getattr(settings, optimiser))}


def _layer_steps(settings: Settings, player: str) -> list[list[str]]:
    """Return for each hidden layer what a step down, and what a step up leads to."""
    steps = []
    for layer, width in enumerate(settings.widths(player)):
        label = _("width of layer {n} of {network}").format(n=layer + 1, network=player.upper())
        both = [next_widths(settings, player, layer, by) for by in (-1, 1)]
        steps.append([_press(named(label, str(width)), str(w[layer]) if w else None) for w in both])
    return steps


def _step(settings: Settings, name: str, by: int) -> str:
    """Return what a button says that leads to another value; "" where there is none."""
    value = next_value(settings, name, by)
    return _press(_now(settings, name), None if value is None else worded(name, value))


def _press(now: str, after: str | None) -> str:
    return _("{now}. Press for {next}.").format(now=now, next=after) if after else ""


def _now(settings: Settings, name: str) -> str:
    """Return a setting and its value; the width of layers that differ is that of each."""
    several = name.replace("width_", "widths_")
    name = several if getattr(settings, several) else name
    return named(label_of(name), worded(name, getattr(settings, name)))
