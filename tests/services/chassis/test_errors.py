"""An error as clients receive it (AIP-193), never larger than the trailers they take."""

import datetime as dt

import grpc
import pytest
from google.rpc import error_details_pb2
from hypothesis import example, given
from hypothesis import strategies as st

from services.chassis import errors
from services.chassis.errors import (
    AlreadyExists,
    ConcurrentChanges,
    DatabaseUnavailable,
    EtagMismatch,
    Expired,
    FieldViolation,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    ServiceError,
    StreamEnded,
    Unauthenticated,
    shortened,
)
from tests.support.echo import details_of

SOFT_LIMIT_OF_GRPC_BYTES = 8 * 1024


def test_each_error_has_its_own_code_and_reason() -> None:
    assert {
        (kind.code, kind.reason)
        for kind in (
            InvalidArgument,
            AlreadyExists,
            EtagMismatch,
            DatabaseUnavailable,
            ConcurrentChanges,
            StreamEnded,
            ResourceExhausted,
            Unauthenticated,
            PermissionDenied,
            Internal,
        )
    } == {
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS"),
        (grpc.StatusCode.ABORTED, "ETAG_MISMATCH"),
        (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE"),
        (grpc.StatusCode.UNAVAILABLE, "CONCURRENT_CHANGES"),
        (grpc.StatusCode.UNAVAILABLE, "STREAM_ENDED"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"),
        (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"),
        (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
        (grpc.StatusCode.INTERNAL, "INTERNAL"),
    }


def test_an_error_always_says_its_reason_and_nothing_that_does_not_apply() -> None:
    status = details_of(PermissionDenied("not yours", metadata={"store": "stores/a"}).status())
    assert status == {
        "code": 7,
        "message": "not yours",
        "ErrorInfo": error_details_pb2.ErrorInfo(
            reason="PERMISSION_DENIED", domain="enrayon", metadata={"store": "stores/a"}
        ),
    }


def test_a_bad_field_is_named_in_the_message_and_as_a_violation() -> None:
    status = details_of(InvalidArgument.field("origin.h3_cell", "not an H3 cell").status())
    assert status["message"] == "origin.h3_cell: not an H3 cell"
    [violation] = status["BadRequest"].field_violations
    assert (violation.field, violation.description) == ("origin.h3_cell", "not an H3 cell")


def test_an_error_about_a_resource_names_it_in_text_and_metadata() -> None:
    class FenceNotFound(NotFound):
        reason = "FENCE_NOT_FOUND"

    class TripExpired(Expired):
        reason = "TRIP_EXPIRED"

    name = "fences/a"
    for error, text in (
        (FenceNotFound(name), "there is no fences/a"),
        (TripExpired(name), "fences/a has expired"),
        (AlreadyExists(name), "fences/a already exists"),
        (
            EtagMismatch(name),
            "fences/a was changed since its etag was read; read it again, then retry",
        ),
    ):
        status = details_of(error.status())
        assert text == status["message"]
        assert {"name": name} == status["ErrorInfo"].metadata


def test_a_database_that_is_down_says_when_to_try_again() -> None:
    assert details_of(DatabaseUnavailable("x").status())["RetryInfo"].retry_delay.seconds == 1
    later = DatabaseUnavailable("x", retry_after=dt.timedelta(milliseconds=2500)).status()
    assert details_of(later)["RetryInfo"].retry_delay.ToMilliseconds() == 2500


@example("𝔘" * 2000, {"store": "𝔘" * 2000}, [FieldViolation("𝔘" * 500, "𝔘" * 500)] * 50)
@given(
    message=st.text(max_size=2000),
    metadata=st.dictionaries(st.just("store"), st.text(max_size=2000)),
    violations=st.lists(
        st.builds(FieldViolation, st.text(max_size=500), st.text(max_size=500)), max_size=50
    ),
)
def test_no_error_is_larger_than_clients_take(
    message: str, metadata: dict[str, str], violations: list[FieldViolation]
) -> None:
    error = ServiceError(message, metadata=metadata, violations=violations)
    in_header = 3 * len(error.message.encode())  # percent-encoded at the worst
    in_details = len(error.status().SerializeToString()) * 4 / 3  # base64
    assert in_header + in_details < SOFT_LIMIT_OF_GRPC_BYTES


@given(text=st.text(), most_bytes=st.integers(3, 40))
def test_a_shortened_text_fits_and_is_a_beginning(text: str, most_bytes: int) -> None:
    short = shortened(text, most_bytes)
    assert len(short.encode()) <= most_bytes
    if len(text.encode()) <= most_bytes:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])
        # No more is left out than must be: one more letter would not fit.
        kept = short[:-1] + text[len(short) - 1] + "…"
        assert len(kept.encode()) > most_bytes


@pytest.mark.parametrize(
    "error", [InvalidArgument.field("name", "bad"), DatabaseUnavailable("down")]
)
def test_an_error_reads_as_its_message(error: errors.ServiceError) -> None:
    assert str(error) == error.message
