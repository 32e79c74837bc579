"""Settings of the geofence service: bounds of queues, leases, and limits of webhooks."""

import math
import pkgutil

from pydantic import Field, ValidationInfo, field_validator

from services.chassis.settings import EnvironmentSettings


class GeofenceSettings(EnvironmentSettings):
    """Bounds of queues, leases of readers and workers, and limits of webhooks."""

    geofence_batches: int = Field(
        32, ge=1, description="batches of fixes that one process takes in at once; more are refused"
    )
    geofence_backlog: int = Field(
        100_000, ge=10, description="events a partition keeps for its slowest subscription"
    )
    geofence_devices: int = Field(
        100_000, ge=1, description="devices that a partition keeps at most, of 64 partitions"
    )
    geofence_people: int = Field(
        100_000,
        ge=1,
        description="registered devices that a partition keeps at most, of 64 partitions",
    )
    trips_per_caller: int = Field(
        100_000, ge=0, description="live trips that one caller may have; 0: no limit"
    )
    geofence_idle_s: float = Field(
        86_400.0, gt=0, description="how long a subscription may be unread before it expires"
    )
    geofence_queue: int = Field(
        1_000, ge=1, description="events in the retry queues of a webhook, in each partition"
    )
    geofence_dead_letters: int = Field(
        1_000, ge=1, description="dead letters kept of a webhook, in each partition"
    )
    geofence_replicas: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the database that must have a fix and its events before it is "
        "acknowledged",
    )
    geofence_lease_s: float = Field(
        20.0,
        gt=0,
        allow_inf_nan=False,
        description="how long after the end of a worker or reader another one takes over",
    )
    geofence_ack_s: float = Field(
        600.0,
        gt=0,
        allow_inf_nan=False,
        description="how long a reader with unacknowledged events may acknowledge none before it "
        "is ended",
    )
    geofence_travel_time: str = Field(
        "",
        description="`package.module:function` that returns the travel time in seconds from a "
        "position, a store and a mode; empty: the straight line at usual speeds",
    )
    geofence_rewrite_s: float = Field(
        3_600.0,
        gt=0,
        allow_inf_nan=False,
        description="shortest time between two rewrites of the log of the database, which remove "
        "erased devices from it",
    )
    webhook_timeout_s: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="longest wait for the answer of a webhook"
    )
    webhook_private: bool = Field(
        False, description="let webhooks reach http and private addresses, for trials"
    )

    @field_validator("geofence_travel_time")
    @classmethod
    def _is_a_function(cls, name: str) -> str:
        try:
            is_function = not name or callable(pkgutil.resolve_name(name))
        except (ImportError, AttributeError, ValueError) as error:
            raise ValueError(f"cannot use {name!r}: {error}") from None
        if not is_function:
            raise ValueError(f"{name!r} is no function")
        return name

    @field_validator("webhook_timeout_s")
    @classmethod
    def _ends_before_the_lease(cls, value: float, info: ValidationInfo) -> float:
        if value > 0.75 * info.data.get("geofence_lease_s", math.inf):
            raise ValueError("must be at most three quarters of ENRAYON_GEOFENCE_LEASE_S")
        return value
