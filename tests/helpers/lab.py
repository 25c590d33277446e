"""A notebook in JupyterLab, Notebook 7 or Voilà in Chromium, for tests and benchmarks.

with server(folder) as url, chromium() as browser:
    write_notebook(folder / "demo.ipynb", ["1 + 1"])
    page = open_notebook(browser, f"{url}/doc/tree/demo.ipynb")
    run_all(page)
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
APPS = {
    "lab": ["jupyterlab", "--expose-app-in-browser"],
    "notebook": ["notebook", "--expose-app-in-browser"],
    "voila": ["voila"],
}
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FEW = 100  # iterations that a cell plays by `.run(…)`, under a bar, and by `train(…)` of hundreds
RUN = re.compile(r"(\.run\(|progress\(range\(|train\(.+, (?=\d{3}))(\d[\d_]*|[\w.\[\]]+)\)")
NO_NEWS = {"fetchNews": "false", "checkForUpdates": False}


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def with_few_iterations(source: str) -> str:
    """Return a cell that trains for a moment; what it asserts of the training need not hold."""
    return RUN.sub(rf"\1min({FEW}, \2))", source)


@contextlib.contextmanager
def server(
    root: Path, app: str = "lab", command: list[str] | None = None, **variables: str
) -> Iterator[str]:
    """Serve the notebooks in `root` without a password, on this machine only; yield the address.

    Settings, runtime files and IPython's history live in `root/.home`; `variables` are added to
    the environment of its kernels. A `command` is run in `root`, in the place of one that makes
    `root` the server's root.
    """
    home = root / ".home"
    settings = home / "lab" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS), "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with (home / f"{app}.log").open("wb") as log:
        started = [*command, *APPS[app][1:]] if command else _command(root, app)
        process = subprocess.Popen(
            [*started, *_options(app, port)],
            cwd=root,
            env=_environment(home) | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_for(url, process, log.name)
            yield url
        finally:
            _stop(process)


def _command(root: Path, app: str) -> list[str]:
    where = str(root) if app == "voila" else f"--ServerApp.root_dir={root}"
    return [sys.executable, "-m", *APPS[app], where]


def _options(app: str, port: int) -> list[str]:
    if app == "voila":
        return ["--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    return [
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--LabApp.extension_manager=readonly",
        # The type checker of the test environment is a language server, too: its messages to
        # JupyterLab would cover the page.
        "--LanguageServerManager.autodetect=False",
    ]


def _environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    return os.environ | {
        "PYTHONPATH": path,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _wait_for(url: str, process: subprocess.Popen, log: str) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"no server at {url}:\n{Path(log).read_text('utf-8')[-3000:]}")


def _stop(process: subprocess.Popen) -> None:
    """End the server, which ends its kernels; if it does not, end it the hard way."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def look_for_chromium() -> None:
    """Skip a test, or fail it in CI, where neither this machine nor Playwright has a Chromium."""
    with sync_playwright() as playwright:
        if shutil.which("chromium") or Path(playwright.chromium.executable_path).exists():
            return
    stop = pytest.fail if os.environ.get("CI") else pytest.skip
    stop("no Chromium: install the system's, or `python -m playwright install chromium`")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Yield the Chromium of this machine, or else the one that Playwright has installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_OPTIONS
        )
        try:
            yield browser
        finally:
            browser.close()


def open_notebook(
    browser: Browser, url: str, width: int = 1200, height: int = 1400, **device
) -> Page:
    """Open a notebook of JupyterLab (/doc/tree/…) or Notebook 7 (/notebooks/…), kernel ready."""
    page = browser.new_page(viewport={"width": width, "height": height}, **device)
    visit(page, url)
    return page


def visit(page: Page, url: str) -> None:
    """Open a notebook in a page that is there, kernel ready."""
    page.goto(url)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.evaluate(
        """async () => {
            const notebook = window.jupyterapp.shell.currentWidget;
            await notebook.context.ready;
            await notebook.context.sessionContext.ready;
            await notebook.context.sessionContext.session.kernel.info;
        }"""
    )


def run_all(page: Page) -> None:
    """Run all cells, and wait until the kernel has finished them."""
    command(page, "notebook:run-all-cells")


def run_cell(page: Page, number: int) -> None:
    """Run one cell, and wait for it."""
    page.evaluate(
        "n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", number
    )
    command(page, "notebook:run-cell")


def command(page: Page, name: str) -> None:
    """Execute a command of JupyterLab, and wait until it is done."""
    page.evaluate("name => window.jupyterapp.commands.execute(name)", name)


def kernel_says(page: Page, expression: str) -> str:
    """Return the `str` of an expression that the notebook's kernel evaluates."""
    return page.evaluate(
        """async code => {
            const context = window.jupyterapp.shell.currentWidget.context;
            const kernel = context.sessionContext.session.kernel;
            let text = '';
            const future = kernel.requestExecute({code: `print(${code})`, store_history: false});
            future.onIOPub = m => { if (m.header.msg_type === 'stream') text += m.content.text; };
            await future.done;
            return text.trim();
        }""",
        expression,
    )


def wait_until_kernel_says(page: Page, expression: str, wanted: str) -> None:
    """Wait until the kernel evaluates an expression to `wanted`.

    Needed after anything that is done in the page: what that sends, the kernel hears in a thread of
    its own, and so perhaps later than a question that was asked later.
    """
    for _ in range(100):
        if (found := kernel_says(page, expression)) == wanted:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{expression}: {found}, not {wanted}")


def memory(session) -> float:
    """Return how much a page's scripts hold, in MB."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 2**20


def rgb(colour: str) -> list[int]:
    """Return a colour, "#rrggbb", as a page's pixels have it."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
