"""The errors of the events service: one class for each `ErrorReason` of its contract."""

from services.chassis.errors import Code, NotFound, ServiceError


class SubscriptionNotFound(NotFound):
    """There is no subscription of that name, or it is another caller's."""

    reason = "SUBSCRIPTION_NOT_FOUND"


class EventsExpired(ServiceError):
    """Events that the reader has not acknowledged are no longer kept."""

    code = Code.OUT_OF_RANGE
    reason = "EVENTS_EXPIRED"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"events of {name} that were not acknowledged are no longer kept; go on with from_now",
            metadata={"name": name},
        )


class NotAcknowledged(ServiceError):
    """The reader acknowledged nothing for too long, and kept events from other readers."""

    code = Code.ABORTED
    reason = "NOT_ACKNOWLEDGED"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(
            f"this reader of {name} acknowledged nothing for {seconds:g} s; stream again, and "
            "acknowledge the events that are finished with",
            metadata={"name": name},
        )


class WrongDelivery(ServiceError):
    """The method is for subscriptions with a webhook and this has none, or the other way round."""

    code = Code.FAILED_PRECONDITION
    reason = "WRONG_DELIVERY"
