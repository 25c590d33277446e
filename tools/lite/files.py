"""Pyodide's files: from a folder, or from its release, and in both cases checked by SHA-256."""

import hashlib
import io
import json
import re
import shutil
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

PYODIDE = "0.27.7"
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"
LOCK = "pyodide-lock.json"
CORE = {
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
    LOCK: "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
}

Read = Callable[[str], bytes]


def reader(folder: Path | None) -> Read:
    """Return what reads a file of Pyodide's by its name: from a folder, or else its release."""
    if folder is None:
        return _fetch
    return lambda name: (folder / name).read_bytes()


def _fetch(name: str) -> bytes:
    print(f"fetching {name}", flush=True)
    with urllib.request.urlopen(RELEASE + name, timeout=60) as answer:
        return answer.read()


def checked(read: Read, name: str, sha256: str) -> bytes:
    """Return a file. Raises ValueError if it is not the one that it should be."""
    data = read(name)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{name} has the wrong checksum: not the file of Pyodide {PYODIDE}")
    return data


def packages(read: Read) -> dict:
    """Return the packages of Pyodide's lock, by name."""
    return json.loads(checked(read, LOCK, CORE[LOCK]))["packages"]


def unpacked(wheel: bytes, path: str) -> bytes:
    """Return a file out of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(path)


def closure(packages: dict, names: Iterable[str]) -> dict:
    """Return the entries of a lock that some packages need, with their own. KeyError: no such."""
    entries, queue = {}, list(names)
    while queue:
        name = queue.pop().lower().replace("_", "-")
        if name not in entries:
            entries[name] = packages[name]
            queue += packages[name]["depends"]
    return entries


def copy(read: Read, names: Iterable[str], to: Path) -> dict:
    """Write Pyodide's core and what some packages need into a folder; return a lock of them alone.

    Raises ValueError for a file with the wrong checksum.
    """
    to.mkdir(parents=True)
    for name, sha256 in CORE.items():
        (to / name).write_bytes(checked(read, name, sha256))
    lock = json.loads((to / LOCK).read_bytes())
    lock["packages"] = closure(lock["packages"], names)
    for entry in lock["packages"].values():
        name = entry["file_name"]
        data = checked(read, name, entry["sha256"])
        if name.startswith("matplotlib-3"):
            data = with_its_fonts(data)
            entry["sha256"] = hashlib.sha256(data).hexdigest()
        (to / name).write_bytes(data)
    return lock


def with_its_fonts(wheel: bytes) -> bytes:
    """Return matplotlib's wheel with a list of its fonts that matplotlib takes.

    Pyodide has made the list with a newer version, which has raised the number of the format:
    matplotlib refuses it, and searches all fonts anew in every kernel. The format is the same.
    """
    module, made = "matplotlib/font_manager.py", "matplotlib/fontlist.json"
    wanted = re.search(rb"__version__ = (\d+)", unpacked(wheel, module))
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(wheel)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == made and wanted:
                data = re.sub(rb'"_version": \d+', b'"_version": ' + wanted[1], data, count=1)
            new.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def add(lock: dict, wheel: Path, to: Path, depends: Iterable[str] = ()) -> None:
    """Put a wheel beside Pyodide's files and into its lock."""
    project, version = wheel.name.split("-")[:2]
    shutil.copy(wheel, to)
    lock["packages"][project.lower().replace("_", "-")] = {
        "name": project,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [project],
        "depends": list(depends),
        "unvendored_tests": False,
    }
