"""The program of a pool's child: it reads functions with arguments, and writes their results."""

import os
import pickle
import struct
import sys
import time
from typing import Any

HEAD = struct.Struct("<Q")
"""The number of bytes that follow."""
NICENESS = 5
"""So that calls which take less come first."""


def main() -> None:
    """Work until the input ends."""
    os.nice(NICENESS)
    requests, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no result
    while len(head := requests.read(HEAD.size)) == HEAD.size:
        answer = answered(requests.read(*HEAD.unpack(head)))
        results.write(HEAD.pack(len(answer)) + answer)
        results.flush()


def answered(request: bytes) -> bytes:
    """Whether a function returned, and its result; or what it raised; and its time."""
    outcome: tuple[bool, Any]
    began_s = time.process_time()
    try:
        function, args, kwargs = pickle.loads(request)  # noqa: S301 of our own parent
        outcome = True, function(*args, **kwargs)
    except Exception as error:
        outcome = False, error
    try:
        return pickle.dumps((*outcome, time.process_time() - began_s))
    except Exception as error:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), 0.0))


if __name__ == "__main__":
    main()
