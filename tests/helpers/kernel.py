"""A real kernel for tests: what is drawn in it is sent, as in a notebook that is open."""

from pathlib import Path

from jupyter_client.manager import start_new_kernel


class Kernel:
    """A kernel that runs code as one cell or another of a notebook."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(cwd=str(Path(__file__).parents[2]))

    def run(self, code: str, cell: str | None = None) -> str:
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        metadata = {} if cell is None else {"cellId": cell}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        text = ""
        idle = False
        while not idle:
            reply = self.client.get_iopub_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                kind = reply["msg_type"]
                body = reply["content"]
                assert kind != "error", "\n".join(body["traceback"])
                text += body["text"] if kind == "stream" else ""
                idle = kind == "status" and body["execution_state"] == "idle"
        self.client.get_shell_msg(timeout=60)
        return text

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
