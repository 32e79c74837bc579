"""Settings of the stock service."""

from pydantic import Field

from services.chassis.settings import EnvironmentSettings


class StockSettings(EnvironmentSettings):
    """How long stock is believed and held, and how much one caller may hold."""

    stock_freshness_s: float = Field(
        86_400.0, gt=0, allow_inf_nan=False, description="after so long a level reads UNKNOWN"
    )
    stock_quantities: bool = Field(
        True, description="whether answers carry quantities; off: bands alone, as for the public"
    )
    hold_ttl_s: float = Field(
        7200.0, gt=0, allow_inf_nan=False, description="how long a hold lives by itself"
    )
    hold_max_ttl_s: float = Field(
        7 * 86_400.0, gt=0, le=31_536_000, description="how long a hold may live at the most"
    )
    holds_per_caller: int = Field(
        100_000, ge=0, description="live holds that one caller may have; 0: no limit"
    )
    holds_per_shopper: int = Field(
        20, ge=0, description="live holds that one shopper of a caller may have; 0: no limit"
    )
    hold_replicas: int = Field(
        0,
        ge=0,
        le=5,
        description="replicas of the store that must have a hold before it is acknowledged",
    )
    stock_allow_loss: bool = Field(
        False,
        description="take holds on a store that may lose acknowledged ones at a power loss",
    )
