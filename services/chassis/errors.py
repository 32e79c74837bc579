"""The one family of errors. A service raises them; the chassis turns them into gRPC, once.

Each error becomes a `google.rpc.Status` with an `ErrorInfo` (reason, domain, metadata) and, where
they apply, a `BadRequest` naming the fields or a `RetryInfo` (AIP-193). Any other exception is a
bug: it is logged with its traceback and the client sees INTERNAL without its text.
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


class FieldViolation(NamedTuple):
    """What is wrong with one field of a request."""

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
    """A request that can never succeed as it is; its violations name the fields."""

    code = grpc.StatusCode.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"

    @classmethod
    def field(cls, field: str, description: str) -> "InvalidArgument":
        """The error for one field."""
        return cls(f"{field}: {description}", violations=[FieldViolation(field, description)])


class Unavailable(ServiceError):
    """The store cannot be reached or did not answer in time; the same call may be tried again.

    Of a call that changes something it is ambiguous: retry it with the same `request_id`.
    """

    code = grpc.StatusCode.UNAVAILABLE
    reason = "DATABASE_UNAVAILABLE"

    def __init__(self, message: str, *, retry_after: dt.timedelta = dt.timedelta(seconds=1)):
        super().__init__(message, retry_after=retry_after)


class ResourceExhausted(ServiceError):
    """A limit is reached: a quota, a queue, or the memory of the store."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class Unauthenticated(ServiceError):
    """The caller did not say who it is, or what it said does not hold."""

    code = grpc.StatusCode.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class PermissionDenied(ServiceError):
    """The caller may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Internal(ServiceError):
    """A bug. The client learns only that."""

    code = grpc.StatusCode.INTERNAL
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
