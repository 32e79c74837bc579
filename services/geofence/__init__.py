"""Who meets which fence, told once and in order: `enrayon.geofence.v1.GeofenceService`.

Owns `fences/{id}` and `subscriptions/{id}` (records of those kinds, see `services.directory`),
`devices/{subject}` and `stores/{id}/trips/{id}`. Devices hash into 64 partitions by the keyed hash
of their id; every key of one carries its tag:

    {f17}:devices           hash, keyed hash -> version, subject, state (model/devices.py says how)
    {f17}:timers            sorted set, keyed hash by the moment its next timer is due
    {f17}:events            stream of events, one for all subscriptions
    {f17}:trips:<store>     hash, trip -> keyed hash and JSON
    {f17}:cursors           hash, subscription -> the last entry that it has done with
    {f17}:used              hash, subscription -> when it was last looked after
    {f17}:lease:<sub>       who delivers to the subscription from this partition
    {f17}:retry:<sub>       sorted set, subject by its next attempt
    {f17}:tries:<sub>       hash, subject -> attempts so far
    {f17}:queue:<sub>:<subject>  list of the subject's events that wait for another attempt
    {f17}:queued:<sub>      how many events lie in those lists
    {f17}:dead:<sub>        stream of dead letters
    {fences}:erased         set when something was erased that the store's own log still holds
    {fences}:rewritten      set while that log was written anew not long ago
    {fences}:partitions     how many partitions this data set has
"""
