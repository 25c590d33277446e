"""The web page of the course; CONTRIBUTING.md has the command that builds it, without a network.

The folder of the sources is the whole repository, so that one and the same link from a notebook
to another, to a picture or to the glossary works on GitHub, in JupyterLab and in the page.
"""

import json
from pathlib import Path

from docutils import nodes

project = "Learn the GAN by playing it"
author = "the gan_edu authors"
copyright = "2026, the gan_edu authors. Text and pictures: CC BY 4.0. Code: MIT"

extensions = ["myst_nb", "sphinx-mathjax-offline"]
root_doc = "site/index"
include_patterns = ["site/*.md", "notebooks/*.ipynb"]
exclude_patterns = ["**/.*", "build", "dist"]

nb_execution_mode = "off"  # the notebooks are committed with their pictures
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = True

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["_static"]
html_extra_path = ["_extra"]  # the page that leads from the top to site/index.html
html_css_files = ["page.css"]
html_copy_source = False
html_use_index = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system
html_theme_options = {
    "use_download_button": False,
    "navbar_persistent": [],  # one search field, above the chapters
}


def take_over_alternative_texts(app, docname, source) -> None:
    """Hand each output picture's alternative text to myst-nb, which looks for it in the cell."""
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if alt := output.get("metadata", {}).get("image/png", {}).get("alt"):
                cell["metadata"]["mystnb"] = {"image": {"alt": alt}}
    source[0] = json.dumps(notebook)


def number_title(app, doctree) -> None:
    """Put a chapter's number, which the name of its file has, before its title."""
    number, _, name = Path(app.env.docname).name.partition("_")
    if name:
        next(doctree.findall(nodes.title)).insert(0, nodes.Text(f"{number} "))


def setup(app) -> None:
    """Have both done before Sphinx collects titles."""
    app.connect("source-read", take_over_alternative_texts)
    app.connect("doctree-read", number_title, priority=0)
