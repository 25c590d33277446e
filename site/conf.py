"""The web page of the course; CONTRIBUTING.md has the command that builds it, without a network.

The folder of the sources is the whole repository, so that one and the same link from a notebook
to another works on GitHub, in JupyterLab and in the page.
"""

from pathlib import Path

from docutils import nodes

project = "Learn the GAN by playing it"
author = "the gan_edu authors"
copyright = "2026, the gan_edu authors. Text and pictures: CC BY 4.0. Code: MIT"

extensions = ["myst_nb", "sphinx-mathjax-offline"]
root_doc = "site/index"
include_patterns = ["site/*.md", "notebooks/[0-9]*.ipynb"]
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


def lead_to_the_glossary(app, docname, source) -> None:
    """Lead a chapter's link to the glossary, a notebook beside it, to the page's own."""
    source[0] = source[0].replace("](glossary.ipynb)", "](../site/glossary.md)")


def number_title(app, doctree) -> None:
    """Put a chapter's number, which the name of its file has, before its title."""
    number, _, name = Path(app.env.docname).name.partition("_")
    if name:
        next(doctree.findall(nodes.title)).insert(0, nodes.Text(f"{number} "))


def setup(app) -> None:
    """Have both done before Sphinx collects titles."""
    app.connect("source-read", lead_to_the_glossary)
    app.connect("doctree-read", number_title, priority=0)
