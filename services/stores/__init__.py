"""Which stores there are and which are near: `enrayon.stores.v1.StoresService`.

Where a request goes:

    read    servicer -> directory.stores.replica (all stores in memory, over H3) -> convert
            FindNearestStores, SearchStores, CountStores make no call to the database
    write   servicer -> resources/stores.py -> directory.resources (check, etag) -> write.lua
            -> the change stream -> every process's replica; the writer waits for its own
    watch   servicer -> resources/watching.py -> directory.watching (the change stream, resumable)

Nearest: origin (point, place text or H3 cell) -> replica.nearest -> the encoded stores, spliced
into the answer without being parsed.

Owns the records of kind `stores` (see `services.directory.keys`):

    {stores}:records    hash: store id -> etag and encoded Store
    {stores}:changes    stream of changes, the last 200,000
    {stores}:sequence   number of the last change
    {stores}:epoch      identifies the data set
"""
