"""A child that dies with its parent, so that `kill -9` of a parent leaves no orphan (Linux).

`lifeline(argv)` is the command for it: this file, run as a script in place of the program, asks
the kernel for a signal on the parent's death (prctl(2), PR_SET_PDEATHSIG) and becomes the program.
It costs 9 ms, and unlike a `preexec_fn` it runs no Python between fork and exec.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def lifeline(argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` (the program by its path) until this process ends.

    The kernel signals at the end of the thread that forks: only the main thread may start it.
    Systems other than Linux have no such signal; there the command is `argv` itself.
    """
    if sys.platform != "linux":
        return list(argv)
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("start children from the main thread: they end with the thread")
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def _become(parent: int, argv: list[str]) -> None:
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the signal was asked for
        sys.exit(1)
    try:
        os.execv(argv[0], argv)  # noqa: S606 no shell is wanted
    except OSError as error:
        sys.exit(f"cannot run {argv[0]}: {error.strerror}")


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
