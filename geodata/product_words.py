"""Decides which product words mean: one, or a question to the person who wrote them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from geodata.words import folded, forms, is_slip, same_but_for_number

CANDIDATES = 100
"""Products of one SearchProducts to decide among: the best matches come first."""
MOST_ASKED = 6


class Product(Protocol):
    """A product with its names, such as the message of the contract."""

    @property
    def name(self) -> str:
        """Its resource name."""

    @property
    def display_name(self) -> str:
        """Its name for people."""

    @property
    def localized_names(self) -> Mapping[str, str]:
        """Its names by language (BCP 47)."""

    @property
    def brand(self) -> str:
        """The brand; empty when not known."""


ProductT = TypeVar("ProductT", bound=Product)
Alike = Callable[[str, str, str], bool]
"""Compares a word that was written with a word of a name, in a language."""


def meant(words: str, found: Sequence[ProductT]) -> ProductT | None:
    """The one product whose whole name the words are; None if it takes a question.

    A name in any language counts, also with the brand; first the very name, then its words in any
    order, then another number (`apple`), then a slip of the keyboard. Words that are only a part
    of a name (`milk` of oat milk) or the name of several products (`rain jacket`) need a question.

    Args:
        words: what the person wrote.
        found: the products that SearchProducts finds for it.
    """
    written = folded(words)
    if not written:
        return None
    for alike in (_same, _same_but_for_number, _same_but_for_a_slip):
        fitting = [product for product in found if _has_name(product, written, alike)]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
        if alike is _same:
            fitting = [product for product in found if _has_words(product, written)]
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
    return None


def question(words: str, found: Sequence[Product]) -> str:
    """Asks which of the found products the words mean."""
    names = "; ".join(f"{each.display_name} ({each.name})" for each in found[:MOST_ASKED])
    more = f"; and {len(found) - MOST_ASKED} more" if len(found) > MOST_ASKED else ""
    if len(found) == 1:
        return f"No product has the name {words!r}. Is it this one? {names}."
    return f"{words!r} may mean several products. Which of these? {names}{more}."


def _names(product: Product) -> Iterator[tuple[str, list[str]]]:
    """The names of a product with their language; empty where it is not known."""
    brand = folded(product.brand)
    for language, name in [("", product.display_name), *product.localized_names.items()]:
        yield language, folded(name)
        if brand:
            yield language, brand + folded(name)


def _has_name(product: Product, written: list[str], alike: Alike) -> bool:
    return any(
        len(name) == len(written)
        and all(alike(*pair, language) for pair in zip(written, name, strict=True))
        for language, name in _names(product)
    )


def _has_words(product: Product, written: list[str]) -> bool:
    return any(sorted(written) == sorted(name) for _, name in _names(product))


def _same(written: str, word: str, _: str) -> bool:
    return written == word


def _same_but_for_number(written: str, word: str, language: str) -> bool:
    return same_but_for_number(written, word, language)


def _same_but_for_a_slip(written: str, word: str, language: str) -> bool:
    slip = any(is_slip(written, form) for form in forms(word, language))
    return slip or same_but_for_number(written, word, language)
