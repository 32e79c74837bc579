"""Geofences: which device enters, leaves or stays where: `enrayon.geofence.v1.GeofenceService`.

A fix goes one way through the service, an event another:

    ReportPositions -> resources/positions.py      finds devices by the keyed hashes of their ids
      -> model/roaming.py                          devices near no fence, thousands at once
      -> resources/detection.py                    all others: fences, visits, trips, one by one
      -> state/devices.py, lua/apply.lua           writes device, timer and events in one act; a
                                                   device that another call changed is decided again
      -> resources/campaigns.py                    adds messages of rules to events of people
    worker/timers.py                               dwells, delayed exits, trips that expire
      -> the same detection, the same write
    StartTrip of a hold -> resources/trips.py      checks the token that stock signed; from then on
      lua/apply.lua                                changes keep facts for the hold, which a worker
                                                   of stock takes over (directory.orders)
    facts of holds -> resources/trips.py           a worker ends or resumes the trip
    {f17}:events -> `services.events`              tells subscriptions
    CreateFence -> resources/fences.py             written as records, followed by replica/

Owns `fences/{id}` and `rules/{id}` (records of those kinds, see `services.directory`),
`devices/{subject}` and `stores/{id}/trips/{id}`. Devices hash into 64 partitions by the keyed hash
of their id; every key of a partition carries its tag, for example `{f17}`:

    {f17}:devices           hash, keyed hash of the device id -> record (see model/devices.py)
    {f17}:timers            sorted set, keyed hash by the time when its next timer is due
    {f17}:events            stream of events (see `services.directory.events`)
    {f17}:trips:<store>     hash, trip -> keyed hash and JSON
    {f17}:crossing          hash, trip -> what its hold is to be told
    {f17}:people            hash, keyed hash -> record of its person (see model/people.py)
    {f17}:ends              sorted set, keyed hash by the time when that record ends
    {f17}:keyed             hash, version of a hash key -> records of people under it
    {f17}:known             hash, subject -> what deliveries add to events (directory/known.py)
    {f17}:inside:<shape>    sorted set of the keyed hashes of registered devices inside a shape
    {fences}:erased         set while the log of the database still holds something erased
    {fences}:rewritten      set while the log of the database was rewritten recently
    {fences}:partitions     number of partitions of this data set
"""
