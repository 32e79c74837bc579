"""Settings of the geofence service."""

from pydantic import Field

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
    webhook_timeout_s: float = Field(
        10.0, gt=0, le=15, description="longest wait for an answer of a webhook"
    )
    webhook_private: bool = Field(
        False, description="let webhooks reach http and private addresses, for trying things out"
    )
