"""Every web address of the contracts is one that a page may show as a link."""

import re
from collections.abc import Iterator

import protovalidate
import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from services.chassis.errors import ServiceError
from services.events.model.endpoints import check_uri
from tests.contracts.contracts import all_messages

ADDRESS = re.compile(r"(^|_)(url|uri|link|href)s?$")
CHECKED_BY_THE_SERVICE = {"enrayon.events.v1.Webhook.uri"}
DANGEROUS = (
    "javascript:alert(1)",
    "JavaScript://shop.example/%0aalert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "//shop.example/",
)


def addresses() -> Iterator[FieldDescriptor]:
    """Every field that a caller fills with a web address."""
    for message in all_messages():
        for field in message.fields:
            if field.type != field.TYPE_STRING or not ADDRESS.search(field.name):
                continue
            told = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
            if field_behavior_pb2.OUTPUT_ONLY not in told:
                yield field


def is_refused(field: FieldDescriptor, address: str) -> bool:
    message = GetMessageClass(field.containing_type)()
    if field.is_repeated:
        getattr(message, field.name).append(address)
    else:
        setattr(message, field.name, address)
    found = {
        violation.proto.field.elements[0].field_name
        for violation in protovalidate.collect_violations(message)
        if violation.proto.field
    }
    return field.name in found


def test_the_addresses_are_those_that_are_known():
    assert {
        "enrayon.stores.v1.Store.urls",
        "enrayon.stores.v1.Store.image_urls",
        "enrayon.hours.v1.StoreEvent.url",
        *CHECKED_BY_THE_SERVICE,
    } == {field.full_name for field in addresses()}


@pytest.mark.parametrize(
    "field",
    [f for f in addresses() if f.full_name not in CHECKED_BY_THE_SERVICE],
    ids=lambda field: field.full_name,
)
def test_only_http_and_https_are_taken(field):
    assert not is_refused(field, "https://www.stockmann.com/helsinki?x=1#y")
    assert not is_refused(field, "HTTP://shop.example")
    for address in DANGEROUS:
        assert is_refused(field, address), address


@pytest.mark.parametrize("private", [False, True])
def test_a_webhook_is_posted_to_http_or_https_alone(private):
    for address in DANGEROUS:
        with pytest.raises(ServiceError):
            check_uri(address, private=private)
