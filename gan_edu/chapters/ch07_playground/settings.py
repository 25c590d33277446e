"""The playground's settings: one frozen dataclass whose fields describe their own controls."""

import base64
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from scipy import special
from torch import Tensor

from gan_edu import losses
from gan_edu.language import ITEMS, joined, later, ngettext
from gan_edu.language import gettext as _
from gan_edu.match import uniform_noise
from gan_edu.recipes import LEARNING_RATES
from gan_edu.stage.plane import LEVELS
from gan_edu.targets import DISTANCES, DRAWING, REACH, SMILE

Drawing = tuple[tuple[float, float], ...]
Widths = tuple[int, ...]

FORMAT = 2  # of a state; the first one held labels, not ids
LINE = f"gan{FORMAT}:"  # how a line of settings begins
MOST_POINTS = 200


@dataclass(frozen=True)
class Noise:
    """A noise distribution and its dimension; `draw` is called like `torch.randn`."""

    label: str
    dim: int
    draw: Callable[..., Tensor]


# Close to one another where σ(a) is neither 0 nor 1.
LOGITS = 4 * special.logit((np.arange(LEVELS) + 0.5) / LEVELS)


@dataclass(frozen=True)
class Loss:
    """What each network minimises, and how D's output a is shown, from 0 (fake) to 1 (real).

    `outputs` are those that are told apart where D is drawn; None for all between its extremes.
    """

    label: str
    loss_fn_d: Callable[[Tensor, Tensor], Tensor]
    loss_fn_g: Callable[[Tensor], Tensor]
    seen: Callable[[Tensor], Tensor] = torch.sigmoid
    outputs: np.ndarray | None = field(default_factory=lambda: LOGITS)
    constraint: str = ""  # "penalty", "clip" or "zero_centred", where D gives no probability
    relativistic: bool = False


def _between_extremes(a: Tensor) -> Tensor:
    return (a - a.min()) / (a.max() - a.min()).clamp(min=1e-6)


def _critic(label: str, constraint: str) -> Loss:
    return Loss(
        label, losses.critic_loss, losses.generator_wasserstein, _between_extremes, None, constraint
    )


NOISES = {
    "gaussian_2d": Noise(later("2-D Gaussian"), 2, torch.randn),
    "uniform_2d": Noise(later("2-D uniform"), 2, uniform_noise),
    "gaussian_1d": Noise(later("1-D Gaussian"), 1, torch.randn),
    "uniform_1d": Noise(later("1-D uniform"), 1, uniform_noise),
}
LOSSES = {
    "minimax": Loss(later("minimax"), losses.discriminator_loss, losses.generator_minimax),
    "non_saturating": Loss(
        later("non-saturating"), losses.discriminator_loss, losses.generator_non_saturating
    ),
    "least_squares": Loss(
        later("least squares"),
        losses.least_squares_discriminator,
        losses.least_squares_generator,
        lambda a: a.clamp(0, 1),
        np.linspace(-3, 4, LEVELS),
    ),
    "wasserstein_gp": _critic(later("Wasserstein, gradient penalty"), "penalty"),
    "wasserstein_clip": _critic(later("Wasserstein, weight clipping"), "clip"),
    "relativistic": Loss(
        later("relativistic, R1 and R2 penalties"),
        losses.relativistic_discriminator,
        losses.generator_non_saturating,
        _between_extremes,
        None,
        "zero_centred",
        relativistic=True,
    ),
}
OPTIMISER_LABELS = {"adam": "Adam", "sgd": "SGD"}
SIGNS = {
    "losses": later("losses"),
    "reached": later("modes reached"),
    "accuracy": later("AUC of D"),
    "passed": later("gradient reaching G"),
    "mean": later("mean of G"),
}
BUTTON = "button"
PLAYERS, TRAINING = later("noise and networks"), later("training")
CONSTRAINTS, VIEWS = later("penalties and clipping"), later("display")
TARGET_LABELS = {
    "line": later("line segment"),
    "two_gaussians": later("two Gaussians"),
    "ring": later("circle"),
    "ring_of_8": later("ring of 8 Gaussians"),
    "three_blobs": later("three Gaussians"),
    "grid_of_25": later("grid of 25 Gaussians"),
    DRAWING: later("your drawing"),
    "normal_1d": later("1-D normal"),
    "two_modes_1d": later("1-D two modes"),
    "exponential_1d": later("1-D exponential"),
    "uniform_1d": later("1-D uniform"),
}
MOST_LAYERS = 4
WIDTHS = [4, 8, 16, 32, 64, 128]
ACTIVATIONS = {"relu": "relu", "leaky_relu": "leaky_relu", "tanh": "tanh"}


def _labels(choices: Mapping[str, Any]) -> dict[str, str]:
    return {name: choice.label for name, choice in choices.items()}


def _setting(
    default: Any, control: Any, label: str, drawer: str = "", restarts: bool = False
) -> Any:
    """Return a field; its control is {id: label}, numbers, a range, True, BUTTON or None."""
    about = {"control": control, "label": label, "drawer": drawer, "restarts": restarts}
    return field(default=default, metadata=about)


def _player(default: Any, control: Any, label: str) -> Any:
    return _setting(default, control, label, PLAYERS, restarts=True)


def _view(default: bool, label: str) -> Any:
    return _setting(default, True, label, VIEWS)


@dataclass(frozen=True)
class Settings:
    """The settings of a game in the playground; the defaults are a good run.

    `drawing` holds the centres of the modes that were drawn, `centres` those of the target if a
    hand has moved it during the game, or nothing. `widths_g` holds the width of each hidden layer
    of G, or nothing if all have `width_g`; so do `widths_d` and `width_d`. A setting that restarts
    begins a new game; all others act from the next iteration on.
    """

    target: str = _setting("ring_of_8", TARGET_LABELS, later("target"), restarts=True)
    loss: str = _setting("minimax", _labels(LOSSES), later("loss"))
    lr_d: float = _setting(4e-3, LEARNING_RATES, later("learning rate of D"))
    lr_g: float = _setting(1e-3, LEARNING_RATES, later("learning rate of G"))
    freeze_d: bool = _setting(False, True, later("freeze D"))
    freeze_g: bool = _setting(False, True, later("freeze G"))
    seed: int = _setting(0, BUTTON, later("new random seed"), restarts=True)
    noise: str = _player("gaussian_2d", _labels(NOISES), later("noise"))
    layers_g: int = _player(4, (1, MOST_LAYERS), later("hidden layers of G"))
    layers_d: int = _player(2, (1, MOST_LAYERS), later("hidden layers of D"))
    widths_g: Widths = _player((), None, later("widths of G's layers"))  # noqa: RUF009
    widths_d: Widths = _player((), None, later("widths of D's layers"))  # noqa: RUF009
    width_g: int = _player(64, WIDTHS, later("width of G"))
    width_d: int = _player(64, WIDTHS, later("width of D"))
    activation_g: str = _player("tanh", ACTIVATIONS, later("activation of G"))
    activation_d: str = _player("leaky_relu", ACTIVATIONS, later("activation of D"))
    d_steps: int = _setting(1, (1, 10), later("D steps per iteration, k"), TRAINING)
    g_steps: int = _setting(1, (1, 10), later("G steps per iteration"), TRAINING)
    optimiser_d: str = _setting("adam", OPTIMISER_LABELS, later("optimiser of D"), TRAINING)
    optimiser_g: str = _setting("adam", OPTIMISER_LABELS, later("optimiser of G"), TRAINING)
    batch_size: int = _setting(128, [16, 32, 64, 128, 256], later("batch size"), TRAINING)
    average_share: float = _setting(0.1, (0.0, 0.5), later("EMA memory (share)"), TRAINING)
    penalty: float = _setting(
        10.0, [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0], later("gradient penalty λ"), CONSTRAINTS
    )
    clip: float = _setting(
        0.1, [0.01, 0.03, 0.1, 0.3, 1.0], later("clip weights at ±"), CONSTRAINTS
    )
    one_sided: bool = _setting(True, True, later("one-sided penalty"), CONSTRAINTS)
    gamma: float = _setting(
        0.1, [0.01, 0.03, 0.1, 0.3, 1.0, 3.0], later("R1 and R2 penalties γ"), CONSTRAINTS
    )
    show_real: bool = _view(True, later("real samples"))
    show_fake: bool = _view(True, later("generated samples"))
    show_discriminator: bool = _view(True, later("D (colours)"))
    show_best: bool = _view(True, later("D* (1-D only)"))
    show_map: bool = _view(False, later("G's map"))
    show_arrows: bool = _view(True, later("gradient arrows"))
    distance: str = _setting("w1", DISTANCES, later("distance"), VIEWS)
    sign: str = _setting("losses", SIGNS, later("diagnostic plot"), VIEWS)
    drawing: Drawing = _setting(SMILE, None, later("your drawing"), restarts=True)  # noqa: RUF009
    centres: Drawing = _setting((), None, later("moved modes"))  # noqa: RUF009

    @property
    def ratio(self) -> float:
        """The ratio r of what D and G move in an iteration: steps times learning rate, each."""
        return self.d_steps * self.lr_d / (self.g_steps * self.lr_g)

    def widths(self, player: str) -> Widths:
        """Return the widths of the hidden layers of "g" or "d"."""
        same = (getattr(self, f"width_{player}"),) * getattr(self, f"layers_{player}")
        return getattr(self, f"widths_{player}") or same


FIELDS: dict[str, Field] = {f.name: f for f in fields(Settings)}
# What one iteration depends on; each of these may change during a game.
PLAYED = [
    n for n, f in FIELDS.items() if not f.metadata["restarts"] and f.metadata["drawer"] != VIEWS
]


def changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Return settings with some changes. ValueError, naming one that its control could not give.

    A new width is that of all layers, and a new layer is as wide as the last one.
    """
    for name in changes:
        if name not in FIELDS:
            raise ValueError(f"no setting is called {name!r}; choose from: {', '.join(FIELDS)}")
    there = replace(settings, **{name: _checked(name, value) for name, value in changes.items()})
    for player in "gd":
        there = replace(there, **_of_layers(there, player, changes))
    return there


def _of_layers(settings: Settings, player: str, changes: Mapping[str, object]) -> dict[str, Any]:
    """Return how many layers a network has after some changes, and their widths."""
    layers, width, widths = (f"{part}_{player}" for part in ("layers", "width", "widths"))
    count, each = getattr(settings, layers), getattr(settings, widths)
    if not each or (width in changes and not changes.get(widths)):
        return {widths: ()}
    if not changes.get(widths):
        each = (*each, *each[-1:] * count)[:count]
    elif layers in changes and count != len(each):
        raise _refusal(widths, _("have as many widths as hidden layers, {n}").format(n=count), each)
    alike = len(set(each)) == 1  # one network has one state, however a hand came to it
    return {layers: len(each), width: each[-1], widths: () if alike else each}


def _refusal(name: str, rule: str, value: object) -> ValueError:
    told = _("{name} must {rule}, got {value}")
    return ValueError(told.format(name=name, rule=rule, value=said(value)))


def state_of(settings: Settings) -> dict:
    """Return the settings that differ from the defaults, as plain values that can be shared."""
    usual = Settings()
    now = {name: getattr(settings, name) for name in FIELDS}
    return {"playground": FORMAT} | {n: v for n, v in now.items() if v != getattr(usual, n)}


def line_of(settings: Settings) -> str:
    """Return a line, without blanks, that holds the settings: their state in base64."""
    state = json.dumps(state_of(settings), separators=(",", ":"))
    return LINE + base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")


def settings_of(state: dict | str) -> Settings:
    """Return the settings of a state, given as a dict, as its JSON text, or as a line.

    Blanks in a line, as a letter may put them there, do not matter. Raises ValueError, saying what
    is wrong, for anything else, for an unknown setting and for a value that is not allowed.
    """
    if isinstance(state, str):
        state = _read(state)
    if not isinstance(state, dict) or state.get("playground") != FORMAT:
        raise ValueError(f'a state is a dict with "playground": {FORMAT}, got {said(state)}')
    return changed(Settings(), {str(n): v for n, v in state.items() if n != "playground"})


def _read(text: str) -> Any:
    """Return what a line holds, or a text of JSON."""
    line = "".join(text.split())
    code, is_line = line.removeprefix(LINE), line.startswith(LINE)
    try:
        if is_line:
            text = base64.b64decode(code + "=" * (-len(code) % 4), b"-_", validate=True).decode()
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if is_line:
            told = _(
                "this line holds no state; has a part of it been lost? It must be copied whole"
            )
        else:
            told = _("a state is a dict, its JSON, or a line that begins with {begins}, got {text}")
        raise ValueError(told.format(begins=LINE, text=said(text))) from error


def label_of(name: str) -> str:
    """Return the label of a setting."""
    return _(FIELDS[name].metadata["label"])


def next_value(settings: Settings, name: str, by: int) -> Any:
    """Return what the control of a setting gives `by` steps further; None beyond its last value.

    After the last one of choices that have no order comes the first.
    """
    control = FIELDS[name].metadata["control"]
    values = [*range(control[0], control[1] + 1)] if isinstance(control, tuple) else [*control]
    at = values.index(getattr(settings, name)) + by
    if isinstance(control, dict):
        at %= len(values)
    return values[at] if 0 <= at < len(values) else None


def next_widths(settings: Settings, player: str, layer: int, by: int) -> Widths | None:
    """Return a network's widths with one layer `by` steps wider; None beyond the last width."""
    widths = [*settings.widths(player)]
    at = WIDTHS.index(widths[layer]) + by
    if not 0 <= at < len(WIDTHS):
        return None
    widths[layer] = WIDTHS[at]
    return tuple(widths)


def worded(name: str, value: Any) -> str:
    """Return the value of a setting as its control says it."""
    control = FIELDS[name].metadata["control"]
    if isinstance(value, bool):
        return _("on") if value else _("off")
    if isinstance(control, dict):
        return _(control[value])
    if name.startswith("widths"):
        return " → ".join(map(str, value))
    if control is None:
        return ngettext("{n} point", "{n} points", len(value)).format(n=len(value))
    return f"{value:g}"


def _checked(name: str, value: object) -> object:
    """Return `value` as a plain Python value; ValueError unless its control could give it."""
    if (
        name in ("centres", "widths_g", "widths_d")
        and isinstance(value, list | tuple)
        and not value
    ):
        return ()
    if name.startswith("widths"):
        return _widths(name, value)
    if name in ("drawing", "centres"):
        return _drawing(name, value)
    plain = _plain(value)
    fits, rule = _rule(FIELDS[name].metadata["control"], plain)
    if not fits:
        raise _refusal(name, rule, value)
    return plain


def _rule(control: Any, plain: Any) -> tuple[bool, str]:
    """Return whether a control could give this value, and what the value must be."""
    match control:
        case bool():
            return isinstance(plain, bool), _("be True or False")
        case "button":
            return type(plain) is int and 0 <= plain < 2**63, _("be a whole number, 0 or more")
        case (low, high):
            whole = isinstance(low, int)
            fits = type(plain) in ((int,) if whole else (int, float)) and low <= plain <= high
            return fits, _between(whole).format(low=low, high=high)
    fits = any(type(plain) is type(choice) and plain == choice for choice in control)
    return fits, _("be one of {choices}").format(choices=joined(map(repr, control), ITEMS))


def _between(whole: bool) -> str:
    """Return the words for a number, or a whole number, from `low` to `high`."""
    if whole:
        return _("be a whole number from {low} to {high}")
    return _("be a number from {low} to {high}")


def _plain(value: object) -> object:
    """Return a NumPy number or a fraction as a plain Python number, which JSON can hold."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Integral):
        return float(value)
    return value


def _widths(name: str, value: object) -> Widths:
    """Return one width for each hidden layer. ValueError unless a control could give each."""
    if not isinstance(value, list | tuple) or len(value) > MOST_LAYERS:
        raise _refusal(
            name, _("be a list of widths, {most} at most").format(most=MOST_LAYERS), value
        )
    for width in map(_plain, value):
        fits, rule = _rule(WIDTHS, width)
        if not fits:
            raise _refusal(name, rule, width)
    return tuple(map(int, value))


def _drawing(name: str, value: Any) -> Drawing:
    """Return points [x, y], rounded to two digits. ValueError unless they can be a target."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        points = tuple((round(float(x), 2), round(float(y), 2)) for x, y in value)
        if 0 < len(points) <= MOST_POINTS and all(abs(c) <= REACH for p in points for c in p):
            return points
    raise ValueError(
        f"{name} must be 1 to {MOST_POINTS} points [x, y] within ±{REACH:g}, got {said(value)}"
    )


def said(value: object) -> str:
    """Return a value as text for an error message, cut short."""
    try:
        return f"{value!r:.80}"
    except ValueError:  # Python does not print whole numbers of thousands of digits
        return f"a {type(value).__name__} that is too long to print"
