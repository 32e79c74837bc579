"""A smaller suite, so that a run is quick: fewer partitions, and longer pauses between looks.

Import it before any other part of the suite: constants are taken over by name. Two partitions have
stores in common, as the sixty-four of a chain with many stores do.
"""

import sys

PARTITIONS = 2
DELIVERY_POLL_S = 3.0
"""Pause between two looks for events to deliver; in servers a thirtieth of it."""

_early = {name for name in sys.modules if name.startswith("services.")}
if _early & {"services.stock.state", "services.geofence.state", "services.events.model.sources"}:
    raise ImportError("the suite is loaded already: a simulation needs a process of its own")

import services.directory.crossing  # noqa: E402
import services.geofence.model.partitions  # noqa: E402
import services.stock.model.partitions  # noqa: E402

for module in (
    services.directory.crossing,
    services.geofence.model.partitions,
    services.stock.model.partitions,
):
    setattr(module, "PARTITIONS", PARTITIONS)  # noqa: B010 - three modules have it

import services.events.bootstrap  # noqa: E402
import services.events.worker.deliveries  # noqa: E402

services.events.bootstrap.POLL_S = DELIVERY_POLL_S  # type: ignore[attr-defined]
services.events.worker.deliveries.POLL_S = DELIVERY_POLL_S
