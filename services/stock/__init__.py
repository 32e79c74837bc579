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
    {s17}:mark              the last entry that was trimmed from the ledger
    {s17}:checkpoint:<store>  hash, what the trimmed part of the ledger adds up to
    {s17}:wishes:<store>:<sku>  sorted set, who waits for a product, the earliest first
    {s17}:wished            set, the "store SKU" that anyone waits for
    {s17}:look              sorted set, "store SKU" by when it is to be matched without an event
    {s17}:told:<store>:<sku>  sorted set, who was told of units lately
    {s17}:claims            hash, alerts that are to be fired
    {s17}:matched           the last entry of the ledger that was matched with the wishes
    {a:<owner>}:alerts      hash, alert -> JSON
    {a:<owner>}:deliveries  stream of what fired
    {demand}:<day>          hash, searches that found nothing, by product and cell
    {q:<caller>}:...        sorted sets, the leases of the quotas
    {stock}:partitions      how many partitions this data set has
"""
