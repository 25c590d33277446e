"""How Voilà serves the chapters without their code: the kernels of visitors who leave end.

python -m pip install voila
python -m voila notebooks --Voila.config_file_paths=classroom/voila

A page that is closed says so to the server by a beacon, which cannot carry the token that the
server asks for against forged requests: so it would be refused, and the kernel would live on. What
could be forged without that token is that a kernel ends, by somebody who knows its random name.
"""

c = get_config()  # noqa: F821, Voilà's own  # pyright: ignore[reportUndefinedVariable]

c.Voila.tornado_settings = {"disable_check_xsrf": True}

# A browser that crashed says nothing. Its kernel ends ten minutes after the last thing that it did.
c.MappingKernelManager.cull_idle_timeout = 600
c.MappingKernelManager.cull_interval = 60
c.MappingKernelManager.cull_connected = False
