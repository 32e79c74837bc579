"""Builds the stock service from settings and the shared parts of a process."""

from functools import partial

from enrayon.stock.v1 import stock_pb2, stock_servicer
from services.chassis.access.key_ring import key_ring
from services.chassis.access.limits import SharedLimits
from services.chassis.messages.paging import PageTokens
from services.directory.crossing import mark_erased, trip_facts
from services.directory.events import HARD_LIMIT, StreamSettings
from services.directory.keys import GROUPS, PRODUCTS
from services.directory.parts import Parts, Service
from services.directory.records import Records
from services.directory.trip_tokens import TripTokens
from services.directory.writer import Writer
from services.stock import metrics, worker
from services.stock.replica.follower import Follower
from services.stock.replica.lookups import Lookups
from services.stock.replica.shelf_rows import ShelfRows
from services.stock.resources.alert_firing import AlertFiring
from services.stock.resources.alert_holds import AlertHolds
from services.stock.resources.arrivals import Arrivals
from services.stock.resources.availability import Availability, Searches
from services.stock.resources.hold_changes import HoldChanges
from services.stock.resources.hold_terms import Terms
from services.stock.resources.notices import Notices
from services.stock.resources.page_holds import PageHolds
from services.stock.resources.pickup_codes import PickupCodes
from services.stock.resources.pickup_options import PickupOptions
from services.stock.resources.pickup_slots import PickupSlots
from services.stock.resources.products import Products
from services.stock.resources.receipts import Receipts
from services.stock.resources.reservations import Reservations
from services.stock.resources.shelf_questions import ShelfQuestions
from services.stock.resources.stock_alerts import StockAlerts
from services.stock.resources.stock_feeds import StockFeeds
from services.stock.resources.stock_groups import StockGroups
from services.stock.resources.stock_levels import StockLevels
from services.stock.resources.stock_movements import StockMovements
from services.stock.resources.stock_policies import StockPolicies
from services.stock.resources.unmet_demand import UnmetDemand
from services.stock.resources.watching import ReservationWatch
from services.stock.servicer import StockServicer
from services.stock.settings import StockSettings
from services.stock.state.alerts import Alerts
from services.stock.state.demand import Demand
from services.stock.state.durability import Durability
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.matching import Matching
from services.stock.state.policies import Policies
from services.stock.state.quotas import Limits, Quotas
from services.stock.state.shelves import ShelfLists
from services.stock.state.slots import Slots

CONTRACT = stock_pb2.DESCRIPTOR.services_by_name["StockService"]


def shelf_questions(parts: Parts) -> ShelfQuestions:
    """The part that answers other services, also in a process without this one."""
    return ShelfQuestions(Levels(parts.client), StockSettings(), parts.clock)


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = StockSettings()
    client, directory, origins = parts.client, parts.directory, parts.origins
    keyring, clock = parts.keyring, parts.clock
    levels, ledger = Levels(client), Ledger(client)
    most_events = HARD_LIMIT * StreamSettings().events_backlog
    holds = Holds(client, settings.hold_replicas, most_events=most_events)
    alerts = Alerts(client, most=settings.alerts_per_caller)
    matching = Matching(
        client,
        fresh_ms=int(settings.stock_freshness_s * 1000),
        bands_only=not settings.stock_quantities,
        most_events=most_events,
    )
    demand = Demand(client)
    quotas = Quotas(
        client,
        Limits(settings.holds_per_caller, settings.holds_per_shopper, settings.holds_per_address),
    )
    durability = Durability(client, levels, allow_loss=settings.stock_allow_loss)
    follower = Follower(ledger, levels, ShelfLists(client))
    metrics.watch(follower)
    lookups = Lookups(directory)
    groups = StockGroups(
        Writer(Records(client, GROUPS), directory.groups), directory, lookups, clock
    )
    shelf_rows = ShelfRows(directory, follower)
    searches = Searches(levels, shelf_rows, follower, directory, lookups, settings)
    unmet = UnmetDemand(demand, clock)
    policies = Policies(client)
    terms = Terms(directory, clock, settings)
    notices = Notices(holds, policies, Slots(client), directory, clock)
    changes = HoldChanges(holds, policies, quotas, settings)
    keys = key_ring(client, clock)
    alert_holds = AlertHolds(holds, changes, terms, durability, keyring, keys)
    firing = AlertFiring(alerts, matching, alert_holds)
    facts = trip_facts(client)
    arrivals = Arrivals(facts, holds, partial(mark_erased, client, clock))
    servicer: stock_servicer.StockServicer = StockServicer(
        directory,
        lookups,
        PageTokens(keyring),
        products=Products(Writer(Records(client, PRODUCTS), directory.products), directory, clock),
        feeds=StockFeeds(
            levels, policies, follower, durability, directory, lookups, settings, clock
        ),
        levels=StockLevels(levels, follower, groups, directory, lookups, settings, clock),
        policies=StockPolicies(policies, notices, lookups),
        groups=groups,
        availability=Availability(searches, unmet, lookups, origins, clock),
        pickup_options=PickupOptions(searches, directory, lookups, origins, clock),
        pickup_slots=PickupSlots(Slots(client), policies, terms, directory, lookups, clock),
        demand=unmet,
        reservations=Reservations(
            holds,
            changes,
            Receipts(keyring),
            TripTokens(keyring),
            durability,
            lookups,
            PageHolds(keyring),
            terms,
            directory,
            keyring,
            clock,
        ),
        pickup_codes=PickupCodes(holds, changes, SharedLimits(client), lookups),
        reservation_watch=ReservationWatch(follower, ledger, holds),
        alerts=StockAlerts(alerts, lookups, terms, directory, origins, keyring, clock),
        movements=StockMovements(ledger, lookups),
    )
    return Service(
        CONTRACT,
        servicer,
        {
            **worker.workers(holds, firing, ledger, directory, clock),
            "stock.arrivals": worker.crossing(facts.run, arrivals),
            "stock.notices": worker.noticing(notices),
        },
        {
            "stock.follower": follower.run,
            "stock.arrivals": worker.crossing(facts.stand_by, arrivals),
            **worker.background(demand),
        },
        durability.at_start,
    )
