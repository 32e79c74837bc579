"""Facts about the contracts that Envoy's configuration needs."""

from collections.abc import Iterable, Iterator, Sequence

from google.protobuf.descriptor import FileDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet, MethodOptions
from google.rpc import error_details_pb2, status_pb2

from services.client.bindings import bindings


def descriptor_set(services: Sequence[ServiceDescriptor]) -> bytes:
    """A `FileDescriptorSet` of the services, their imports, and the types of error details.

    Without these types Envoy cannot print an error with details, and answers an empty 400.
    """
    files = [service.file for service in services]
    details = [status_pb2.DESCRIPTOR, error_details_pb2.DESCRIPTOR]
    result = FileDescriptorSet()
    for file in _imports_first([*files, *details], seen=set()):
        file.CopyToProto(result.file.add())
    return result.SerializeToString()


def is_read(method: MethodDescriptor) -> bool:
    """True if a call changes nothing."""
    return bool(method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS)


def is_stream(method: MethodDescriptor) -> bool:
    """True if a call is a stream, which may last as long as its client likes."""
    return method.client_streaming or method.server_streaming


def json_prefixes(services: Sequence[ServiceDescriptor]) -> list[str]:
    """The first segments of all JSON paths, such as `/v1`."""
    rules = [rule for s in services for method in s.methods for rule in bindings(method)]
    paths = [getattr(rule, rule.WhichOneof("pattern") or "") for rule in rules]
    return sorted({"/" + path.split("/")[1] for path in paths})


def _imports_first(files: Iterable[FileDescriptor], seen: set[str]) -> Iterator[FileDescriptor]:
    for file in files:
        if file.name not in seen:
            seen.add(file.name)
            yield from _imports_first(file.dependencies, seen)
            yield file
