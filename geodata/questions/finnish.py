"""The base forms that a Finnish word in a local case or the genitive may have.

Finnish names a place by an ending: `Kampissa` is in Kamppi, `Helsingin` of Helsinki. The stem of an
ending is often weaker than the base form (`pp` becomes `p`, `nk` `ng`); each that may be is tried.
The results are candidates: only a name that a gazetteer has is one.
"""

from collections.abc import Iterator

_ENDINGS = (
    *("ssa", "sta", "lla", "lta", "lle", "in", "an", "en", "on", "un", "yn", "n", "a", "ta"),
    *("eja", "ja", "ia", "t"),
)
"""Of folded words, so that `ssä` is `ssa`."""
_STRONGER = (
    *(("ng", "nk"), ("mm", "mp"), ("nn", "nt"), ("ll", "lt"), ("rr", "rt")),
    *(("p", "pp"), ("t", "tt"), ("k", "kk"), ("d", "t"), ("v", "p")),
)
SHORTEST = 4
"""Letters of the shortest base form."""


def base_forms(word: str) -> Iterator[str]:
    """The base forms that a folded word may have, the likeliest first; without itself."""
    seen = {word}
    if word.endswith("oja"):
        yield f"{word[:-3]}a"  # `kauppoja`
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < SHORTEST - 1:
            continue
        for form in _strengthened(stem):
            for whole in (form, f"{form}i", f"{form[:-1]}i" if form.endswith("e") else form):
                if len(whole) >= SHORTEST and whole not in seen:
                    seen.add(whole)
                    yield whole


def _strengthened(stem: str) -> Iterator[str]:
    """The stem, and the stem with the last weak consonants before its vowel made strong."""
    yield stem
    core = stem.rstrip("aeiouy")
    vowels = stem[len(core) :]
    for weak, strong in _STRONGER:
        if core.endswith(weak) and not core.endswith(strong):
            yield core.removesuffix(weak) + strong + vowels
