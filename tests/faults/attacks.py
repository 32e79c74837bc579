"""What one hostile address sends, in a process of its own, on one core, bounded in count and time.

`python -m tests.faults.attacks NAME PORT ADDRESS SECONDS [METRICS]` sends from an address of
127.0.0.0/8 to a port of this machine, and prints what became of it.
"""

import contextlib
import http.client
import importlib
import itertools
import os
import random
import re
import resource
import selectors
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS = 0, 1, 3, 4
END_STREAM, END_HEADERS = 1, 4
CANCEL = 8
GET_STORE = "/enrayon.stores.v1.StoresService/GetStore"
HEALTH_WATCH = "/grpc.health.v1.Health/Watch"
EMPTY = b"\0" * 5
"""A message of gRPC without a byte."""
STREAMS = 100
"""Streams of a connection, the most that the edge allows."""
MESSAGE = b"\x0a\x10stores/osm-12345"
"""A GetStoreRequest."""


def main() -> None:
    """Attack for as long as told, then print the outcome."""
    name, port, address, seconds = sys.argv[1:5]
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.setpriority(os.PRIO_PROCESS, 0, 0)  # usual, where the suite has a higher one
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if name in ("dearest", "pictures"):
        importlib.import_module("tests.support.dearest")  # takes seconds
    print("begun", flush=True)
    outcome = ATTACKS[name](int(port), address, time.monotonic() + float(seconds))
    print(", ".join(f"{what} {count:,}" for what, count in outcome.items()), flush=True)


def bodies(port: int, address: str, end_s: float) -> Counter[str]:
    """1,100 gRPC calls over 11 connections whose message never comes, a byte now and then."""
    count: Counter[str] = Counter()
    for _ in _rounds(end_s, pause_s=1.0, most=100):
        for _ in range(11):
            connection = _http2(port, address)
            if connection is None:
                count["connections refused"] += 1
                continue
            for number in range(STREAMS):
                stream = 2 * number + 1
                connection.send(_headers(stream) + _frame(DATA, 0, stream, b"\0"))
                count["calls begun"] += 1
            _held.append(connection)
        for connection in _held:
            with contextlib.suppress(OSError):
                for number in range(STREAMS):
                    connection.send(_frame(DATA, 0, 2 * number + 1, b"\0"))
    return count


def posts(port: int, address: str, end_s: float) -> Counter[str]:
    """1,100 POSTs of JSON whose body never comes."""
    count: Counter[str] = Counter()
    head = (
        b"POST /v1/stores:findNearest HTTP/1.1\r\nhost: localhost\r\n"
        b"content-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    for _ in _rounds(end_s, pause_s=1.0, most=100):
        _drop_closed()
        while len(_held) < 1100:
            connection = _connection(port, address)
            if connection is None:
                count["connections refused"] += 1
                break
            with contextlib.suppress(OSError):
                connection.send(head)
            _held.append(connection)
            count["POSTs begun"] += 1
        for connection in _held:
            with contextlib.suppress(OSError):
                connection.send(b" ")
    return count


def idle(port: int, address: str, end_s: float) -> Counter[str]:
    """10,050 connections that send nothing; those that are closed are opened again."""
    count: Counter[str] = Counter()
    for _ in _rounds(end_s, pause_s=0.2, most=100):
        _drop_closed()
        for _ in range(10_050 - len(_held)):
            connection = _connection(port, address)
            if connection is None:
                count["refused"] += 1
                break
            _held.append(connection)
            count["opened"] += 1
            if time.monotonic() > end_s:
                break
        _drop_closed()
        count["open at once"] = max(count["open at once"], len(_held))
    return count


def watches(port: int, address: str, end_s: float) -> Counter[str]:
    """800 streams of health, and 90 calls whose message never comes."""
    count: Counter[str] = Counter()
    for _ in _rounds(end_s, pause_s=0.2, most=100):
        _drop_closed()
        while len(_held) < 10:
            connection = _http2(port, address)
            if connection is None:
                count["connections refused"] += 1
                break
            for number in range(STREAMS):
                stream = 2 * number + 1
                if len(_held) < 8:
                    watch = _headers(stream, HEALTH_WATCH) + _frame(DATA, END_STREAM, stream, EMPTY)
                    connection.send(watch)
                    count["streams of health"] += 1
                elif number < 45:
                    connection.send(_headers(stream))
                    count["calls without a message"] += 1
            _held.append(connection)
    return count


def dearest(port: int, address: str, end_s: float) -> Counter[str]:
    """The dearest requests of all methods that strangers may call, four at once."""
    from tests.support.dearest import PLAIN, dearest, listed

    requests = list(dearest(listed(port, address), f"{PLAIN}/floorPlans/demo"))
    random.Random(7).shuffle(requests)
    return _asked(requests, port, address, end_s)


def pictures(port: int, address: str, end_s: float) -> Counter[str]:
    """Pictures of a floor plan with a walk of 100, four at once."""
    from tests.support.dearest import PLAIN, dearest

    found = dearest(["stores/-"], f"{PLAIN}/floorPlans/demo")
    pictures = [dear for dear in found if dear.path.endswith("/RenderFloorPlan")]
    return _asked(pictures, port, address, end_s)


def _asked(requests: Sequence[Any], port: int, address: str, end_s: float) -> Counter[str]:
    """Ask by gRPC-Web; counts the answers by their code."""
    count: Counter[str] = Counter()

    def ask(first: int) -> None:
        for number in itertools.count(first, 4):
            if time.monotonic() > end_s:
                return
            dear = requests[number % len(requests)]
            message = dear.request.SerializeToString()
            connection = http.client.HTTPConnection(
                "127.0.0.1", port, 30, source_address=(address, 0)
            )
            body = b"\0" + struct.pack(">I", len(message)) + message
            try:
                connection.request(
                    "POST", dear.path, body, {"content-type": "application/grpc-web+proto"}
                )
                answer = connection.getresponse()
                end = answer.read()[-300:]
            except OSError:
                count["broken"] += 1
                continue
            finally:
                connection.close()
            code = answer.headers.get("grpc-status") or re.findall(rb"grpc-status:\s*(\d+)", end)
            is_well = code in ("0", [b"0"])
            count["answered" if is_well else "refused"] += 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, range(4)))
    return count


def resets(port: int, address: str, end_s: float) -> Counter[str]:
    """Complete calls that are reset at once, 20,000 at the most."""
    count: Counter[str] = Counter()
    for _ in _rounds(end_s, pause_s=0.0, most=2_000):
        connection = _http2(port, address)
        if connection is None:
            count["connections refused"] += 1
            time.sleep(0.05)
            continue
        with contextlib.suppress(OSError):
            count["connections"] += 1
            for number in range(1000):
                stream = 2 * number + 1
                message = b"\0" + struct.pack(">I", len(MESSAGE)) + MESSAGE
                connection.sendall(
                    _headers(stream)
                    + _frame(DATA, END_STREAM, stream, message)
                    + _frame(RESET, 0, stream, struct.pack(">I", CANCEL))
                )
                count["streams reset"] += 1
                if count["streams reset"] >= 20_000:
                    return count
        connection.close()
    return count


def nothing(port: int, address: str, end_s: float) -> Counter[str]:
    """Only takes the processor, as every attack may."""
    del port, address
    while time.monotonic() < end_s:
        pass
    return Counter()


ATTACKS: dict[str, Callable[[int, str, float], Counter[str]]] = {
    attack.__name__: attack
    for attack in (nothing, bodies, posts, idle, watches, dearest, pictures, resets)
}
_held: list[socket.socket] = []


def _rounds(end_s: float, pause_s: float, most: int) -> Iterator[int]:
    for number in range(most):
        if time.monotonic() > end_s:
            return
        yield number
        time.sleep(pause_s)


def _connection(port: int, address: str) -> socket.socket | None:
    connection = socket.socket()
    try:
        connection.settimeout(2)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", port))
    except OSError:
        connection.close()
        return None
    return connection


def _http2(port: int, address: str) -> socket.socket | None:
    connection = _connection(port, address)
    if connection:
        with contextlib.suppress(OSError):
            connection.sendall(PREFACE + _frame(SETTINGS, 0, 0, b""))
    return connection


def _drop_closed() -> None:
    """Forget the connections that the server has closed."""
    with selectors.PollSelector() as selector:
        for connection in _held:
            selector.register(connection, selectors.EVENT_READ)
        readable: list[socket.socket] = [key.fileobj for key, _ in selector.select(0)]  # type: ignore[misc]
    for connection in readable:
        with contextlib.suppress(OSError):
            if connection.recv(65_536):
                continue
        connection.close()
    _held[:] = [connection for connection in _held if connection.fileno() >= 0]


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame of HTTP/2 (RFC 9113, section 4.1)."""
    return (
        struct.pack(">I", len(payload))[1:]
        + bytes([kind, flags])
        + struct.pack(">I", stream)
        + payload
    )


def _headers(stream: int, path: str = GET_STORE) -> bytes:
    """The request headers of a gRPC call, as literals (RFC 7541, section 6.2.2)."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    block = b"".join(
        b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in fields.items()
    )
    return _frame(HEADERS, END_HEADERS, stream, block)


if __name__ == "__main__":
    main()
