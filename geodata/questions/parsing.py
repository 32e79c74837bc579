"""Splits a question into shop, kinds, place, "open now", "near me" and the rest.

How it works: the text becomes tokens, and each step takes those that it understands, the longest
phrase first: times; names of shops with more than a kind and a place in them; the place after a
word such as `near`; kinds; then names of shops and places without such a word. A second pass
forgives spelling. Tokens that no step took, without the words that mean nothing alone, are the
rest: perhaps a product.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, Protocol, TypeVar

from geodata.questions.finnish import base_forms
from geodata.questions.kinds import LONGEST, WORDS, Kind, Meaning, Phrase
from geodata.words import SHORTEST_WITH_SLIP, folded, forms, is_slip

MOST_TOKENS = 12
"""Of a longer text the end is rest: the number of phrases grows with the square."""
MOST_PLACE_TOKENS = 4
ALONE = frozenset((word,) for phrase in WORDS.near for word in phrase)
"""Words such as `near` mean nothing where no place is understood."""
SHORTEST_BEGINNING = 4
"""Letters of the shortest word that may be the beginning of a shop's name."""

PlaceT = TypeVar("PlaceT")


class PlaceFound(NamedTuple, Generic[PlaceT]):
    """A place with a name."""

    place: PlaceT
    has_stores: bool
    """True if there are stores around it."""
    is_large: bool = False
    """True for a city, which people mean although a far shop has a word of its name."""


class Shops(Protocol[PlaceT]):
    """The names and brands of stores."""

    def have(self, words: Sequence[str]) -> bool:
        """True if one store has all of the words, each as a whole, in its name or brand."""

    def are_called(self, words: Sequence[str]) -> bool:
        """True if the words are the whole name or brand of a store."""

    def begin(self, word: str) -> bool:
        """True if a word of a name or brand begins with a word."""

    def spelled(self, word: str) -> str:
        """The word of a name or brand that a word with a slip means; empty if there is none."""

    def place(self, words: Sequence[str]) -> PlaceFound[PlaceT] | None:
        """The position of the store with these words in its name."""


@dataclass
class Understood(Generic[PlaceT]):
    """What a question asks for."""

    shop: str = ""
    """Words of names or brands of shops, for a search by words."""
    kinds: list[Kind] = field(default_factory=list)
    """The kinds of shops: one of them."""
    place: PlaceT | None = None
    place_text: str = ""
    """The words of the place, as they were written."""
    is_open_now: bool = False
    is_near_me: bool = False
    rest: str = ""
    """The words that nothing here understood, as they were written."""


class Token(NamedTuple):
    """A word as it was written."""

    text: str
    words: Phrase
    """Folded: `K-Market` has two."""
    ends: bool
    """True if a comma follows."""


def understand(
    text: str, places: Callable[[str], PlaceFound[PlaceT] | None], shops: Shops[PlaceT]
) -> Understood[PlaceT]:
    """What a text asks for, in any of the languages, also mixed.

    Args:
        text: what the person wrote.
        places: the likeliest place with a name, each word of which counts; if possible one with
            stores.
        shops: the names and brands of the stores.
    """
    return _Reader(text, places, shops).read()


class _Reader(Generic[PlaceT]):
    def __init__(
        self, text: str, places: Callable[[str], PlaceFound[PlaceT] | None], shops: Shops[PlaceT]
    ) -> None:
        tokens = list(_tokens(text))
        self._tokens, self._over = tokens[:MOST_TOKENS], tokens[MOST_TOKENS:]
        self._free = [True] * len(self._tokens)
        self._places = places
        self._shops = shops
        self._shop: list[str] = []
        self._result: Understood[PlaceT] = Understood()

    def read(self) -> Understood[PlaceT]:
        """Take what each step understands."""
        result = self._result
        result.is_open_now = self._take_phrases(WORDS.open_now)
        result.is_near_me = self._take_phrases(WORDS.near_me)
        self._take_named_shop()
        self._take_marked_place()
        self._take_kinds(_exact)
        self._take_shops_and_places()
        self._take_kinds(_spelled)
        self._take_spelled()
        result.shop = " ".join(self._shop)
        left = [
            token.text
            for token, free in zip(self._tokens, self._free, strict=True)
            if free and not WORDS.noise.issuperset(token.words) and token.words not in ALONE
        ]
        result.rest = " ".join([*left, *(token.text for token in self._over)])
        return result

    def _spans(self, most: int) -> Iterator[tuple[int, int]]:
        """Spans of free tokens, the longest first, those at the end of the text first."""
        for size in range(min(most, len(self._tokens)), 0, -1):
            for begin in range(len(self._tokens) - size, -1, -1):
                if all(self._free[begin : begin + size]):
                    yield begin, begin + size

    def _words(self, begin: int, end: int) -> Phrase:
        return tuple(word for token in self._tokens[begin:end] for word in token.words)

    def _text(self, begin: int, end: int) -> str:
        """The text of a span, with its commas."""
        parts = [
            f"{token.text}," if token.ends else token.text for token in self._tokens[begin:end]
        ]
        return " ".join(parts).rstrip(",")

    def _has_comma(self, begin: int, end: int) -> bool:
        return any(token.ends for token in self._tokens[begin : end - 1])

    def _take(self, begin: int, end: int) -> None:
        self._free[begin:end] = [False] * (end - begin)

    def _take_phrases(self, phrases: frozenset[Phrase]) -> bool:
        """Take all phrases of a set; True if there is one."""
        found = False
        for begin, end in list(self._spans(LONGEST)):
            is_free = all(self._free[begin:end])
            if not is_free or self._words(begin, end) not in phrases:
                continue
            # A word such as "open" in the name of a shop is no time.
            if not self._is_whole_name() and not self._begins_marker(begin, end):
                self._take(begin, end)
                found = True
        return found

    def _begins_marker(self, begin: int, end: int) -> bool:
        """True if a span goes on as a phrase before a place: `nearest` of `nearest to Kamppi`."""
        return any(
            self._words(first, last) in WORDS.near
            for first in range(begin, end)
            for last in range(end + 1, min(first + LONGEST, len(self._tokens)) + 1)
        )

    def _is_whole_name(self) -> bool:
        """True if all of the text is the name of a shop, in two words or more."""
        words = self._words(0, len(self._tokens))
        return len(words) > 1 and words not in WORDS.kinds and self._shops.have(words)

    def _take_named_shop(self) -> None:
        """Take the longest name of a shop that says more than a kind and a place."""
        for begin, end in self._spans(6):
            words = self._words(begin, end)
            if len(words) < 2 or self._has_comma(begin, end) or not self._shops.have(words):
                continue
            if self._is_beside(begin):
                continue
            if any(map(self._is_plain_name, range(begin, end))):
                self._take_shop(begin, end)
                return

    def _is_beside(self, at: int) -> bool:
        """True if a word of nearness stands before a token: the shop there is rather a place."""
        for end in range(at, 0, -1):
            for begin in range(max(0, end - LONGEST), end):
                if all(self._free[begin:end]) and self._words(begin, end) in WORDS.beside:
                    return True
            if not self._is_small(end - 1):
                return False
        return False

    def _is_plain_name(self, at: int) -> bool:
        """True if a token is no kind, no place and no small word: the name of a shop itself."""
        words = self._tokens[at].words
        return (
            words not in WORDS.kinds
            and not WORDS.noise.issuperset(words)
            and words not in WORDS.near
            and self._place(at, at + 1) is None
        )

    def _take_shop(self, begin: int, end: int, words: Sequence[str] = ()) -> None:
        self._shop += words or [token.text for token in self._tokens[begin:end]]
        self._take(begin, end)

    def _take_marked_place(self) -> None:
        """Take the place beside a word such as `near`, or the shop that the text is near to."""
        for begin, end in list(self._spans(LONGEST)):
            words = self._words(begin, end)
            if words in WORDS.near:
                while end < len(self._tokens) and self._is_small(end):
                    end += 1  # near *the* station
                # `at Lidl` and `a Lidl` mean the shop, `near Lidl` what is around it.
                if self._take_first(end, begin, step=1) or (
                    words in WORDS.beside
                    and self._take_first(end, begin, step=1, find=self._shop_place)
                ):
                    return
            if words in WORDS.near_after:
                if not self._take_first(begin, end, step=-1) and not self._take_first(
                    begin, end, step=-1, find=self._shop_in_genitive
                ):
                    self._result.is_near_me = True
                    self._take(begin, end)
                return

    def _take_first(
        self,
        at: int,
        other: int,
        *,
        step: int,
        find: Callable[[int, int], PlaceFound[PlaceT] | None] | None = None,
    ) -> bool:
        """Take the longest place that begins (or, with step -1, ends) at a token.

        With `find`, it is the place of a shop, which is then where the person looks.
        """
        for size in range(MOST_PLACE_TOKENS, 0, -1):
            begin, end = (at, at + size) if step > 0 else (at - size, at)
            if begin < 0 or end > len(self._tokens) or not all(self._free[begin:end]):
                continue
            found = (find or self._place)(begin, end)
            # `pres de la gare`: a village far away is not meant.
            if found and (found.has_stores or found.is_large):
                self._take_place(begin, end, found)
                self._take(min(at, other), max(at, other))
                if find:
                    self._result.is_near_me = False
                return True
        return False

    def _is_small(self, at: int) -> bool:
        """True if a token means nothing alone."""
        return WORDS.noise.issuperset(self._tokens[at].words)

    def _take_place(self, begin: int, end: int, found: PlaceFound[PlaceT]) -> None:
        self._result.place = found.place
        self._result.place_text = self._text(begin, end)
        self._take(begin, end)

    def _place(self, begin: int, end: int) -> PlaceFound[PlaceT] | None:
        """The place of a span: as written, else as the base form of a Finnish word."""
        words = self._words(begin, end)
        if (
            not words
            or words in WORDS.kinds
            or WORDS.noise.issuperset(words)
            or words in WORDS.near
        ):
            return None
        text = self._text(begin, end)
        found = self._places(text)
        if found and found.has_stores:
            return found
        *before, last = words
        for form in base_forms(last):
            other = self._places(" ".join([*before, form]))
            if other and other.has_stores:
                return other
        return found

    def _shop_place(self, begin: int, end: int) -> PlaceFound[PlaceT] | None:
        """The place of the shop that a text is near to: `cafe near Stockmann`."""
        words = self._words(begin, end)
        if words in WORDS.kinds or WORDS.noise.issuperset(words):
            return None
        return self._shops.place(words)

    def _shop_in_genitive(self, begin: int, end: int) -> PlaceFound[PlaceT] | None:
        """The place of a shop before a Finnish postposition: `Stockmannin lähellä`.

        The nominative is the shop itself: `Lidl lähellä` is a Lidl nearby.
        """
        *before, last = self._words(begin, end)
        if not last.endswith("n"):
            return None
        found = (self._shops.place([*before, form]) for form in base_forms(last))
        return next(filter(None, found), None)

    def _take_kinds(self, meaning_of: Callable[[Phrase], Meaning | None]) -> None:
        for begin, end in list(self._spans(LONGEST)):
            if not all(self._free[begin:end]):
                continue
            meaning = meaning_of(self._words(begin, end))
            if meaning is None or (meaning.is_goods and self._has_neighbours(begin, end)):
                continue
            self._result.kinds.append(meaning.kind)
            self._take(begin, end)

    def _has_neighbours(self, begin: int, end: int) -> bool:
        """True if a word beside a span may belong to it: `black` of `black tea`."""
        return any(
            0 <= at < len(self._tokens)
            and self._free[at]
            and not self._is_small(at)
            and self._place(at, at + 1) is None
            and not self._shops.have(self._tokens[at].words)
            for at in (begin - 1, end)
        )

    def _take_shops_and_places(self) -> None:
        for begin, end in self._runs():
            if not self._split(begin, end):
                self._take_part(begin, end)

    def _runs(self) -> list[tuple[int, int]]:
        """The runs of free tokens, without small words at their ends."""
        runs, begin = [], 0
        for at in range(len(self._tokens) + 1):
            if at < len(self._tokens) and self._free[at]:
                continue
            first, last = begin, at
            while first < last and self._is_small(first):
                first += 1
            while first < last and self._is_small(last - 1):
                last -= 1
            if first < last:
                runs.append((first, last))
            begin = at + 1
        return runs

    def _split(self, begin: int, end: int) -> bool:
        """Take a whole run: a place, a shop, or one beside the other."""
        words, found = self._words(begin, end), self._free_place(begin, end)
        is_whole = end - begin == self._count_left() and not self._shops.are_called(words)
        if found and (found.has_stores or (found.is_large and is_whole)):
            self._take_place(begin, end, found)
            return True
        if self._shops.have(words):
            self._take_shop(begin, end)
            return True
        for at in (*range(begin + 1, end), *range(end - 1, begin, -1)):
            for place, shop in (((at, end), (begin, at)), ((begin, at), (at, end))):
                if not self._shops.have(self._words(*shop)):
                    continue
                if (found := self._free_place(*place)) and found.has_stores:
                    self._take_place(place[0], place[1], found)
                    self._take_shop(*shop)
                    return True
        return False

    def _take_part(self, begin: int, end: int) -> None:
        """Take a place or else a shop at the end or the beginning of a run."""
        for size in range(end - begin, 0, -1):
            for first, last in ((end - size, end), (begin, begin + size)):
                found = self._free_place(first, last)
                if found and (found.has_stores or size == end - begin == self._count_left()):
                    self._take_place(first, last, found)
                    return self._take_rest_shop(begin, end)
        return self._take_rest_shop(begin, end)

    def _count_left(self) -> int:
        return sum(self._free)

    def _take_rest_shop(self, begin: int, end: int) -> None:
        for size in range(end - begin, 0, -1):
            for first in range(begin, end - size + 1):
                words = self._words(first, first + size)
                is_free = all(self._free[first : first + size]) and words not in WORDS.kinds
                is_name = words not in WORDS.near and not WORDS.noise.issuperset(words)
                if is_free and is_name and self._shops.have(words):
                    return self._take_shop(first, first + size)
        return None

    def _free_place(self, begin: int, end: int) -> PlaceFound[PlaceT] | None:
        """The place of a span, unless there is a place already."""
        if self._result.place is not None or end - begin > MOST_PLACE_TOKENS:
            return None
        return self._place(begin, end)

    def _take_spelled(self) -> None:
        """Take names of shops with a slip, or of which only the beginning is written."""
        if self._shop or self._result.kinds:
            return  # what is left is rather a product
        for begin, end in self._runs():
            words = self._words(begin, end)
            spelled = [
                word if self._shops.have([word]) else self._shops.spelled(word) for word in words
            ]
            changed = [one for one, word in zip(spelled, words, strict=True) if one != word]
            if any(self._places(one) for one in changed if one):
                continue  # `Helsnki` is rather a place, which the person is asked about
            if all(spelled) and self._shops.have(spelled):
                self._take_shop(begin, end, spelled)
            elif (
                len(words) == 1
                and len(words[0]) >= SHORTEST_BEGINNING
                and self._shops.begin(words[0])
            ):
                self._take_shop(begin, end)


def _tokens(text: str) -> Iterator[Token]:
    for part in re.findall(r"[^\s,;?!]+[\s]*[,;]?", text):
        written = part.rstrip(" ,;\t\n")
        if words := tuple(folded(written)):
            yield Token(written, words, part.rstrip() != written)


def _exact(words: Phrase) -> Meaning | None:
    return WORDS.kinds.get(words)


def _spelled(words: Phrase) -> Meaning | None:
    """The kind of words in another number or case, or with a slip."""
    *before, last = words
    for form in (*forms(last), *forms(last, "de"), *forms(last, "fr"), *base_forms(last)):
        if meaning := WORDS.kinds.get((*before, form)):
            return meaning
    if before:
        return None
    sound = _sound(last)
    found = [
        meaning
        for phrase, meaning in _single_words()
        if is_slip(last, phrase) or (sound == _sound(phrase) and len(sound) >= SHORTEST_WITH_SLIP)
    ]
    return found[0] if len({meaning.kind for meaning in found}) == 1 else None


def _sound(word: str) -> str:
    """A word as it sounds: `farmacy` and `pharmacy`."""
    return word.replace("ph", "f").replace("ck", "k")


def _single_words() -> Iterator[tuple[str, Meaning]]:
    return ((words[0], meaning) for words, meaning in WORDS.kinds.items() if len(words) == 1)
