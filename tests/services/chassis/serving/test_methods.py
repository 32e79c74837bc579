"""A servicer's methods are found by the names of its contract."""

import pytest

from services.chassis.serving.methods import bulk, methods_of, snake_case
from tests.support.echo import CONTRACT, methods, say


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GetStore", "get_store"),
        ("FindNearestStores", "find_nearest_stores"),
        ("Say", "say"),
    ],
)
def test_a_servicers_methods_are_those_of_the_contract_in_snake_case(
    name: str, expected: str
) -> None:
    assert expected == snake_case(name)


def test_a_servicer_that_lacks_methods_is_refused_by_their_names() -> None:
    class Half:
        say = staticmethod(say)
        collect = staticmethod(say)

    with pytest.raises(TypeError, match=r"^Half lacks CountUp, Chat$"):
        methods_of(CONTRACT, Half(), 1024)


def test_a_method_takes_what_the_setting_says_and_a_mebibyte_if_marked_or_streamed() -> None:
    limits = {m.name: m.max_request_bytes for m in methods(2000, say=say)}
    assert limits == {"Say": 2000, "CountUp": 2000, "Collect": 1 << 20, "Chat": 1 << 20}
    limits = {m.name: m.max_request_bytes for m in methods(2000, say=bulk(lambda _: None))}
    assert limits["Say"] == 1 << 20
