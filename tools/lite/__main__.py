"""Build the course in a browser: `python -m tools.lite`; CONTRIBUTING.md says what it needs."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.lite import files

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
APPS = ["lab", "notebooks"]
PLUGIN = "@jupyterlite/pyodide-kernel-extension"
FROM_PYODIDE = [
    "ipython", "jedi", "matplotlib", "micropip", "numpy", "packaging", "pillow", "scipy", "sqlite3",
    "ssl",
]  # fmt: skip
KERNEL = ["comm", "ipykernel", "piplite", "pyodide_kernel", "ssl", "sqlite3", "jedi", "ipython"]
LOADED = [*KERNEL, "micropip", "gan_edu"]  # while Python starts, with what they depend on
DEPENDS = {  # of the packages that Pyodide lacks
    "anywidget": ["ipywidgets", "psygnal", "typing-extensions"],
    "gan_edu": ["anywidget", "matplotlib", "numpy", "packaging", "pillow", "scipy", "torch"],
    "ipywidgets": ["comm", "ipython", "traitlets"],
}
IN_THE_PAGE = "anywidget", "jupyterlab_widgets"  # these have a part in JavaScript
ONLY_THERE = "jupyterlab_widgets", "widgetsnbextension"
DIGITS = "scikit-learn", "sklearn/datasets/data/digits.csv.gz"
MNIST = [
    f"{part}-{what}-ubyte.gz"
    for part in ("train", "t10k")
    for what in ("images-idx3", "labels-idx1")
]


def main() -> None:
    """Build the site in the folder that the command line names."""
    options = _parser().parse_args()
    read = files.reader(options.pyodide)
    shutil.rmtree(options.output, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        wheels = list(_wheels(place / "wheels"))
        _pyodide(read, wheels, place / "lite" / "static" / "pyodide")
        _notebooks(place / "contents")
        _configure(place / "lite" / "jupyter-lite.json")
        shown = [wheel for wheel in wheels if wheel.name.startswith(IN_THE_PAGE)]
        _jupyterlite(place, shown, options.output.absolute())
    _data(read, options.mnist, options.output / "data")
    size = sum(path.stat().st_size for path in options.output.rglob("*") if path.is_file())
    print(f"{options.output}: {size / 1e6:.0f} MB")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.lite", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/site/lite"), metavar="FOLDER")
    said = f"where the files of Pyodide {files.PYODIDE} are; without it they are fetched"
    parser.add_argument("--pyodide", type=Path, metavar="FOLDER", help=said)
    said = "where MNIST's four files are, as .gz (GAN_EDU_MNIST); without it: smaller digits"
    known = os.environ.get("GAN_EDU_MNIST")
    default = Path(known) if known else None
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", default=default, help=said)
    return parser


def _run(*command: str | Path, place: Path | None = None) -> None:
    subprocess.run([sys.executable, "-m", *map(str, command)], check=True, cwd=place)


def _wheels(to: Path) -> Iterator[Path]:
    """Yield a wheel for each package that Pyodide lacks, the course and the stand-in among them."""
    pure = ["--only-binary=:all:", "--python-version=3.12", "--implementation=py", "--abi=none"]
    pure += ["--platform=any", "--no-deps", "--quiet"]
    _run("pip", "download", *pure, f"--dest={to}", "-r", HERE / "packages.txt")
    source = to / "source"
    shutil.copytree(ROOT / "gan_edu", source / "gan_edu")
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, source)
    _run("pip", "wheel", "--no-deps", "--quiet", f"--wheel-dir={to}", source)
    with zipfile.ZipFile(to / "torch-0-py3-none-any.whl", "w") as stand_in:
        stand_in.write(HERE / "torch.py", "torch.py")
        stand_in.writestr("torch-0.dist-info/METADATA", "Name: torch\nVersion: 0\n")
    yield from to.glob("*.whl")
    yield from (_extension() / "static" / "pypi").glob("*.whl")


def _extension() -> Path:
    """Return where pip has put the kernel's part in the page."""
    return Path(sys.prefix, "share", "jupyter", "labextensions", PLUGIN)


def _pyodide(read: files.Read, wheels: list[Path], to: Path) -> None:
    lock = files.copy(read, FROM_PYODIDE, to)
    for wheel in wheels:
        name = wheel.name.partition("-")[0]
        if name not in ONLY_THERE:
            files.add(lock, wheel, to, DEPENDS.get(name, ()))
    (to / files.LOCK).write_text(json.dumps(lock), "utf-8")


def _notebooks(to: Path) -> None:
    folder = ROOT / "notebooks"
    for path in folder.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            copy = to / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)


def _configure(path: Path) -> None:
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.js",
        "disablePyPIFallback": True,  # the page asks no other host
        "loadPyodideOptions": {"packages": LOADED},
    }
    page = {
        "appName": "Learn GANs by playing one",
        "exposeAppInBrowser": True,
        "litePluginSettings": {f"{PLUGIN}:kernel": kernel},
    }
    known = {"jupyter-lite-schema-version": 0, "jupyter-config-data": page}
    path.write_text(json.dumps(known, indent=1), "utf-8")


def _jupyterlite(place: Path, wheels: list[Path], output: Path) -> None:
    extensions = json.dumps([str(path) for path in [_extension(), *wheels]])
    _run(
        "jupyterlite_core", "build", f"--lite-dir={place / 'lite'}", f"--output-dir={output}",
        f"--contents={place / 'contents'}", "--ignore-sys-prefix", "--no-libarchive",
        "--no-sourcemaps", "--no-unused-shared-packages", *(f"--apps={app}" for app in APPS),
        f"--LiteBuildConfig.federated_extensions={extensions}",
        place=place,  # it leaves a database where it runs, and takes what that knows for done
    )  # fmt: skip


def _data(read: files.Read, mnist: Path | None, to: Path) -> None:
    """Put the digits beside the page: the small ones, out of Pyodide's scikit-learn, and MNIST."""
    to.mkdir()
    package, path = DIGITS
    entry = files.packages(read)[package]
    wheel = files.checked(read, entry["file_name"], entry["sha256"])
    (to / Path(path).name).write_bytes(files.unpacked(wheel, path))
    for name in MNIST if mnist else ():
        shutil.copy(mnist / name, to)


if __name__ == "__main__":
    main()
