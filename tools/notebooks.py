"""Make the notebooks from their percent scripts and execute them.

python -m tools.notebooks             every notebook
python -m tools.notebooks 05_mnist    those whose names start so
python -m tools.notebooks --sync 05   take over texts, tags, slide types; run nothing, keep pictures
python -m tools.notebooks --language zh_CN 05    the same in Chinese, in notebooks/zh

The glossary becomes a notebook beside them, because a link leads to a neighbour wherever Jupyter
was started, and on GitHub and Colab too.

A cell keeps its id and place in the notebook's history; a notebook is replaced only once all its
cells ran. Widget views and widget state are dropped, so that what is committed holds pictures
and text only and shows everywhere, and no name of a widget, which would be new each time. What
the tags `hide-input`, `hide-output` and `hide-cell` fold on the web page, is folded in JupyterLab,
Notebook 7 and Colab as well.
"""

import argparse
import base64
import io
import re
import sys
from itertools import zip_longest
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from PIL import Image, ImageColor

from gan_edu import record
from gan_edu.stage import palette
from gan_edu.stage.stills import STYLE

try:
    import jupytext
    from jupytext.combine import combine_inputs_with_outputs

    from tools import edition
    from tools.translations import GLOSSARY
except ModuleNotFoundError as missing:  # the course itself does not need it
    raise SystemExit(f'{missing}: python -m pip install -e ".[classroom]"') from None

FOLDER = Path(__file__).parents[1] / "notebooks"
PLACES = {"en": ".", "zh_CN": "zh"}  # below FOLDER, by language
GREYS, HUES = 8, 8  # of a picture, beside the course's own colours, which keep their hue
WIDGETS = "application/vnd.jupyter.widget"
STILL = re.compile(r'<div class="gan-still [\w-]+">(.*)</div>', re.DOTALL)
PNG = re.compile(r"(?<=data:image/png;base64,)[\w+/=]+")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def scripts(prefixes: list[str]) -> list[Path]:
    """Return the percent scripts whose names start with one of the prefixes, or all of them."""
    found = sorted((FOLDER / "source").glob("[0-9]*.py"))
    chosen = [s for s in found if not prefixes or s.name.startswith(tuple(prefixes))]
    if not chosen:
        raise SystemExit(f"no script starts with {prefixes}; there are {[s.stem for s in found]}")
    return chosen


def unexecuted(script: Path, notebook: Path, language: str = "en") -> nbformat.NotebookNode:
    """Return the script's cells, with the ids of the notebook's cells where they match."""
    made = jupytext.read(script)
    if language != "en":
        edition.translate(made.cells, script.stem)
    if notebook.exists():
        old = nbformat.read(notebook, as_version=4)
        made = combine_inputs_with_outputs(made, old, fmt="py:percent")
    made.nbformat, made.nbformat_minor = 4, 5
    made.metadata = nbformat.from_dict(METADATA)
    for cell in made.cells:
        if cell.cell_type == "code":
            fold(cell)
    return made


def fold(cell: nbformat.NotebookNode) -> None:
    """Have JupyterLab, Notebook 7 and Colab fold what a code cell's tags hide on the web page.

    JupyterLab opens an output again as soon as the cell is run. Colab folds the code alone. Of an
    output that is folded below open code JupyterLab shows the first line, if it is a text.
    """
    tags = {tag for tag in cell.metadata.get("tags", []) if tag.startswith("hide-")}
    cell.metadata.pop("collapsed", None)  # of the saved notebook: the tag may be gone
    if tags & {"hide-input", "hide-cell"}:
        cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
        cell.metadata["cellView"] = "form"
    if tags & {"hide-output", "hide-cell"}:
        cell.metadata.setdefault("jupyter", {})["outputs_hidden"] = True
        cell.metadata["collapsed"] = True


def execute(notebook: nbformat.NotebookNode, folder: Path = FOLDER) -> None:
    """Run all cells in a fresh kernel in this folder, and keep pictures and text only."""
    NotebookClient(
        notebook,
        timeout=600,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": folder}},
    ).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := without_widgets(output))]


def drop_verdicts(notebook: nbformat.NotebookNode) -> None:
    """Drop what `check` says of the code that stands in the exercises: it gives its bug away."""
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            cell.outputs = []


def without_widgets(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """Return the output without its widget view, or None if nothing but a view's name is left."""
    data = output.get("data", {})
    kept = {kind: d for kind, d in data.items() if not kind.startswith(WIDGETS)}
    if "text/html" in kept:
        kept["text/html"] = STILL.sub(r"\1", kept["text/html"].removeprefix(STYLE))
    for kind in {"text/html", "text/markdown"} & set(kept):
        kept[kind] = PNG.sub(lambda png: smaller(png[0]), kept[kind])
    if len(kept) < len(data) and not set(kept) - {"text/plain"}:
        return None
    if data:
        output.data = kept
    return output


def smaller(picture: str) -> str:
    """Return a base64 PNG in few colours."""
    return base64.b64encode(few_colours(base64.b64decode(picture))).decode()


def few_colours(png: bytes) -> bytes:
    """Return a PNG in few colours: half the size, and hard to tell apart."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        paper = Image.new("RGBA", image.size, "white")  # transparent corners become white
        flat = Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")
    few = in_colours(flat, colours_of(flat))
    few.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def colours_of(picture: Image.Image) -> np.ndarray:
    """Return a picture's most frequent colours and the course's own: (colours, RGB)."""
    roles = [role for role in vars(palette).values() if str(role).startswith("#")]
    pixels = np.asarray(picture)
    grey, colours = np.ptp(pixels, axis=2) == 0, []
    for part, most in ((pixels[grey], GREYS), (pixels[~grey], HUES)):
        if len(part):
            few = Image.fromarray(part[None]).quantize(most, dither=Image.Dither.NONE)
            colours += few.getpalette()[: 3 * most]
    for colour in (*roles, "#000000"):
        colours += ImageColor.getrgb(colour)
    return np.reshape(colours, (-1, 3)).astype(np.uint8)


def in_colours(picture: Image.Image, colours: np.ndarray) -> Image.Image:
    """Return a picture in a few colours and no other: a grey pixel becomes one of their greys."""
    filled = np.tile(colours[0], (256, 1))  # Pillow fills a shorter palette with colours of its own
    filled[: len(colours)] = colours
    holder = Image.new("P", (1, 1))
    holder.putpalette(filled.tobytes())
    nearest = picture.quantize(palette=holder, dither=Image.Dither.NONE)
    off = np.abs(np.arange(256)[:, None] - colours[:, 0].astype(int))
    off += 999 * (np.ptp(colours, axis=1) > 0)
    pixels = np.asarray(picture)
    grey = np.ptp(pixels, axis=2) == 0
    places = np.where(grey, off.argmin(1)[pixels[..., 0]], np.asarray(nearest)).astype(np.uint8)
    made = Image.fromarray(places, "P")
    made.putpalette(colours.tobytes())
    return made


def glossary(language: str = "en") -> nbformat.NotebookNode:
    """Return the web page's glossary as a notebook."""
    text = GLOSSARY.read_text(encoding="utf-8").replace("](../notebooks/", "](")
    cell = nbformat.v4.new_markdown_cell(text.rstrip(), id="glossary")
    if language != "en":
        edition.translate_glossary(cell)
    made = nbformat.v4.new_notebook(cells=[cell], metadata=METADATA)
    made.nbformat_minor = 5
    return made


def main(arguments: list[str]) -> None:
    """Build each notebook, and say so."""
    parser = options("tools.notebooks")
    parser.add_argument("--sync", action="store_true", help="run nothing, keep pictures")
    asked = parser.parse_args(arguments)
    place = folder(asked.language)
    place.mkdir(exist_ok=True)
    nbformat.write(glossary(asked.language), place / "glossary.ipynb")
    if (place / record.FILE).exists() and not asked.sync:
        raise SystemExit(f"move {place / record.FILE}: what you chose would be in the notebooks")
    for script in scripts(asked.chapters):
        path = place / f"{script.stem}.ipynb"
        notebook = unexecuted(script, path, asked.language)
        if asked.sync:
            refuse_new_code(notebook, path)
        else:
            execute(notebook, place)
        drop_verdicts(notebook)
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size // 1000} kB")


def folder(language: str) -> Path:
    """Return where the notebooks of a language lie."""
    return FOLDER / PLACES[language]


def options(module: str) -> argparse.ArgumentParser:
    """Return what reads the names of chapters and a language from the command line."""
    parser = argparse.ArgumentParser(f"python -m {module}")
    parser.add_argument("chapters", nargs="*", help="01 02 …; all if none is named", metavar="NN")
    parser.add_argument("--language", choices=PLACES, default="en")
    return parser


def refuse_new_code(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Stop if the code is not what made the pictures and texts that are saved at `path`."""
    saved = nbformat.read(path, as_version=4)
    new, old = [
        [cell.source for cell in cells if cell.cell_type == "code"]
        for cells in (notebook.cells, saved.cells)
    ]
    for code, before in zip_longest(new, old, fillvalue=""):
        if code != before:
            raise SystemExit(f"{path.name}: the code is new, build without --sync: {code[:60]!r}")


if __name__ == "__main__":
    main(sys.argv[1:])
