"""The course in a browser, without an installation (tools/lite): what is different there."""

import sys
from typing import Any

HERE = sys.platform == "emscripten"


def beside_the_page(name: str) -> bytes | None:
    """Return one of the files that the page has put beside it for the course, None if it has not.

    Raises OSError where there is no network.
    """
    import js  # pyright: ignore[reportMissingImports]  # only in a browser

    request: Any = js.XMLHttpRequest.new()
    request.open("GET", f"{js.location.href.partition('/extensions/')[0]}/data/{name}", False)
    request.responseType = "arraybuffer"
    request.send()
    return request.response.to_py().tobytes() if request.status == 200 else None
