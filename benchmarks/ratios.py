"""What a benchmark says in the end: ratios of two things measured in one run, and their bars."""

import json
import os
from typing import NamedTuple

from gan_edu.files import print_in_any_encoding


class Ratio(NamedTuple):
    """`name`, over what it is measured `against`, and a bar to reach or to stay below, or None."""

    name: str
    against: str
    ratio: float
    bar: float | None
    at_least: bool

    @property
    def met(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar


def at_least(bar: float, name: str, against: str, ratio: float) -> Ratio:
    return Ratio(name, against, ratio, bar, True)


def at_most(bar: float | None, name: str, against: str, ratio: float) -> Ratio:
    return Ratio(name, against, ratio, bar, False)


def report(found: list[Ratio], path: str | os.PathLike | None) -> None:
    """Print a benchmark's ratios, or write them to the file that `--json` names."""
    if path is None:
        print_in_any_encoding()
        print("", table(found), sep="\n")
        return
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)


def load(path: str | os.PathLike) -> list[Ratio]:
    with open(path, encoding="utf-8") as file:
        return [Ratio(*row) for row in json.load(file)]


def table(found: list[Ratio]) -> str:
    rows = [["what", "against", "ratio", "bar", "met"]]
    for row in found:
        bar, met = f"{'≥' if row.at_least else '≤'} {row.bar}", "yes" if row.met else "NO"
        last = ["", ""] if row.bar is None else [bar, met]
        rows.append([row.name, row.against, f"{row.ratio:.3g}", *last])
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ([c.ljust(w) for c, w in zip(row, widths, strict=True)] for row in rows)
    return "\n".join("  ".join(line).rstrip() for line in lines)
