"""Real bytes on disk and real sockets: nothing here needs a network, and nothing waits for one."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import os
import shutil
import signal
import socket
import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pooch
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from gan_edu import datasets
from gan_edu.datasets import as_images, as_tensor, load_mnist, load_offline_digits, tile
from tests.helpers.digits import needs_mnist
from tests.helpers.faults import failing, no_room_after, spoiled
from tests.helpers.programs import printed

REAL = os.environ.get("GAN_EDU_MNIST")

TRAIN, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
HTML = b"<!DOCTYPE html>\n<html><body>Please log in to the guest network</body></html>"


def idx(values):
    head = bytes([0, 0, 8, values.ndim]) + b"".join(struct.pack(">I", n) for n in values.shape)
    return head + values.tobytes()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def contents(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def arrays():
    rng = np.random.default_rng(7)
    shapes = {TRAIN: (6, 28, 28), LABELS: (6,), TEST: (3, 28, 28), TEST_LABELS: (3,)}
    return {
        name: rng.integers(0, 256 if len(shape) == 3 else 10, shape, dtype=np.uint8)
        for name, shape in shapes.items()
    }


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path, arrays):
    """A tiny MNIST, an empty cache, no mirror within reach and no folder named."""
    table = {n: (a.shape, hashlib.sha256(idx(a)).hexdigest()) for n, a in arrays.items()}
    monkeypatch.setattr(datasets, "FILES", table)
    monkeypatch.setattr(datasets, "MIRRORS", (f"http://127.0.0.1:{closed_port()}/",))
    monkeypatch.setattr(datasets, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("GAN_EDU_MNIST", raising=False)
    return tmp_path / "cache"


def write(folder, arrays, form="{}.gz"):
    folder.mkdir(exist_ok=True)
    for name, values in arrays.items():
        data = idx(values)
        (folder / form.format(name)).write_bytes(gzip.compress(data) if "gz" in form else data)
    return folder


@pytest.fixture
def folder(tmp_path, arrays):
    return write(tmp_path / "mnist", arrays)


def assert_is(digits, arrays):
    assert digits.is_mnist
    assert digits.name == "MNIST"
    loaded = (digits.images, digits.labels, digits.test_images, digits.test_labels)
    for values, expected in zip(loaded, arrays.values(), strict=True):
        assert values.dtype == (np.uint8 if values.ndim == 3 else np.int64)
        assert values.flags.writeable
        np.testing.assert_array_equal(values, expected)


def assert_fallback(digits, *words):
    assert not digits.is_mnist
    assert digits.name == "offline digits"
    assert digits.images.shape == (1497, 28, 28)
    for word in words:
        assert word in str(digits)


# A named folder


@pytest.mark.parametrize("form", ["{}", "{}.gz", "dotted", "dotted.gz"])
def test_a_good_folder_in_every_form(tmp_path, arrays, form):
    write(tmp_path / "mnist", arrays, "{}.gz" if form.endswith("gz") else "{}")
    if form.startswith("dotted"):
        for path in list((tmp_path / "mnist").iterdir()):
            path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    digits = load_mnist(tmp_path / "mnist")
    assert_is(digits, arrays)
    assert str(digits) == digits.notice == "MNIST: 6 training and 3 test images."


def test_the_name_may_lie_about_compression(tmp_path, arrays):
    raw = write(tmp_path / "a", arrays, "{}")
    for path in list(raw.iterdir()):
        path.rename(f"{path}.gz")
    assert_is(load_mnist(raw), arrays)
    packed = write(tmp_path / "b", arrays)
    for path in list(packed.iterdir()):
        path.rename(path.with_suffix(""))
    assert_is(load_mnist(str(packed)), arrays)


def test_a_folder_with_the_name_of_a_file_is_passed_over(folder, arrays):
    (folder / TRAIN).mkdir()
    assert_is(load_mnist(folder), arrays)


def broken(raw):
    """What can be wrong with a file, made from its uncompressed bytes, and how it is told."""
    flipped = bytearray(raw)
    flipped[-2] ^= 1
    damaged = bytearray(gzip.compress(raw, mtime=0))
    damaged[-6] ^= 1  # in the checksum that ends a gzip file
    size = f"{len(raw):,} bytes"
    return {
        "cut gzip": (gzip.compress(raw)[:-1500], "is cut short: ", size),
        "gzip without its end": (gzip.compress(raw)[:-8], "is cut short: ", size),
        "cut raw": (raw[:1234], f"is cut short: 1,234 of {size}"),
        "cut within the header": (raw[:7], f"is cut short: 7 of {size}"),
        "empty": (b"", f"is cut short: 0 of {size}"),
        "longer": (raw + b"\0", "is longer than", size),
        "longer gzip": (gzip.compress(raw + bytes(9)), "is longer than", size),
        "magic": (b"\0\0\x08\x01" + raw[4:], "starts with the bytes 00 00 08 01", "00 00 08 03"),
        "foreign": (b"%PDF-1.7" + raw, "starts with the bytes 25 50 44 46"),
        "size": (raw[:7] + b"\x05" + raw[8:-784], "wrong size", "(6, 28, 28)"),
        "flipped": (bytes(flipped), "wrong checksum"),
        "flipped gzip": (gzip.compress(bytes(flipped)), "wrong checksum"),
        "damaged gzip": (bytes(damaged), "damaged gzip"),
        "page": (HTML, "is an HTML page", "login"),
        "packed page": (gzip.compress(HTML), "is an HTML page"),
    }


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("what", broken(bytes(2000)))
def test_a_broken_file_is_named_and_nothing_is_loaded(folder, arrays, what, suffix):
    data, *words = broken(idx(arrays[TRAIN]))[what]
    (folder / f"{TRAIN}.gz").unlink()
    path = folder / f"{TRAIN}{suffix}"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="GAN_EDU_MNIST") as caught:
        load_mnist(folder)
    message = str(caught.value)
    assert message.startswith(f"{path} ")
    assert all(word in message for word in words), message
    assert path.read_bytes() == data, "a learner's own file must never be touched"


@pytest.mark.parametrize("name", [TRAIN, LABELS, TEST, TEST_LABELS])
def test_each_of_the_four_is_checked(folder, arrays, name):
    changed = arrays[name].copy()
    changed.flat[0] ^= 1
    (folder / f"{name}.gz").write_bytes(gzip.compress(idx(changed)))
    with pytest.raises(ValueError, match=rf"{name}\.gz has the wrong checksum"):
        load_mnist(folder)


@pytest.mark.parametrize("name", [TRAIN, LABELS, TEST, TEST_LABELS])
def test_each_of_the_four_must_be_there(folder, name):
    (folder / f"{name}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}.*GAN_EDU_MNIST"):
        load_mnist(folder)


def test_swapped_files_are_told_apart(folder):
    shutil.copy(folder / f"{TEST}.gz", folder / f"{TRAIN}.gz")
    with pytest.raises(ValueError, match=rf"{TRAIN}\.gz has the wrong size"):
        load_mnist(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere.*GAN_EDU_MNIST"):
        load_mnist(tmp_path / "nowhere")


def test_a_file_for_a_folder_and_a_link_into_the_void(folder):
    with pytest.raises(FileNotFoundError, match=f"{TRAIN}.*GAN_EDU_MNIST"):
        load_mnist(folder / f"{TRAIN}.gz")
    (folder / f"{LABELS}.gz").unlink()
    (folder / f"{LABELS}.gz").symlink_to(folder / "gone")
    with pytest.raises(FileNotFoundError, match=f"{LABELS}.*GAN_EDU_MNIST"):
        load_mnist(folder)


def test_a_root_of_another_type_is_a_type_error():
    with pytest.raises(TypeError, match="PathLike"):
        load_mnist(3)


@given(data=st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_has_changed_anywhere_is_refused_or_holds_the_same(folder, arrays, data):
    name = data.draw(st.sampled_from(list(arrays)))
    path = folder / f"{name}.gz"
    good = path.read_bytes()
    path.write_bytes(data.draw(spoiled(good)))
    with contextlib.suppress(ValueError):
        assert_is(load_mnist(folder), arrays)
    path.write_bytes(good)


def test_a_tilde_is_the_home_folder(folder, arrays, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    assert_is(load_mnist("~/mnist"), arrays)


@pytest.mark.parametrize(("owner", "name"), [(os, "scandir"), (Path, "read_bytes")])
def test_a_folder_without_permission(folder, owner, name):
    with (
        failing(owner, name, errno.EACCES, folder),
        pytest.raises(PermissionError, match=r"mnist.*permission.*GAN_"),
    ):
        load_mnist(folder)


def test_a_file_without_permission(folder):
    with (
        failing(Path, "read_bytes", errno.EACCES, folder / TEST),
        pytest.raises(PermissionError, match=f"{TEST}.gz.*permission"),
    ):
        load_mnist(folder)


def test_the_caller_wins_over_the_environment(tmp_path, folder, arrays, monkeypatch):
    monkeypatch.setenv("GAN_EDU_MNIST", str(tmp_path / "nowhere"))
    assert_is(load_mnist(folder), arrays)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_mnist()
    monkeypatch.setenv("GAN_EDU_MNIST", str(folder))
    assert_is(load_mnist(), arrays)
    with pytest.raises(FileNotFoundError, match="elsewhere"):
        load_mnist(tmp_path / "elsewhere")


def test_an_empty_variable_names_nothing(monkeypatch):
    monkeypatch.setenv("GAN_EDU_MNIST", "")
    assert_fallback(load_mnist(), "no network")


def test_a_named_folder_never_meets_cache_or_network(folder, arrays, cache, monkeypatch):
    monkeypatch.setattr(datasets, "cache_folder", lambda: pytest.fail("asked for the cache"))
    monkeypatch.setattr(socket.socket, "connect", lambda *a: pytest.fail("connected"))
    assert_is(load_mnist(folder), arrays)
    (folder / f"{TRAIN}.gz").unlink()
    with pytest.raises(FileNotFoundError):
        load_mnist(folder)


# The mirrors


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.server.requests.append(self.path)
        self.server.answer(self, self.path.rpartition("/")[2])

    def send(self, body, promised=None, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Start servers on localhost; `answer(handler, file)` is what each does with a GET."""
    running = []

    def start(answer):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.answer, server.requests = answer, []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        server.url = f"http://127.0.0.1:{server.server_port}/mnist/"
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def packed(arrays):
    return {f"{name}.gz": gzip.compress(idx(values)) for name, values in arrays.items()}


@pytest.fixture
def good(packed):
    return lambda handler, file: handler.send(packed[file])


@pytest.fixture
def mirrors(monkeypatch):
    return lambda *urls: monkeypatch.setattr(datasets, "MIRRORS", urls)


GZ = [f"{name}.gz" for name in (TEST, TEST_LABELS, TRAIN, LABELS)]


def test_a_download_fills_the_cache_and_is_needed_once(serve, good, mirrors, arrays, cache, capfd):
    server = serve(good)
    mirrors(server.url)
    digits = load_mnist()
    assert_is(digits, arrays)
    assert digits.is_mnist
    assert sorted(server.requests) == [f"/mnist/{file}" for file in GZ]
    assert contents(cache) == GZ
    out, err = capfd.readouterr()
    assert out == ""
    assert "100%" in err
    assert_is(load_mnist(), arrays)
    assert len(server.requests) == 4
    mirrors(f"http://127.0.0.1:{closed_port()}/")
    assert_is(load_mnist(), arrays)


def test_without_download_the_cache_is_used_and_the_network_is_not(
    serve, good, mirrors, arrays, cache, monkeypatch
):
    server = serve(good)
    mirrors(server.url)
    with monkeypatch.context() as offline:
        offline.setattr(socket.socket, "connect", lambda *_: pytest.fail("connected"))
        offline.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked for a host"))
        assert_fallback(load_mnist(download=False), "not on this machine", "GAN_EDU_MNIST")
        assert not cache.exists(), "looking leaves nothing behind"
        write(cache, arrays)
        assert_is(load_mnist(download=False), arrays)
        (cache / f"{LABELS}.gz").unlink()
        (cache / f"{TEST}.gz").write_bytes(b"<html>")
        assert_fallback(load_mnist(download=False), "not on this machine")
    assert server.requests == []
    assert_is(load_mnist(), arrays)
    assert sorted(server.requests) == [f"/mnist/{name}.gz" for name in (TEST, LABELS)]


def test_without_download_a_named_folder_is_still_all_or_nothing(folder, arrays):
    assert_is(load_mnist(folder, download=False), arrays)
    (folder / f"{LABELS}.gz").unlink()
    with pytest.raises(FileNotFoundError, match=LABELS):
        load_mnist(folder, download=False)


@pytest.mark.parametrize("outcome", ["good", "bad"])
def test_poochs_log_is_quiet_and_its_level_put_back(serve, good, mirrors, monkeypatch, outcome):
    logged = []
    monkeypatch.setattr(pooch.get_logger(), "level", 15)
    monkeypatch.setattr(pooch.get_logger(), "handle", logged.append)
    mirrors(serve(good if outcome == "good" else lambda h, _: h.send(HTML)).url)
    assert load_mnist().is_mnist == (outcome == "good")
    assert pooch.get_logger().level == 15
    assert logged == []


def test_a_mirror_may_send_the_files_unpacked(serve, mirrors, arrays, cache):
    mirrors(serve(lambda h, file: h.send(idx(arrays[file.removesuffix(".gz")]))).url)
    assert_is(load_mnist(), arrays)
    assert_is(load_mnist(cache), arrays)


def test_a_broken_file_in_the_cache_is_replaced(serve, good, mirrors, arrays, cache):
    server = serve(good)
    mirrors(server.url)
    write(cache, arrays)
    for what, (data, *_) in broken(idx(arrays[TRAIN])).items():
        (cache / f"{TRAIN}.gz").write_bytes(data)
        server.requests.clear()
        assert_is(load_mnist(), arrays)
        assert server.requests == [f"/mnist/{TRAIN}.gz"], what
        assert_is(load_mnist(cache), arrays)


def test_broken_files_leave_the_cache_even_without_network(arrays, cache):
    write(cache, arrays)
    for name in (LABELS, TEST):
        path = cache / f"{name}.gz"
        path.write_bytes(path.read_bytes()[:-9])
    assert_fallback(load_mnist(), "no network")
    assert contents(cache) == [f"{TEST_LABELS}.gz", f"{TRAIN}.gz"]


def test_without_network_every_mirror_is_asked_once(mirrors, cache, monkeypatch):
    ports = [closed_port(), closed_port()]
    mirrors(*(f"http://127.0.0.1:{port}/" for port in ports))
    asked, connect = [], socket.socket.connect

    def counted(self, address):
        asked.append(address[1])
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    digits = load_mnist()
    assert sorted(asked) == sorted(ports)
    hosts = f"127.0.0.1:{ports[0]} and 127.0.0.1:{ports[1]}"
    assert_fallback(digits, f"No MNIST: no network (no answer from {hosts}).", "GAN_EDU_MNIST")
    assert not cache.exists() or contents(cache) == []


def test_a_resolver_that_never_answers_is_not_waited_for(mirrors, monkeypatch):
    let_go, returned = threading.Event(), threading.Event()

    def silent(*_, **__):
        let_go.wait(30)
        returned.set()
        raise socket.gaierror("no answer")

    mirrors("http://first.invalid/", "http://second.invalid/")
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    monkeypatch.setattr(datasets, "PATIENCE", 0.05)
    try:
        digits = load_mnist()
        assert not returned.is_set()
    finally:
        let_go.set()
    assert_fallback(digits, "no network", "first.invalid", "second.invalid")


def bad_answers(packed):
    def short(handler, file):
        handler.send(packed[file][:-20], promised=len(packed[file]))

    return {
        "cut": (short, "the download was cut short"),
        "cut unnoticed": (lambda h, f: h.send(packed[f][:-20]), "is cut short: "),
        "page": (lambda h, f: h.send(HTML), "is an HTML page"),
        "not found": (lambda h, f: h.send(HTML, status=404), "answered 404"),
        "other data": (lambda h, f: h.send(packed[f"{LABELS}.gz"]), "starts with the bytes"),
        "no answer": (lambda h, f: h.connection.shutdown(socket.SHUT_RDWR), "cut short"),
    }


@pytest.mark.parametrize("what", bad_answers({}))
def test_a_bad_download_is_told_and_leaves_nothing(serve, good, mirrors, packed, cache, what):
    answer, words = bad_answers(packed)[what]
    server = serve(answer)
    mirrors(server.url)
    assert_fallback(load_mnist(), words, f"127.0.0.1:{server.server_port}", "GAN_EDU_MNIST")
    assert server.requests == [f"/mnist/{TRAIN}.gz"], "one file and one try, then stop"
    assert contents(cache) == []
    mirrors(server.url, serve(good).url)
    assert load_mnist().is_mnist


def test_a_mirror_that_fails_halfway_is_replaced(serve, good, mirrors, packed, arrays, cache):
    def tires(handler, file):
        handler.send(packed[file] if file == f"{TRAIN}.gz" else HTML)

    first, second = serve(tires), serve(good)
    mirrors(first.url)
    assert_fallback(load_mnist(), "HTML page")
    assert contents(cache) == [f"{TRAIN}.gz"], "what was whole is kept"
    mirrors(first.url, second.url)
    assert_is(load_mnist(), arrays)
    assert f"/mnist/{TRAIN}.gz" not in second.requests


def test_an_interrupt_passes_through_and_leaves_nothing(serve, mirrors, packed, cache):
    let_go, seen = threading.Event(), []

    def stalls(handler, file):
        handler.send(packed[file][:2000], promised=len(packed[file]))
        seen.extend(contents(cache))
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        let_go.wait(30)

    if not hasattr(signal, "pthread_kill"):
        pytest.skip("no signals to a thread here")
    server = serve(stalls)
    mirrors(server.url)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            load_mnist()
    finally:
        signal.signal(signal.SIGINT, before)
        let_go.set()
    assert len(seen) == 1, "the interrupt came while there was a temporary file"
    assert server.requests == [f"/mnist/{TRAIN}.gz"]
    assert contents(cache) == []


def test_a_cache_that_may_not_be_written(serve, good, mirrors, cache, arrays, monkeypatch):
    mirrors(serve(good).url)
    with monkeypatch.context() as short:
        short.setattr(datasets, "load_offline_digits", lambda reason: reason)
        with failing(os, "makedirs", errno.EACCES, cache):
            reason = load_mnist()
    assert reason == f"the cache folder {cache} cannot be used (permission denied)"
    write(cache, arrays)
    with failing(os, "makedirs", errno.EACCES, cache):
        assert_is(load_mnist(), arrays)


def test_a_disk_that_is_full_at_any_byte(
    serve, good, mirrors, packed, cache, monkeypatch, capsys
):  # capsys, because pytest else keeps the progress bars in a file of its own
    mirrors(serve(good).url)
    monkeypatch.setattr(datasets, "load_offline_digits", lambda reason: reason)
    sizes = sorted(len(data) for data in packed.values())
    for room in {0, 1, *range(0, sizes[-1], 500), *(size - 1 for size in sizes)}:
        with no_room_after(room):
            reason = load_mnist()
        assert reason == f"the cache folder {cache} cannot be used (File too large)"
        for name in contents(cache):
            assert (cache / name).read_bytes() == packed[name], "what is there is whole"
    assert load_mnist().is_mnist


def test_a_cache_that_is_no_folder(serve, good, mirrors, cache):
    mirrors(serve(good).url)
    cache.write_text("in the way", "utf-8")
    assert_fallback(load_mnist(), f"the cache folder {cache} cannot be used")
    assert cache.read_text("utf-8") == "in the way"


@pytest.mark.skipif(sys.platform != "linux", reason="XDG is Linux's")
def test_the_cache_is_the_platforms(tmp_path):
    program = "from gan_edu.datasets import cache_folder; print(cache_folder())"
    found = printed(program, XDG_CACHE_HOME=str(tmp_path))
    assert found.strip() == str(tmp_path / "gan_edu")


# The offline digits


def test_offline_digits_have_the_shape_of_mnist():
    digits = load_offline_digits()
    assert digits.images.shape == (1497, 28, 28)
    assert digits.test_images.shape == (300, 28, 28)
    assert digits.labels.shape == (1497,)
    assert digits.test_labels.shape == (300,)
    for images, labels in (
        (digits.images, digits.labels),
        (digits.test_images, digits.test_labels),
    ):
        assert images.dtype == np.uint8
        assert labels.dtype == np.int64
        assert (images.min(), images.max()) == (0, 255)
        assert set(labels) == set(range(10))
        assert np.bincount(labels).min() > len(labels) / 20


def test_offline_digits_are_each_source_digit_once_with_its_label():
    digits, source = load_offline_digits(), load_digits()
    order = np.random.default_rng(0).permutation(1797)
    images = np.concatenate([digits.images, digits.test_images])
    labels = np.concatenate([digits.labels, digits.test_labels])
    np.testing.assert_array_equal(labels, source.target[order])
    assert len({image.tobytes() for image in images}) == 1797, "so the two parts are disjoint"
    small = [Image.fromarray(i[4:24, 4:24]).resize((8, 8), Image.Resampling.BOX) for i in images]
    pairs = zip(np.array(small).reshape(-1, 64), source.images[order].reshape(-1, 64), strict=True)
    assert min(np.corrcoef(ours, theirs)[0, 1] for ours, theirs in pairs) > 0.95


def test_offline_digits_have_a_dark_margin_and_no_ringing():
    images = load_offline_digits().images
    inner = images[:, 4:24, 4:24]
    assert images.sum(dtype=int) == inner.sum(dtype=int), "black outside of 20×20"
    assert inner[:, 0].any()
    assert inner[:, -1].any()
    faint = (images > 0) & (images < 24)
    assert faint.mean() < 0.05, "a plain cubic spline has 0.09, as a halo around each stroke"
    assert (images > 128).mean() == pytest.approx(0.15, abs=0.02), "ink as in MNIST: 0.13"


def test_offline_digits_are_always_the_same():
    np.random.seed(1)  # noqa: NPY002 - the global state must not matter
    first = load_offline_digits()
    np.random.seed(2)  # noqa: NPY002
    second = load_offline_digits("another reason")
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.test_images, second.test_images)
    np.testing.assert_array_equal(first.labels, second.labels)


def test_the_offline_notice_says_why_what_and_how():
    notice = load_offline_digits("the cat sat on it").notice
    for words in ("No MNIST: the cat sat on it. ", "1,797 real", "8×8", "28×28", "GAN_EDU_MNIST"):
        assert words in notice
    assert load_offline_digits().notice.startswith("These are scikit-learn's")


def test_digits_cannot_be_changed():
    with pytest.raises(AttributeError):
        load_offline_digits().name = "MNIST"


# Tensors


def test_as_tensor_against_hand_made_values():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 1], images[0, 1, 0], images[1, 27, 27] = 255, 51, 204
    expected = np.full((2, 784), -1.0)
    expected[0, 1], expected[0, 28], expected[1, 783] = 1.0, -0.6, 0.6
    tensor = as_tensor(images)
    assert tensor.dtype == torch.float32
    assert tensor.shape == (2, 784)
    np.testing.assert_allclose(tensor.numpy(), expected, atol=1e-7)


def test_as_tensor_maps_every_grey_into_the_range_of_tanh():
    images = np.resize(np.arange(256, dtype=np.uint8), (3, 28, 28))
    values = as_tensor(images).double().numpy().ravel()
    np.testing.assert_allclose(values, images.ravel() / 127.5 - 1, atol=1e-7)
    assert (values.min(), values.max()) == (-1.0, 1.0)
    assert len(np.unique(values)) == 256


def test_as_tensor_copies_and_takes_read_only_strided_and_no_images():
    images = np.full((4, 28, 28), 255, np.uint8)
    images.flags.writeable = False
    tensor = as_tensor(images[::2])
    tensor.zero_()
    assert images.min() == 255
    assert as_tensor(images[:0]).shape == (0, 784)


def test_as_images_undoes_as_tensor_for_every_grey():
    images = np.arange(4 * 784).reshape(4, 28, 28).astype(np.uint8)
    back = as_images(as_tensor(images))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, images)


def test_as_images_takes_the_nearest_grey():
    steps = np.array([-1, -0.9962, -0.996, 0.0, 0.001, 1])
    x = as_tensor(np.zeros((1, 28, 28), np.uint8))
    x[0, : len(steps)] = x.new_tensor(steps)
    assert as_images(x)[0, 0, : len(steps)].tolist() == [0, 0, 1, 128, 128, 255]


def test_tile_puts_images_row_by_row_and_leaves_the_rest_black():
    images = np.arange(1, 6, dtype=np.uint8)[:, None, None] * np.ones((2, 3), np.uint8)
    picture = tile(images, columns=3)
    expected = [[1, 2, 3], [4, 5, 0]]
    np.testing.assert_array_equal(picture, np.kron(expected, np.ones((2, 3))))
    assert picture.dtype == np.uint8


def test_tile_keeps_each_image_as_it_is():
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    picture = tile(images, columns=4)
    np.testing.assert_array_equal(picture[28:56, 56:84], images[6])


# The real MNIST


@pytest.fixture
def real(monkeypatch):
    monkeypatch.undo()
    return Path(REAL)


@needs_mnist
def test_the_real_mnist(real):
    digits = load_mnist(real)
    assert digits.is_mnist
    assert str(digits) == "MNIST: 60,000 training and 10,000 test images."
    assert digits.images.shape == (60_000, 28, 28)
    assert digits.test_images.shape == (10_000, 28, 28)
    assert digits.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(digits.labels)[:3].tolist() == [5923, 6742, 5958]
    assert digits.images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert digits.images.std() / 255 == pytest.approx(0.3081, abs=5e-5)


@needs_mnist
def test_the_real_mnist_through_the_environment(real, tmp_path):
    program = "import sys; sys.stderr = sys.stdout; from gan_edu.datasets import load_mnist; "
    said = printed(f"{program}print(load_mnist())", GAN_EDU_MNIST=str(real))
    assert said == "MNIST: 60,000 training and 10,000 test images.\n", "and no warning"


@needs_mnist
def test_a_truncated_copy_of_the_real_mnist(real, tmp_path):
    for path in real.glob("*.gz"):
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(
            data[: len(data) // 2] if "t10k-im" in path.name else data
        )
    with pytest.raises(ValueError, match=r"t10k-images.* is cut short: [\d,]+ of 7,840,016 bytes"):
        load_mnist(tmp_path)
