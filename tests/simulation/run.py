"""One run of a plan: its trace, what it covered, and the law that it broke, if it did."""

import asyncio
import contextlib
import functools
import gc
import os
import random
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from enrayon.geofence.v1 import geofence_pb2
from geodata.gazetteer import Gazetteer
from services.chassis import chance, clock
from services.directory.origins import Origins
from services.events import bootstrap as events
from services.events.worker.webhooks import Webhooks
from tests.simulation.clients import Clients, Done
from tests.simulation.coverage import is_writing
from tests.simulation.database import Database, shim
from tests.simulation.endpoints import Endpoint, Posts
from tests.simulation.laws import Broken, Laws
from tests.simulation.loop import NumberedTask, Stuck, VirtualLoop
from tests.simulation.mirror import Mirror
from tests.simulation.network import Fate, Network
from tests.simulation.nodes import Node, set_machine
from tests.simulation.plan import ACTS, MOST_SKEW_S, Plan, Step
from tests.simulation.trace import Trace

ON_THE_WAY = (b"", b"fresh_ms", b"fresh_ms", b"fire", b"held", b"again", b"cancel", b".fired")
"""Parts of commands of workers: any; of a hold that is made; of an alert that fires, gets its hold,
waits on, gives its hold up, is told."""
COMMANDS = {
    "event put off": b"RPUSH\r\n$",
    "event tried again": b"LPOP\r\n$",
    "event dead-lettered": b":dead:",
}
"""What is counted -> what stands in the log of the database then."""
CONTENDED_S = 5.0
"""A hold that is refused so soon after another of the store lost its goods to it."""
LONGEST_WAIT_S = 60.0
"""For a worker to send the command at which it dies."""
SETTLE_S = 60.0
"""Time after the last step, all being well: leases end, and what waits is tried again."""


@dataclass
class Result:
    """What came of a run."""

    seed: int
    digest: str
    broken: str = ""
    """The law that was broken, and how; empty if none was."""
    steps: int = 0
    commands: int = 0
    simulated_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    """Acts by their outcome, faults, fates of packets, transitions of holds."""

    @property
    def law(self) -> str:
        """The name of the law that was broken."""
        return self.broken.partition(":")[0]


@functools.cache
def origins() -> Origins:
    """The gazetteer, loaded once; what is loaded by then, the collector of garbage passes over."""
    loaded = Origins(Gazetteer.load())
    gc.collect()
    gc.freeze()
    return loaded


def run(plan: Plan, *, trace: Trace | None = None) -> Result:
    """Run a plan in this process."""
    trace = trace or Trace()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="enrayon-", dir=memory if memory.is_dir() else None))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(settings_of(plan))
        gc.collect()
        gc.disable()  # when it runs depends on what ran before in this process
        stack.callback(gc.enable)
        NumberedTask.restart()
        life = Life(plan, folder, trace)
        stack.callback(life.database.stop)
        with asyncio.Runner(loop_factory=lambda: life.loop) as runner:
            return runner.run(life.live())


@contextlib.contextmanager
def settings_of(plan: Plan) -> Iterator[None]:
    """The settings of a plan in the environment, and what a run puts in place of the machine."""
    before = dict(os.environ)
    old = clock.machine, chance.source, Webhooks
    for name in [name for name in os.environ if name.startswith("ENRAYON_")]:
        del os.environ[name]
    os.environ.update(plan.settings)
    try:
        yield
    finally:
        clock.machine, chance.source, webhooks = old
        setattr(events, "Webhooks", webhooks)  # noqa: B010 - a name that it imports
        os.environ.clear()
        os.environ.update(before)


class Life:
    """The life of a run."""

    def __init__(self, plan: Plan, folder: Path, trace: Trace) -> None:
        self.plan = plan
        self.trace = trace
        self.loop = VirtualLoop()
        self._folder = folder
        self.database = Database(folder, shim(compiled_in()))
        self.database.set_time(plan.began_s * 1_000_000)
        self.database.start()
        self.network = Network(self.loop, self.database, trace)
        self.network.has_replica = plan.replicas > 0
        self.network.wall_us = lambda: plan.began_s * 1_000_000 + round(self.loop.now_s * 1e6)
        self.laws = Laws(plan, Mirror(), lambda: (plan.began_s + self.loop.now_s) * 1000)
        self.network.after = self._changed
        self.result = Result(plan.seed, "", steps=len(plan.steps))
        self.failed: asyncio.Future[None] = self.loop.create_future()
        self.nodes: list[Node] = []
        self.endpoints = {
            name: Endpoint(
                f"https://{name}.example/hook", wants, random.Random(f"{plan.seed} {name}")
            )
            for name, wants in {
                "one": ("reservation.", "alert."),
                "two": ("reservation.", "alert."),
                "three": (),
            }.items()
        }
        self._deaths: Counter[str] = Counter()
        self._acts: dict[int, str] = {}
        self._faults: list[str] = []
        """Acts, by the numbers of their steps, and faults that are under way."""
        set_machine(self.loop, plan.began_s, f"{plan.seed}")
        posts = Posts(self.endpoints, trace)
        made = functools.partial(Webhooks, transport=posts)
        setattr(events, "Webhooks", made)  # noqa: B010 - a name that it imports

    async def live(self) -> Result:
        """Run all steps, settle, and look at the end."""
        self.loop.set_exception_handler(self._on_exception)
        result = self.result
        acting = self.loop.create_task(self._act())
        try:
            await asyncio.wait([acting, self.failed], return_when=asyncio.FIRST_COMPLETED)
            for each in (self.failed, acting):
                if each.done():
                    each.result()
        except (Broken, AssertionError, Stuck) as error:
            result.broken = str(error) or repr(error)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)[-4:]
            where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
            result.broken = f"bug: {type(error).__name__}: {error} ({where})"
        acting.cancel()
        for node in self.nodes:
            node.kill()
        await asyncio.wait([acting])
        result.digest = self.trace.digest
        result.commands = self.network.commands
        result.simulated_s = self.loop.now_s
        for fate, count in self.network.counts.items():
            result.counts[f"packet {fate.value}"] = count
        return result

    async def _act(self) -> None:
        names = [f"s{n + 1}" for n in range(self.plan.servers)]
        names += [f"w{n + 1}" for n in range(self.plan.workers)]
        for name in names:
            self.nodes.append(self._node(name))
        for node in self.nodes:
            await node.is_ready.wait()
        clients = Clients(self.plan, self.nodes, self.trace)
        await clients.set_up()
        began_s = self.laws.set_up_s = self.loop.time()
        acts = []
        for step in self.plan.steps:
            await asyncio.sleep(max(0.0, began_s + step.at_s - self.loop.time()))
            if step.kind in ACTS:
                acts.append(self.loop.create_task(self._one(clients, step)))
            else:
                acts.append(self.loop.create_task(self._fault(step)))
        await asyncio.sleep(15)
        clients.is_settling = True
        self._heal()
        await asyncio.gather(*acts)
        await asyncio.sleep(SETTLE_S)
        self._count(clients.done)
        for done in clients.done:
            self.result.counts[f"{done.kind} {done.outcome}"] += 1
        self.laws.at_end(clients.done, self.endpoints)

    async def _one(self, clients: Clients, step: Step) -> None:
        for fault in self._faults:
            self.result.counts[f"{fault} during {step.kind}"] += 1
        self._acts[step.number] = step.kind
        try:
            await clients.act(step)
        except Exception as error:
            self._fail(error)
            raise
        finally:
            del self._acts[step.number]

    def _node(self, name: str) -> Node:
        node = Node(
            name,
            f"{self.plan.seed}",
            self.network,
            self._folder / name,
            origins(),
            works=name[0] == "w",
            life=self._deaths[name],
        )
        node.on_failure = self._fail
        node.start()
        return node

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_exception(error)

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and "was never retrieved" not in context["message"]:
            self._fail(error)

    def _changed(self, chunk: bytes) -> None:
        changes, told = self.laws.mirror.apply(chunk)
        for change in changes:
            if change.kind == "hold" and change.after:
                before = change.before["st"] if change.before else "nothing"
                self.result.counts[f"hold {before} -> {change.after['st']}"] += 1
            elif change.kind == "slot":
                is_more = (change.after or 0) > (change.before or 0)
                self.result.counts["slot taken" if is_more else "slot given back"] += 1
        self.result.counts["event told"] += len(told)
        for name, word in COMMANDS.items():
            self.result.counts[name] += chunk.count(word)
        self.laws.applied(changes, told)

    def _count(self, done: Sequence[Done]) -> None:
        """Count what clients saw of trips, slots, events and contended goods."""
        counts = self.result.counts
        for endpoint in self.endpoints.values():
            counts["event accepted"] += len(endpoint.accepted)
        holds = [each for each in done if each.kind == "CreateReservation"]
        for each in done:
            if each.outcome == "done" and isinstance(each.response, geofence_pb2.Trip):
                state = geofence_pb2.Trip.State.Name(each.response.state)
                counts[f"trip {state.removeprefix('STATE_')}"] += 1
            if each.outcome == "refused SLOT_FULL":
                counts["slot full"] += 1
            if each.kind == "CreateReservation" and each.outcome == "refused INSUFFICIENT_STOCK":
                counts["contended hold"] += any(
                    other.outcome == "done"
                    and other.request.parent == each.request.parent
                    and other.began_s < each.ended_s
                    and each.began_s < other.ended_s + CONTENDED_S
                    for other in holds
                )

    # Faults.

    async def _fault(self, step: Step) -> None:
        rng = random.Random(f"{self.plan.seed} {step.number}")
        self.result.counts[f"fault {step.kind}"] += 1
        self.trace.add(self.loop.time(), "fault", step.kind)
        faults: dict[str, Callable[[random.Random], Any]] = {
            "storm": self._storm, "crash": self._crash, "torn": self._torn,
            "failover": self._failover, "freeze": self._freeze, "kill": self._kill,
            "kill_midway": self._kill_midway, "skew": self._skew, "endpoint_down": self._endpoint,
            "endpoint_slow": self._endpoint, "endpoint_fails": self._endpoint, "lag": self._lag,
            "cut_off": self._cut_off,
        }  # fmt: skip
        for act in self._acts.values():
            self.result.counts[f"{step.kind} during {act}"] += 1
        if step.kind == "failover" and any(map(is_writing, self._acts.values())):
            self.result.counts["failover in the midst of a commit"] += 1
        self._faults.append(step.kind)
        try:
            if step.kind.startswith("endpoint"):
                await self._endpoint(rng, step.kind)
            else:
                await faults[step.kind](rng)
        finally:
            self._faults.remove(step.kind)

    async def _storm(self, rng: random.Random) -> None:
        """Packets are lost, late or cut for a while."""
        bad = [fate for fate in Fate if fate not in (Fate.WELL, Fate.LONG_ON_THE_WAY)]
        some = rng.sample(bad, rng.randint(1, len(bad)))
        self.network.weather.shares = {fate: rng.choice((0.01, 0.05, 0.15)) for fate in some}
        await asyncio.sleep(rng.uniform(5, 60))
        self.network.weather.shares = {}

    async def _crash(self, rng: random.Random) -> None:
        """The database dies between two commands."""
        place = self.database.place
        kept = place
        if self.plan.sync != "always":
            kept = self.network.replica.primary(self.loop.time() - rng.uniform(0, 1))
        await self._restart(kept, rng)

    async def _torn(self, rng: random.Random) -> None:
        """The database dies as it writes a command: the log is torn, and nobody is answered."""

        is_dead = asyncio.Event()

        def die(before: int, after: int) -> None:
            self._down(rng.randint(before, after))
            is_dead.set()

        self.network.dies_at_next = die
        await is_dead.wait()
        await self._up(rng)

    async def _failover(self, rng: random.Random) -> None:
        """The database dies, and its replica goes on with what it has."""
        await self._restart(self.network.replica.has(self.loop.time()), rng)

    async def _restart(self, kept: int, rng: random.Random) -> None:
        if self.database.is_up:
            self._down(kept)
            await self._up(rng)

    def _down(self, kept: int) -> None:
        lost = self.database.crash(kept)
        self.network.restarted()
        self.trace.add(self.loop.time(), "database", "dead", lost)

    async def _up(self, rng: random.Random) -> None:
        down_s = self.loop.time()
        await asyncio.sleep(rng.uniform(0.05, 5.0))
        self.laws.away.append((down_s, self.loop.time()))
        self.database.set_time(self.network.wall_us())
        self.database.start()
        mirror = Mirror()
        changes, _ = mirror.apply(self.database.everything())
        self.laws.begin_anew(mirror, changes)
        self.network.replica.restart(self.loop.time(), self.database.place)

    async def _freeze(self, rng: random.Random) -> None:
        """The database hangs."""
        now_s = self.loop.time()
        self.network.thaws_s = max(self.network.thaws_s, now_s + rng.uniform(1, 15))
        self.laws.away.append((now_s, self.network.thaws_s))
        await asyncio.sleep(self.network.thaws_s - now_s)

    async def _kill(self, rng: random.Random) -> None:
        """A process dies, and is started again."""
        await self._die(rng.randrange(len(self.nodes)), rng)

    async def _kill_midway(self, rng: random.Random) -> None:
        """A worker dies as it sends a command of a kind, which may come long after its death."""
        workers = [n for n, node in enumerate(self.nodes) if node.works]
        at = rng.choice(workers)
        words = rng.choice(ON_THE_WAY)
        count = rng.randint(1, 3 if words else 40)
        is_dead = asyncio.Event()
        fate = rng.choice((Fate.WELL, Fate.LATE, Fate.LONG_ON_THE_WAY, Fate.LONG_ON_THE_WAY))

        def sent(node: Node, data: bytes) -> Fate | None:
            nonlocal count
            if node is not self.nodes[at] or words not in data:
                return None
            count -= 1
            if count:
                return None
            self.network.sent = None
            self.loop.create_task(self._die(at, rng)).add_done_callback(lambda _: is_dead.set())
            return fate

        self.network.sent = sent
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT_S):
                await is_dead.wait()

    async def _die(self, at: int, rng: random.Random) -> None:
        node = self.nodes[at]
        if node.is_dead:
            return
        node.kill()
        self.trace.add(self.loop.time(), node.name, "dead")
        await asyncio.sleep(rng.uniform(0.1, 20))
        self._deaths[node.name] += 1
        self.nodes[at] = self._node(node.name)

    async def _skew(self, rng: random.Random) -> None:
        """The clock of a process is set wrong, and right again."""
        node = rng.choice(self.nodes)
        node.skew_s = rng.choice((-MOST_SKEW_S, -30, -2, 2, 30, MOST_SKEW_S))
        await asyncio.sleep(rng.uniform(5, 120))
        node.skew_s = 0.0

    async def _endpoint(self, rng: random.Random, kind: str = "") -> None:
        """An endpoint is away, slow, or answers with errors, for a while."""
        endpoint = rng.choice(list(self.endpoints.values()))
        if kind == "endpoint_down":
            endpoint.is_down = True
        elif kind == "endpoint_slow":
            endpoint.is_slow = True
        else:
            endpoint.failing = rng.choice((0.2, 0.7, 1.0))
        await asyncio.sleep(rng.uniform(3, 90))
        endpoint.is_down, endpoint.is_slow, endpoint.failing = False, False, 0.0

    async def _cut_off(self, rng: random.Random) -> None:
        """A process and the database do not reach each other for a while."""
        name = rng.choice(self.nodes).name
        self.network.cut_off.add(name)
        await asyncio.sleep(rng.uniform(3, 40))
        self.network.cut_off.discard(name)

    async def _lag(self, rng: random.Random) -> None:
        """The replica falls behind, or stands still, for a while."""
        replica = self.network.replica
        if rng.random() < 0.5:
            replica.lag_s = rng.uniform(0.05, 3)
        else:
            replica.frozen_at = replica.has(self.loop.time())
        await asyncio.sleep(rng.uniform(1, 20))
        replica.lag_s, replica.frozen_at = 0.001, None

    def _heal(self) -> None:
        """All is well from now on."""
        self.network.weather.shares = {}
        self.network.dies_at_next = None
        self.network.sent = None
        self.network.cut_off.clear()
        self.network.replica.lag_s, self.network.replica.frozen_at = 0.001, None
        for node in self.nodes:
            node.skew_s = 0.0
        for endpoint in self.endpoints.values():
            endpoint.is_down, endpoint.is_slow, endpoint.failing = False, False, 0.0


@functools.cache
def compiled_in() -> Path:
    """The folder of the compiled library, one for each process."""
    return Path(tempfile.mkdtemp(prefix="enrayon-shim-"))
