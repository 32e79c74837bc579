"""The firing of stock alerts, without the rest of the service."""

from typing import Any, cast

from services.chassis.access.key_ring import key_ring
from services.chassis.database.client import Client
from services.directory.parts import Parts
from services.stock.resources.alert_firing import AlertFiring
from services.stock.resources.alert_holds import AlertHolds
from services.stock.resources.hold_changes import HoldChanges
from services.stock.resources.hold_terms import Terms
from services.stock.settings import StockSettings
from services.stock.state.alerts import Alerts
from services.stock.state.durability import Durability
from services.stock.state.holds import Holds
from services.stock.state.levels import Levels
from services.stock.state.matching import Matching
from services.stock.state.policies import Policies
from services.stock.state.quotas import Limits, Quotas


def firing(database: Client, holds: AlertHolds | None = None, **options: Any) -> AlertFiring:
    """Fires alerts; without `holds` no alert may ask for one."""
    return AlertFiring(Alerts(database), Matching(database, **options), cast("AlertHolds", holds))


def firing_with_holds(parts: Parts, shopper_holds: int = 20, **options: Any) -> AlertFiring:
    """Fires alerts, and makes the holds that they ask for."""
    settings, client = StockSettings(), parts.client
    holds = Holds(client)
    quotas = Quotas(client, Limits(100, shopper_holds, 20))
    changes = HoldChanges(holds, Policies(client), quotas, settings)
    terms = Terms(parts.directory, parts.clock, settings)
    durability = Durability(client, Levels(client), allow_loss=True)
    keys = key_ring(client, parts.clock)
    made = AlertHolds(holds, changes, terms, durability, parts.keyring, keys)
    return firing(client, made, **options)
