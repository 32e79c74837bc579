"""Services that know nothing, for channels that are fuzzed."""

from typing import Any

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.client.contracts import CONTRACTS


class Services:
    """A client of services that answer every call with an empty message."""

    def __init__(self) -> None:
        for contract in CONTRACTS:
            setattr(self, contract.full_name.split(".")[1], Stub(contract))


class Stub:
    """The methods of a service."""

    def __init__(self, contract: Any) -> None:
        for method in contract.methods:
            setattr(self, method.name, _empty(GetMessageClass(method.output_type)))


def _empty(answer: type[Message]) -> Any:
    async def call(request: Message, **_: object) -> Message:
        request.SerializeToString()
        return answer()

    return call
