"""Events: one place to be told of all that happens: `enrayon.events.v1.EventsService`.

An event goes one way through the service:

    a source's script -> {f17}:events, {s17}:events, {stores}:changes, {hours}:changes
      -> resources/reading.py          reads entries of all sources (convert/), decides whether a
                                       subscription gets them: filter, owner, expiry
      -> resources/events.py           readers stream events and acknowledge them
      -> worker/deliveries.py          posts events to webhooks, queues what fails; one probe per
                                       endpoint (model/gates.py)
    CreateSubscription -> resources/subscriptions.py   written as a record, followed by replica/

Owns `subscriptions/{id}` (records of that kind, see `services.directory`). A place is a
subscription in a partition of a source (model/sources.py); it has one reader or deliverer at a
time. The keys of a partition carry its tag, for example `{f17}` (`services.directory.deliveries`):

    {f17}:cursors           hash, subscription -> the last entry that it has finished with
    {f17}:used              hash, subscription -> when it was last read or delivered to
    {f17}:lease:<sub>       string, the process that serves the subscription in this partition
    {f17}:retry:<sub>       sorted set, subject by the time of its next attempt
    {f17}:tries:<sub>       hash, subject -> attempts so far
    {f17}:queue:<sub>:<subject>  list of events of the subject that wait for another attempt
    {f17}:queued:<sub>      number of events in those lists
    {f17}:dead:<sub>        stream of dead letters
    {subscriptions}:secrets hash, subscription -> JSON of its webhook's secrets

The streams belong to their sources; this service trims those that are there for it alone.
"""
