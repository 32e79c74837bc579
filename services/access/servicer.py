"""The methods of AccessService."""

from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from enrayon.access.v1 import access_pb2 as pb
from services.access.convert import key_message
from services.access.resources.sessions import Sessions
from services.chassis.clock import Clock
from services.chassis.messages.paging import Key, PageTokens


@dataclass(frozen=True)
class AccessServicer:
    """Answers from the database: people sign in seldom."""

    tokens: PageTokens
    sessions: Sessions
    clock: Clock

    async def open_session(self, request: pb.OpenSessionRequest) -> pb.Session:
        """Exchanges the code of a link for a session."""
        return await self.sessions.open(request.code)

    async def get_session(self, request: pb.GetSessionRequest) -> pb.Session:
        """One session."""
        return await self.sessions.get(request.name)

    async def list_sessions(self, request: pb.ListSessionsRequest) -> pb.ListSessionsResponse:
        """All sessions, by name."""
        page, token = self.tokens.page(request, await self.sessions.all(), by_name)
        return pb.ListSessionsResponse(sessions=page, next_page_token=token)

    async def delete_session(self, request: pb.DeleteSessionRequest) -> Empty:
        """Ends a session."""
        await self.sessions.end(request.name)
        return Empty()

    async def list_keys(self, request: pb.ListKeysRequest) -> pb.ListKeysResponse:
        """All API keys, by name."""
        now = self.clock()
        keys = [key_message(key, now) for key in (await self.sessions.keys.all()).values()]
        page, token = self.tokens.page(request, sorted(keys, key=by_name), by_name)
        return pb.ListKeysResponse(keys=page, next_page_token=token)


def by_name(entry: pb.Session | pb.Key) -> Key:
    """The order of lists."""
    return (entry.name,)
