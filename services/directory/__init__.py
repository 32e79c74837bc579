"""The read model that every service embeds: all stores in memory, over H3.

Fed from Redis by a snapshot and a stream of changes, so a look-up makes no network call and goes
on when Redis is down; `as_of` then says how old the answers may be.

Redis keys, written by the stores service (one hash tag, so one slot):

    {stores}:records   hash: id -> etag (16 characters) and an encoded Store
    {stores}:changes   stream: entry `<sequence>-0`, fields op (c created, u changed, d deleted), id
    {stores}:sequence  the sequence number of the last change
    {stores}:epoch     a random text, set by whoever first looks; another one means other data
"""
