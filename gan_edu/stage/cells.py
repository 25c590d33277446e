"""Which cell made which widgets, and their end."""

import gc
from typing import TypeVar

import ipywidgets as widgets
from IPython import get_ipython

SomeWidget = TypeVar("SomeWidget", bound=widgets.Widget)

_made: dict[str, tuple[str, list]] = {}  # cell: its last run, and the widgets made by that run


def remember(widget: SomeWidget) -> SomeWidget:
    """Note which cell made `widget`, and close what an earlier run of that cell has made."""
    parent = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code")
    if cell:
        run = parent["header"]["msg_id"]
        if cell in _made and _made[cell][0] != run:
            for old in _made.pop(cell)[1]:
                close_all(old)
            gc.collect()  # figures are full of cycles: dead ones would pile up to tens of MB
        _made.setdefault(cell, (run, []))[1].append(widget)
    return widget


def close_all(widget: widgets.Widget) -> None:
    """Close a widget and its parts, since ipywidgets keeps alive whatever is not closed."""
    for part in (*getattr(widget, "children", ()), *widget.trait_values().values()):
        if isinstance(part, widgets.Widget):
            close_all(part)
    widget.close()
