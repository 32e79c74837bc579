"""Posts events by the Standard Webhooks specification, to public addresses alone.

The host is resolved once, every address it has must be public, and the connection goes to the
address that was checked: what the name means a moment later does not matter. Redirects are not
followed, answers are read up to a limit, and all of it within one time limit.
"""

import asyncio
import datetime as dt
import enum
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import orjson
from google.protobuf.json_format import MessageToDict
from standardwebhooks.webhooks import Webhook

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.errors import InvalidArgument

ANSWER_BYTES = 64 * 1024
PORTS = (443, 80)


class Posted(enum.Enum):
    """What became of a delivery."""

    TAKEN = "taken"
    FAILED = "failed"
    GONE = "gone"
    """The endpoint said 410: it wants no more."""
    NOT_TRIED = "not tried"
    """There was no time left."""


class Blocked(Exception):
    """The address may not be reached."""


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
        """Close what is open."""
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
        return Posted.TAKEN if response.is_success else Posted.FAILED

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]) for info in found]
        if not addresses:
            raise Blocked("no address")
        if not self._private and not all(map(is_public, addresses)):
            raise Blocked("not a public address")
        return addresses[0]


def check_uri(uri: str, *, private: bool) -> None:
    """Refuse what can be seen to be no public endpoint.

    Raises:
        InvalidArgument: the scheme, the host or the port.
    """
    field = "subscription.webhook.uri"
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise InvalidArgument.field(field, "not an address") from None
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise InvalidArgument.field(field, "must have a host, and neither user nor fragment")
    if private:
        return
    if parts.scheme != "https":
        raise InvalidArgument.field(field, "must begin with https://")
    if port is not None and port not in PORTS and port < 1024:
        raise InvalidArgument.field(field, "must not name a system port")
    try:
        address = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not is_public(str(address)):
        raise InvalidArgument.field(field, "must not be a private address")


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also when it is wrapped in IPv6."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast


def body_of(event: pb.FenceEvent) -> str:
    """The JSON that is posted: the same bytes whenever the event is."""
    name = pb.EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
    payload = {
        "type": f"geofence.{name}",
        "timestamp": event.server_time.ToJsonString(),
        "data": MessageToDict(event),
    }
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode()
