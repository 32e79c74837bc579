"""Every target over its seeds, and over what becomes of them when they are mangled."""

import random

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.target import Target, all_targets

TARGETS = all_targets()
INPUTS = 150


def takes(target: Target, data: bytes) -> bool:
    """Whether a target takes an input; a broken law names it."""
    try:
        return target.takes(data)
    except Exception as error:
        raise AssertionError(f"{target.name} breaks its law on {data!r}") from error


@pytest.mark.parametrize("name", TARGETS)
def test_small_real_inputs_are_read(name: str) -> None:
    target = TARGETS[name]
    assert 0 < sum(takes(target, seed) for seed in target.seeds())


@pytest.mark.parametrize("name", TARGETS)
def test_mangled_inputs_are_read_or_refused_as_documented(name: str) -> None:
    target, rng = TARGETS[name], random.Random(name)
    seeds = target.seeds()
    for _ in range(INPUTS):
        data = rng.choice(seeds)
        for _ in range(rng.randint(1, 3)):
            data = mutated(data, rng)
        takes(target, data)


def test_an_error_that_is_not_documented_breaks_the_law() -> None:
    careless = Target("careless", lambda data: None if data else [][0], list, (ValueError,))
    assert takes(careless, b"x")
    with pytest.raises(AssertionError, match="careless breaks its law on b''"):
        takes(careless, b"")
