"""The access policy: one row for each method says who may call it, and what a call costs.

A row gives the least role, the cost in units of a plain look-up, and where calls are counted. Each
process counts reads for itself, so that a nearest query never calls the database; all processes
count together what keeps or makes something. A method without a row may be called by nobody.

Holds, alerts, trips and devices belong to their caller beyond this table: the services answer
NOT_FOUND to all others but admins, and the staff of the shop where a hold or a trip is. Each row
says where shop staff may call its method; `at` names the field of the request with the store. A
subscription is told of the devices of all callers, so it is for admins; a key may be scoped to
subscriptions alone.
"""

import re

from services.chassis.access.policy import Counted, Policy, Role, Rule, Where

LOOK_UP = Rule(Role.PUBLIC, Where.ANYWHERE)
SEARCH = Rule(Role.PUBLIC, Where.ANYWHERE, cost=2)
LARGE_READ = Rule(Role.PUBLIC, Where.ANYWHERE, cost=10)

SHOP_READ = Rule(Role.PAGE, Where.ANYWHERE)
SHOP_SEARCH = Rule(Role.PAGE, Where.ANYWHERE, cost=5)
SHOP_CHANGE = Rule(Role.PAGE, Where.NOWHERE, cost=5, counted=Counted.TOGETHER)
SHOP_HOLD = Rule(Role.PAGE, Where.NOWHERE, cost=10, counted=Counted.TOGETHER, is_hold=True)

OWN_READ = Rule(Role.CHANNEL, Where.NOWHERE)
OWN_CHANGE = Rule(Role.CHANNEL, Where.NOWHERE, cost=5, counted=Counted.TOGETHER)
BULK_READ = Rule(Role.CHANNEL, Where.NOWHERE, cost=10)
STREAM = Rule(Role.CHANNEL, Where.NOWHERE, cost=10)
# Positions come by the thousand; the service bounds the queue.
REPORT = Rule(Role.CHANNEL, Where.NOWHERE)

ADMIN_READ = Rule(Role.ADMIN, Where.NOWHERE, cost=5)
ADMIN_STREAM = Rule(Role.ADMIN, Where.NOWHERE, cost=10)
CHANGE = Rule(Role.ADMIN, Where.NOWHERE, cost=2)

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
        BatchGetStores=LARGE_READ,
        ListStores=LARGE_READ,
        SearchStores=SEARCH,
        FindNearestStores=SEARCH,
        BatchFindNearestStores=BULK_READ,
        CountStores=SEARCH,
        SuggestPlaces=LOOK_UP,
        UpsertStores=CHANGE,
        UpdateStore=CHANGE,
        DeleteStore=CHANGE,
        WatchStores=STREAM,
    ),
    rows(
        "hours",
        GetStoreHours=LOOK_UP,
        CheckOpenState=LOOK_UP,
        BatchCheckOpenStates=LARGE_READ,
        ListOpenIntervals=SEARCH,
        ListInStoreServices=LOOK_UP,
        ListStoreEvents=LOOK_UP,
        ExportStoreHours=SEARCH,
        ParseHours=BULK_READ,
        WatchHours=STREAM,
        UpdateStoreHours=CHANGE,
        CreateClosure=CHANGE,
        CancelClosure=CHANGE,
        CreateStoreEvent=CHANGE,
        DeleteStoreEvent=CHANGE,
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
        CreateReservation=SHOP_HOLD.at("parent"),
        GetReservation=SHOP_READ.at("name", hides=True),
        CancelReservation=SHOP_CHANGE.at("name", hides=True),
        ListReservations=OWN_READ.at("parent"),
        WatchReservations=STREAM.at("parent"),
        ExtendReservation=OWN_CHANGE.at("name", hides=True),
        PrepareReservation=OWN_CHANGE.at("name", hides=True),
        MarkReservationReady=OWN_CHANGE.at("name", hides=True),
        CollectReservation=OWN_CHANGE.at("name", hides=True),
        TransferReservation=OWN_CHANGE.at("name", hides=True, other="destination_store"),
        GetPickupCode=SHOP_READ.at("name", hides=True),
        VerifyReceipt=ADMIN_READ.at(""),
        CreateStockAlert=OWN_CHANGE,
        GetStockAlert=OWN_READ,
        ListStockAlerts=OWN_READ,
        DeleteStockAlert=OWN_CHANGE,
        WatchStockAlerts=STREAM,
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
        CreateSubscription=CHANGE,
        GetSubscription=ADMIN_READ,
        UpdateSubscription=CHANGE,
        ListSubscriptions=ADMIN_READ,
        DeleteSubscription=CHANGE,
        RotateSubscriptionSecret=CHANGE,
        StreamEvents=ADMIN_STREAM,
        AckEvents=CHANGE,
        ListDeadLetters=ADMIN_READ,
        ReplayDeadLetters=CHANGE,
        StartTrip=OWN_CHANGE,
        GetTrip=OWN_READ.at("name", hides=True),
        CheckInTrip=OWN_CHANGE.at("name", hides=True),
        CompleteTrip=OWN_CHANGE.at("name", hides=True),
        CancelTrip=OWN_CHANGE.at("name", hides=True),
        ListArrivals=OWN_READ.at("parent"),
        EraseDevice=OWN_CHANGE,
    ),
    rows(
        "aisle",
        GetFloorPlan=LARGE_READ,
        ListFloorPlans=LOOK_UP,
        RenderFloorPlan=LARGE_READ,
        ListAisles=LARGE_READ,  # each is found on the map, at 0.3 ms
        LocateProducts=SEARCH,
        PlanRoute=LARGE_READ,
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
)
"""The rule of each method, by its path."""
