"""The access policy: one row for each method says who may call it, and what a call costs.

A row gives the least role, the price in milliseconds of a processor, and where calls are counted.
Each process counts reads for itself, so that a nearest query never calls the database; all
processes count together what keeps or makes something. A method without a row may be called by
nobody. `python -m tests.bench.prices` measures the prices; a call pays in the end what it took.

Holds, alerts, trips and devices belong to their caller beyond this table: the services answer
NOT_FOUND to all others but admins, and the staff of the shop where a hold or a trip is. Each row
says where shop staff may call its method; `at` names the field of the request with the store. A
subscription belongs to its caller too, and the service decides which events it may get: all for
admins, those of their stores for staff, for others those of their own trips, holds and alerts and
those of stores and hours. A key may be scoped to subscriptions alone.
"""

import re

from services.chassis.access.policy import Counted, Policy, Role, Rule, Where

LOOK_UP = Rule(Role.PUBLIC, Where.ANYWHERE, 0.3)
SEARCH = Rule(Role.PUBLIC, Where.ANYWHERE, 1)
AREA_SEARCH = Rule(Role.PUBLIC, Where.ANYWHERE, 3, kb_ms=3)
LONG_READ = Rule(Role.PUBLIC, Where.ANYWHERE, 5)
PAGES = Rule(Role.PUBLIC, Where.ANYWHERE, 2)
NAMED = Rule(Role.PUBLIC, Where.ANYWHERE, 0.5, kb_ms=0.5)
STATES = Rule(Role.PUBLIC, Where.ANYWHERE, 0.5, kb_ms=3)
LOCATED = Rule(Role.PUBLIC, Where.ANYWHERE, 1, kb_ms=10)
ISOCHRONE = Rule(Role.PUBLIC, Where.ANYWHERE, 250)
WALK = Rule(Role.PUBLIC, Where.ANYWHERE, 10, kb_ms=250)
PICTURE = Rule(Role.PUBLIC, Where.ANYWHERE, 300, kb_ms=200)

SHOP_READ = Rule(Role.PAGE, Where.ANYWHERE, 1, kb_ms=0.1)
SHOP_SEARCH = Rule(Role.PAGE, Where.ANYWHERE, 1, kb_ms=10)
SHOP_LIST = Rule(Role.PAGE, Where.ANYWHERE, 5)
SHOP_CHANGE = Rule(Role.PAGE, Where.NOWHERE, 1, counted=Counted.TOGETHER)
SHOP_HOLD = Rule(Role.PAGE, Where.NOWHERE, 2, counted=Counted.TOGETHER, is_hold=True)
PICKUP_CODE = Rule(Role.PAGE, Where.ANYWHERE, 14)

OWN_READ = Rule(Role.CHANNEL, Where.NOWHERE, 1)
OWN_CHANGE = Rule(Role.CHANNEL, Where.NOWHERE, 1, counted=Counted.TOGETHER)
BULK_READ = Rule(Role.CHANNEL, Where.NOWHERE, 5, kb_ms=8)
STREAM = Rule(Role.CHANNEL, Where.NOWHERE, 5)
# Positions come by the thousand; the service bounds the queue.
REPORT = Rule(Role.CHANNEL, Where.NOWHERE)

SUBSCRIBER_READ = Rule(Role.CHANNEL, Where.ANYWHERE, 1)
SUBSCRIBER_CHANGE = Rule(Role.CHANNEL, Where.ANYWHERE, 1, counted=Counted.TOGETHER)
SUBSCRIBER_STREAM = Rule(Role.CHANNEL, Where.ANYWHERE, 5)

SIGN_IN = Rule(Role.PUBLIC, Where.ANYWHERE, 1, counted=Counted.TOGETHER, is_sign_in=True)
SESSION_READ = Rule(Role.CHANNEL, Where.ANYWHERE, 1)
SESSION_CHANGE = Rule(Role.CHANNEL, Where.ANYWHERE, 1, counted=Counted.TOGETHER)

ADMIN_READ = Rule(Role.ADMIN, Where.NOWHERE, 3)
CHANGE = Rule(Role.ADMIN, Where.NOWHERE, 1)

STAFF_SOURCE = "source", re.compile("staff-[1-8]")
"""Sources of stock that shop staff sends. So it cannot pass on a number for the source of another
system, whose next messages would then be late, nor take all places for sources that a level has."""


def rows(service: str, **rules: Rule) -> Policy:
    """The rows of one service, by the path of each method."""
    full_name = f"enrayon.{service}.v1.{service.capitalize()}Service"
    return {f"/{full_name}/{method}": rule for method, rule in rules.items()}


def joined(*tables: Policy) -> Policy:
    """All rows in one table.

    Raises:
        ValueError: two rows are about the same method.
    """
    result: dict[str, Rule] = {}
    for table in tables:
        if twice := result.keys() & table.keys():
            raise ValueError(f"more than one row for {', '.join(sorted(twice))}")
        result.update(table)
    return result


# Methods are keywords, because Python takes none twice.
POLICY = joined(
    rows(
        "stores",
        GetStore=LOOK_UP,
        BatchGetStores=NAMED,
        ListStores=PAGES,
        SearchStores=AREA_SEARCH,
        FindNearestStores=SEARCH,
        BatchFindNearestStores=BULK_READ,
        ComputeTravelTimes=BULK_READ,
        ComputeIsochrone=ISOCHRONE,
        CountStores=AREA_SEARCH,
        SuggestPlaces=LONG_READ,
        ParseQuery=LONG_READ,
        UpsertStores=CHANGE,
        UpdateStore=CHANGE,
        DeleteStore=CHANGE,
        WatchStores=STREAM,
    ),
    rows(
        "hours",
        GetStoreHours=LOOK_UP,
        CheckOpenState=LOOK_UP,
        BatchCheckOpenStates=STATES,
        ListOpenIntervals=LONG_READ,
        ListInStoreServices=LOOK_UP,
        ListStoreEvents=LOOK_UP,
        ExportStoreHours=LONG_READ,
        ParseHours=BULK_READ,
        WatchHours=STREAM,
        UpdateStoreHours=CHANGE,
        CreateClosure=CHANGE.at("parent"),
        CancelClosure=CHANGE.at("name"),
        CreateStoreEvent=CHANGE.at("parent"),
        DeleteStoreEvent=CHANGE.at("name"),
    ),
    rows(
        "stock",
        GetProduct=LOOK_UP,
        SearchProducts=SEARCH,
        GetStockLevels=SHOP_READ,
        BatchGetStockLevels=SHOP_SEARCH,
        ListStoresWithStock=SHOP_SEARCH,
        FindNearestAvailability=SHOP_SEARCH,
        FindPickupOptions=SHOP_SEARCH,
        ListPickupSlots=SHOP_LIST,
        CreateReservation=SHOP_HOLD.at("parent"),
        GetReservation=SHOP_READ.at("name", hides=True),
        UpdateReservation=SHOP_CHANGE.at("reservation.name", hides=True),
        CancelReservation=SHOP_CHANGE.at("name", hides=True),
        ListReservations=SHOP_LIST.at("parent"),
        WatchReservations=STREAM.at("parent"),
        ExtendReservation=OWN_CHANGE.at("name", hides=True),
        PrepareReservation=OWN_CHANGE.at("name", hides=True),
        MarkReservationReady=OWN_CHANGE.at("name", hides=True),
        CollectReservation=OWN_CHANGE.at("name", hides=True),
        UndoCollectReservation=OWN_CHANGE.at("name", hides=True),
        ReportMissingItems=OWN_CHANGE.at("name", hides=True),
        ListPickupQueue=OWN_READ.at("parent"),
        WatchPickupQueue=STREAM.at("parent"),
        TransferReservation=OWN_CHANGE.at("name", hides=True, other="destination_store"),
        GetPickupCode=PICKUP_CODE.at("name", hides=True),
        FindReservationByCode=ADMIN_READ.at("parent"),
        VerifyReceipt=ADMIN_READ.at(""),
        CreateStockAlert=OWN_CHANGE,
        GetStockAlert=OWN_READ,
        ListStockAlerts=OWN_READ,
        DeleteStockAlert=OWN_CHANGE,
        ListStockLevels=BULK_READ.at("parent"),
        GetStockPolicy=OWN_READ.at("name"),
        GetStockGroup=OWN_READ,
        UpsertProducts=CHANGE,
        DeleteProduct=CHANGE,
        SetStockLevels=CHANGE.at("store", only=STAFF_SOURCE),
        AdjustStock=CHANGE.at("store", only=STAFF_SOURCE),
        UpdateStockPolicy=CHANGE,
        UpdateStockGroup=CHANGE,
        ListUnmetDemand=ADMIN_READ,
        ReconcileStock=ADMIN_READ,
        ExportStockMovements=ADMIN_READ,
    ),
    rows(
        "geofence",
        CreateFence=CHANGE,
        BatchCreateFences=CHANGE,
        UpdateFence=CHANGE,
        DeleteFence=CHANGE,
        GetFence=OWN_READ,
        ListFences=BULK_READ,
        MatchFences=BULK_READ,
        ListNearestFences=OWN_READ,
        ReportPosition=REPORT,
        ReportPositions=REPORT,
        StreamPositions=STREAM,
        StartTrip=OWN_CHANGE,
        GetTrip=OWN_READ.at("name", hides=True),
        CheckInTrip=OWN_CHANGE.at("name", hides=True),
        CompleteTrip=OWN_CHANGE.at("name", hides=True),
        CancelTrip=OWN_CHANGE.at("name", hides=True),
        ListArrivals=OWN_READ.at("parent"),
        CreateRule=CHANGE,
        UpdateRule=CHANGE,
        GetRule=ADMIN_READ,
        ListRules=ADMIN_READ,
        DeleteRule=CHANGE,
        UpdateDevice=OWN_CHANGE,
        GetDevice=OWN_READ,
        ListPresence=BULK_READ,
        EraseDevice=OWN_CHANGE,
    ),
    rows(
        "aisle",
        GetFloorPlan=PAGES,
        ListFloorPlans=LOOK_UP,
        RenderFloorPlan=PICTURE,
        ListAisles=PAGES,
        LocateProducts=LOCATED,
        PlanRoute=WALK,
        ListBlockedAreas=LOOK_UP,
        ResolveAnchor=LOOK_UP,
        SubmitPlacementFeedback=SHOP_CHANGE.at("store"),
        PublishFloorPlan=CHANGE,
        DeleteFloorPlan=CHANGE,
        UpsertPlacements=CHANGE,
        CreateBlockedArea=CHANGE,
        DeleteBlockedArea=CHANGE,
        CreateAnchor=CHANGE,
        GetAnchor=ADMIN_READ,
        ListAnchors=ADMIN_READ,
        RevokeAnchor=CHANGE,
    ),
    rows(
        "events",
        CreateSubscription=SUBSCRIBER_CHANGE,
        GetSubscription=SUBSCRIBER_READ,
        UpdateSubscription=SUBSCRIBER_CHANGE,
        ListSubscriptions=SUBSCRIBER_READ,
        DeleteSubscription=SUBSCRIBER_CHANGE,
        RotateSubscriptionSecret=SUBSCRIBER_CHANGE,
        StreamEvents=SUBSCRIBER_STREAM,
        AckEvents=SUBSCRIBER_CHANGE,
        ListDeadLetters=SUBSCRIBER_READ,
        ReplayDeadLetters=SUBSCRIBER_CHANGE,
    ),
    rows(
        "access",
        OpenSession=SIGN_IN,
        GetSession=SESSION_READ,
        DeleteSession=SESSION_CHANGE,
        ListSessions=ADMIN_READ,
        ListKeys=ADMIN_READ,
    ),
)
"""The rule of each method, by its path."""
