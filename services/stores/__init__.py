"""The stores service: stores, and searches by distance, text, area and route.

Implements `enrayon.stores.v1.StoresService`.

Where a request goes:

    read    servicer -> directory.stores.replica (all stores in memory, over H3) -> convert
            FindNearestStores, SearchStores, CountStores make no call to the database
    write   servicer -> resources/stores.py -> directory.resources (check, etag) -> write.lua
            -> the change stream -> the replica of every process; the writer waits for its own
    watch   servicer -> resources/watching.py -> directory.watching (the change stream, resumable)

FindNearestStores: origin (point, place or H3 cell) -> replica.nearest -> the answer, into which the
encoded stores are copied without being parsed.

Owns the records of kind `stores` (see `services.directory.keys`):

    {stores}:records    hash: store id -> etag and encoded Store
    {stores}:changes    stream of changes, the last 200,000
    {stores}:sequence   number of the last change
    {stores}:epoch      identifies the data set
    {stores}:reached    until when closing dates were told (directory/by_time.py), in ms
"""
