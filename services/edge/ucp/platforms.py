"""The platforms that call: what `UCP-Agent` says of them, and versions that we do not speak.

A platform names its profile with each request. Profiles of the platforms in the setting
`ENRAYON_EDGE_UCP_PLATFORMS` are fetched to learn their version, and kept; a stranger can make this
server fetch nothing. Another platform may state its version beside its profile, and is taken to
speak ours if it does not.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from services.edge.ucp.profile import VERSION, metadata

HEADER = "ucp-agent"
MAX_HEADER = 2000
MAX_PROFILE_BYTES = 128 * 1024
FETCH_TIMEOUT_S = 3.0
FETCHES_AT_ONCE = 4
PROFILES_KEPT = 256
LEAST_AGE_S, MOST_AGE_S = 60, 86_400
_MEMBER = re.compile(
    r'(?:^|[,;])\s*([a-z*][a-z0-9_.*-]*)\s*=\s*(?:"((?:[^"\\]|\\["\\])*)"|([^\s,;"]+))'
)
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


@dataclass(frozen=True)
class Agent:
    """A platform as a request names it."""

    profile: str
    version: str = ""
    """The version that it states beside its profile; mostly empty."""


class Refused(Exception):
    """The request cannot be negotiated; an error of the transport, with a code of the protocol."""

    def __init__(self, code: str, content: str, http_status: int) -> None:
        super().__init__(content)
        self.code = code
        self.content = content
        self.http_status = http_status

    def body(self, continue_url: str = "") -> dict[str, str]:
        """The error as the protocol writes it, with a page where a person can go on."""
        more = {"continue_url": continue_url} if continue_url else {}
        return {"code": self.code, "content": self.content, **more}


class Incompatible(Exception):
    """The platform's profile does not have a capability: an outcome, not an error of transport."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.content = (
            f"The profile of the platform does not list {capability} of version {VERSION}, "
            "so there is no capability in common."
        )

    def body(self, continue_url: str = "") -> dict[str, Any]:
        """The answer as the protocol writes it, with a page where a person can go on."""
        message = {
            "type": "error",
            "code": "capabilities_incompatible",
            "content": self.content,
            "severity": "unrecoverable",
        }
        more = {"continue_url": continue_url} if continue_url else {}
        return {"ucp": metadata(status="error"), "messages": [message], **more}


@dataclass(frozen=True)
class Spoken:
    """What a platform's profile states."""

    version: str
    capabilities: frozenset[tuple[str, str]]
    """Names of capabilities, each with a version."""


class Platforms:
    """Decides whether a platform speaks our version."""

    def __init__(
        self,
        fetched: Sequence[str] = (),
        http: Callable[[], httpx.AsyncClient] = lambda: httpx.AsyncClient(timeout=FETCH_TIMEOUT_S),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch the profiles below these URLs alone."""
        self._fetched = frozenset(fetched)
        self._below = tuple(url.rstrip("/") + "/" for url in fetched)
        self._http = http
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Spoken | Refused]] = OrderedDict()
        self._fetches = asyncio.Semaphore(FETCHES_AT_ONCE)

    async def check(self, agent: Agent | None, capability: str = "") -> None:
        """Check the version of a platform; a caller that names none is answered in ours.

        Raises:
            Refused: it speaks another version, or its profile cannot be read.
            Incompatible: its profile does not have the capability that it asks for.
        """
        if agent is None:
            return
        version, spoken = agent.version, None
        is_fetched = agent.profile in self._fetched or agent.profile.startswith(self._below)
        if is_fetched:
            spoken = await self._spoken_by(agent.profile)
            version = version or spoken.version
        if version and version != VERSION:
            raise Refused(
                "version_unsupported",
                f"Protocol version {version[:20]} is not supported. "
                f"This business supports version {VERSION}.",
                422,
            )
        if spoken and capability and (capability, VERSION) not in spoken.capabilities:
            raise Incompatible(capability)

    async def _spoken_by(self, url: str) -> "Spoken":
        until, known = self._kept.get(url, (0.0, None))
        if known is None or until <= self._clock():
            async with self._fetches:
                age_s, known = await self._fetch(url)
            self._kept[url] = (self._clock() + age_s, known)
            self._kept.move_to_end(url)
            if len(self._kept) > PROFILES_KEPT:
                self._kept.popitem(last=False)
        if isinstance(known, Refused):
            raise known
        return known

    async def _fetch(self, url: str) -> "tuple[float, Spoken | Refused]":
        """What a profile states or the reason why it states nothing, and how long it holds."""
        data = b""
        try:
            async with self._http() as http, http.stream("GET", url) as response:
                if response.status_code != 200:
                    raise httpx.HTTPError(f"its server answered {response.status_code}")
                age = _MAX_AGE.search(response.headers.get("cache-control", ""))
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MAX_PROFILE_BYTES:
                        return LEAST_AGE_S, malformed("it is larger than 128 KiB")
        except httpx.HTTPError as error:
            text = str(error) or type(error).__name__
            content = f"The profile of the platform cannot be fetched: {text[:200]}"
            return LEAST_AGE_S, Refused("profile_unreachable", content, 424)
        age_s = float(age[1]) if age else 0.0
        return min(max(age_s, LEAST_AGE_S), MOST_AGE_S), spoken_in(data)


def spoken_in(profile: bytes) -> Spoken | Refused:
    """What a profile states."""
    try:
        stated = orjson.loads(profile)["ucp"]
        version = stated["version"]
        if not isinstance(version, str):
            return malformed("ucp.version must be a string")
        capabilities = frozenset(
            (name, each["version"])
            for name, versions in stated.get("capabilities", {}).items()
            for each in versions
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return malformed("it must have ucp.version, and ucp.capabilities as a map of lists")
    return Spoken(version, capabilities)


def malformed(reason: str) -> Refused:
    """The error for a profile that is not one."""
    return Refused("profile_malformed", f"The profile of the platform is malformed: {reason}.", 422)


def agent_of_header(header: str | None) -> Agent | None:
    """The platform of a `UCP-Agent` header, a dictionary of RFC 8941; None without the header.

    Raises:
        Refused: it names no profile.
    """
    if header is None:
        return None
    members = {
        name: quoted if quoted else bare
        for name, quoted, bare in _MEMBER.findall(header[:MAX_HEADER])
    }
    return agent_of(members.get("profile"), members.get("version"))


def agent_of_meta(meta: dict[str, Any]) -> Agent | None:
    """The platform of a tool's `meta`; None without its member `ucp-agent`.

    Raises:
        Refused: it names no profile.
    """
    if HEADER not in meta:
        return None
    named = meta[HEADER] if isinstance(meta[HEADER], dict) else {}
    return agent_of(named.get("profile"), named.get("version"))


def agent_of(profile: Any, version: Any) -> Agent:
    """A platform by the URL of its profile, and the version that it states.

    Raises:
        Refused: the URL is missing, or not one of https.
    """
    if not isinstance(profile, str) or not _is_https(profile):
        raise Refused(
            "invalid_profile_url",
            'UCP-Agent must name the profile of the platform: profile="https://..."',
            400,
        )
    return Agent(profile, version if isinstance(version, str) else "")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and len(url) <= MAX_HEADER
