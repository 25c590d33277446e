"""The web page of the course; CONTRIBUTING.md has the command that builds it, without a network.

The folder of the sources is the whole repository, so that one and the same link from a notebook
to another works on GitHub, in JupyterLab and in the page.
"""

import json
import re
import textwrap
import tomllib
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).parents[1]
ADDRESS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"][
    "Repository"
]

CHINESE = "/zh/"  # the folder of its pages, beside the English ones
LITE = "https://gan-edu.github.io/gan-edu/lite/lab/index.html?path="  # made by tools/lite
PLAYED = ("00", "01", "02", "03")  # the chapters that run there, without PyTorch

project = "Learn GANs by playing one"
author = "the gan_edu authors"
copyright = "2026, the gan_edu authors. Text and pictures: CC BY 4.0. Code: MIT"

extensions = ["myst_nb", "sphinx-mathjax-offline", "sphinx.ext.autodoc"]
root_doc = "site/index"
include_patterns = ["site/**.md", "notebooks/[0-9]*.ipynb", "notebooks/zh/[0-9]*.ipynb"]
exclude_patterns = ["**/.*", "build", "dist"]

nb_execution_mode = "off"  # the notebooks are committed with their pictures
myst_enable_extensions = ["attrs_block", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3

# The page of the API: `python -m sphinx` finds gan_edu where it is run, and these need not be here.
autodoc_mock_imports = [
    "IPython", "anywidget", "ipywidgets", "matplotlib", "packaging", "PIL", "pooch", "requests",
    "sklearn", "torch", "tqdm", "traitlets",
]  # fmt: skip
python_maximum_signature_line_length = 80
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # what the arguments are, the text says
autodoc_default_options = {"exclude-members": "__init__, __new__"}
autodoc_preserve_defaults = True

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
templates_path = ["_templates"]
html_extra_path = ["_extra"]  # the page that leads from the top to site/index.html
html_css_files = ["page.css"]
html_copy_source = False
html_use_index = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system
html_theme_options = {
    "use_download_button": False,
    "article_header_start": ["toggle-primary-sidebar.html", "language-switch.html"],
    "navbar_persistent": [],  # one search field, above the chapters
    "repository_url": ADDRESS,
    "repository_branch": "main",
    "use_repository_button": True,
    "launch_buttons": {  # on each chapter's page
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
}


def lead_to_the_glossary(app, docname, source) -> None:
    """Lead a chapter's link to the glossary, a notebook beside it, to the page's own."""
    up = "../" * docname.count("/")
    source[0] = source[0].replace("](glossary.ipynb)", f"]({up}site/glossary.md)")


def lead_to_the_browser(app, docname, source) -> None:
    """Put before a chapter's link to Colab the one to the course in a browser."""
    name = docname.removeprefix("notebooks/")
    words = (
        "[在浏览器里运行本章]({}.ipynb)，什么都不用装。"
        if CHINESE in docname
        else "[Play this chapter in your browser]({}.ipynb), with nothing to install. "
    )
    if Path(name).name.startswith(PLAYED) and docname != name:
        colab = re.compile(r"(?=\[[^][\n]+\]\(https://colab\.)")
        source[0] = colab.sub(words.format(LITE + name), source[0], count=1)


def lead_to_sections(app, docname, source) -> None:
    """Write the anchor of a section, which Jupyter makes of its heading, as MyST does."""
    source[0] = re.sub(
        r"(?<=\]\()([\w.]*#)([^)\s]+)(?=\))",
        lambda link: link[1] + re.sub(r"[^\w-]", "", link[2].lower()),
        source[0],
    )


def prompt_in_chinese(app, docname, source) -> None:
    """Have the folded cells of a Chinese notebook say so in Chinese."""
    if docname.startswith(f"notebooks{CHINESE}"):
        notebook = json.loads(source[0])
        prompts = {"code_prompt_show": "展开单元格", "code_prompt_hide": "收起单元格"}
        notebook["metadata"]["mystnb"] = prompts
        source[0] = json.dumps(notebook)


def number_title(app, doctree) -> None:
    """Put a chapter's number, which the name of its file has, before its title."""
    number, _, name = Path(app.env.docname).name.partition("_")
    if name:
        next(doctree.findall(nodes.title)).insert(0, nodes.Text(f"{number} "))


def switch_language(app, docname, template, context, doctree) -> None:
    """Say what language a page is in, and where the same page is in the other one, if it is."""
    chinese = CHINESE in docname
    if chinese:
        context["language"] = "zh-CN"
    there = docname.replace(CHINESE, "/") if chinese else docname.replace("/", CHINESE)
    if there in app.env.all_docs:
        code, name = ("en", "English") if chinese else ("zh-CN", "中文")
        url = context["pathto"](there)
        context["other_language"] = {"url": url, "code": code, "name": name}


def plain(app, what, name, thing, options, lines: list[str]) -> None:
    """Let a docstring be read as it stands: only `names` are marked, tables keep their columns."""
    paragraphs = re.split(r"\n\s*\n", "\n".join(lines).strip())
    lines[:] = "\n\n".join(as_rst(paragraph) for paragraph in paragraphs).splitlines()


def as_rst(paragraph: str) -> str:
    """Return a paragraph of a docstring as reStructuredText."""
    if re.search(r"^\s|\S {3,}\S", paragraph, re.MULTILINE):  # code, or columns
        return "::\n\n" + textwrap.indent(textwrap.dedent(paragraph), "    ")
    parts = re.split(r"`([^`]+)`", paragraph)
    parts[::2] = [re.sub(r"([*_|\\])", r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"``{part}``" for part in parts[1::2]]
    return joined(parts)


def joined(parts: list[str]) -> str:
    """Join text and ``names``; between a name and a letter stands an escaped blank, as rST asks."""
    text = parts[0]
    for name, after in zip(parts[1::2], parts[2::2], strict=True):
        before = "\\ " if text and (text[-1].isalnum() or text[-1] in "+-−=·") else ""
        text += before + name + ("\\ " if after[:1].isalnum() else "") + after
    return text


def setup(app) -> None:
    """Have all done before Sphinx collects titles."""
    app.connect("autodoc-process-docstring", plain)
    app.connect("source-read", lead_to_the_glossary)
    app.connect("source-read", lead_to_the_browser)
    app.connect("source-read", lead_to_sections)
    app.connect("source-read", prompt_in_chinese)
    app.connect("doctree-read", number_title, priority=0)
    app.connect("html-page-context", switch_language)
