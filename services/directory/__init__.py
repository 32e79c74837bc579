"""The read model that every service embeds: all stores in memory, over H3.

Fed from Redis by a snapshot and a stream of changes, so a look-up makes no network call and goes
on when Redis is down; `as_of` then says how old the answers may be. `records` is the writing side,
`feed` the reading side, `keys` says what lies in Redis:

    {stores}:records  {stores}:changes  {stores}:sequence  {stores}:epoch

and so for the other kinds.
"""
