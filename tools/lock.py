"""Choose an exact version of every library, and write the set down where it is installed from.

    python -m tools.lock              keep the versions that fit pyproject.toml, add what is missing
    python -m tools.lock --upgrade    take the newest versions that fit

It needs pip-tools (the extra "lock"), and writes requirements.txt and .binder/requirements.txt.
Other arguments are pip-compile's. Run it with the oldest Python that pyproject.toml allows.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS, BINDER = ROOT / "requirements.txt", ROOT / ".binder" / "requirements.txt"
HEAD = """\
# The set of versions that all tests pass with, exact, so that the course still opens next year.
# Made by `python -m tools.lock` (CONTRIBUTING.md, "New versions of the libraries").
-e .
"""
BINDER_HEAD = """\
# requirements.txt without its line "-e .", so that Binder installs it before it copies the course
# and keeps that layer; a test compares both. Torch is the plain pin: without an index host pip
# knows no smaller one for Linux, so the image carries CUDA's libraries that it does not use.
"""
# What torch needs on Linux with an NVIDIA GPU, and nowhere else: pip adds it where it belongs.
ONLY_THERE = re.compile(r"nvidia-|cuda-|triton|pytorch-triton")


def main(arguments: list[str]) -> None:
    """Compile the set and write both files."""
    told = compiled(arguments, REQUIREMENTS.read_text(encoding="utf-8"))
    text = arranged(told, direct())
    REQUIREMENTS.write_text(f"{HEAD}\n{text}", encoding="utf-8", newline="\n")
    pins = "".join(f"{line}\n" for line in text.splitlines() if "==" in line)
    BINDER.write_text(BINDER_HEAD + pins, encoding="utf-8", newline="\n")


def direct() -> list[str]:
    """Return the names of the libraries that the course itself uses."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split("[<>=]", line)[0] for line in project["dependencies"]]


def compiled(arguments: list[str], before: str) -> str:
    """Return what pip-compile makes of pyproject.toml; it keeps the versions of before that fit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        pins = [line for line in before.splitlines() if "==" in line]
        path.write_text("\n".join(pins), encoding="utf-8")
        options = ["--strip-extras", "--no-annotate", "--no-header", "--no-emit-index-url"]
        options += ["--no-emit-trusted-host", "--no-emit-find-links", "--quiet", *arguments]
        command = [sys.executable, "-m", "piptools", "compile", *options]
        subprocess.run([*command, "--output-file", path, "pyproject.toml"], cwd=ROOT, check=True)
        return path.read_text(encoding="utf-8")


def arranged(told: str, names: list[str]) -> str:
    """Return the pins in two blocks: what the course uses, in its order, and what that brings."""
    pins = re.findall(r"^([\w.-]+)==([^\s+]+)", told, re.MULTILINE)  # +cpu is of one machine
    pins = {name.lower(): f"{name}=={version}" for name, version in pins}
    rest = sorted(name for name in pins if name not in names and not ONLY_THERE.match(name))
    blocks = [
        "# What the course itself uses",
        *(pins[name] for name in names),
        "",
        "# What these bring along",
        *(pins[name] for name in rest),
    ]
    return "\n".join(blocks) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
