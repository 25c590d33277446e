"""A class on a server: what the hub is told, and a small rehearsal with the hub itself."""

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "classroom" / "server"
README = (SERVER / "README.md").read_text(encoding="utf-8")


def told(name: str, monkeypatch, **variables: str):
    """Return the configuration of a file, in an environment with these variables."""
    for variable in ("GAN_EDU_MNIST", "GAN_EDU_COURSE"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    return PyFileConfigLoader(name, path=str(SERVER)).load_config()


def test_a_learner_has_limits_and_the_course(monkeypatch):
    c = told("jupyterhub_config.py", monkeypatch, CLASS_PASSWORD="of the class")  # noqa: S106
    assert c.JupyterHub.spawner_class == "systemd", "it enforces what it is told"
    assert (c.Spawner.mem_limit, c.Spawner.cpu_limit) == ("1G", 1.0)
    assert c.Spawner.environment["OMP_NUM_THREADS"] == "1"
    assert c.SystemdSpawner.readonly_paths == [c.Spawner.environment["GAN_EDU_MNIST"]]
    assert c.JupyterHub.concurrent_spawn_limit == 4
    assert c.JupyterHub.bind_url.startswith("http://127.0.0.1:"), "a web server stands before it"
    asked = parse_qs(urlsplit(c.Spawner.default_url).query)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert asked["repo"] == [project["urls"]["Repository"]]
    assert (ROOT / asked["urlpath"][0].removeprefix("lab/tree/gan-edu/")).exists()


def test_a_link_pulls_the_course_and_nothing_else(monkeypatch):
    c = told("jupyterhub_config.py", monkeypatch)
    (course,) = parse_qs(urlsplit(c.Spawner.default_url).query)["repo"]

    def pulled(address: str) -> str:
        command = ["git", "ls-remote", "--get-url", "--", address]
        environment = os.environ | c.Spawner.environment
        return subprocess.check_output(command, env=environment, text=True).strip()

    assert pulled(course) == course
    other = (
        "https://github.com/else/gan-edu",
        "http://there/x",
        "ssh://there/x",
        "git@there:x.git",
    )
    assert {pulled(address).partition(".invalid/")[0] for address in other} == {"https://nowhere"}


def test_the_class_s_password_administers_nothing(monkeypatch):
    c = told("jupyterhub_config.py", monkeypatch, CLASS_PASSWORD="of the class")  # noqa: S106
    assert c.Authenticator.admin_users == {"lecturer"}
    assert not c.SharedPasswordAuthenticator.admin_password


def test_the_link_for_a_mail_pulls_this_course_and_opens_a_chapter():
    (link,) = re.findall(r"https://YOUR-HUB/hub/user-redirect/git-pull\S+", README)
    asked = parse_qs(urlsplit(link).query)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert asked["repo"] == [project["urls"]["Repository"]]
    assert (ROOT / asked["urlpath"][0].removeprefix("lab/tree/gan-edu/")).exists()


def test_a_rehearsal_stays_on_this_machine_and_keeps_all_else(monkeypatch, tmp_path):
    own = {"REHEARSAL_PLACE": str(tmp_path), "REHEARSAL_PORT": "9000", "REHEARSAL_TOKEN": "t"}
    c = told("rehearsal_config.py", monkeypatch, **own)
    real = told("jupyterhub_config.py", monkeypatch)
    addresses = (c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url)
    assert addresses == tuple(f"http://127.0.0.1:{port}" for port in (9000, 9001, 9002))
    assert c.JupyterHub.concurrent_spawn_limit == real.JupyterHub.concurrent_spawn_limit
    assert c.Spawner.environment == real.Spawner.environment
    assert len(c.SharedPasswordAuthenticator.user_password) > 30


@pytest.fixture
def rehearse():
    """The module that rehearses, which is a script beside the hub's configuration."""
    pytest.importorskip("psutil")
    spec = importlib.util.spec_from_file_location("rehearse", SERVER / "rehearse.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class QuietHub:
    """A hub that is ready at once, and notes what it is asked for."""

    def __init__(self, asked: list[str]):
        self.asked, self.process = asked, SimpleNamespace(poll=lambda: None)

    async def ask(self, path: str, method: str = "GET", body: dict | None = None) -> dict:
        self.asked.append(path)
        return {"servers": {"": {"ready": True}}}


def test_learners_of_a_rehearsal_pull_this_course_wherever_the_class_has_its_own(
    rehearse, monkeypatch
):
    monkeypatch.setenv("GAN_EDU_COURSE", "https://example.org/else")
    hub = QuietHub([])
    asyncio.run(rehearse.Learner(hub, "learner-1", Path("00.ipynb"))._arrive())
    assert parse_qs(urlsplit(hub.asked[-1]).query)["repo"] == [str(ROOT)]


def test_all_learners_of_a_rehearsal_may_ask_at_once(rehearse, monkeypatch):
    done = []
    monkeypatch.setattr(
        rehearse.AsyncHTTPClient, "configure", lambda _, max_clients: done.append(max_clients)
    )
    asyncio.run(rehearse.rehearsed(QuietHub(done), []))
    assert done == [0, "/hub/api/"], "a client that is made before keeps its ten places"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a hub is for Linux")
@pytest.mark.skipif(not shutil.which("npm"), reason="the hub's proxy comes by npm")
def test_two_learners_come_through_a_rehearsal(tmp_path):
    venv.create(tmp_path / "hub", with_pip=True)
    inside = sysconfig.get_path("purelib", vars={"base": tmp_path / "hub"})
    (Path(inside) / "beside.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    bin_ = tmp_path / "hub" / "bin"
    install = [bin_ / "python", "-m", "pip", "install", "-q", "-r", SERVER / "requirements.txt"]
    subprocess.run(install, check=True)
    proxy = ["npm", "install", "--silent", "--prefix", tmp_path, "configurable-http-proxy@5"]
    subprocess.run(proxy, check=True)
    path = [str(bin_), str(tmp_path / "node_modules" / ".bin"), os.environ["PATH"]]
    ran = subprocess.run(
        [bin_ / "python", SERVER / "rehearse.py", "--learners", "2"],
        env=os.environ | {"PATH": os.pathsep.join(path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "came through: 2 of 2" in ran.stdout
    megabytes = float(re.search(r"^kernel's memory +([\d.]+) MB", ran.stdout, re.MULTILINE)[1])
    assert megabytes < 270, "325 when each optimizer brought PyTorch's compiler along"
    assert float(re.search(r"slider to idle +([\d.]+) ms", ran.stdout)[1]) > 0
