"""What must never stand in the sources: code made of data, downloads unseen, open doors.

Ruff finds it (pyproject.toml: the rules S, and TID251 with the modules that nobody may import); who
is excused stands there with the reason. Here: that ruff does, and what it has no rule for.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("gan_edu", "benchmarks", "classroom", "site", "notebooks", "tests", "tools")
SOURCES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
HERE = Path(__file__).name  # the dangers stand here


def rules_broken(source: str, name: str) -> set[str]:
    """Return the rules for dangers that a module of this name would break."""
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "S,TID251",
         "--output-format", "json", "--stdin-filename", ROOT / name, "-"],
        cwd=ROOT, input=source, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    return {entry["code"] for entry in json.loads(found.stdout)}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("import pickle", "TID251"),
        ("from pickle import loads", "TID251"),
        ("import joblib", "TID251"),
        ("from urllib.request import urlopen", "TID251"),
        ("from urllib import request", "TID251"),
        ("def late():\n    import requests", "TID251"),
        ("import socket", "TID251"),
        ("import os\nos.system(command)", "TID251"),
        ("eval(text)", "S307"),
        ("def f():\n    exec(text)", "S102"),
        ("import subprocess\nsubprocess.run(command, shell=True)", "S602"),
        ("import yaml\nyaml.load(text, Loader)", "S506"),
        ("server.bind(('0.0.0.0', 80))", "S104"),
    ],
)
def test_each_danger_is_seen(line, rule):
    assert rule in rules_broken(line, "gan_edu/new_module.py")


def test_what_is_harmless_is_left_alone():
    lines = [
        "import subprocess, sys, torch, yaml",
        "from urllib.parse import urlsplit",
        "torch.load(file, weights_only=True)",
        "network.eval()",
        "yaml.safe_load(text)",
        "subprocess.run([sys.executable, '-V'], check=True)",
    ]
    assert not rules_broken("\n".join(lines), "gan_edu/new_module.py")


CODE_IN_DATA = re.compile(r"weights_only\s*=\s*(?!True\b)|allow_pickle\s*=\s*(?!False\b)")


def test_what_is_loaded_holds_no_code():
    assert len(SOURCES) > 100
    read = {path: path.read_text(encoding="utf-8") for path in SOURCES if path.name != HERE}
    assert not [path for path, source in read.items() if CODE_IN_DATA.search(source)]
    loads = [call for source in read.values() for call in re.findall(r"torch\.load\(.*", source)]
    assert len(loads) > 2
    assert not [call for call in loads if "weights_only=True" not in call]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("torch.load(path, weights_only=False)", True),
        ("np.load(path, allow_pickle=True)", True),
        ("numpy.load(path, allow_pickle = yes)", True),
        ("torch.load(file, weights_only=True)", False),
        ("np.load(path)['images']", False),
    ],
)
def test_what_may_hold_code_is_seen(line, seen):
    assert bool(CODE_IN_DATA.search(line)) is seen


def test_every_server_of_ours_stays_on_this_machine():
    started = (ROOT / "tests/helpers/lab.py").read_text(encoding="utf-8")
    assert "--ServerApp.ip=127.0.0.1" in started
    assert "--Voila.ip=127.0.0.1" in started
