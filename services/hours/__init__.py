"""Opening hours of stores, and the events in them: `enrayon.hours.v1.HoursService`.

Where a request goes:

    read    servicer -> resources/questions.py (instants and dates of the request, checked)
            -> directory.schedules (schedules in memory) -> geodata.schedule (pure) -> convert
    write   servicer -> resources/store_hours.py or store_events.py -> directory.resources
            -> write.lua -> the change stream -> every process's replica
    watch   servicer -> resources/watching.py -> directory.watching

The hours of a store are the text of its record in `stores`, until UpdateStoreHours gives it an
expression of its own. Its closures lie in the same record as its hours, since they change together.

Owns the records of kind `hours` (see `services.directory.keys`):

    {hours}:records     hash: store id -> StoreHours; `<store id>/<event id>` -> StoreEvent
    {hours}:changes, {hours}:sequence, {hours}:epoch
    {hours}:reached     until when ends of closures were told (directory/by_time.py), in ms
"""
