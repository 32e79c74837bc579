"""What is on the shelves, and holds that never oversell: `enrayon.stock.v1.StockService`.

Owns `products/{sku}` and `stockGroups/{id}` (records of kinds `products` and `groups`, see
`services.directory`), `stores/{id}/stockPolicy`, `stores/{id}/reservations/{id}`, and
`stockAlerts/{id}`. Stores hash into 64 partitions; every key of one carries its tag:

    {s17}:levels:<store>    hash, SKU -> packed level (lua/library.lua says how)
    {s17}:holds:<store>     hash, hold -> JSON
    {s17}:expiry:<store>    sorted set, hold by the moment it expires, or is forgotten once ended
    {s17}:requests:<store>  hash, request_id -> fingerprint and hold
    {s17}:policies          hash, store -> JSON
    {s17}:sources           hash, source of a feed -> the number that stands for it
    {s17}:due               sorted set, store by its next expiry
    {s17}:ledger            stream of every movement, which followers read too
    {s17}:checkpoint:<store>  hash, what the trimmed part of the ledger adds up to
    {q:<caller>}:...        sorted sets, the leases of the quotas
    {stock}:partitions      how many partitions this data set has
"""
