"""The session of a request, and its cookie."""

import grpc
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from enrayon.access.v1 import access_pb2 as pb
from services.chassis.access.credentials import SESSION_COOKIE, SESSION_HEADER
from services.chassis.access.keys import parse_token
from services.chassis.clock import utc_now
from services.client import Client

CURRENT = "sessions/current"
END_S = 5.0
"""Deadline for the end of a session: shorter than the page waits, so that it gets the answer."""
Metadata = list[tuple[str, str]]


def credentials(request: Request) -> Metadata:
    """The session of a request for a page, as the services take it.

    A cookie that is no token counts as none: its text may be such that no header can hold it.
    """
    token = request.cookies.get(SESSION_COOKIE, "")
    if parse_token(token) is None:
        token = ""
    return [("cookie", f"{SESSION_COOKIE}={token}"), (SESSION_HEADER, "page")]


async def session_of(request: Request) -> pb.Session:
    """The session of a request; while access is open, everybody's.

    Raises:
        HTTPException: 404, if there is none.
        grpc.aio.AioRpcError: the services cannot be asked.
    """
    client: Client = request.app.state.client
    asked = pb.GetSessionRequest(name=CURRENT)
    try:
        return await client.access.GetSession(asked, metadata=credentials(request))
    except grpc.aio.AioRpcError as error:
        if error.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND):
            raise HTTPException(404) from None
        raise


async def end(request: Request) -> None:
    """End the session of a request, if it has one.

    Raises:
        grpc.aio.AioRpcError: the session may still be valid.
    """
    client: Client = request.app.state.client
    asked = pb.DeleteSessionRequest(name=CURRENT)
    try:
        await client.access.DeleteSession(asked, metadata=credentials(request), timeout=END_S)
    except grpc.aio.AioRpcError as error:
        if error.code() not in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.NOT_FOUND):
            raise


def check_own_page(request: Request) -> None:
    """Check that a change comes from a page of ours: others can send no such header.

    Raises:
        HTTPException: 403, if it does not.
    """
    if SESSION_HEADER not in request.headers:
        raise HTTPException(403, "only pages of this host sign in and out")


def keep(response: Response, session: pb.Session) -> None:
    """Have the browser keep a session: no script reads it, no other site's page sends it."""
    left_s = session.expire_time.seconds - round(utc_now().timestamp())
    response.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=max(0, left_s),
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
