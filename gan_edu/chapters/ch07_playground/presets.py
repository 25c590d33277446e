"""Named settings of the playground: a good run, one for each failure mode, and a hard target."""

from dataclasses import dataclass, field

from gan_edu.chapters.ch07_playground.settings import FIELDS, VIEWS, Settings, changed
from gan_edu.language import later


@dataclass(frozen=True)
class Preset:
    """What differs from the default settings, and the diagnostic plot that shows what happens."""

    label: str
    settings: dict[str, object] = field(default_factory=dict)
    sign: str = "losses"


PRESETS = {
    "good_run": Preset(later("good run")),
    "collapse": Preset(
        later("mode collapse"),
        {"loss": "non_saturating", "lr_d": 0.05, "d_steps": 5},
        "reached",
    ),
    "vanishing_gradient": Preset(
        later("vanishing gradient"), {"lr_d": 0.01, "d_steps": 10}, "passed"
    ),
    "d_too_strong": Preset(
        later("D too strong"), {"loss": "non_saturating", "optimiser_g": "sgd"}, "accuracy"
    ),
    "d_too_weak": Preset(later("D too weak"), {"lr_d": 1e-4, "width_d": 32}, "accuracy"),
    "cycling": Preset(
        later("oscillation"),
        {
            "target": "normal_1d",
            "noise": "uniform_1d",
            "loss": "wasserstein_gp",
            "layers_g": 1,
            "layers_d": 1,
            "width_g": 16,
            "width_d": 8,
            "batch_size": 64,
            "optimiser_d": "sgd",
            "lr_d": 0.01,
        },
        "mean",
    ),
    "grid_of_25": Preset(
        later("grid of 25, relativistic loss"),
        {
            "target": "grid_of_25",
            "loss": "relativistic",
            "layers_g": 2,
            "width_g": 128,
            "width_d": 128,
            "batch_size": 256,
            "gamma": 0.03,
        },
    ),
}
OWN = ""  # the name of settings that are no preset's
KEPT = {n for n, f in FIELDS.items() if f.metadata["drawer"] == VIEWS} | {"seed", "drawing"}


def settings_of_preset(name: str, **changes: object) -> Settings:
    """Return the settings of one of `PRESETS`, some of them changed.

    Raises ValueError for an unknown name, and for a setting or a value that there is not.
    """
    if name not in PRESETS:
        raise ValueError(f"no preset is called {name!r}; choose from: {', '.join(PRESETS)}")
    preset = PRESETS[name]
    return changed(Settings(), {"sign": preset.sign, **preset.settings, **changes})


def preset_of(settings: Settings) -> str:
    """Return the name of the preset with these settings, views and seed apart; `OWN` if none."""
    for name in PRESETS:
        there = settings_of_preset(name)
        if all(getattr(there, n) == getattr(settings, n) for n in FIELDS.keys() - KEPT):
            return name
    return OWN
