"""mypy refuses a servicer whose methods do not have the types of their contract."""

import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from mypy import api

from services.chassis.serving.methods import snake_case
from tests.contracts.contracts import FILES, METHODS, PROTOS

SERVICES = [service for file in FILES for service in file.services_by_name.values()]
HEAD = """
from collections.abc import AsyncIterator
from google.protobuf import empty_pb2
"""
WRONG = {
    "another request": ("GetStoreRequest)", "ListStoresRequest)"),
    "another response": ("-> stores_pb2.Store:", "-> stores_pb2.GetStoreRequest:"),
    "no response": ("-> stores_pb2.Store:", "-> None:"),
    "a stream in place of one response": (
        "-> stores_pb2.Store:",
        "-> AsyncIterator[stores_pb2.Store]:",
    ),
    "one request in place of a stream": (
        "AsyncIterator[stores_pb2.UpsertStoresRequest]",
        "stores_pb2.UpsertStoresRequest",
    ),
    "one response in place of a stream": (
        "AsyncIterator[stores_pb2.WatchStoresResponse]",
        "stores_pb2.WatchStoresResponse",
    ),
    "responses of another type": (
        "AsyncIterator[stores_pb2.WatchStoresResponse]",
        "AsyncIterator[stores_pb2.Store]",
    ),
    "a stream that must be awaited first": ("def watch_stores", "async def watch_stores"),
    "a method too few": ("def suggest_places", "def suggest"),
    "another argument": ("def list_stores(self, ", "def list_stores(self, context: object, "),
}
"""Changes of a good servicer of stores."""
ALSO_RIGHT = {
    "bytes that are encoded already": ("-> stores_pb2.Store:", "-> stores_pb2.Store | bytes:"),
    "bytes alone": ("-> stores_pb2.Store:", "-> bytes:"),
    "a response that is awaited": ("    def get_store", "    async def get_store"),
    "another name of the request": (
        "def get_store(self, request:",
        "def get_store(self, _request:",
    ),
}


def module(service: ServiceDescriptor) -> str:
    return Path(service.file.name).stem


def signature(method: MethodDescriptor) -> str:
    """A method of a servicer, as its contract has it."""

    def type_of(name: str, file: str, *, streams: bool) -> str:
        of_one = f"{Path(file).stem}_pb2.{name}"
        return f"AsyncIterator[{of_one}]" if streams else of_one

    request, response = method.input_type, method.output_type
    takes = type_of(request.name, request.file.name, streams=method.client_streaming)
    gives = type_of(response.name, response.file.name, streams=method.server_streaming)
    return f"    def {snake_case(method.name)}(self, request: {takes}) -> {gives}: raise TypeError"


def servicer(service: ServiceDescriptor, *changes: tuple[str, str]) -> str:
    """A program with one servicer, which is taken for one of its contract."""
    name = module(service)
    protocol = service.name.removesuffix("Service")
    methods = "\n".join(map(signature, service.methods))
    for before, after in changes:
        assert before in methods, before
        methods = methods.replace(before, after)
    return (
        f"{HEAD}from {service.file.package} import {name}_pb2, {name}_servicer\n\n"
        f"class Given:\n{methods}\n\n_: {name}_servicer.{protocol}Servicer = Given()\n"
    )


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The errors that mypy finds in each program, by its name; one run takes 8 s."""
    folder = tmp_path_factory.mktemp("servicers")
    stores = next(service for service in SERVICES if service.name == "StoresService")
    programs = {f"right {service.name}": servicer(service) for service in SERVICES}
    programs |= {name: servicer(stores, change) for name, change in (WRONG | ALSO_RIGHT).items()}
    files = {re.sub(r"\W", "_", name): name for name in programs}
    for file, name in files.items():
        (folder / f"{file}.py").write_text(programs[name])
    paths = [str(folder / f"{file}.py") for file in files]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MYPYPATH", str(PROTOS / "gen"))
        options = ["--strict", "--config-file=", f"--cache-dir={folder / 'cache'}"]
        out, trouble, _ = api.run([*options, "--explicit-package-bases", *paths])
    assert not trouble
    found: dict[str, list[str]] = {name: [] for name in programs}
    for line in out.splitlines():
        path, _, text = line.partition(":")
        if (file := Path(path).stem) in files and ": error: " in text:
            found[files[file]].append(text)
    return found


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_servicer_with_the_types_of_its_contract_is_taken(service, errors) -> None:
    assert [] == errors[f"right {service.name}"]


@pytest.mark.parametrize("name", ALSO_RIGHT)
def test_it_may_also_answer(name: str, errors: dict[str, list[str]]) -> None:
    assert [] == errors[name]


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_signature_is_refused(name: str, errors: dict[str, list[str]]) -> None:
    [error] = errors[name]
    assert 'variable has type "StoresServicer")  [assignment]' in error


def test_every_service_has_methods() -> None:
    assert 5 <= len(SERVICES)
    assert len(METHODS) == sum(len(service.methods) for service in SERVICES)
