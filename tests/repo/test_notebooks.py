"""Every notebook: made from its script, executed whole, and fit to be read, shown and heard."""

import io
import re
import statistics
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageColor

from gan_edu.stage import painting, palette, paper
from tests.helpers import shown
from tools import notebooks as build

FOLDER = Path(__file__).parents[2] / "notebooks"
SCRIPTS = sorted((FOLDER / "source").glob("*.py"))
NOTEBOOKS = sorted(FOLDER.glob("[0-9]*.ipynb")) + sorted(FOLDER.glob("zh/[0-9]*.ipynb"))

SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}

every_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[str(n.relative_to(FOLDER).with_suffix("")) for n in NOTEBOOKS]
)


def language(path: Path) -> str:
    return "zh_CN" if path.parent.name == "zh" else "en"


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in code_cells(path) for output in cell.outputs]


def lines(cell: nbformat.NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def test_there_is_a_notebook_for_every_script_and_a_script_for_every_notebook():
    assert SCRIPTS
    for of, place in build.PLACES.items():
        made = [n.stem for n in NOTEBOOKS if n.parent == FOLDER / place]
        assert [s.stem for s in SCRIPTS] == made, f"`python -m tools.notebooks --language {of}`"


@every_notebook
def test_script_and_notebook_hold_the_same_cells(path):
    source, of = FOLDER / "source" / f"{path.stem}.py", language(path)
    script = build.unexecuted(source, FOLDER / "not.there", of)

    def essence(cell):
        return cell.cell_type, cell.source, dict(cell.metadata)

    assert [essence(c) for c in script.cells] == [essence(c) for c in read(path).cells], (
        f"run `python -m tools.notebooks --language {of} {path.stem}`"
    )


@every_notebook
def test_every_cell_ran_once_in_order_without_error_or_warning(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))
    kinds = [o.name if o.output_type == "stream" else o.output_type for o in outputs(path)]
    assert not {"error", "stderr"} & set(kinds)


@every_notebook
def test_cells_are_short_enough_to_be_read_at_a_projector(path):
    lengths = [lines(cell) for cell in code_cells(path)]
    assert statistics.median(lengths) <= 5
    assert max(lengths) <= 20


@every_notebook
def test_what_is_committed_shows_without_a_kernel_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 500_000, "whatever line ends this copy of it has"
    assert "application/vnd.jupyter.widget" not in text
    assert set(read(path).metadata) == {"kernelspec", "language_info"}


@every_notebook
def test_no_output_names_a_folder_of_the_machine_that_made_it(path):
    printed = "\n".join(
        o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs(path)
    )
    assert not re.search(r"(?<![\w.])/(home|root|tmp|work|opt|usr|Users)/|[A-Z]:\\", printed)


@pytest.mark.parametrize("of", build.PLACES)
def test_the_glossary_beside_the_chapters_is_the_web_page_s(of):
    folder = FOLDER / build.PLACES[of]
    saved = nbformat.read(folder / "glossary.ipynb", as_version=4)
    assert saved == build.glossary(of)
    targets = set(re.findall(r"\]\(([^)#]+)\)", saved.cells[0].source))
    assert targets
    assert not [target for target in targets if not (folder / target).exists()]


@every_notebook
def test_every_picture_has_an_alternative_text_that_says_something(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for alt in re.findall(r"!\[(.*?)\]\(", cell.source):
                assert shown.says_something(alt), f"a picture with alternative text {alt!r}"
    for output in outputs(path):
        for picture in shown.pictures(output.get("data", {})):
            assert shown.says_something(picture.alt)


@every_notebook
def test_pictures_are_whole_and_of_the_course_s_width(path):
    for output in outputs(path):
        for picture in shown.pictures(output.get("data", {})):
            if picture.kind == "png":
                height, width, colours = picture.pixels.shape
                assert colours == 3
                assert picture.width == (500 if height == width else 900), "a plane is square"


@every_notebook
def test_every_cell_has_its_place_in_the_slides(path):
    for cell in read(path).cells:
        slide_type = cell.metadata.get("slideshow", {}).get("slide_type")
        assert slide_type in SLIDE_TYPES, f"no slide type: {cell.source[:60]!r}"


@every_notebook
def test_a_checked_cell_has_saved_text_to_check_against(path):
    for cell in code_cells(path):
        if "nbval-check-output" in cell.metadata.get("tags", []):
            assert any(o.get("text") or "text/plain" in o.get("data", {}) for o in cell.outputs)


@every_notebook
def test_evidence_is_a_number_and_no_verdict(path):
    for cell in code_cells(path):
        for output in cell.outputs:
            printed = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert not re.search(r"(?<![=\w])(True|False)\b", printed), cell.source


@pytest.mark.parametrize("chapter", ["02_histogram_js", "05_mnist_gan"])
def test_the_saved_digits_are_mnist(chapter):
    """Executed without `GAN_EDU_MNIST` and a network, they would be the small ones."""
    cells = code_cells(FOLDER / f"{chapter}.ipynb")
    (prints,) = (cell for cell in cells if "print(digits)" in cell.source)
    assert "MNIST: 60,000 training" in "".join(o.get("text", "") for o in prints.outputs)


@every_notebook
def test_no_epoch_in_the_prose_and_nothing_left_to_do(path):
    prose = "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")
    assert "epoch" not in prose.lower(), "an iteration of the game is no epoch"
    assert not re.search(r"\bTODO\b|\bFIXME\b|\bXXX\b", prose)


@every_notebook
def test_links_to_files_lead_somewhere(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!https?:|#)([^)\s]+)\)", cell.source):
                assert (path.parent / target.split("#")[0]).exists(), target


SCRIPT = """# %% [markdown] slideshow={"slide_type": "slide"}
# # A title

# %% slideshow={"slide_type": "fragment"}
print(1 + 1)
"""


def test_sync_takes_over_texts_and_slide_types_and_refuses_new_code(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    script, path = tmp_path / "source" / "09_short.py", tmp_path / "09_short.ipynb"
    script.parent.mkdir()
    script.write_text(SCRIPT, encoding="utf-8")
    made = build.unexecuted(script, path)
    made.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(made, path)

    script.write_text(SCRIPT.replace("A title", "A name").replace("fragment", "subslide"), "utf-8")
    build.main(["--sync", "09"])
    title, code = read(path).cells
    assert (title.source, code.metadata.slideshow.slide_type) == ("# A name", "subslide")
    assert code.outputs[0].text == "2"

    before = path.read_bytes()
    script.write_text(SCRIPT.replace("1 + 1", "1 + 2"), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"the code is new.*1 \+ 2"):
        build.main(["--sync", "09"])
    assert path.read_bytes() == before


def test_greys_stay_grey_and_colours_keep_their_hue_in_few_colours():
    """A brown grey had come from the edges of an orange frame, which were averaged with greys."""
    greys = np.arange(256, dtype=np.uint8).repeat(40)[None, :, None].repeat(3, 2)
    share = np.linspace(0, 1, 10240)[None, :, None]
    orange = (share * [213, 94, 0] + (1 - share) * greys).astype(np.uint8)
    picture = np.concatenate([greys, orange, greys])
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    few = np.asarray(Image.open(io.BytesIO(build.few_colours(stream.getvalue()))).convert("RGB"))
    for row in (0, 2):
        assert np.ptp(few[row], axis=1).max() == 0
        assert np.abs(few[row].astype(int) - picture[row]).max() < 30
    assert tuple(few[1, -1]) == (213, 94, 0)


def test_each_colour_of_the_course_is_among_the_few():
    few = {tuple(colour) for colour in build.colours_of(Image.new("RGB", (9, 9), "white"))}
    for role in ("REAL", "FAKE", "DRAWN", "SECOND", "THIRD", "PAPER"):
        assert ImageColor.getrgb(getattr(palette, role)) in few, role


def test_a_kept_picture_has_few_colours_and_a_palette_of_no_more():
    figure, (axes,) = paper.new_figure(2)
    axes.plot([0, 1], color=palette.FAKE)
    pixels = painting.render(figure, 2)
    few = build.few_colours(painting.png(pixels))
    length = int.from_bytes(few[few.index(b"PLTE") - 4 : few.index(b"PLTE")], "big")
    assert length <= 3 * (build.GREYS + build.HUES + 10)
    with Image.open(io.BytesIO(few)) as kept:
        far = np.abs(np.asarray(kept.convert("RGB"), int) - pixels[..., :3])
    assert np.quantile(far, 0.99) < 16
