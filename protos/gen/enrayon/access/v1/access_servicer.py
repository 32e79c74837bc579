"""The methods of servicers of `enrayon/access/v1/access.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.access.v1 import access_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class AccessServicer(Protocol):
    """Answers `enrayon.access.v1.AccessService`."""

    def open_session(self, request: access_pb2.OpenSessionRequest, /) -> Answer[access_pb2.Session]:
        """Exchanges the code of a one-time link for a session. A client address has five tries at
        once, then one every 12 seconds."""

    def get_session(self, request: access_pb2.GetSessionRequest, /) -> Answer[access_pb2.Session]:
        """One session; `sessions/current` is that of the call. Others than admins see their own
        alone."""

    def list_sessions(
        self, request: access_pb2.ListSessionsRequest, /
    ) -> Answer[access_pb2.ListSessionsResponse]:
        """All sessions, by name."""

    def delete_session(
        self, request: access_pb2.DeleteSessionRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Ends a session; servers notice within a few seconds. Others than admins end their own
        alone."""

    def list_keys(
        self, request: access_pb2.ListKeysRequest, /
    ) -> Answer[access_pb2.ListKeysResponse]:
        """All API keys, by name, without their secrets."""
