"""Settings of the geofence service: bounds of what it keeps, travel times, erasures."""

import pkgutil

from pydantic import Field, field_validator

from services.chassis.settings import EnvironmentSettings


class GeofenceSettings(EnvironmentSettings):
    """Bounds of what is kept, travel times, and erasures."""

    geofence_batches: int = Field(
        32, ge=1, description="batches of fixes that one process takes in at once; more are refused"
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
    geofence_replicas: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the database that must have a fix and its events before it is "
        "acknowledged",
    )
    geofence_travel_time: str = Field(
        "",
        description="`package.module:function` that returns the travel time in seconds from a "
        "position, a store and a mode; empty: by road with ENRAYON_ROADS, else straight at usual "
        "speeds",
    )
    geofence_rewrite_s: float = Field(
        3_600.0,
        gt=0,
        allow_inf_nan=False,
        description="shortest time between two rewrites of the log of the database, which remove "
        "erased devices from it",
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
