"""The network between nodes and their database: what is lost, late or cut, by the seed.

A connection keeps its order, as TCP does; connections overtake one another. A command that was sent
arrives even when its sender has died or has given up waiting, unless the network lost it.
"""

import asyncio
import bisect
import enum
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.chassis.database.connections import Sending
from tests.simulation.database import Database, Session, commands_of, packed, words_of

if TYPE_CHECKING:
    from tests.simulation.trace import Trace

NOTHING = (b"*-1\r\n", b"_\r\n")
"""Replies of a read that found no entries, by the versions of the protocol."""

CONNECT_S = 1.0
"""Time after which a node gives up connecting."""


class Fate(enum.Enum):
    """What becomes of one packet of commands."""

    WELL = "well"
    LATE = "late"
    """It arrives after its sender has given up waiting."""
    LOST = "lost before it arrived"
    CUT_AFTER_SEND = "cut after it was sent"
    """The sender sees a broken connection at once; the commands are still on their way."""
    CUT_BEFORE_REPLY = "cut before its reply"
    LONG_ON_THE_WAY = "long on the way"
    """It arrives when others have gone on since."""
    SLOW_REPLY = "its reply is slow"
    SPLIT = "split in two packets"


@dataclass(eq=False)
class Weather:
    """How the network is at present."""

    shares: dict[Fate, float] = field(default_factory=dict)
    """Share of packets that a fate has; the rest go well."""
    delay_s: tuple[float, float] = (0.000_2, 0.002)
    late_s: tuple[float, float] = (0.5, 8.0)
    long_s: tuple[float, float] = (5.0, 40.0)


class Replica:
    """A copy of the database that lags: the part of the log that it has."""

    def __init__(self) -> None:
        self.lag_s = 0.001
        self.frozen_at: int | None = None
        """Place in the log at which it stopped to copy."""
        self._times: list[float] = [0.0]
        self._places: list[int] = [0]
        self._has = 0

    def note(self, now_s: float, place: int) -> None:
        """Note a change of the primary."""
        self._times.append(now_s)
        self._places.append(place)

    def primary(self, at_s: float) -> int:
        """The place in the log that the primary had reached at a time."""
        return self._places[max(0, bisect.bisect_right(self._times, at_s) - 1)]

    def has(self, now_s: float) -> int:
        """The place in the log up to which it has the changes."""
        place = self.primary(now_s - self.lag_s)
        if self.frozen_at is not None:
            place = min(place, self.frozen_at)
        self._has = max(self._has, place)
        return self._has

    def restart(self, now_s: float, place: int) -> None:
        """Begin anew from a place, as the copy of a database that has just started."""
        self._times, self._places, self._has = [now_s], [place], place
        self.frozen_at = None


@dataclass(eq=False)
class Pipe:
    """One connection of a node."""

    node: Any
    number: int
    session: Session
    reader: asyncio.StreamReader
    rng: random.Random
    is_open: bool = True
    """False once the client's end is closed or broken."""
    up_s: float = 0.0
    down_s: float = 0.0
    """When the last packet arrives, each way."""
    place: int = 0
    """In the log: the last change that this connection has made."""


@dataclass(eq=False)
class Blocked:
    """A read that waits for entries."""

    pipe: Pipe
    command: bytes
    keys: list[bytes]
    """Of its streams."""
    timer: asyncio.TimerHandle


class Network:
    """All connections of a run."""

    def __init__(self, loop: asyncio.AbstractEventLoop, database: Database, trace: "Trace") -> None:
        self._loop = loop
        self._database = database
        self._trace = trace
        self.weather = Weather()
        self.replica = Replica()
        self.has_replica = False
        self.cut_off: set[str] = set()
        """Names of nodes whose packets do not reach the database, nor its own them."""
        self.thaws_s = 0.0
        """Until then the database hangs."""
        self.wall_us: Callable[[], int] = lambda: 0
        """The time of the database."""
        self.counts: Counter[Fate] = Counter()
        self.commands = 0
        self.dies_at_next: Callable[[int, int], None] | None = None
        """Called with the place in the log before and after the next change, instead of a reply."""
        self.sent: Callable[[Any, bytes], Fate | None] | None = None
        """Called with a node and what it sends; answers the fate of that, if it has one."""
        self.after: Callable[[bytes], None] = lambda changes: None
        """Called with what a command has changed, as the log has it."""
        self._pipes: list[Pipe] = []
        self._blocked: list[Blocked] = []
        self._numbers: Counter[str] = Counter()

    def restarted(self) -> None:
        """All connections are gone: the database has ended."""
        for pipe in self._pipes:
            self._break(pipe)
        for blocked in self._blocked:
            blocked.timer.cancel()
        self._pipes.clear()
        self._blocked.clear()

    async def open(self, node: Any) -> tuple[asyncio.StreamReader, "Writer"]:
        """A connection of a node to the database.

        Raises:
            ConnectionRefusedError: the database is down.
        """
        await asyncio.sleep(0.000_5)
        if node.name in self.cut_off:
            await asyncio.sleep(CONNECT_S)
            raise ConnectionRefusedError("the database is out of reach")
        if not self._database.is_up or node.is_dead:
            raise ConnectionRefusedError("the database is down")
        self._numbers[node.name] += 1
        number = self._numbers[node.name]
        rng = random.Random(f"{node.seed} {node.name} {number}")
        reader = asyncio.StreamReader(loop=self._loop)
        pipe = Pipe(node, number, self._database.connect(), reader, rng)
        self._pipes.append(pipe)
        return reader, Writer(self, pipe)

    def send(self, pipe: Pipe, data: bytes) -> None:
        """A client sends commands in one packet."""
        if not pipe.is_open:
            return  # as a socket that its peer has closed: the next read fails
        if pipe.node.name in self.cut_off:
            return  # nobody is told: the sender gives up waiting
        commands = list(commands_of(data))
        fate = (self.sent and self.sent(pipe.node, data)) or self._fate(pipe)
        self.counts[fate] += 1
        if fate is Fate.LOST:
            self._later(pipe, self._break)
            return
        if fate is Fate.SPLIT and len(commands) > 1:
            cut = pipe.rng.randrange(1, len(commands))
            self._dispatch(pipe, commands[:cut], Fate.WELL)
            self._dispatch(pipe, commands[cut:], Fate.LATE)
            return
        self._dispatch(pipe, commands, fate)
        if fate is Fate.CUT_AFTER_SEND:
            self._break(pipe)

    def close(self, pipe: Pipe) -> None:
        """The client closes its end; what it has sent still arrives."""
        pipe.is_open = False
        for blocked in [each for each in self._blocked if each.pipe is pipe]:
            blocked.timer.cancel()
            self._blocked.remove(blocked)
        if pipe in self._pipes:
            self._pipes.remove(pipe)

    def _fate(self, pipe: Pipe) -> Fate:
        drawn = pipe.rng.random()
        for fate, share in self.weather.shares.items():
            if drawn < share:
                return fate
            drawn -= share
        return Fate.WELL

    def _delay_s(self, pipe: Pipe) -> float:
        return pipe.rng.uniform(*self.weather.delay_s)

    def _dispatch(self, pipe: Pipe, commands: list[bytes], fate: Fate) -> None:
        delay_s = self._delay_s(pipe)
        if fate is Fate.LATE or (fate is Fate.CUT_AFTER_SEND and pipe.rng.random() < 0.5):
            delay_s += pipe.rng.uniform(*self.weather.late_s)
        if fate is Fate.LONG_ON_THE_WAY:
            delay_s += pipe.rng.uniform(*self.weather.long_s)
        pipe.up_s = max(pipe.up_s, self._loop.time() + delay_s)
        self._loop.call_at(pipe.up_s, self._arrive, pipe, commands, fate)

    def _arrive(self, pipe: Pipe, commands: list[bytes], fate: Fate) -> None:
        now_s = self._loop.time()
        if not self._database.is_up or pipe.session.is_closed:
            return
        if now_s < self.thaws_s:
            self._loop.call_at(self.thaws_s, self._arrive, pipe, commands, fate)
            return
        replies: list[bytes] = []
        for number, command in enumerate(commands):
            words = words_of(command)
            name = words[0].upper()
            if name == b"WAIT" and self.has_replica:
                self._reply(pipe, replies, fate)
                self._wait(pipe, int(words[1]), now_s + int(words[2]) / 1000)
                rest = commands[number + 1 :]
                assert not rest, "nothing follows WAIT"
                return
            if name == b"XREAD" and b"BLOCK" in words[:5]:
                at = words.index(b"BLOCK")
                found = self.run(pipe, packed(*words[:at], *words[at + 2 :]))
                if found in NOTHING:
                    again = packed(*words[:at], *words[at + 2 :])
                    keys = words[words.index(b"STREAMS") + 1 :]
                    keys = keys[: len(keys) // 2]
                    self._block(pipe, again, keys, found, int(words[at + 1]) / 1000)
                    continue
                replies.append(found)
                continue
            replies.append(self.run(pipe, command))
            if self._has_died():
                return
        self._reply(pipe, replies, fate)

    def _has_died(self) -> bool:
        """True if the last command was the last of the database."""
        return not self._database.is_up

    def run(self, pipe: Pipe, command: bytes) -> bytes:
        """Run one command, while the time stands."""
        self.commands += 1
        self._database.set_time(self.wall_us())
        if b"BGREWRITEAOF" in command[:30]:  # the run reads the log, and cuts it
            return b"+Background append only file rewriting started\r\n"
        reply = pipe.session.run(command)
        shown = b"" if command[4:].startswith((b"$4\r\nINFO", b"$5\r\nHELLO")) else reply
        self._trace.add(self._loop.time(), pipe.node.name, pipe.number, command, shown)
        before = self._database.place
        changes = self._database.changes()
        if changes and self.dies_at_next:
            die, self.dies_at_next = self.dies_at_next, None
            die(before, self._database.place)
            return b""
        if changes:
            pipe.place = self._database.place
            self.replica.note(self._loop.time(), pipe.place)
            self.after(changes)
            if b"XADD" in changes:
                self._wake(changes)
        return reply

    def _wait(self, pipe: Pipe, wanted: int, until_s: float) -> None:
        """Answer WAIT once the replica has what this connection wrote, or the time is over."""
        now_s = self._loop.time()
        has_all = self.replica.has(now_s) >= pipe.place
        if has_all or now_s >= until_s:
            self._reply(pipe, [b":%d\r\n" % (1 if has_all else 0)], Fate.WELL)
        elif self._database.is_up and not pipe.session.is_closed:
            self._loop.call_later(0.001, self._wait, pipe, wanted, until_s)

    def _block(
        self, pipe: Pipe, command: bytes, keys: list[bytes], nothing: bytes, wait_s: float
    ) -> None:
        def give_up() -> None:
            self._blocked.remove(blocked)
            self._reply(pipe, [nothing], Fate.WELL)

        blocked = Blocked(pipe, command, keys, self._loop.call_later(wait_s, give_up))
        self._blocked.append(blocked)

    def _wake(self, changes: bytes) -> None:
        """Try the blocked reads of changed streams again."""
        for blocked in list(self._blocked):
            if not any(key in changes for key in blocked.keys):
                continue
            found = self.run(blocked.pipe, blocked.command)
            if self._database.is_up and found not in NOTHING:
                blocked.timer.cancel()
                self._blocked.remove(blocked)
                self._reply(blocked.pipe, [found], Fate.WELL)

    def _reply(self, pipe: Pipe, replies: list[bytes], fate: Fate) -> None:
        if not replies or not pipe.is_open:
            return
        if fate is Fate.CUT_BEFORE_REPLY:
            self._later(pipe, self._break)
            return
        delay_s = self._delay_s(pipe)
        if fate is Fate.SLOW_REPLY:
            delay_s += pipe.rng.uniform(*self.weather.late_s)
        pipe.down_s = max(pipe.down_s, self._loop.time() + delay_s)
        self._loop.call_at(pipe.down_s, self._receive, pipe, b"".join(replies))

    def _receive(self, pipe: Pipe, data: bytes) -> None:
        if pipe.is_open and not pipe.node.is_dead and pipe.node.name not in self.cut_off:
            pipe.reader.feed_data(data)

    def _later(self, pipe: Pipe, act: Callable[[Pipe], None]) -> None:
        self._loop.call_later(self._delay_s(pipe), act, pipe)

    def _break(self, pipe: Pipe) -> None:
        """The client's end sees that the connection is cut."""
        if pipe.is_open:
            pipe.is_open = False
            pipe.reader.feed_eof()


class Writer:
    """The end of a connection at which its client writes."""

    def __init__(self, network: Network, pipe: Pipe) -> None:
        self._network = network
        self._pipe = pipe

    def writelines(self, parts: list[bytes]) -> None:
        """Send."""
        if not self._pipe.node.is_dead:
            self._network.send(self._pipe, b"".join(parts))

    async def drain(self) -> None:
        """Return: the network takes all."""

    def close(self) -> None:
        """Close the connection."""
        self._network.close(self._pipe)

    async def wait_closed(self) -> None:
        """Return."""


class Wire(Sending):
    """A connection of redis-py over the network of a run."""

    def __init__(self, *, network: Network, node: Any, **options: Any) -> None:
        super().__init__(**options)
        self._network = network
        self._node = node

    async def _connect(self) -> None:
        self._reader, writer = await self._network.open(self._node)
        self._writer: Any = writer

    def repr_pieces(self) -> list[tuple[str, Any]]:
        """For its text."""
        return [("node", self._node.name)]

    def _host_error(self) -> str:
        return "the simulated network"
