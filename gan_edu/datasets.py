"""What is real: MNIST, or scikit-learn's digits where MNIST cannot be had."""

import gzip
import hashlib
import logging
import math
import os
import queue
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from gan_edu import browser
from gan_edu.language import AND, LONG_CLAUSES, joined
from gan_edu.language import gettext as _

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# Shape and SHA-256 of the uncompressed bytes, in the order of the fields of `Digits`. Compressed
# copies differ from mirror to mirror; what they hold does not.
FILES = {
    "train-images-idx3-ubyte": (
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

PATIENCE = 3.0  # seconds until silence counts as no network
STALL = 10.0  # seconds without a byte until a download counts as broken off

REMEDY = (
    "The folder must hold good, readable copies of MNIST's four files; or name no folder "
    "(no `root`, GAN_EDU_MNIST unset), then MNIST is downloaded."
)


@dataclass(frozen=True, eq=False, repr=False)
class Digits:
    """Handwritten digits: images uint8 (N, 28, 28), labels int64 (N,), and the same held out."""

    name: str
    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    notice: str

    @property
    def is_mnist(self) -> bool:
        """Whether these are MNIST, not the offline digits."""
        return self.name == "MNIST"

    def __str__(self) -> str:
        return self.notice


def load_mnist(root: str | os.PathLike | None = None, *, download: bool = True) -> Digits:
    """Load MNIST from a named folder, else the cache, else the mirrors, else the offline digits.

    The folder is `root`, or the environment variable GAN_EDU_MNIST; it holds the four IDX files,
    raw or as .gz. Every file is checked by the SHA-256 of its uncompressed bytes. Where no folder
    is named and MNIST cannot be had, `load_offline_digits` steps in and its notice says why.
    With `download=False` the mirrors are not asked, and the network is not touched. In a browser
    there is neither folder nor mirror: MNIST lies beside the page, or the offline digits step in.

    For a named folder raises FileNotFoundError if it or a file is missing, PermissionError if one
    may not be read, and ValueError if a file is cut short, damaged or not MNIST's.
    """
    if browser.HERE:
        return _load_beside_the_page()
    named = root if root is not None else os.environ.get("GAN_EDU_MNIST") or None
    if named is not None:
        folder = Path(named).expanduser().absolute()
        return _mnist(_read_named(folder))
    folder = cache_folder()
    try:
        return _mnist(_read_cached_or_download(folder, download))
    except ConnectionError as error:
        return load_offline_digits(str(error))
    except OSError as error:
        problem = error.strerror or _("permission denied")  # pooch's own error has no text
        words = _("the cache folder {folder} cannot be used ({problem})")
        return load_offline_digits(words.format(folder=folder, problem=problem))


def load_offline_digits(reason: str = "") -> Digits:
    """Return scikit-learn's 1,797 real digits of 8×8 pixels, smoothly scaled to 28×28.

    1,497 are for training and 300 held out, by a fixed permutation; `reason` (why these and not
    MNIST) goes into the notice. Source: `sklearn.datasets.load_digits` (UCI, Alpaydin & Kaynak).
    """
    small, targets = _small_beside_the_page() if browser.HERE else _small_of_sklearn()
    order = np.random.default_rng(0).permutation(len(targets))
    images, labels = _enlarged(small)[order], targets.astype(np.int64)[order]
    notice = _(
        "These are scikit-learn's 1,797 real digits, 8×8 pixels scaled to 28×28: 1,497 for "
        "training and 300 for testing. To get MNIST, be online once, or put its four files into a "
        "folder and set GAN_EDU_MNIST to that folder."
    )
    if reason:
        notice = _("No MNIST: {reason}. {notice}").format(reason=reason, notice=notice)
    parts = images[:-300], labels[:-300], images[-300:], labels[-300:]
    return Digits("offline digits", *parts, notice)


def _small_of_sklearn() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    digits: Any = load_digits()  # a Bunch
    return digits.images, digits.target


def _small_beside_the_page() -> tuple[np.ndarray, np.ndarray]:
    """Return the same from scikit-learn's file: the whole library would take seconds to load."""
    packed = browser.beside_the_page("digits.csv.gz")
    if packed is None:
        raise FileNotFoundError("the page lacks the file digits.csv.gz")
    table = np.loadtxt(gzip.decompress(packed).decode("ascii").splitlines(), delimiter=",")
    return table[:, :64].reshape(-1, 8, 8), table[:, 64]


def _load_beside_the_page() -> Digits:
    parts = []
    for name in FILES:
        data = browser.beside_the_page(f"{name}.gz")
        if data is None:
            return load_offline_digits(_("this page has no copy of it"))
        parts.append(_decoded(data, name))
    return _mnist(parts)


def as_tensor(images: np.ndarray):
    """Return uint8 images (N, 28, 28) as a float32 tensor (N, 784): x/127.5 − 1, in [−1, 1].

    That is the range of tanh, the generator's last layer. Raises TypeError if `images` is not
    a uint8 array and ValueError if its shape is not (N, 28, 28).
    """
    import torch

    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        kind = getattr(images, "dtype", type(images).__name__)
        raise TypeError(f"images must be a NumPy array of uint8, not {kind}")
    if images.shape[1:] != (28, 28):
        raise ValueError(f"images must have the shape (N, 28, 28), not {images.shape}")
    flat = torch.tensor(images.reshape(len(images), 784), dtype=torch.float32)
    return flat.div_(127.5).sub_(1)


def as_images(x) -> np.ndarray:
    """Return a tensor (N, 784) in [−1, 1] as uint8 images (N, 28, 28): `as_tensor` undone.

    Raises ValueError if its shape is not (N, 784), or if it holds NaN or values beyond ±1.
    """
    if x.ndim != 2 or x.shape[1] != 784:
        raise ValueError(f"x must have the shape (N, 784), not {tuple(x.shape)}")
    if not (x.abs() <= 1).all():
        raise ValueError("x must lie in [−1, 1], without NaN, as what tanh gives does")
    grey = ((x.detach().float() + 1) * 127.5).round()
    return grey.cpu().numpy().astype(np.uint8).reshape(-1, 28, 28)


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay images (N, height, width) side by side into one picture, `columns` in a row.

    Places that the last row leaves open are black. Raises ValueError for no images, or for
    fewer than one column.
    """
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(f"images must have shape (N, height, width), got {images.shape}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    count, height, width = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width), images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width)


def _enlarged(images: np.ndarray) -> np.ndarray:
    """8×8 images of 0..16 as uint8 28×28: a digit of 20×20 within a dark margin, as in MNIST."""
    from scipy.ndimage import zoom

    smooth: Any = zoom(images, (1, 2.5, 2.5), order=3, mode="grid-constant", grid_mode=True)
    # A cubic spline rings faintly beside a stroke: the lowest grey step becomes black.
    grey = np.clip((smooth - 1) * (255 / 15), 0, 255).round().astype(np.uint8)
    return np.pad(grey, ((0, 0), (4, 4), (4, 4)))


def _mnist(parts: list[np.ndarray]) -> Digits:
    images, labels, test_images, test_labels = parts
    words = _("MNIST: {n:,} training and {tests:,} test images.")
    notice = words.format(n=len(images), tests=len(test_images))
    return Digits("MNIST", images, labels, test_images, test_labels, notice)


def cache_folder() -> Path:
    """Return the folder for downloads; it may not exist yet."""
    import pooch

    return Path(pooch.os_cache("gan_edu"))


def _read_named(folder: Path) -> list[np.ndarray]:
    """All four parts; whatever is wrong, the error names the file and the remedy."""
    try:
        return [_read(_find(folder, name), name) for name in FILES]
    except ValueError as error:
        raise ValueError(f"{error}. {REMEDY}") from error
    except PermissionError as error:
        raise PermissionError(f"{error.filename}: permission denied. {REMEDY}") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        problem = f"{error.filename}: {error.strerror}" if error.filename else error
        raise FileNotFoundError(f"{problem}. {REMEDY}") from error


def _find(folder: Path, name: str) -> Path:
    with os.scandir(folder) as entries:
        present = {entry.name for entry in entries if not entry.is_dir()}
    for stem in (name, name.replace("-idx", ".idx")):
        for variant in (stem, f"{stem}.gz"):
            if variant in present:
                return folder / variant
    raise FileNotFoundError(f"{folder} lacks the file {name} (or {name}.gz)")


def _read(path: Path, name: str) -> np.ndarray:
    try:
        return _decoded(path.read_bytes(), name)
    except ValueError as error:
        raise ValueError(f"{path} {error}") from error


def _decoded(data: bytes, name: str) -> np.ndarray:
    """The array in an IDX file, raw or gzip; a ValueError ends the sentence "this file …"."""
    shape, sha256 = FILES[name]
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    size = len(header) + math.prod(shape)
    data, whole = _inflated(data, size + 1) if data[:2] == b"\x1f\x8b" else (data, True)
    if b"<html" in data[:1024].lower() or b"<!doctype html" in data[:1024].lower():
        raise ValueError("is an HTML page, not a file of MNIST (a network's login page?)")
    if not header.startswith(data[:4]):
        raise ValueError(f"starts with the bytes {data[:4].hex(' ')}, not {header[:4].hex(' ')}")
    if not header.startswith(data[: len(header)]):
        raise ValueError(f"has the wrong size in its header: not {shape}")
    if len(data) > size:
        raise ValueError(f"is longer than its {size:,} bytes")
    if len(data) < size or not whole:
        raise ValueError(f"is cut short: {len(data):,} of {size:,} bytes")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError("has the wrong checksum: it is damaged, or of another data set")
    values = np.frombuffer(data, np.uint8, offset=len(header)).reshape(shape)
    return values.astype(np.int64) if len(shape) == 1 else values.copy()


def _inflated(data: bytes, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of what a gzip file holds, and whether it is all there."""
    stream = zlib.decompressobj(wbits=31)
    try:
        inflated = stream.decompress(data, limit)
    except zlib.error as error:
        raise ValueError(f"is a damaged gzip file ({error})") from error
    return inflated, stream.eof


def _read_cached_or_download(folder: Path, download: bool) -> list[np.ndarray]:
    cached = {name: _read_cached(folder, name) for name in FILES}
    parts = {name: part for name, part in cached.items() if part is not None}
    missing = [name for name in FILES if name not in parts]
    if missing and not download:
        raise ConnectionError(_("it is not on this machine, and no download was asked for"))
    if missing:
        _download(missing, folder)
        parts |= {name: _read(folder / f"{name}.gz", name) for name in missing}
    return [parts[name] for name in FILES]


def _read_cached(folder: Path, name: str) -> np.ndarray | None:
    """One part, or None if it is not in the cache; a broken file is removed."""
    try:
        path = _find(folder, name)
        return _read(path, name)
    except FileNotFoundError:
        return None
    except ValueError:
        path.unlink(missing_ok=True)
        return None


def _download(names: list[str], folder: Path) -> None:
    """Fetch the files from the first mirror that has them; ConnectionError says why none has."""
    from requests import RequestException

    failures = []
    for mirror in _answering(names[0]):
        try:
            for name in names:
                _retrieve(f"{mirror}{name}.gz", folder)
            return
        except (RequestException, ValueError) as error:
            failures.append(f"{urlsplit(mirror).netloc}: {_why(error)}")
    hosts = joined((urlsplit(mirror).netloc for mirror in MIRRORS), AND)
    silence = _("no network (no answer from {hosts})").format(hosts=hosts)
    raise ConnectionError(joined(failures, LONG_CLAUSES) or silence)


def _answering(name: str) -> Iterator[str]:
    """Yield the mirrors that answer within PATIENCE, in the order of their answers.

    They are asked in threads, because neither the resolver nor a host with many addresses keeps
    to a timeout: a network that swallows packets would hold the notebook up for a minute.
    """
    answers = queue.SimpleQueue()
    for mirror in MIRRORS:
        threading.Thread(target=_ask, args=(mirror, name, answers), daemon=True).start()
    deadline = time.monotonic() + PATIENCE
    for _mirror in MIRRORS:
        try:
            mirror = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return
        if mirror is not None:
            yield mirror


def _ask(mirror: str, name: str, answers: queue.SimpleQueue) -> None:
    import pooch

    try:
        ask = pooch.HTTPDownloader(timeout=PATIENCE)
        ask(f"{mirror}{name}.gz", None, None, check_only=True)
        answers.put(mirror)
    except OSError:
        answers.put(None)


def _retrieve(url: str, folder: Path) -> None:
    """Let pooch fetch one file, without its log: it reports what it does at INFO."""
    import pooch

    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        name = url.rpartition("/")[2]
        fetch: Any = _fetch_checked  # pooch's own type of a downloader asks for more than it gives
        pooch.retrieve(url, None, fname=name, path=folder, downloader=fetch)
    finally:
        logger.setLevel(level)


def _fetch_checked(url: str, temporary: str, _pooch) -> None:
    """Download to a temporary file; pooch moves it into place only if this raises nothing."""
    import pooch

    pooch.HTTPDownloader(progressbar=True, timeout=(PATIENCE, STALL))(url, temporary, None)
    _decoded(Path(temporary).read_bytes(), url.rpartition("/")[2].removesuffix(".gz"))


def _why(error: Exception) -> str:
    from requests import HTTPError, RequestException

    if isinstance(error, HTTPError) and error.response is not None:
        words = _("answered {code} {reason}")
        return words.format(code=error.response.status_code, reason=error.response.reason)
    if isinstance(error, RequestException):
        return _("the download was cut short")
    return _("the file it sent {error}").format(error=error)
