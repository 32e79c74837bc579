"""Runs on a bare machine: starts `make demo`, and judges the first answers of its doors.

Its last line on standard output says what it found; its exit status is 0 if all is well.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

WAIT_S = 240.0
ENRAYON = ".venv/bin/enrayon"
DOOR = "http://127.0.0.1:8080"
GRPC_PORT = 50051


def main() -> int:
    """Start it, ask, stop it."""
    process = subprocess.Popen(
        ["make", "demo"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout
    deadline = time.monotonic() + WAIT_S
    with ThreadPoolExecutor() as threads:
        try:
            by_json = threads.submit(first_by_json, deadline)
            by_command = threads.submit(first_by_command, deadline)
            lines = threads.submit(process.stdout.read)
            counts = (len(by_json.result()["stores"]), len(by_command.result()["stores"]))
            ready = urllib.request.urlopen(f"{DOOR}/readyz", timeout=10).status
            doctor = subprocess.run([ENRAYON, "doctor"], capture_output=True, text=True)
        finally:
            os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
    said = lines.result()
    faults = [
        *(["the first answer of a door holds no store"] if 0 in counts else []),
        *([f"/readyz answers {ready}"] if ready != 200 else []),
        *([f"doctor finds:\n{doctor.stdout}"] if doctor.returncode else []),
        *([f"it did not stop in order; it said:\n{said}"] if "stopped" not in said else []),
    ]
    json_count, command_count = counts
    print(*faults, sep="\n", file=sys.stderr)
    print(f"{json_count} stores in the first answer of JSON, {command_count} in the command's")
    return int(bool(faults))


def first_by_json(deadline: float) -> Any:
    """The first answer of the JSON door."""
    address = f"{DOOR}/v1/stores:findNearest?origin.place=Rautatientori&page_size=3"
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503:  # which says that it is not ready
                raise
        except OSError:
            pass
        wait(deadline)


def first_by_command(deadline: float) -> Any:
    """The first answer of the command, run as soon as the services listen."""
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", GRPC_PORT)):
            break
        wait(deadline)
    words = [ENRAYON, "nearest", "Rautatientori", "--limit", "3", "--json"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wait(deadline: float) -> None:
    """Let some time pass.

    Raises:
        TimeoutError: it took too long.
    """
    if time.monotonic() > deadline:
        raise TimeoutError(f"no answer in {WAIT_S:.0f} s")
    time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
