"""Posts events to webhooks as the Standard Webhooks specification says, to public addresses only.

The host is resolved once, each of its addresses must be public, and the connection goes to the
address that was checked, so that a name that changes its address in between leads nowhere else.
Redirects are not followed, answers are read up to a limit, and one time limit holds for all.
"""

import asyncio
import datetime as dt
import enum
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import orjson
from google.protobuf.json_format import MessageToDict
from standardwebhooks.webhooks import Webhook

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.geofence.model.endpoints import is_public

ANSWER_BYTES = 64 * 1024


class Posted(enum.Enum):
    """The outcome of a delivery."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    GONE = "gone"
    """The endpoint answered 410: it wants no more events."""
    NOT_TRIED = "not tried"
    """The lease was about to end."""


class Blocked(Exception):
    """The address is not public."""


class Webhooks:
    """Posts events."""

    def __init__(self, timeout_s: float, *, private: bool) -> None:
        self._timeout_s = timeout_s
        self._private = private
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, uri: str, event: pb.FenceEvent, secrets: Sequence[str]) -> Posted:
        """Post an event, signed by each secret."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(uri, event, secrets)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, Blocked, ValueError):
            return Posted.FAILED

    async def _post(self, uri: str, event: pb.FenceEvent, secrets: Sequence[str]) -> Posted:
        body = body_of(event)
        now = dt.datetime.now(dt.UTC)
        parts = urlsplit(uri)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(host, port)
        signed = [Webhook(secret).sign(event.event_id, now, body) for secret in secrets]
        literal = f"[{address}]" if ":" in address else address
        path = parts.path or "/"
        request = self._client.build_request(
            "POST",
            f"{parts.scheme}://{literal}:{port}{path}{'?' + parts.query if parts.query else ''}",
            content=body.encode(),
            headers={
                "host": parts.netloc.rpartition("@")[2],
                "content-type": "application/json",
                "user-agent": "enrayon",
                "webhook-id": event.event_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": " ".join(signed),
            },
            extensions={"sni_hostname": host},
        )
        response = await self._client.send(request, stream=True)
        try:
            size = 0
            async for chunk in response.aiter_raw():
                size += len(chunk)
                if size > ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        if response.status_code == httpx.codes.GONE:
            return Posted.GONE
        return Posted.ACCEPTED if response.is_success else Posted.FAILED

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]) for info in found]
        if not addresses:
            raise Blocked("no address")
        if not self._private and not all(map(is_public, addresses)):
            raise Blocked("not a public address")
        return addresses[0]


def body_of(event: pb.FenceEvent) -> str:
    """The JSON that is posted: for one event the same bytes in each attempt."""
    name = pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    payload = {
        "type": f"geofence.{name}",
        "timestamp": event.server_time.ToJsonString(),
        "data": MessageToDict(event),
    }
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode()
