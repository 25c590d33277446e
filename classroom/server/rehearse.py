"""Rehearse a class: a hub on this machine alone, and learners who open, run, slide and restart.

python classroom/server/rehearse.py --learners 12               chapter 00
python classroom/server/rehearse.py --learners 8 --chapter 04

Each learner has a server of their own, pulls the course, runs all cells of the chapter, moves its
sliders, restarts the kernel and runs the first cells again. The table at the end says how many came
through, how long they waited, and how much memory each took: the share of what processes have in
common is divided among them (PSS), so the sum is what the machine needs. Linux only.
"""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE = 1800  # seconds until a learner gives up
TIMEOUTS = {"connect_timeout": PATIENCE, "request_timeout": PATIENCE}  # a queue counts as both
SLIDES = (0.3, 0.5, 0.7, 0.9)  # where each slider is moved to
MOST = 3  # sliders that each learner moves


class Lost(Exception):
    """A learner who did not come through, and why."""


class Hub:
    """A hub that runs, and its API."""

    def __init__(self, url: str, token: str, process: subprocess.Popen):
        self.url, self.process = url, process
        self.headers = {"Authorization": f"token {token}"}

    async def ask(self, path: str, method: str = "GET", body: dict | None = None) -> dict:
        """Return what a path answers, as JSON."""
        text = json.dumps(body) if body is not None else "" if method == "POST" else None
        request = HTTPRequest(self.url + path, method, self.headers, text, **TIMEOUTS)
        answer = await AsyncHTTPClient().fetch(request)
        return json.loads(answer.body) if answer.body[:1] in (b"{", b"[") else {}


@contextlib.contextmanager
def running_hub(place: Path) -> Iterator[Hub]:
    """Start the hub, and end it and all that it has started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(32)
    own = {
        "REHEARSAL_PLACE": str(place),
        "REHEARSAL_PORT": str(port),
        "REHEARSAL_TOKEN": token,
        "GAN_EDU_COURSE": str(ROOT),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    command = [sys.executable, "-m", "jupyterhub", "-f", str(HERE / "rehearsal_config.py")]
    with (place / "hub.log").open("wb") as log:
        hub = subprocess.Popen(command, cwd=place, env=os.environ | own, stdout=log, stderr=log)
        try:
            yield Hub(f"http://127.0.0.1:{port}", token, hub)
        finally:
            hub.terminate()  # it ends the servers, too
            hub.wait(60)


class Learner:
    """One learner, and what was measured."""

    def __init__(self, hub: Hub, name: str, chapter: Path):
        self.hub, self.name, self.chapter = hub, name, chapter
        self.sliders: dict[str, dict] = {}
        self.measured: dict[str, float] = {}
        self.slid: list[float] = []
        self.lost = ""

    async def attend(self) -> None:
        """Do all that a learner does; note why, if it fails."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._arrive()
                async with self._kernel() as kernel:
                    await self._work(kernel)
        except (Lost, TimeoutError, OSError, HTTPClientError) as error:
            self.lost = f"{type(error).__name__}: {error}"[:200]

    async def _arrive(self) -> None:
        """Get a server, and the course on it."""
        begin = time.perf_counter()
        me = f"/hub/api/users/{self.name}"
        await self.hub.ask(me, "POST")
        await self._start_server(me)
        while not (await self.hub.ask(me))["servers"].get("", {}).get("ready"):
            await asyncio.sleep(0.5)
        self.measured["server"] = time.perf_counter() - begin
        repository = quote(str(ROOT), safe="")  # what the hub has been told to allow
        pull = f"/user/{self.name}/git-pull/api?repo={repository}&targetpath=gan-edu"
        await self.hub.ask(pull)

    async def _start_server(self, me: str) -> None:
        """Ask for a server until the hub has a place free, as its waiting page does."""
        while True:
            try:
                await self.hub.ask(f"{me}/server", "POST")
                return
            except HTTPClientError as error:
                if error.code != 429:
                    raise
                await asyncio.sleep(int(error.response.headers.get("Retry-After", 5)))

    @contextlib.asynccontextmanager
    async def _kernel(self) -> AsyncIterator["Kernel"]:
        base = f"/user/{self.name}"
        name = self.chapter.name
        wanted = {
            "path": f"gan-edu/notebooks/{name}",
            "name": name,
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        session = await self.hub.ask(f"{base}/api/sessions", "POST", wanted)
        path = f"{base}/api/kernels/{session['kernel']['id']}"
        kernel = Kernel(self.hub, path, self.sliders)
        await kernel.connect()
        try:
            yield kernel
        finally:
            kernel.line.close()

    async def _work(self, kernel: "Kernel") -> None:
        cells = json.loads(self.chapter.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        begin = time.perf_counter()
        times = [await kernel.run(code[0]), await kernel.run(code[1])]
        self.measured["first picture"] = time.perf_counter() - begin
        times += [await kernel.run(source) for source in code[2:]]
        self.measured |= {"chapter": sum(times), "slowest cell": max(times)}
        for comm, state in list(self.sliders.items())[:MOST]:
            self.slid += [await kernel.slide(comm, state, share) for share in SLIDES]
        self.measured |= memory(self.name)
        await self.hub.ask(f"{kernel.path}/restart", "POST")
        await kernel.connect()
        await kernel.run(code[0])
        await kernel.run(code[1])


class Kernel:
    """A kernel behind the hub; what it runs is timed, and must not fail."""

    def __init__(self, hub: Hub, path: str, sliders: dict[str, dict]):
        self.hub, self.path, self.sliders = hub, path, sliders
        self.session = uuid.uuid4().hex
        self.line = None

    async def connect(self) -> None:
        """Open the line to it, or anew after a restart."""
        if self.line:
            self.line.close()
        url = self.hub.url.replace("http", "ws", 1) + self.path + "/channels"
        request = HTTPRequest(url, headers=self.hub.headers)
        self.line = await websocket_connect(request, max_message_size=2**30)

    async def run(self, code: str) -> float:
        """Run a cell; return the seconds that it took. Raises Lost if it fails."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        return await self._done("execute_request", content)

    async def slide(self, comm: str, state: dict, share: float) -> float:
        """Move a slider; return the seconds until the kernel is idle again."""
        value = state["min"] + (state["max"] - state["min"]) * share
        whole = state["_model_name"].startswith("Int")
        new = {"value": round(value) if whole else value}
        data = {"method": "update", "state": new, "buffer_paths": []}
        return await self._done("comm_msg", {"comm_id": comm, "data": data})

    async def _done(self, kind: str, content: dict) -> float:
        begin = time.perf_counter()
        mine = uuid.uuid4().hex
        header = {"msg_id": mine, "username": "", "session": self.session, "msg_type": kind}
        message = {"header": header | {"version": "5.3", "date": ""}, "channel": "shell"}
        await self.line.write_message(
            json.dumps(message | {"parent_header": {}, "metadata": {}, "content": content})
        )
        while not self._is_over(await self._heard(), mine):
            pass
        return time.perf_counter() - begin

    async def _heard(self) -> dict:
        data = await self.line.read_message()
        if data is None:
            raise Lost("the kernel's line is cut")
        if isinstance(data, bytes):  # a message with buffers: how many parts, and where they begin
            (count,) = struct.unpack_from(">I", data)
            starts = [*struct.unpack_from(f">{count}I", data, 4), len(data)]
            data = data[starts[0] : starts[1]]
        return json.loads(data)

    def _is_over(self, message: dict, mine: str) -> bool:
        """Note a slider that is new; tell whether the request is done. Raises Lost for an error."""
        kind, content = message["header"]["msg_type"], message["content"]
        state = content.get("data", {}).get("state", {}) if kind == "comm_open" else {}
        if "Slider" in str(state.get("_model_name")) and {"min", "max", "value"} <= set(state):
            self.sliders[content["comm_id"]] = state
        if message["parent_header"].get("msg_id") != mine:
            return False
        if kind == "error":
            raise Lost(f"a cell failed: {content['ename']}: {content['evalue']}")
        return kind == "status" and content["execution_state"] == "idle"


def memory(name: str) -> dict[str, float]:
    """Return the MB that a learner's processes take, shared parts divided among all."""
    found = {"server's memory": 0.0, "kernel's memory": 0.0}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("JUPYTERHUB_USER") == name:
                kernel = "ipykernel_launcher" in process.cmdline()
                share = process.memory_full_info().pss / 2**20
                found["kernel's memory" if kernel else "server's memory"] += share
    return found | {"memory": sum(found.values())}


async def rehearsed(hub: Hub, learners: list[Learner]) -> None:
    """Wait for the hub, and let all learners come at once."""
    AsyncHTTPClient.configure(None, max_clients=10 * len(learners))  # before the first is made
    while hub.process.poll() is None:
        with contextlib.suppress(OSError, HTTPClientError):
            await hub.ask("/hub/api/")
            break
        await asyncio.sleep(0.2)
    await asyncio.gather(*(learner.attend() for learner in learners))


def table(learners: list[Learner]) -> str:
    """Return what was measured, in words and numbers."""
    through = [learner for learner in learners if not learner.lost]
    rows = [f"came through: {len(through)} of {len(learners)}"]
    for what in max((learner.measured for learner in learners), key=len):
        values = [learner.measured[what] for learner in learners if what in learner.measured]
        rows.append(row(what, values, "MB" if "memory" in what else "s"))
    slid = [1000 * seconds for learner in learners for seconds in learner.slid]
    rows += [row("slider to idle", slid, "ms")] if slid else []
    return "\n".join([*rows, *(f"{n.name} is lost: {n.lost}" for n in learners if n.lost)])


def row(what: str, values: list[float], unit: str) -> str:
    """Return a line of the table: the median, and what 95 of 100 stay below."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"{what:15} {statistics.median(values):7.1f} {unit:2}  95 %: {high:7.1f} {unit}"


def main() -> None:
    """Rehearse, print the table, and exit with an error if anybody was lost."""
    parser = argparse.ArgumentParser(description="Rehearse a class on this machine.")
    parser.add_argument("--learners", type=int, default=12)
    parser.add_argument("--chapter", default="00")
    chosen = parser.parse_args()
    (chapter,) = (ROOT / "notebooks").glob(f"{chosen.chapter}*.ipynb")
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder)) as hub:
        names = [f"learner-{i + 1}" for i in range(chosen.learners)]
        learners = [Learner(hub, name, chapter) for name in names]
        asyncio.run(rehearsed(hub, learners))
        print(f"chapter {chapter.stem}, learners: {len(learners)}, cores: {os.cpu_count()}")
        print(table(learners))
        if any(learner.lost for learner in learners):
            print((Path(folder) / "hub.log").read_text("utf-8", "replace")[-3000:])
            sys.exit(1)


if __name__ == "__main__":
    main()
