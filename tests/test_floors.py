"""The floors of the package: a module imports from lower floors only, and nothing heavy early."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gan_edu"
FLOORS = [
    {"files", "words", "distributions", "divergences", "games"},
    {"networks", "losses", "settings"},
    {"training", "match", "datasets", "judging"},
    {"plots"},
    {"live", "controls", "canvas", "page", "stills", "loops"},
    {"labs", "exercises", "figures", "train"},
]
FLOOR = {module: number for number, modules in enumerate(FLOORS) for module in modules}
# A library may be imported from its floor upwards. Only floor 4 may speak to the notebook.
NEIGHBOURS = {
    ("judging", "datasets"), ("match", "training"), ("live", "controls"), ("live", "page"),
    ("live", "stills"), ("live", "loops"), ("controls", "page"), ("controls", "stills"),
    ("canvas", "page"), ("canvas", "stills"), ("page", "stills"),
}  # fmt: skip
LIBRARY_FLOOR = {"torch": 1, "matplotlib": 3}
NOTEBOOK_LIBRARIES = {"ipywidgets", "IPython", "anywidget"}
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(source: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def broken_rules(module: str, source: str) -> list[str]:
    if module == "__init__":
        return [f"gan_edu imports {name}" for name in imported_names(source)]
    broken = []
    for name in imported_names(source):
        top, *rest = name.split(".")
        if top == "gan_edu":
            above = FLOOR[rest[0]] > FLOOR[module]
            sideways = FLOOR[rest[0]] == FLOOR[module] < 5 and rest[0] != module
            if above or (sideways and (module, rest[0]) not in NEIGHBOURS):
                broken.append(f"{module} imports {name}")
        if LIBRARY_FLOOR.get(top, 0) > FLOOR[module]:
            broken.append(f"{module} imports {top}")
        if top in NOTEBOOK_LIBRARIES and FLOOR[module] != 4:
            broken.append(f"{module} imports {top}")
    return broken


@pytest.mark.parametrize("path", FILES, ids=[str(f.relative_to(PACKAGE)) for f in FILES])
def test_a_module_imports_from_lower_floors_only(path):
    module = module_of(path)
    assert module in FLOOR or module == "__init__", f"{module} has no floor: give it one here"
    assert not broken_rules(module, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("losses", "from gan_edu.training import Game"),
        ("losses", "import matplotlib.pyplot as plt"),
        ("games", "import torch"),
        ("plots", "from IPython.display import display"),
        ("labs", "import ipywidgets"),
        ("training", "def f():\n    from gan_edu import plots"),
        ("__init__", "import numpy"),
    ],
)
def test_the_rules_catch_what_they_forbid(module, line):
    assert broken_rules(module, line)


@pytest.mark.parametrize("module", ["gan_edu", *(f"gan_edu.{m}" for m in sorted(FLOORS[0]))])
def test_floor_0_never_imports_torch(module):
    if module != "gan_edu" and not (PACKAGE / f"{module.split('.')[1]}.py").exists():
        pytest.skip(f"{module} is not written yet")
    check = f"import sys, {module}; sys.exit('torch' in sys.modules or 'matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
