"""The parts that the services of a process share, and the service that a bootstrap returns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from services.chassis.clock import Clock
from services.chassis.database.client import Client
from services.chassis.keyring import Keyring
from services.chassis.processes.pool import Pool
from services.chassis.settings import ChassisSettings
from services.directory.directory import Directory
from services.directory.feed import Feed
from services.directory.origins import Origins
from services.directory.shelves import AskShelf, unknown_shelf

Loop = Callable[[], Awaitable[None]]
"""Work that runs until it is cancelled."""


@dataclass(frozen=True)
class Parts:
    """The parts that the services of a process share."""

    settings: ChassisSettings
    client: Client
    directory: Directory
    origins: Origins
    keyring: Keyring
    clock: Clock
    ask_shelf: AskShelf = unknown_shelf


@dataclass(frozen=True)
class Service:
    """A service, ready to be hosted."""

    descriptor: ServiceDescriptor
    servicer: object
    workers: Mapping[str, Loop] = field(default_factory=dict)
    """Loops by name that `enrayon work` runs."""
    background: Mapping[str, Loop] = field(default_factory=dict)
    """Loops by name that run in every process that hosts the service."""
    check: Callable[[], Awaitable[None]] | None = None
    """Raises a `ServiceError` if a process must not start with this service."""
    feeds: Sequence[Feed[Any]] = ()
    """Read models beside the directory. They are loaded before the service answers or works, and
    followed for as long as it does; nothing else starts them."""

    pools: Sequence[Pool] = ()
    """Child processes, which start before the service answers and end with it."""

    def why_unread(self) -> str:
        """The reason why the service cannot answer from memory; empty when it can."""
        missing = [feed.kind for feed in self.feeds if not feed.is_loaded]
        return f"not loaded: {', '.join(missing)}" if missing else ""
