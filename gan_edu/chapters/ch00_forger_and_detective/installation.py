"""Is this computer ready for the course? Nothing heavy is loaded to find out."""

import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from gan_edu import browser, datasets
from gan_edu.datasets import load_mnist
from gan_edu.language import column
from gan_edu.language import gettext as _


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, what can be done about it, and whether it must be."""

    what: str
    found: str
    advice: str = ""
    must: bool = True

    def __str__(self):
        if not self.advice:
            return _("ok")
        form = _("TO DO: {advice}") if self.must else _("ok. {advice}")
        return form.format(advice=self.advice)


class Checklist(list):
    """Checks, shown as a table of plain text."""

    def __repr__(self):
        columns = (column(getattr(check, part) for check in self) for part in ("what", "found"))
        rows = ["  ".join(row) for row in zip(*columns, map(str, self), strict=True)]
        to_do = sum(bool(check.advice and check.must) for check in self)
        end = _("Everything is ready.")
        if to_do:
            end = _("To do: {n}. Then choose Kernel → Restart Kernel, and run this cell again.")
        if to_do and _on_colab():
            end = _("To do: {n}. Then choose Runtime → Restart session, and run this cell again.")
        return "\n".join([*rows, "", end.format(n=to_do)])


def check_installation() -> Checklist:
    """Look at Python, the packages, MNIST, the cache and the processor; nothing heavy is loaded."""
    if browser.HERE:
        return Checklist([_check_browser()])
    return Checklist([*_check_packages(), _check_mnist(), _check_cache(), _check_cores()])


def _check_browser() -> Check:
    """Say what the page, in which everything is there, does not have."""
    advice = _("What needs PyTorch runs in the installed course: {place}")
    place = advice.format(place="https://github.com/gan-edu/gan-edu#start")
    return Check("Python", platform.python_version(), place, must=False)


def _check_packages() -> Iterator[Check]:
    """Compare Python and every package that the course needs with what it asks for."""
    try:
        about = metadata.metadata("gan_edu")
    except metadata.PackageNotFoundError:
        yield _missing("gan_edu")
        return
    python = platform.python_version()
    wanted = SpecifierSet(about["Requires-Python"])
    fits = wanted.contains(python, prereleases=True)
    advice = _("install Python {wanted}, and start anew with the README's first command")
    yield Check("Python", python, "" if fits else advice.format(wanted=wanted))
    for line in about.get_all("Requires-Dist", []):
        needed = Requirement(line)
        instead = needed.name == "jupyterlab" and _on_colab()  # Colab takes its place
        if not instead and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            yield _check_package(needed)


def _on_colab() -> bool:
    """Tell whether the kernel is Google Colab's, where one types into cells alone."""
    return "google.colab" in sys.modules


def _missing(name: str) -> Check:
    advice = _("in a terminal, in the course's folder: python -m pip install -r requirements.txt")
    if _on_colab():
        advice = _("run the first cell of this chapter, which installs the course on Colab")
    return Check(name, _("not installed"), advice)


def _check_package(needed: Requirement) -> Check:
    try:
        version = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return _missing(needed.name)
    fits = needed.specifier.contains(version, prereleases=True)
    advice = _('in a terminal: python -m pip install "{name}{wanted}"')
    if _on_colab():
        advice = _('in a cell: %pip install "{name}{wanted}"')
    words = "" if fits else advice.format(name=needed.name, wanted=needed.specifier)
    return Check(needed.name, version, words)


def _check_mnist() -> Check:
    """Say where MNIST is, having checked its files."""
    try:
        digits = load_mnist(download=False)
    except (OSError, ValueError) as error:
        return Check("MNIST", _("not usable"), str(error))
    if not digits.is_mnist:
        advice = _("Smaller digits stand in. Chapter 05 fetches MNIST (12 MB) when you are online.")
        return Check("MNIST", _("not on this machine"), advice, must=False)
    if os.environ.get("GAN_EDU_MNIST"):
        return Check("MNIST", _("in the folder that GAN_EDU_MNIST names"))
    return Check("MNIST", _("in the cache"))


def _check_cache() -> Check:
    folder = datasets.cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        advice = _("get the right to write there, or downloads are lost each time ({error})")
        return Check(_("cache folder"), _("not usable"), advice.format(error=error))
    return Check(_("cache folder"), _("writable"))


def _check_cores() -> Check:
    cores = os.cpu_count() or 1
    slow = _("Training takes longer with one core: run one notebook at a time.")
    return Check(_("processor cores"), str(cores), "" if cores > 1 else slow, must=False)
