"""What is counted of holds, alerts and the index. No label names a caller, a shop or a product."""

from prometheus_client import Counter, Gauge

HOLDS = Counter("enrayon_stock_holds", "Holds asked for, by what came of it.", ["outcome"])
CHANGES = Counter(
    "enrayon_stock_hold_changes", "Changes of holds, by what came of it.", ["action", "outcome"]
)
EXPIRED = Counter("enrayon_stock_holds_expired", "Ended holds that the sweeper cleared away.")
FIRED = Counter("enrayon_stock_alerts_fired", "Alerts that came true.")
ALERTS_LAG = Gauge(
    "enrayon_stock_alerts_lag_seconds", "Age of the oldest movement not matched with alerts."
)
SHELVES = Gauge("enrayon_stock_shelves_stores", "Stores whose shelves the index knows.")
SHELVES_LAG = Gauge(
    "enrayon_stock_shelves_lag_seconds",
    "How old the index may be; not a number before it is loaded.",
)
