"""The acts on sessions."""

from collections.abc import Iterator
from dataclasses import dataclass

from enrayon.access.v1 import access_pb2 as pb
from services.access.convert import session_message
from services.access.errors import CodeNotValid, SessionNotFound
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import ApiKey, Secret, parse_token
from services.chassis.access.sessions import ended, key_of, opened, pruned, session_name
from services.chassis.access.settings import AccessSettings
from services.chassis.caller import ANONYMOUS, current_caller
from services.chassis.clock import Clock

CURRENT = "sessions/current"
EVERYBODYS = pb.Session(name=CURRENT, role=pb.ROLE_ADMIN)
"""The session of every caller while access is open."""


@dataclass(frozen=True)
class Sessions:
    """Opens, reads and ends sessions."""

    keys: KeyStore
    settings: AccessSettings
    clock: Clock

    async def open(self, code: str) -> pb.Session:
        """Exchange the code of a link for a session.

        Raises:
            CodeNotValid: it was used already, has expired, or never was one.
        """
        name, secret = parse_token(code) or ("", "")
        while name and (before := await self.keys.get(name)):
            found = opened(before, secret, self.clock(), self.settings)
            if found is None:
                break
            after, session, token = found
            if await self.keys.replace(before, after):
                return session_message(after, session, token)
        raise CodeNotValid

    async def get(self, name: str) -> pb.Session:
        """One session.

        Raises:
            SessionNotFound: there is none, or it is another caller's.
        """
        if name == CURRENT and current_caller() == ANONYMOUS:
            return EVERYBODYS
        return session_message(*await self._find(name))

    async def all(self) -> list[pb.Session]:
        """All sessions, by name."""
        found = [session_message(*each) for each in self._of(await self.keys.all())]
        return sorted(found, key=lambda session: session.name)

    async def end(self, name: str) -> None:
        """End a session.

        Raises:
            SessionNotFound: there is none, or it is another caller's.
        """
        while True:
            key, session = await self._find(name)
            if await self.keys.replace(key, ended(key, session_name(key, session))):
                return

    async def _find(self, name: str) -> tuple[ApiKey, Secret]:
        caller = current_caller()
        wanted = caller.session if name == CURRENT else name
        sees_others = caller == ANONYMOUS or (caller.admin and not caller.own_session_only)
        if wanted and (sees_others or wanted == caller.session):
            key = await self.keys.get(key_of(wanted))
            for found in self._of({key.name: key} if key else {}):
                if session_name(*found) == wanted:
                    return found
        raise SessionNotFound(name)

    def _of(self, keys: dict[str, ApiKey]) -> Iterator[tuple[ApiKey, Secret]]:
        now = self.clock()
        for key in keys.values():
            for session in pruned(key, now).sessions:
                yield key, session
