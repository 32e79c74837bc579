"""The errors of the stores service: one class for each `ErrorReason` of its contract.

PLACE_NOT_FOUND is `UnknownPlace` in `directory.origins`; CHANGES_EXPIRED is `ChangesExpired` in
`directory.watching`.
"""

from services.chassis.errors import Code, NotFound, ServiceError


class StoreNotFound(NotFound):
    """There is no store with this name, or it is private."""

    reason = "STORE_NOT_FOUND"


class InvalidGeometry(ServiceError):
    """A shape cannot be used: it crosses itself, is empty, or is too large."""

    code = Code.INVALID_ARGUMENT
    reason = "INVALID_GEOMETRY"


class TooManyCells(ServiceError):
    """The answer would have too many cells."""

    code = Code.INVALID_ARGUMENT
    reason = "TOO_MANY_CELLS"


class StoreNotLocated(ServiceError):
    """The store has no location, so there is no way to it."""

    code = Code.FAILED_PRECONDITION
    reason = "STORE_NOT_LOCATED"


class TooManyDetours(ServiceError):
    """Too many stores lie along the route to compute the detour of each."""

    code = Code.INVALID_ARGUMENT
    reason = "TOO_MANY_DETOURS"
