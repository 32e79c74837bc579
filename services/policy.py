"""Who may call what: one row for each method of each service. What has no row, nobody may call.

A row says the least role, what a call costs beside a plain look-up, and where calls are counted:
what only reads is counted by each process for itself, so that a nearest query stays without any
call of Redis; what keeps or makes something is counted in Redis, by all processes together.
Whatever a caller makes (holds, alerts, trips, devices) is its own beyond this table: the services
answer NOT_FOUND to others, admins excepted. A subscription is told of the devices of all callers,
so it is an admin's; a key may be scoped to that alone.
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
REPORT = Rule(Role.CHANNEL)  # positions come by the thousand; the service bounds what waits

STAFF_READ = Rule(Role.ADMIN, cost=5)
STAFF_STREAM = Rule(Role.ADMIN, cost=10)
CHANGE = Rule(Role.ADMIN, cost=2)

STORES = {
    "GetStore": LOOK_UP,
    "BatchGetStores": LARGE_READ,
    "ListStores": LARGE_READ,
    "SearchStores": SEARCH,
    "FindNearestStores": SEARCH,
    "BatchFindNearestStores": BULK_READ,
    "CountStores": SEARCH,
    "SuggestPlaces": LOOK_UP,
    "UpsertStores": CHANGE,
    "UpdateStore": CHANGE,
    "DeleteStore": CHANGE,
    "WatchStores": STREAM,
}

HOURS = {
    "GetStoreHours": LOOK_UP,
    "CheckOpenState": LOOK_UP,
    "BatchCheckOpenStates": LARGE_READ,
    "ListOpenIntervals": SEARCH,
    "ListInStoreServices": LOOK_UP,
    "ListStoreEvents": LOOK_UP,
    "ExportStoreHours": SEARCH,
    "ParseHours": BULK_READ,
    "WatchHours": STREAM,
    "UpdateStoreHours": CHANGE,
    "CreateClosure": CHANGE,
    "CancelClosure": CHANGE,
    "CreateStoreEvent": CHANGE,
    "DeleteStoreEvent": CHANGE,
}

STOCK = {
    "GetProduct": LOOK_UP,
    "SearchProducts": SEARCH,
    "GetStockLevels": SHOP_READ,
    "BatchGetStockLevels": SHOP_SEARCH,
    "ListStoresWithStock": SHOP_SEARCH,
    "FindNearestAvailability": SHOP_SEARCH,
    "FindPickupOptions": SHOP_SEARCH,
    "CreateReservation": SHOP_HOLD,
    "GetReservation": SHOP_READ,
    "CancelReservation": SHOP_CHANGE,
    "ListReservations": OWN_READ,
    "WatchReservations": STREAM,
    "ExtendReservation": OWN_CHANGE,
    "PrepareReservation": OWN_CHANGE,
    "MarkReservationReady": OWN_CHANGE,
    "CollectReservation": OWN_CHANGE,
    "TransferReservation": OWN_CHANGE,
    "GetPickupCode": SHOP_READ,
    "VerifyReceipt": STAFF_READ,
    "CreateStockAlert": OWN_CHANGE,
    "GetStockAlert": OWN_READ,
    "ListStockAlerts": OWN_READ,
    "DeleteStockAlert": OWN_CHANGE,
    "WatchStockAlerts": STREAM,
    "ListStockLevels": BULK_READ,
    "GetStockPolicy": OWN_READ,
    "GetStockGroup": OWN_READ,
    "UpsertProducts": CHANGE,
    "DeleteProduct": CHANGE,
    "SetStockLevels": CHANGE,
    "AdjustStock": CHANGE,
    "UpdateStockPolicy": CHANGE,
    "UpdateStockGroup": CHANGE,
    "ListUnmetDemand": STAFF_READ,
    "ReconcileStock": STAFF_READ,
    "ExportStockMovements": STAFF_READ,
}

GEOFENCE = {
    "CreateFence": CHANGE,
    "BatchCreateFences": CHANGE,
    "UpdateFence": CHANGE,
    "DeleteFence": CHANGE,
    "GetFence": OWN_READ,
    "ListFences": BULK_READ,
    "MatchFences": BULK_READ,
    "ListNearestFences": OWN_READ,
    "ReportPosition": REPORT,
    "ReportPositions": REPORT,
    "StreamPositions": STREAM,
    "CreateSubscription": CHANGE,
    "GetSubscription": STAFF_READ,
    "UpdateSubscription": CHANGE,
    "ListSubscriptions": STAFF_READ,
    "DeleteSubscription": CHANGE,
    "RotateSubscriptionSecret": CHANGE,
    "StreamEvents": STAFF_STREAM,
    "AckEvents": CHANGE,
    "ListDeadLetters": STAFF_READ,
    "ReplayDeadLetters": CHANGE,
    "StartTrip": OWN_CHANGE,
    "GetTrip": OWN_READ,
    "CheckInTrip": OWN_CHANGE,
    "CompleteTrip": OWN_CHANGE,
    "CancelTrip": OWN_CHANGE,
    "ListArrivals": OWN_READ,
    "EraseDevice": OWN_CHANGE,
}

AISLE = {
    "GetFloorPlan": LARGE_READ,
    "ListFloorPlans": LOOK_UP,
    "RenderFloorPlan": LARGE_READ,
    "ListAisles": LOOK_UP,
    "LocateProducts": SEARCH,
    "PlanRoute": LARGE_READ,
    "ListBlockedAreas": LOOK_UP,
    "ResolveAnchor": LOOK_UP,
    "SubmitPlacementFeedback": SHOP_CHANGE,
    "PublishFloorPlan": CHANGE,
    "DeleteFloorPlan": CHANGE,
    "UpsertPlacements": CHANGE,
    "CreateBlockedArea": CHANGE,
    "DeleteBlockedArea": CHANGE,
    "CreateAnchor": CHANGE,
    "GetAnchor": STAFF_READ,
    "ListAnchors": STAFF_READ,
    "RevokeAnchor": CHANGE,
}

AISLE = {
    "GetFloorPlan": LARGE_READ,
    "ListFloorPlans": LARGE_READ,
    "RenderFloorPlan": LARGE_READ,
    "ListAisles": SEARCH,
    "LocateProducts": SEARCH,
    "PlanRoute": LARGE_READ,
    "ListBlockedAreas": LOOK_UP,
    "ResolveAnchor": LOOK_UP,
    "SubmitPlacementFeedback": SHOP_CHANGE,
    "GetAnchor": STAFF_READ,
    "ListAnchors": STAFF_READ,
    "PublishFloorPlan": CHANGE,
    "DeleteFloorPlan": CHANGE,
    "UpsertPlacements": CHANGE,
    "CreateBlockedArea": CHANGE,
    "DeleteBlockedArea": CHANGE,
    "CreateAnchor": CHANGE,
    "RevokeAnchor": CHANGE,
}


def rows(service: str, rules: dict[str, Rule]) -> Policy:
    """The rules of one service by path."""
    full_name = f"enrayon.{service}.v1.{service.capitalize()}Service"
    return {f"/{full_name}/{method}": rule for method, rule in rules.items()}


POLICY: Policy = {
    **rows("stores", STORES),
    **rows("hours", HOURS),
    **rows("stock", STOCK),
    **rows("geofence", GEOFENCE),
    **rows("aisle", AISLE),
    **rows("aisle", AISLE),
}
"""Of all services."""
