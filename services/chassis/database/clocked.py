"""A client of an embedded Valkey whose scripts have the time of a clock, for tests of callers.

Scripts ask the database for its time, which no test can set. So each is sent with other text: it
reads the time from a key, and keys do not expire by the time of the machine.
"""

import datetime as dt
from typing import Any

import redis.exceptions

from services.chassis.database.client import Server, Value, connect
from services.chassis.settings import ChassisSettings

SECONDS, MICROSECONDS = "{clock}:s", "{clock}:us"
TEXTS = {
    "redis.call('TIME')": f"redis.call('MGET', '{SECONDS}', '{MICROSECONDS}')",
    "redis.call('PEXPIREAT', ": "tostring(",  # as an act it does nothing
}
"""What scripts say, and what is sent in its place."""


class ClockedServer(Server):
    """The client of one server whose scripts have the time that was set last."""

    async def set_time(self, now: dt.datetime) -> None:
        """Set the time of all later scripts."""
        microseconds = (now - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(microseconds=1)
        seconds, rest = divmod(microseconds, 1_000_000)
        await self.mset({SECONDS: seconds, MICROSECONDS: rest})

    async def evalsha(  # type: ignore[override]  # as below
        self, sha: str, *_: Value
    ) -> Any:
        """Refuse: by its digest the text that a script has for servers would run.

        Raises:
            NoScriptError: always; whoever runs a script then sends its text.
        """
        raise redis.exceptions.NoScriptError(f"{sha} has another text here")

    async def eval(  # type: ignore[override]  # redis-py has one method for both kinds of clients
        self, script: str, numkeys: int, *keys_and_args: Value
    ) -> Any:
        """Run a script with the other text."""
        for text, other in TEXTS.items():
            script = script.replace(text, other)
        return await super().eval(script, numkeys, *keys_and_args)


def connect_clocked(settings: ChassisSettings, url: str) -> ClockedServer:
    """A client for the address of an embedded Valkey."""
    return ClockedServer(connection_pool=connect(settings, url).connection_pool)
