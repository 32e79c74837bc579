"""Settings of the geofence service."""

import math
import pkgutil

from pydantic import Field, ValidationInfo, field_validator

from services.chassis.settings import EnvironmentSettings


class GeofenceSettings(EnvironmentSettings):
    """How much waits for delivery, how long, and what webhooks may reach."""

    geofence_batches: int = Field(
        32, ge=1, description="batches of fixes that one process works on; more are refused"
    )
    geofence_backlog: int = Field(
        100_000, ge=10, description="events a partition keeps for its slowest subscription"
    )
    geofence_idle_s: float = Field(
        86_400.0, gt=0, description="after so long a subscription that nobody reads expires"
    )
    geofence_queue: int = Field(
        1_000, ge=1, description="events that wait for another attempt, by webhook and partition"
    )
    geofence_dead_letters: int = Field(
        1_000, ge=1, description="dead letters kept, by webhook and partition"
    )
    geofence_replicas: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the store that must have a position, with what it tells, before "
        "it is acknowledged",
    )
    geofence_lease_s: float = Field(
        20.0,
        gt=0,
        allow_inf_nan=False,
        description="so long after a worker or reader died another takes over",
    )
    geofence_ack_s: float = Field(
        600.0,
        gt=0,
        allow_inf_nan=False,
        description="a reader that was told of events and acknowledges none for so long makes way",
    )
    geofence_travel_time: str = Field(
        "",
        description="`package.module:function` that answers the seconds from a position to a "
        "store, given both and how one travels; empty: the straight line at usual speeds",
    )
    geofence_rewrite_s: float = Field(
        3_600.0,
        gt=0,
        allow_inf_nan=False,
        description="an erased device has left the store's own log after so long",
    )
    webhook_timeout_s: float = Field(
        10.0, gt=0, allow_inf_nan=False, description="longest wait for an answer of a webhook"
    )
    webhook_private: bool = Field(
        False, description="let webhooks reach http and private addresses, for trying things out"
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
