"""Writes events as CloudEvents 1.0 in structured JSON, the bodies of webhooks."""

import orjson
from google.protobuf.json_format import MessageToDict

from enrayon.events.v1 import events_pb2 as pb

CONTENT_TYPE = "application/cloudevents+json"
EXTENSIONS = ("store", "reference", "rule", "muted")
"""Fields that are extension attributes of the same name."""


def cloud_event(event: pb.Event) -> bytes:
    """The JSON that is posted: the same in each attempt, but for what is known of the person."""
    body = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": f"enrayon.{event.type}",
        "subject": event.subject,
        "time": event.time.ToJsonString(),
        "datacontenttype": "application/json",
        "data": MessageToDict(event.data),
    }
    body |= {name: value for name in EXTENSIONS if (value := getattr(event, name))}
    if event.HasField("expire_time"):
        body["expiretime"] = event.expire_time.ToJsonString()
    if event.labels:
        # An attribute of a CloudEvent is no map: it is the map's JSON.
        labels = orjson.dumps(dict(event.labels), option=orjson.OPT_SORT_KEYS)
        body["labels"] = labels.decode()
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
