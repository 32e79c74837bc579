"""Connections to Redis and Valkey that pack and send commands without loss or delay."""

import asyncio
from typing import Any

import redis.exceptions
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.connection import HiredisRespSerializer

PACKER = HiredisRespSerializer()


class Sending(AbstractConnection):
    """Packs and sends in place of redis-py.

    redis-py packs by hiredis on its blocking connections alone; a script of 100 arguments takes
    6 us so, and 50 us without.

    redis-py waits for each sending with `asyncio.wait_for`, which in Python 3.11 loses a
    cancellation that comes as the sending ends (CPython issue 86296), and costs a task each time.
    And uvloop raises a RuntimeError at a closed connection, where asyncio's transports raise
    nothing and fail at the read.
    """

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send a command; a failure closes the connection."""
        del check_health  # by a command more; `health_check_interval` is 0
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        writer: Any = self._writer
        try:
            writer.writelines([command] if isinstance(command, bytes) else command)
            async with asyncio.timeout(self.socket_timeout):
                await writer.drain()
        except BaseException as error:
            await self.disconnect(nowait=True)
            if isinstance(error, TimeoutError):
                raise redis.exceptions.TimeoutError("Timeout writing to socket") from error
            if isinstance(error, OSError | RuntimeError):
                raise redis.exceptions.ConnectionError(f"while sending: {error}") from error
            raise

    def pack_command(self, *args: Any) -> list[bytes]:
        """The bytes of a command."""
        packed: list[bytes] = PACKER.pack(*args)
        return packed


class TcpConnection(Sending, Connection):
    """A connection over TCP."""


class TlsConnection(Sending, SSLConnection):
    """A connection over TCP with TLS."""


class UnixConnection(Sending, UnixDomainSocketConnection):
    """A connection over a unix socket."""


SENDING: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: TcpConnection,
    SSLConnection: TlsConnection,
    UnixDomainSocketConnection: UnixConnection,
}
"""The class to use for each of redis-py's."""
