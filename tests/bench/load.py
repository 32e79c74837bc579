"""Load from h2load (package nghttp2-client), which runs beside the server, on the other core.

It looks at no answer, so whoever uses it checks one of each kind first.
"""

import re
import shutil
import struct
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

IN_FLIGHT = 64
MISSING = "needs h2load (package nghttp2-client)"
GRPC, JSON = "application/grpc", "application/json"


def is_installed() -> bool:
    """Whether there is h2load."""
    return shutil.which("h2load") is not None


def framed(message: bytes) -> bytes:
    """A message as gRPC frames it: not compressed, its length, itself."""
    return b"\0" + struct.pack(">I", len(message)) + message


def load(
    url: str,
    body: Path,
    seconds: float,
    in_flight: int = IN_FLIGHT,
    content_type: str = GRPC,
    more: Sequence[str] = (),
) -> float:
    """Requests a second that were answered; `more` are further headers."""
    headers = [f"content-type: {content_type}", "te: trailers", *more]
    done = subprocess.run(
        [
            *(
                "h2load",
                "-c",
                "1",
                "-m",
                str(in_flight),
                "-D",
                f"{seconds * 1000:.0f}ms",
                "-t",
                "1",
            ),
            *("-d", str(body)),
            *(word for header in headers for word in ("-H", header)),
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"([\d.]+) req/s", done.stdout)
    failed = re.search(r"(\d+) failed", done.stdout)
    if not (found and failed) or failed[1] != "0":
        raise RuntimeError(done.stdout)
    return float(found[1])


def load_all(
    url: str,
    bodies: Sequence[Path],
    seconds: float,
    content_type: str = GRPC,
    more: Sequence[str] = (),
) -> float:
    """The same with several bodies at once, each from a connection of its own."""
    each = partial(
        load,
        url,
        seconds=seconds,
        in_flight=max(1, IN_FLIGHT // len(bodies)),
        content_type=content_type,
        more=more,
    )
    with ThreadPoolExecutor(len(bodies)) as pool:
        return sum(pool.map(each, bodies))
