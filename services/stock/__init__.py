"""Stock levels, and holds that never oversell: `enrayon.stock.v1.StockService`.

Where a request goes:

    feed    servicer -> resources/stock_feeds.py -> state/levels.py -> lua/set.lua, adjust.lua: the
            level and its movement in the ledger, in one act
    search  resources/availability.py -> replica/shelf_rows.py (stores with the products on the
            shelf, in memory) -> state/level_reads.py -> lua/read.lua: two round trips at most
    hold    resources/reservations.py -> hold_changes.py -> lua/reserve.lua with the lease of the
            quotas: one round trip; on a cluster, where that lies in another slot, two
    change  hold_changes.py: a lease of the quotas where one is needed, then lua/transition.lua
    alert   lua/wish.lua beside the level; worker.fire reads the ledger -> lua/match.lua, basket.lua
            in the store's slot -> resources/alert_firing.py: lua/claim.lua in the owner's slot, a
            hold if one is asked for, lua/told.lua in the store's slot with the event
    trip    geofence keeps facts about the trips to holds; worker.crossing -> resources/arrivals.py
            -> lua/arrival.lua. A hold keeps facts for its trips (lua/library.lua), which geofence
            takes over. `directory.orders` has both, `chassis.database.outbox` how they cross
    event   each change of a hold appends one in its own script (`tell` of lua/library.lua); the
            service of events follows them
    follow  replica/follower.py reads all ledgers: it keeps the shelves, and WatchReservations
    master  products and groups -> directory.resources, directory.upserts -> write.lua

Owns `products/{sku}` and `stockGroups/{id}` (records of kinds `products` and `groups`, see
`services.directory.keys`), and in stores, which hash into 64 partitions with a tag each:

    {s17}:levels:<store>       hash: SKU -> packed level (lua/library.lua)
    {s17}:holds:<store>        hash: hold -> JSON (lua/library.lua)
    {s17}:expiry:<store>       sorted set: hold by when it expires, or is deleted once it ended
    {s17}:requests:<store>     hash: hash of a request_id -> fingerprint and hold
    {s17}:addresses:<store>    hash: keyed hash of an address -> its live holds of pages
    {s17}:codes:<store>        hash: short pick-up code -> its hold
    {s17}:crossing             hash: trip -> what it is to be told of its hold
    {s17}:slots:<store>        hash: method and start of a slot -> places taken
    {s17}:checkpoint:<store>   hash: sums of the trimmed part of the ledger
    {s17}:wishes:<store>:<sku> sorted set: alerts that wait for a product, the oldest first
    {s17}:told:<store>:<sku>   sorted set: alerts that were told of units lately
    {s17}:policies             hash: store -> JSON (model/policies.py)
    {s17}:sources              hash: source of a feed -> its number in levels
    {s17}:due                  sorted set: store by its next expiry
    {s17}:ledger               stream of all movements (lua/library.lua)
    {s17}:events               stream of what became of holds and alerts (directory/events.py)
    {s17}:dropped              how many of them made room for others; the service of events has the
                               other keys beside them
    {s17}:mark, :matched       the last entry that was trimmed, and that was matched with wishes
    {s17}:wished               set: "store SKU" with wishes
    {s17}:look                 sorted set: "store SKU" by when to match it without a movement
    {s17}:fires                hash: goods that were found for alerts, until they are told
    {s17}:claims               the same of an older version
    {s17}:ending               sorted set: "owner alert" by when it expires, at its first store
    {a:<owner>}:alerts         hash: alert -> JSON (lua/claim.lua)
    {q:<caller>}:...           sorted sets: leases of the quotas, by when they expire
    {q:<caller>}:listed:<...>  sorted set: holds of a shopper, by when they are dropped
    {demand}:<day>             hash: unmet demand by product and cell (state/demand.py)
    {stock}:partitions         the number of partitions of this data set
"""
