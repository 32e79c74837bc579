"""Posts events to webhooks as CloudEvents signed by Standard Webhooks, to public addresses only.

The host is resolved once, each of its addresses must be public, and the connection goes to the
address that was checked, so that a name that changes its address in between leads nowhere else.
Redirects are not followed, answers are read up to a limit, and one time limit holds for all.
"""

import asyncio
import enum
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import Webhook

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.clock import utc_now
from services.events.convert.cloud_events import CONTENT_TYPE, cloud_event
from services.events.model.endpoints import is_public

ANSWER_BYTES = 64 * 1024
CONNECT_S = 2.5
"""Longest wait for a connection, so that a probe of an endpoint that is away ends soon."""
TRY_LATER = (408, 425, 429)
"""Statuses of an endpoint that has too much to do."""


class Posted(enum.Enum):
    """The outcome of a delivery."""

    ACCEPTED = "accepted"
    FAILED = "failed"
    """The endpoint cannot be reached, or says that it fails: 3xx, 408, 425, 429, 5xx."""
    REFUSED = "refused"
    """The endpoint works and does not want this event: another 4xx."""
    GONE = "gone"
    """The endpoint answered 410: it wants no more events."""
    NOT_TRIED = "not tried"
    """The lease was about to end, or nothing is delivered to the subscription any more."""


class Blocked(Exception):
    """The address is not public."""


class Webhooks:
    """Posts events."""

    def __init__(
        self, timeout_s: float, *, private: bool, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """`transport` carries the posts; None: connections of this machine."""
        self._timeout_s = timeout_s
        self._private = private
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S)),
            transport=transport,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def post(self, uri: str, event: pb.Event, secrets: Sequence[str]) -> Posted:
        """Post an event, signed by each secret."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(uri, event, secrets)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, Blocked, ValueError):
            return Posted.FAILED

    async def _post(self, uri: str, event: pb.Event, secrets: Sequence[str]) -> Posted:
        body = cloud_event(event)
        now = utc_now()
        parts = urlsplit(uri)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(host, port)
        signed = [Webhook(secret).sign(event.id, now, body.decode()) for secret in secrets]
        literal = f"[{address}]" if ":" in address else address
        path = parts.path or "/"
        request = self._client.build_request(
            "POST",
            f"{parts.scheme}://{literal}:{port}{path}{'?' + parts.query if parts.query else ''}",
            content=body,
            headers={
                "host": parts.netloc.rpartition("@")[2],
                "content-type": CONTENT_TYPE,
                "user-agent": "enrayon",
                "webhook-id": event.id,
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
        if response.is_success:
            return Posted.ACCEPTED
        is_refusal = response.is_client_error and response.status_code not in TRY_LATER
        return Posted.REFUSED if is_refusal else Posted.FAILED

    async def _address(self, host: str, port: int) -> str:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(info[4][0]) for info in found]
        if not addresses:
            raise Blocked("no address")
        if not self._private and not all(map(is_public, addresses)):
            raise Blocked("not a public address")
        return addresses[0]
