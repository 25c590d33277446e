"""JupyterHub for a class on one Linux machine with systemd; README.md says how to set it up.

`rehearsal_config.py` loads this file and changes where it listens and who starts the servers.
"""

import os
import sys
from urllib.parse import urlencode

c = get_config()  # noqa: F821, JupyterHub's own

COURSE = os.environ.get("GAN_EDU_COURSE", "https://github.com/gan-edu/gan-edu")
MNIST = os.environ.get("GAN_EDU_MNIST", "/srv/gan_edu/mnist")  # its four files, for all to read
FIRST = "lab/tree/gan-edu/notebooks/00_forger_and_detective.ipynb"

# The world sees a web server with a certificate, and that one alone sees this.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# Whoever knows the class's password may come, under any name, also a neighbour's: nothing that is
# kept here is private. For more, take your university's login: jupyterhub.readthedocs.io has the
# authenticators. "lecturer" alone, with a password of 32 letters or more, administers the hub.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ.get("CLASS_PASSWORD", "")
c.SharedPasswordAuthenticator.admin_password = os.environ.get("ADMIN_PASSWORD", "")
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"lecturer"}

# Each server is a systemd unit with a user, a home and limits of its own.
c.JupyterHub.spawner_class = "systemd"
c.SystemdSpawner.dynamic_users = True
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.readonly_paths = [MNIST]
c.Spawner.mem_limit = "1G"
c.Spawner.cpu_limit = 1.0
c.Spawner.environment = {
    # A link may name any repository, and any folder of the home as its place: also one from which
    # kernels run what they find. So git has one address, and all others lead nowhere.
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": f"url.{COURSE}.insteadOf",
    "GIT_CONFIG_VALUE_0": COURSE,
    "GIT_CONFIG_KEY_1": "url.https://nowhere.invalid/.insteadOf",
    "GIT_CONFIG_VALUE_1": "",  # the beginning of every address
    "GAN_EDU_MNIST": MNIST,
    "OMP_NUM_THREADS": "1",  # tiny networks are quickest on one thread, and thirty share the cores
    "MALLOC_ARENA_MAX": "1",  # what a figure or a game has freed goes back to the machine: 30 MB
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
}

# Thirty people click at once. Four start, the others wait, and nobody is told to try again.
c.JupyterHub.concurrent_spawn_limit = 4
c.JupyterHub.spawn_throttle_retry_range = (5, 15)
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 180

# The first page pulls the course into the learner's home, keeps what was changed there, opens it.
c.Spawner.default_url = "/git-pull?" + urlencode({"repo": COURSE, "urlpath": FIRST})
c.Spawner.cmd = [os.path.join(os.path.dirname(sys.executable), "jupyterhub-singleuser")]
c.Spawner.args = [
    # A kernel that nobody uses ends after half an hour, if its notebook is closed.
    "--MappingKernelManager.cull_idle_timeout=1800",
    "--MappingKernelManager.cull_interval=120",
]

# A server that nobody uses ends after two hours: what was saved stays in the home.
c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=7200"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "services": ["culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
