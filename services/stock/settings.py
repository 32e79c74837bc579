"""Settings of the stock service: freshness, lifetimes and numbers of holds, durability."""

from pydantic import Field

from services.chassis.settings import EnvironmentSettings


class StockSettings(EnvironmentSettings):
    """Times of freshness and of holds, and the number of holds that one caller may have."""

    stock_freshness_s: float = Field(
        86_400.0, gt=0, allow_inf_nan=False, description="age from which a level reads UNKNOWN"
    )
    stock_quantities: bool = Field(
        True, description="answers carry quantities; off: bands alone, as for the public"
    )
    hold_ttl_s: float = Field(
        7200.0,
        gt=0,
        allow_inf_nan=False,
        description="life of a hold where neither the request nor the store's hours give one",
    )
    hold_max_ttl_s: float = Field(
        7 * 86_400.0, gt=0, le=31_536_000, description="longest life of a hold"
    )
    holds_per_caller: int = Field(
        100_000, ge=0, description="live holds that one caller may have; 0: no limit"
    )
    holds_per_shopper: int = Field(
        20, ge=0, description="live holds that one shopper of a caller may have; 0: no limit"
    )
    holds_per_address: int = Field(
        20, ge=0, description="the same of one address with the key of a page; 0: no limit"
    )
    alerts_per_caller: int = Field(
        100_000,
        ge=0,
        description="alerts that one caller may have, those of the last 7 days included; 0: no "
        "limit",
    )
    hold_replicas: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the database that must have a hold before it is acknowledged",
    )
    stock_allow_loss: bool = Field(
        False,
        description="make holds on a database that may lose acknowledged ones at a power loss",
    )
