"""Failures of Redis and Valkey, and the errors that clients see for them."""

import datetime as dt

import redis.exceptions

from services.chassis.errors import DatabaseUnavailable, ResourceExhausted, ServiceError

FAILURES = (redis.exceptions.RedisError, OSError)
"""Every exception that a call to the database may raise. For `except` and `suppress(*FAILURES)`."""


def as_service_error(error: Exception) -> ServiceError | None:
    """The error that a client sees for a failure of the database; None for any other exception."""
    match error:
        case redis.exceptions.OutOfMemoryError():
            return ResourceExhausted(
                "the database's memory is full", retry_after=dt.timedelta(seconds=10)
            )
        case (
            redis.exceptions.ConnectionError()
            | redis.exceptions.TimeoutError()
            | redis.exceptions.ClusterDownError()
            | redis.exceptions.TryAgainError()
            | redis.exceptions.ReadOnlyError()
            | redis.exceptions.MasterDownError()
        ):
            return DatabaseUnavailable(
                "the database cannot be reached; a change may or may not have been made: retry it "
                "with the same request_id"
            )
        case redis.exceptions.ResponseError() if str(error).startswith(
            ("BUSY ", "MISCONF ", "NOREPLICAS ")
        ):
            return DatabaseUnavailable("the database cannot take this now; try again")
    return None
