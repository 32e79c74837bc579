"""A real Valkey whose time is the run's, asked one command at a time; and its crashes."""

import functools
import mmap
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import hiredis

from services.chassis.database.embedded import OPTIONS, server_binary
from services.chassis.processes.lifeline import lifeline

SHIM = Path(__file__).with_name("database_clock.c")
"""Source of the library that gives the server the time of the run."""
FIXED = {
    **OPTIONS,  # the files lie in memory; a crash cuts them as the run says
    "port": "0",
    "hash-seed": "enrayon",
    "activerehashing": "no",
    "auto-aof-rewrite-percentage": "0",
    "io-threads": "1",
}


@functools.cache
def shim(folder: Path) -> Path:
    """The library, compiled once.

    Debian's libfaketime would do as well for the time, but not for the server's steady clock, its
    generators and its hash seeds; and it is one program more to install.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("a simulation needs a C compiler, by the name cc")
    library = folder / "database_clock.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SHIM), "-ldl"]
    subprocess.run(command, check=True)
    return library


class Session:
    """One connection to the server."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self.is_closed = False

    def run(self, command: bytes) -> bytes:
        """Run one packed command; answers the bytes of its reply.

        Raises:
            ConnectionError: the server has ended.
        """
        self._socket.sendall(command)
        reader, chunks = hiredis.Reader(notEnoughData=Session), []
        while reader.gets() is Session:
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                raise ConnectionError("the database has ended")
            reader.feed(chunk)
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close the connection."""
        self.is_closed = True
        self._socket.close()


class Database:
    """The server of one run."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._folder = folder
        self._library = library
        self._path = folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        with (folder / "clock").open("w+b") as file:
            file.write(bytes(8))
            file.flush()
            self._clock = mmap.mmap(file.fileno(), 8)
        self._sessions: list[Session] = []
        self.place = 0
        """Bytes of the log: the place of the last change."""

    @property
    def is_up(self) -> bool:
        """True while it runs."""
        return self._process is not None

    @property
    def log(self) -> Path:
        """The file to which changes are appended."""
        return self._folder / "appendonlydir" / "appendonly.aof.1.incr.aof"

    def changes(self) -> bytes:
        """What has come to the log since this was asked last: the commands that changed keys."""
        chunk = os.pread(self._log, 1 << 24, self.place)
        self.place += len(chunk)
        return chunk

    def set_time(self, microseconds: int) -> None:
        """Set its time, since 1970."""
        self._clock[:8] = struct.pack("<q", microseconds)

    def everything(self) -> bytes:
        """The whole log."""
        return self.log.read_bytes()

    def start(self) -> None:
        """Start it with what its files hold."""
        options = {"dir": str(self._folder), "unixsocket": str(self._path), **FIXED}
        options["logfile"] = str(self._folder / "log")
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        environment = {
            "LD_PRELOAD": str(self._library),
            "SIMULATED_CLOCK": str(self._folder / "clock"),
        }
        self._process = subprocess.Popen(
            lifeline([str(server_binary()), *words, "--enable-debug-command", "yes"]),
            env=environment,
            stderr=subprocess.DEVNULL,  # it says that it cannot read the processor's counter
        )
        while True:
            try:
                session = Session(self._path)
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()[-2000:]) from None
                time.sleep(0.001)
                continue
            if session.run(packed("PING")).startswith(b"+PONG"):  # else it is loading
                session.run(packed("DEBUG", "SET-ACTIVE-EXPIRE", "0"))
                break
            session.close()
        self._sessions.append(session)
        self._own = session
        self._log = os.open(self.log, os.O_RDONLY)
        self.place = 0
        self.changes()

    def connect(self) -> Session:
        """A connection to it."""
        session = Session(self._path)
        self._sessions.append(session)
        return session

    def ask(self, *words: str | bytes | int) -> object:
        """What it answers to a command of the run itself; nodes have sessions of their own."""
        reader = hiredis.Reader()
        reader.feed(self._own.run(packed(*words)))
        answer = reader.gets()
        if isinstance(answer, hiredis.ReplyError):
            raise answer
        return answer

    def stop(self) -> None:
        """Kill it; what it has written stays."""
        for session in self._sessions:
            session.close()
        self._sessions.clear()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._log)
            self._path.unlink(missing_ok=True)

    def crash(self, kept: int) -> int:
        """Kill it and keep so many bytes of its log; answers how many are gone."""
        self.stop()
        os.truncate(self.log, kept)
        return self.place - kept


def packed(*words: str | bytes | int) -> bytes:
    """The bytes of a command."""
    return bytes(hiredis.pack_command(words))


def commands_of(data: bytes) -> Sequence[bytes]:
    """The commands in what a client sends, each in its bytes."""
    found, at = [], 0
    while at < len(data):
        begin, at = at, data.index(b"\r\n", at)
        count, at = int(data[begin + 1 : at]), at + 2
        for _ in range(count):
            end = data.index(b"\r\n", at)
            at = end + 2 + int(data[at + 1 : end]) + 2
        found.append(data[begin:at])
    return found


def words_of(command: bytes) -> list[bytes]:
    """The words of a packed command."""
    reader = hiredis.Reader()
    reader.feed(command)
    words = reader.gets()
    assert isinstance(words, list)
    return words
