"""The access policy: one row for each method says who may call it, and what a call costs.

A row gives the least role, the cost in units of a plain look-up, and where calls are counted. Each
process counts reads for itself, so that a nearest query never calls the database; all processes
count together what keeps or makes something. A method without a row may be called by nobody.

Holds, alerts, trips and devices belong to their caller beyond this table: the services answer
NOT_FOUND to all others but admins. A subscription is told of the devices of all callers, so it is
for admins; a key may be scoped to subscriptions alone.
"""

from services.chassis.access.policy import Counted, Policy, Role, Rule

LOOK_UP = Rule(Role.PUBLIC)
SEARCH = Rule(Role.PUBLIC, cost=2)
LARGE_READ = Rule(Role.PUBLIC, cost=10)

SHOP_READ = Rule(Role.PAGE)
SHOP_SEARCH = Rule(Role.PAGE, cost=5)
SHOP_CHANGE = Rule(Role.PAGE, cost=5, counted=Counted.TOGETHER)
SHOP_HOLD = Rule(Role.PAGE, cost=10, counted=Counted.TOGETHER, is_hold=True)

OWN_READ = Rule(Role.CHANNEL)
OWN_CHANGE = Rule(Role.CHANNEL, cost=5, counted=Counted.TOGETHER)
BULK_READ = Rule(Role.CHANNEL, cost=10)
STREAM = Rule(Role.CHANNEL, cost=10)
REPORT = Rule(Role.CHANNEL)  # positions come by the thousand; the service bounds the queue

STAFF_READ = Rule(Role.ADMIN, cost=5)
STAFF_STREAM = Rule(Role.ADMIN, cost=10)
CHANGE = Rule(Role.ADMIN, cost=2)


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
        CreateReservation=SHOP_HOLD,
        GetReservation=SHOP_READ,
        CancelReservation=SHOP_CHANGE,
        ListReservations=OWN_READ,
        WatchReservations=STREAM,
        ExtendReservation=OWN_CHANGE,
        PrepareReservation=OWN_CHANGE,
        MarkReservationReady=OWN_CHANGE,
        CollectReservation=OWN_CHANGE,
        TransferReservation=OWN_CHANGE,
        GetPickupCode=SHOP_READ,
        VerifyReceipt=STAFF_READ,
        CreateStockAlert=OWN_CHANGE,
        GetStockAlert=OWN_READ,
        ListStockAlerts=OWN_READ,
        DeleteStockAlert=OWN_CHANGE,
        WatchStockAlerts=STREAM,
        ListStockLevels=BULK_READ,
        GetStockPolicy=OWN_READ,
        GetStockGroup=OWN_READ,
        UpsertProducts=CHANGE,
        DeleteProduct=CHANGE,
        SetStockLevels=CHANGE,
        AdjustStock=CHANGE,
        UpdateStockPolicy=CHANGE,
        UpdateStockGroup=CHANGE,
        ListUnmetDemand=STAFF_READ,
        ReconcileStock=STAFF_READ,
        ExportStockMovements=STAFF_READ,
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
        GetSubscription=STAFF_READ,
        UpdateSubscription=CHANGE,
        ListSubscriptions=STAFF_READ,
        DeleteSubscription=CHANGE,
        RotateSubscriptionSecret=CHANGE,
        StreamEvents=STAFF_STREAM,
        AckEvents=CHANGE,
        ListDeadLetters=STAFF_READ,
        ReplayDeadLetters=CHANGE,
        StartTrip=OWN_CHANGE,
        GetTrip=OWN_READ,
        CheckInTrip=OWN_CHANGE,
        CompleteTrip=OWN_CHANGE,
        CancelTrip=OWN_CHANGE,
        ListArrivals=OWN_READ,
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
        SubmitPlacementFeedback=SHOP_CHANGE,
        PublishFloorPlan=CHANGE,
        DeleteFloorPlan=CHANGE,
        UpsertPlacements=CHANGE,
        CreateBlockedArea=CHANGE,
        DeleteBlockedArea=CHANGE,
        CreateAnchor=CHANGE,
        GetAnchor=STAFF_READ,
        ListAnchors=STAFF_READ,
        RevokeAnchor=CHANGE,
    ),
)
"""The rule of each method, by its path."""
