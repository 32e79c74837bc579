"""Streams the changes of records in order, each with a token that resumes the stream after it."""

from collections.abc import AsyncGenerator
from typing import NamedTuple

from services.chassis.errors import Code, InvalidArgument, ServiceError, StreamEnded
from services.chassis.messages.base64url import base64url, from_base64url
from services.directory.feed import Feed
from services.directory.replicas import Change, ReplicaT


class Step(NamedTuple):
    """A change and the token that continues after it."""

    resume_token: str
    change: Change | None
    """None in the first step, which only carries the token."""


class ChangesExpired(ServiceError):
    """The resume token is older than the kept changes."""

    code = Code.OUT_OF_RANGE
    reason = "CHANGES_EXPIRED"


async def steps(feed: Feed[ReplicaT], resume_token: str) -> AsyncGenerator[Step, None]:
    """Yields the changes after the token, with the current records, then the changes to come.

    `before` of a past change is empty if there was a record: its content is no longer known.

    Raises:
        InvalidArgument: the token is not one of ours.
        ChangesExpired: the token is older than the kept changes.
        StreamEnded: the reader was too slow, or all records were loaded anew; resume.
    """
    with feed.subscription() as events:
        reached = sequence_of(resume_token) if resume_token else feed.sequence
        yield Step(token_of(reached), None)
        if resume_token:
            try:
                async for number, operation, id in feed.changes_since(reached):
                    before = b"" if operation == "u" else None
                    yield Step(token_of(number), Change(id, before, feed.replica.record(id)))
                    reached = number
            except LookupError as error:
                raise ChangesExpired(f"{error}; list all, then watch without a token") from None
        while (event := await events.get()) is not None:
            if event.by_time or event.sequence > reached:
                yield Step(token_of(max(event.sequence, reached)), event.change)
    raise StreamEnded("changes were lost to this stream; resume with its last token")


def token_of(sequence: int) -> str:
    """The opaque form of a sequence number."""
    return base64url(sequence.to_bytes(8))


def sequence_of(token: str) -> int:
    """The sequence number of a token.

    Raises:
        InvalidArgument: it is not one of ours.
    """
    data = from_base64url(token)
    if data is None or len(data) != 8:
        raise InvalidArgument.field("resume_token", "not a token of this service")
    return int.from_bytes(data)
