"""One target under libFuzzer, which keeps inputs that reach new code.

`python -m tests.fuzz.guided tests.fuzz.targets.hours opening_hours CORPUS`: the module that has the
target, its name, then libFuzzer's own arguments.
"""

import importlib
import random
import sys
import warnings

import atheris

from tests.fuzz.mutation import mutated

OWN_MUTATIONS = 0.5
"""Part of the inputs that are made of JSON's values and such; the rest is libFuzzer's."""


def main() -> None:
    """Run until libFuzzer ends the process."""
    module, name, *options = sys.argv[1:]
    # Only what the target needs is instrumented, which takes its time.
    with atheris.instrument_imports(include=["services", "geodata"]):
        importlib.import_module(module)
    from tests.fuzz.target import TARGETS

    warnings.simplefilter("error")  # as in the other tests
    atheris.Setup([sys.argv[0], *options], TARGETS[name].takes, custom_mutator=mutate)
    atheris.Fuzz()


def mutate(data: bytes, most_bytes: int, seed: int) -> bytes:
    """Another input, as libFuzzer wants it."""
    rng = random.Random(seed)
    if rng.random() < OWN_MUTATIONS:
        made = mutated(data, rng)
        if len(made) <= most_bytes:
            return made
    return bytes(atheris.Mutate(data, most_bytes))


if __name__ == "__main__":
    main()
