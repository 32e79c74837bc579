"""The one family of errors: services raise them, the chassis sends them over gRPC.

Each error becomes a `google.rpc.Status` with an `ErrorInfo` (reason, domain, metadata) and, where
they apply, a `BadRequest` naming the fields or a `RetryInfo` (AIP-193). Any other exception is a
bug: it is logged with its traceback and the client sees INTERNAL without its text.

The reasons of the chassis are those of `enrayon.type.v1.ErrorReason`; each service has its own
enum. ETAG_MISMATCH and ALREADY_EXISTS are the same everywhere and stand in both.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import grpc
from google.protobuf import any_pb2, message
from google.rpc import error_details_pb2, status_pb2

# An error travels in HTTP/2 trailers, of which gRPC clients take 8 KiB; beyond that they see
# RESOURCE_EXHAUSTED in its place. It may quote a request, so all of it is bounded.
MAX_TEXT_BYTES = 500
MAX_VIOLATION_BYTES = 200
MAX_VIOLATIONS = 8

Code = grpc.StatusCode
"""The codes of gRPC, for services, which do not import gRPC itself."""


class FieldViolation(NamedTuple):
    """The problem of one field of a request."""

    field: str
    """Its path, for example `origin.point.latitude`."""
    description: str


class ServiceError(Exception):
    """Base of all errors that a client may see.

    A service has one subclass for each `ErrorReason` of its contract, setting `code` and `reason`.
    """

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN
    reason: str = ""
    domain: str = "enrayon"

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after: dt.timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.message = shortened(message, MAX_TEXT_BYTES)
        self.metadata = {
            key: shortened(value, MAX_TEXT_BYTES) for key, value in (metadata or {}).items()
        }
        self.violations = tuple(
            FieldViolation(*(shortened(part, MAX_VIOLATION_BYTES) for part in violation))
            for violation in violations[:MAX_VIOLATIONS]
        )
        self.retry_after = retry_after

    def status(self) -> status_pb2.Status:
        """The error as clients receive it."""
        details: list[message.Message] = [
            error_details_pb2.ErrorInfo(
                reason=self.reason, domain=self.domain, metadata=self.metadata
            )
        ]
        if self.violations:
            details.append(
                error_details_pb2.BadRequest(
                    field_violations=[
                        error_details_pb2.BadRequest.FieldViolation(
                            field=violation.field, description=violation.description
                        )
                        for violation in self.violations
                    ]
                )
            )
        if self.retry_after is not None:
            retry = error_details_pb2.RetryInfo()
            retry.retry_delay.FromTimedelta(self.retry_after)
            details.append(retry)
        return status_pb2.Status(
            code=self.code.value[0], message=self.message, details=[packed(d) for d in details]
        )


class InvalidArgument(ServiceError):
    """The request can never succeed as it is; the violations name the fields."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"

    @classmethod
    def field(cls, field: str, description: str) -> "InvalidArgument":
        """The error for one field."""
        return cls(f"{field}: {description}", violations=[FieldViolation(field, description)])


class NotFound(ServiceError):
    """The named resource does not exist, or the caller may not see it.

    Each kind of resource has a subclass with its own reason.
    """

    code = Code.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no {name}", metadata={"name": name})


class AlreadyExists(ServiceError):
    """A resource of that name exists already, with other content."""

    code = Code.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} already exists", metadata={"name": name})


class EtagMismatch(ServiceError):
    """The resource was changed since its etag was read (AIP-154)."""

    code = Code.ABORTED
    reason = "ETAG_MISMATCH"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was changed since its etag was read; read it again, then retry",
            metadata={"name": name},
        )


class Expired(ServiceError):
    """The time of the named resource is over; each kind has a subclass with its own reason."""

    code = Code.FAILED_PRECONDITION

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has expired", metadata={"name": name})


class NotSigned(ServiceError):
    """The text was not signed by this suite, or was altered; each kind has its own reason."""

    code = Code.INVALID_ARGUMENT
    field: str
    """The field of requests that holds such a text."""

    def __init__(self) -> None:
        problem = "was not signed by this service, or was altered"
        super().__init__(
            f"{self.field}: {problem}", violations=[FieldViolation(self.field, problem)]
        )


class PartitionsDiffer(ServiceError):
    """The data set has another number of partitions than this version works with."""

    code = Code.FAILED_PRECONDITION

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(
            f"the data in this database have {found} partitions, and this version works with "
            f"{wanted}: use the version that wrote them, or load the data into an empty database"
        )


class Unavailable(ServiceError):
    """The call cannot be answered now; the same call may succeed later."""

    code = Code.UNAVAILABLE

    def __init__(self, message: str, *, retry_after: dt.timedelta = dt.timedelta(seconds=1)):
        super().__init__(message, retry_after=retry_after)


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached, did not answer in time, or is not loaded yet.

    A call that changes something may or may not have done so: retry it with the same `request_id`.
    """

    reason = "DATABASE_UNAVAILABLE"


class ConcurrentChanges(Unavailable):
    """Others changed the same thing at the same time, again and again; nothing was changed."""

    reason = "CONCURRENT_CHANGES"


class StreamEnded(Unavailable):
    """The server ended a stream that has no end of its own; resume it with the last token."""

    reason = "STREAM_ENDED"


class ResourceExhausted(ServiceError):
    """A limit is reached: a quota, a queue, or the memory of the database."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class QuotaExceeded(ServiceError):
    """There is as much of something as a quota allows; the error names the quota and its limit."""

    code = Code.RESOURCE_EXHAUSTED
    reason = "QUOTA_EXCEEDED"

    def __init__(self, quota: str, most: int) -> None:
        super().__init__(
            f"the quota {quota} allows {most}",
            metadata={"quota": quota, "limit": str(most)},
            retry_after=dt.timedelta(minutes=1),
        )


class Unauthenticated(ServiceError):
    """The caller showed no credentials, or credentials that are not valid."""

    code = Code.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class PermissionDenied(ServiceError):
    """The caller may not do this."""

    code = Code.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Internal(ServiceError):
    """A bug. The client learns only that there is one."""

    code = Code.INTERNAL
    reason = "INTERNAL"


def shortened(text: str, most_bytes: int) -> str:
    """The text, or its beginning when it takes more bytes."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    return encoded[: most_bytes - len("…".encode())].decode(errors="ignore") + "…"


def packed(detail: message.Message) -> any_pb2.Any:
    """The message inside an `Any`."""
    result = any_pb2.Any()
    result.Pack(detail)
    return result
