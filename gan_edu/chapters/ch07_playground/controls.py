"""The controls of a playground, made from what its settings say of themselves."""

from collections.abc import Mapping
from typing import Any

from gan_edu import stage
from gan_edu.chapters.ch07_playground.presets import OWN, PRESETS, settings_of_preset
from gan_edu.chapters.ch07_playground.settings import BUTTON, FIELDS
from gan_edu.language import gettext as _
from gan_edu.targets import TARGETS


def controls(*names: str, **more: str) -> dict[str, Any]:
    """Return the keyword arguments of `stage.play` for these settings, or for all and the presets.

    `more` are labels of other controls.
    """
    about = {name: FIELDS[name].metadata for name in names or FIELDS}
    about = {name: entry for name, entry in about.items() if entry["control"]}
    drawers: dict[str, list[str]] = {}
    for name, entry in about.items():
        if entry["drawer"]:
            drawers.setdefault(_(entry["drawer"]), []).append(name)
    made = {name: _control(entry) for name, entry in about.items()}
    labels = {name: _(entry["label"]) for name, entry in about.items()}
    if not names:
        made = {"preset": _presets()} | made
        labels["preset"] = _("preset")
    return {**made, "labels": labels | more, "folded": drawers}


def _presets() -> dict[str, str]:
    labels = {_in_menu(name): name for name in PRESETS}
    return labels | {_("(your own settings)"): OWN}


def _in_menu(name: str) -> str:
    """Return a preset's label, which says so if its game is on a line."""
    label = _(PRESETS[name].label)
    on_line = TARGETS[settings_of_preset(name).target].dim == 1
    return _("{name} (on a line)").format(name=label) if on_line else label


def _control(about: Mapping[str, Any]) -> Any:
    control = about["control"]
    if control == BUTTON:
        return stage.button(_(about["label"]))
    if isinstance(control, dict):
        return {_(label): name for name, label in control.items()}
    return control
