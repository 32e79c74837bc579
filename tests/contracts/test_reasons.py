"""Every reason of a contract is one class of errors, and every class one reason (AIP-193)."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import services
from services import chassis, directory
from services.chassis.errors import ServiceError
from tests.contracts.contracts import FILES

REASONS = {
    file.package.split(".")[1]: set(file.enum_types_by_name["ErrorReason"].values_by_name)
    - {"ERROR_REASON_UNSPECIFIED"}
    for file in FILES
    if "ErrorReason" in file.enum_types_by_name
}
EVERYWHERE = {"ALREADY_EXISTS", "ETAG_MISMATCH"}
"""Reasons of the chassis that contracts of services name again, with the same meaning."""
BUILT = sorted(
    module.name for module in pkgutil.iter_modules(services.__path__) if module.name in REASONS
)


def modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


def reasons(*found: ModuleType) -> list[str]:
    """The reasons of the errors that the modules define."""
    return sorted(
        kind.reason
        for module in found
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, ServiceError)
        and kind.__module__ == module.__name__
        and kind.reason  # the base of several has none
    )


def test_a_contract_of_a_service_has_reasons() -> None:
    assert {"stores", "hours", "stock"} <= REASONS.keys()
    assert "stores" in BUILT


@pytest.mark.parametrize("service", BUILT)
def test_each_reason_of_the_contract_is_one_class(service: str) -> None:
    own = reasons(importlib.import_module(f"services.{service}.errors"))
    shared = reasons(*modules(directory))
    assert own == sorted(set(own))
    assert shared == sorted(set(shared))
    assert set(own) - REASONS[service] == set()
    assert REASONS[service] - set(own) - EVERYWHERE <= set(shared)


@pytest.mark.parametrize("service", BUILT)
def test_no_service_gives_a_reason_of_the_chassis_another_meaning(service: str) -> None:
    assert (REASONS[service] & set(reasons(*modules(chassis)))) - EVERYWHERE == set()


def test_each_reason_of_the_chassis_is_one_class_and_documented() -> None:
    assert sorted(REASONS["type"]) == reasons(*modules(chassis))


@pytest.mark.parametrize("service", BUILT)
def test_every_error_has_a_code_of_its_own_choice(service: str) -> None:
    errors = importlib.import_module(f"services.{service}.errors")
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ServiceError) and kind is not ServiceError
    ]
    assert kinds
    assert [kind.__name__ for kind in kinds if kind.code is ServiceError.code] == []
