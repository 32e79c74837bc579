"""The errors of the access service: one class for each `ErrorReason` of its contract."""

from services.chassis.errors import Code, NotFound, ServiceError


class CodeNotValid(ServiceError):
    """The code of a link was used already, has expired, or never was one."""

    code = Code.PERMISSION_DENIED
    reason = "CODE_NOT_VALID"

    def __init__(self) -> None:
        super().__init__("this link was used already, or is too old: ask for a new one")


class SessionNotFound(NotFound):
    """There is no session of that name, or it is another caller's."""

    reason = "SESSION_NOT_FOUND"
