"""Builds the stock service."""

import math
from functools import partial

from enrayon.stock.v1 import stock_pb2, stock_servicer
from services.chassis.loops.forever import forever
from services.chassis.messages.paging import PageTokens
from services.directory.keys import GROUPS, PRODUCTS
from services.directory.parts import Loop, Parts, Service
from services.directory.records import Records
from services.stock import metrics, worker
from services.stock.alerting import Alerting
from services.stock.answers import Answers
from services.stock.availability import Availability
from services.stock.catalogue import Catalogue
from services.stock.durability import Durability
from services.stock.feeds import Feeds
from services.stock.holding import Holding
from services.stock.known import Known
from services.stock.receipts import Receipts
from services.stock.servicer import StockServicer
from services.stock.servicer.alerts import AlertCalls
from services.stock.servicer.holds import HoldCalls
from services.stock.servicer.ledger import LedgerCalls
from services.stock.servicer.levels import LevelCalls
from services.stock.servicer.products import ProductCalls
from services.stock.servicer.search import SearchCalls
from services.stock.settings import StockSettings
from services.stock.state.alerts import Alerts
from services.stock.state.demand import Demand
from services.stock.state.follower import Follower
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels
from services.stock.state.quotas import Quotas

CONTRACT = stock_pb2.DESCRIPTOR.services_by_name["StockService"]


def build(parts: Parts) -> Service:
    """The service on the parts that a process shares."""
    settings = StockSettings()
    client, directory, clock = parts.client, parts.directory, parts.clock
    levels, ledger = Levels(client), Ledger(client)
    holds = Holds(client, settings.hold_replicas)
    alerts, demand, follower = Alerts(client), Demand(client), Follower(client, ledger)
    durability = Durability(client, levels, allow_loss=settings.stock_allow_loss)
    quotas = Quotas(client, settings.holds_per_caller, settings.holds_per_shopper)
    known, tokens, answers = (
        Known(directory),
        PageTokens(parts.keyring),
        Answers(settings, follower.sources_of),
    )
    catalogue = Catalogue(Records(client, PRODUCTS), Records(client, GROUPS), directory, clock)
    servicer: stock_servicer.StockServicer = StockServicer(
        ProductCalls(directory, tokens, catalogue),
        LevelCalls(
            directory,
            tokens,
            clock,
            known=known,
            catalogue=catalogue,
            feeds=Feeds(levels, follower, durability, directory, clock),
            levels=levels,
            follower=follower,
            answers=answers,
        ),
        SearchCalls(
            directory,
            parts.origins,
            tokens,
            clock,
            known=known,
            availability=Availability(levels, follower, directory, settings.stock_freshness_s),
            answers=answers,
            follower=follower,
            demand=demand,
        ),
        HoldCalls(
            tokens,
            known=known,
            holding=Holding(holds, quotas, durability, known, parts.keyring, settings),
            holds=holds,
            receipts=Receipts(parts.keyring),
            follower=follower,
            ledger=ledger,
        ),
        LedgerCalls(known, ledger),
        AlertCalls(tokens, Alerting(alerts, known, directory, parts.origins, parts.keyring, clock)),
    )
    loops: dict[str, Loop] = {
        "stock.sweep": partial(
            forever, "stock sweep", worker.SWEEP_EVERY_S, partial(worker.sweep, holds)
        ),
        "stock.alerts": partial(
            forever, "stock alerts", worker.MATCH_EVERY_S, partial(worker.fire, alerts)
        ),
        "stock.forget": partial(
            forever, "stock forget", worker.FORGET_EVERY_S, partial(worker.forget, alerts)
        ),
        "stock.ledger": partial(
            forever, "stock ledger", worker.TRIM_EVERY_S, partial(worker.trim, alerts, ledger)
        ),
    }
    metrics.SHELVES.set_function(lambda: len(follower.shelves.stores))
    metrics.SHELVES_LAG.set_function(lambda: math.nan if (s := follower.lag_s) is None else s)
    background: dict[str, Loop] = {
        "stock.follower": follower.run,
        "stock.demand": partial(
            forever, "stock demand", worker.FLUSH_EVERY_S, partial(worker.flush, demand)
        ),
    }
    return Service(CONTRACT, servicer, loops, background, durability.at_start)
