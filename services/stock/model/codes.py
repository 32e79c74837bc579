"""Short pick-up codes: texts that a shopper can say at the counter."""

from services.chassis import chance

ALPHABET = "23456789CFGHJMPQRVWX"
"""The characters of Open Location Code: none looks like another, and they spell no words."""
LENGTH = 8
"""20^8 codes: among 10,000 kept holds of a store, one guess of 2.5 million finds one."""


def new_code() -> str:
    """A random code."""
    return chance.choices(ALPHABET, LENGTH)


def plain_code(text: str) -> str:
    """A code as it is kept, of one that somebody typed."""
    return text.upper().replace(" ", "").replace("-", "")
