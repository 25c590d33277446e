"""What a disk, a power cut and a stray bit can do to a run, and what must be left of it."""

import errno
import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_edu import metrics, record, train
from gan_edu.recipes import labelled_digit_game, line_match
from gan_edu.training import Game, load_checkpoint, save_checkpoint
from tests.helpers.digits import DIGITS
from tests.helpers.faults import failing, no_room_after, spoiled
from tests.helpers.playing import played
from tests.unit.test_train import assert_equal, content

one_folder_will_do = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def small_and_offline(monkeypatch):
    monkeypatch.setattr(train, "load_mnist", lambda: DIGITS)
    monkeypatch.setattr(train, "SAMPLES", 100)


@functools.cache
def small_game(iterations: int) -> Game:
    match = played(line_match(), iterations)
    return match.game


# --- no room, no right ----------------------------------------------------------------------------


def save_game(folder: Path, version: int) -> None:
    save_checkpoint(folder / "checkpoint.pt", small_game(version))


def save_samples(folder: Path, version: int) -> None:
    grey = np.random.default_rng(version).integers(0, 256, (100, 28, 28), np.uint8)
    train._write_samples(grey, folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("save", [save_game, save_samples])
def test_where_the_disk_is_full_at_any_byte_each_file_is_old_or_new(tmp_path, save):
    for version in (1, 2):
        save(tmp_path / f"{version}", version)
    old, new = (contents(tmp_path / f"{version}") for version in (1, 2))
    largest, folder = max(map(len, new.values())), tmp_path / "1"
    for room in sorted({0, 1, *range(0, largest, 1 + largest // 60), largest - 1}):
        with no_room_after(room), pytest.raises(OSError, match=r"too large: '.*'$") as fault:
            save(folder, 2)
        assert Path(fault.value.filename).name in old, "the file that cannot be written is named"
        assert contents(folder).keys() == old.keys()
        for name, there in contents(folder).items():
            assert there in ([old[name], new[name]] if len(new[name]) <= room else [old[name]])
    save(folder, 2)
    assert contents(folder) == new


def test_a_classifier_that_there_is_no_room_for_works_and_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(metrics, "_STEPS", 1)
    for room in (0, 1, 5_000, 50_000):
        with no_room_after(room):
            assert metrics.load_classifier(DIGITS, tmp_path)
        assert names(tmp_path) == []
    metrics.load_classifier(DIGITS, tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_size > 50_000, "or the disk was never full"


def test_progress_that_there_is_no_room_for_leaves_the_old_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record.note("1.1", hints=1)
    before = Path(record.FILE).read_bytes()
    for room in range(len(before)):
        with no_room_after(room):
            record.note("1.1", solved=1)
        assert Path(record.FILE).read_bytes() == before
        assert names(tmp_path) == [record.FILE]
    record.note("1.1", solved=1)
    assert record.load() == {"1.1": {"hints": 1, "solved": 1}}


def test_a_run_that_fills_the_disk_says_so_in_one_line_and_goes_on_later(tmp_path, capsys):
    train.main(["--out", str(tmp_path), "--iterations", "2"])
    before = (tmp_path / "checkpoint.pt").read_bytes()
    further = ["--out", str(tmp_path), "--iterations", "4", "--resume"]
    capsys.readouterr()
    with no_room_after(len(before) - 1), pytest.raises(SystemExit) as stop:
        train.main(further)
    assert stop.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith(f"File too large: '{tmp_path / 'checkpoint.pt'}'")
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert train.main(further) == 0
    assert content(tmp_path)["game"]["iterations"] == 4


STEPS = [(Path, "mkdir"), (Path, "touch"), (Path, "write_bytes"), (os, "fsync"), (os, "replace")]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EACCES, errno.EIO])
@pytest.mark.parametrize(("owner", "name"), STEPS)
def test_whichever_step_of_a_write_fails_the_old_file_is_left_alone(tmp_path, owner, name, error):
    save_game(tmp_path, 1)
    before = contents(tmp_path)
    with failing(owner, name, error), pytest.raises(OSError, match=os.strerror(error)) as fault:
        save_game(tmp_path, 2)
    assert fault.value.errno == error
    named = tmp_path if name == "mkdir" else tmp_path / "checkpoint.pt"
    assert fault.value.filename == str(named)
    assert contents(tmp_path) == before


def test_a_folder_that_may_only_be_read(tmp_path, monkeypatch, capsys):
    train.main(["--out", str(tmp_path), "--iterations", "2"])
    monkeypatch.chdir(tmp_path)
    record.note("1.1", hints=1)
    before = contents(tmp_path)
    with failing(Path, "touch", errno.EACCES):
        assert load_checkpoint(tmp_path / "checkpoint.pt", labelled_digit_game())
        with pytest.raises(SystemExit) as stop:
            train.main(["--out", str(tmp_path), "--iterations", "3", "--resume"])
        record.note("1.1", solved=1)
        assert record.load() == {"1.1": {"hints": 1}}
    assert stop.value.code == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith(f"Permission denied: '{tmp_path / 'checkpoint.pt'}'")
    assert contents(tmp_path) == before


def test_progress_that_may_not_be_read_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record.note("1.1", hints=1)
    before = contents(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with failing(Path, "read_bytes", errno.EACCES):
        assert record.load() == {}
        record.note("1.2", solved=1)
    assert contents(tmp_path) == before


# --- stray bits -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "checkpoint.pt"
    save_checkpoint(path, small_game(3), seconds=1.5)
    return path


@given(data=st.data())
@one_folder_will_do
def test_a_checkpoint_that_has_changed_anywhere_is_refused_or_the_same(saved, tmp_path, data):
    path, game = tmp_path / "checkpoint.pt", line_match().game
    path.write_bytes(data.draw(spoiled(saved.read_bytes())))
    wanted = small_game(3).state_dict()
    said = ""
    try:
        load_checkpoint(path, game)
    except ValueError as error:
        said = str(error)
        wanted = line_match().game.state_dict()
    assert_equal(game.state_dict(), wanted)
    assert not said or "checkpoint.pt is damaged" in said


DONE = {"1.1": {"hints": 2, "solved": 1}, "4.3": {"looked": 1}}


@given(data=st.data())
@one_folder_will_do
def test_progress_that_has_changed_anywhere_can_be_read_or_is_set_aside(
    tmp_path, monkeypatch, data
):
    monkeypatch.chdir(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    for name, facts in DONE.items():
        record.note(name, **facts)
    changed = data.draw(spoiled(Path(record.FILE).read_bytes()))
    Path(record.FILE).write_bytes(changed)
    found = record.load()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [changed], "nothing is lost"
    assert Path(record.FILE).exists() or found == {}
    assert all(isinstance(fact, int) for facts in found.values() for fact in facts.values())
    record.note("9.9", solved=1)
    assert record.load() == found | {"9.9": {"solved": 1}}


def test_progress_that_an_earlier_version_put_a_checksum_on_is_believed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(record.FILE).write_text(json.dumps(DONE | {"sha256": "ab12"}), "utf-8")
    assert record.load() == DONE
    record.note("1.2", solved=1)
    assert json.loads(Path(record.FILE).read_text("utf-8")) == {
        "format": record.FORMAT,
        "exercises": DONE | {"1.2": {"solved": 1}},
    }


# --- kill -9 --------------------------------------------------------------------------------------

# The real program, on digits that need no download; it saves every 5 iterations, so that many a
# kill meets a save. All that it shares with the next one is what was imported.
NURSERY = """
import os, sys
import torch
from gan_edu import datasets, train
digits = datasets.load_offline_digits()
train.load_mnist, train.SAVE_EVERY, train.SAMPLES = lambda: digits, 5, 100
torch.optim.Adam([torch.zeros(1)])  # loads the rest of torch
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(train.main(line.split()))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """Starts the program again and again, without the seconds that importing takes."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def start(self, *arguments) -> int:
        self.process.stdin.write(" ".join(map(str, arguments)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def finish(self) -> int:
        return int(self.process.stdout.readline())


@pytest.fixture
def nursery():
    if sys.platform != "linux":
        pytest.skip("a loaded torch can be forked on Linux only")
    nursery = Nursery()
    yield nursery
    nursery.process.communicate()


def iterations_in(checkpoint: Path) -> int:
    """Return how far a checkpoint has come, which must be whole if it is there at all."""
    if not checkpoint.exists():
        return 0
    game = labelled_digit_game()
    load_checkpoint(checkpoint, game)
    return game.iterations


def wait_for_a_save(checkpoint: Path, *earlier: int) -> None:
    while not checkpoint.exists() or checkpoint.stat().st_mtime_ns in earlier:
        time.sleep(0.005)


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_kill_9_at_random_moments_loses_no_finished_checkpoint(tmp_path, nursery, kills):
    rng, killed, straight = np.random.default_rng(kills), tmp_path / "killed", tmp_path / "straight"
    checkpoint, saves_met = killed / "checkpoint.pt", 0
    for kill in range(kills):
        written = {checkpoint.stat().st_mtime_ns} if kill else {}
        resume = ["--resume"] if kill else []
        child = nursery.start("--out", killed, "--iterations", 10**6, *resume)
        wait_for_a_save(checkpoint, *written)
        time.sleep(rng.uniform(0, 0.2))
        there = iterations_in(checkpoint)
        os.kill(child, signal.SIGKILL)
        assert nursery.finish() == -signal.SIGKILL
        saves_met += len(names(killed)) > 1
        assert iterations_in(checkpoint) >= there, "a finished checkpoint is never lost"
    assert saves_met or kills < 50, "no kill met a save"
    target = iterations_in(checkpoint) + 3
    for folder, resume in ((killed, ["--resume"]), (straight, [])):
        nursery.start("--out", folder, "--iterations", target, *resume)
        assert nursery.finish() == 0
    assert_equal(content(killed), content(straight))
    assert names(killed) == names(straight), "what the killed have left is swept away"
