"""The descriptor set has every file that Envoy needs, imports first."""

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from services.edge.envoy.descriptors import descriptor_set, json_prefixes
from tests.support.stores_stub import SERVICE


def test_a_pool_of_its_own_takes_the_set_as_it_comes() -> None:
    files = FileDescriptorSet.FromString(descriptor_set([SERVICE, SERVICE])).file
    pool = DescriptorPool()
    for file in files:
        pool.Add(file)  # refuses a file before those that it imports
    assert [method.name for method in SERVICE.methods] == [
        method.name for method in pool.FindServiceByName(SERVICE.full_name).methods
    ]
    assert {"google/rpc/error_details.proto", "google/rpc/status.proto"} <= {f.name for f in files}


def test_each_file_is_there_once() -> None:
    names = [file.name for file in FileDescriptorSet.FromString(descriptor_set([SERVICE])).file]
    assert sorted(set(names)) == sorted(names)


def test_all_json_is_under_v1() -> None:
    assert json_prefixes([SERVICE]) == ["/v1"]
