"""Settings of the events service: bounds of queues, leases, and limits of webhooks."""

import math

from pydantic import Field, ValidationInfo, field_validator

from services.directory.events import StreamSettings


class EventsSettings(StreamSettings):
    """Bounds of queues, leases of readers and workers, and limits of webhooks."""

    events_idle_s: float = Field(
        86_400.0, gt=0, description="how long a subscription may be unread before it expires"
    )
    events_queue: int = Field(
        1_000, ge=1, description="events in the retry queues of a webhook, in each partition"
    )
    events_dead_letters: int = Field(
        1_000, ge=1, description="dead letters kept of a webhook, in each partition"
    )
    events_subscriptions_per_caller: int = Field(
        20, ge=0, description="subscriptions that one caller may have, but for admins; 0: no limit"
    )
    events_lease_s: float = Field(
        20.0,
        gt=0,
        allow_inf_nan=False,
        description="how long after the end of a worker or reader another one takes over",
    )
    events_ack_s: float = Field(
        600.0,
        gt=0,
        allow_inf_nan=False,
        description="how long a reader with unacknowledged events may acknowledge none before it "
        "is ended",
    )
    webhook_timeout_s: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="longest wait for the answer of a webhook"
    )
    webhook_private: bool = Field(
        False, description="let webhooks reach http and private addresses, for trials"
    )

    @field_validator("webhook_timeout_s")
    @classmethod
    def _ends_before_the_lease(cls, value: float, info: ValidationInfo) -> float:
        if value > 0.75 * info.data.get("events_lease_s", math.inf):
            raise ValueError("must be at most three quarters of ENRAYON_EVENTS_LEASE_S")
        return value
