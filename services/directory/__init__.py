"""The read model that every service embeds: all stores in memory, over H3.

A feed loads all records and follows the stream of their changes, so a look-up makes no network
call and works while the database is down; the answer then carries `as_of`.

    write   resources.py or upserts.py -> writer.py -> records.py -> lua/write.lua
            -> the stream of changes
    read    change_log.py -> feed.py -> a replica: stores.py, hours.py, products.py, groups.py
            -> columns.py (filters), text.py (words), schedules.py (open hours)

Each kind of record has four keys in the database (see `keys`), for example:

    {stores}:records  {stores}:changes  {stores}:sequence  {stores}:epoch
"""
