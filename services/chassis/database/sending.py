"""How connections to Redis pack and send commands."""

import asyncio
from typing import Any

import redis.exceptions
from redis.connection import HiredisRespSerializer

PACKER = HiredisRespSerializer()


def sending(kind: type[Any]) -> type[Any]:
    """The class of connections, made to pack and send by itself.

    redis-py packs by hiredis on its blocking connections alone; a script of 100 arguments takes
    6 us so, and 50 us without.

    redis-py waits for each sending with `asyncio.wait_for`, which in Python 3.11 loses a
    cancellation that comes as the sending ends (CPython issue 86296), and costs a task each time.
    And uvloop raises a RuntimeError at a closed connection, where asyncio's transports raise
    nothing and fail at the read.
    """

    async def send_packed_command(self: Any, command: Any, **_options: Any) -> None:
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        try:
            self._writer.writelines([command] if isinstance(command, bytes) else command)
            async with asyncio.timeout(self.socket_timeout):
                await self._writer.drain()
        except BaseException as error:
            await self.disconnect(nowait=True)
            if isinstance(error, TimeoutError):
                raise redis.exceptions.TimeoutError("Timeout writing to socket") from error
            if isinstance(error, OSError | RuntimeError):
                raise redis.exceptions.ConnectionError(f"while sending: {error}") from error
            raise

    def pack_command(_self: Any, *args: Any) -> list[bytes]:
        packed: list[bytes] = PACKER.pack(*args)
        return packed

    own = {"send_packed_command": send_packed_command, "pack_command": pack_command}
    return type(kind.__name__, (kind,), own)
