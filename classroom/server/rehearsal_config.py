"""The class's hub on this machine alone, for `rehearse.py`, which sets the environment."""

import os
import secrets
from pathlib import Path

c = get_config()  # noqa: F821, JupyterHub's own
load_subconfig(str(Path(__file__).with_name("jupyterhub_config.py")))  # noqa: F821

PLACE, PORT = os.environ["REHEARSAL_PLACE"], int(os.environ["REHEARSAL_PORT"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.JupyterHub.db_url = f"sqlite:///{PLACE}/hub.sqlite"
c.JupyterHub.cookie_secret_file = f"{PLACE}/cookie_secret"
c.SharedPasswordAuthenticator.user_password = secrets.token_hex()

# Without systemd, as whoever rehearses: nothing enforces the limits, the rehearsal measures them.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = PLACE + "/home/{username}"
c.Spawner.args = [*c.Spawner.args, "--allow-root", "--LanguageServerManager.autodetect=False"]

c.JupyterHub.services = [
    *c.JupyterHub.services,
    {"name": "rehearsal", "api_token": os.environ["REHEARSAL_TOKEN"]},
]
c.JupyterHub.load_roles = [
    *c.JupyterHub.load_roles,
    {
        "name": "rehearsal",
        "services": ["rehearsal"],
        "scopes": ["admin:users", "admin:servers", "access:servers"],
    },
]
