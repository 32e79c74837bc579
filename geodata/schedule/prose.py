"""Hours in words: `Closed Sunday; Mon-Sat 9am-5pm`, `9h-12h/14h-19h du lundi au samedi`.

The items of a text are cut into groups: days then what is said of them, or the other way round.
All cuts are tried. Where two of them mean different hours, the text has no certain meaning.
"""

import dataclasses
import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from geodata.schedule import clock
from geodata.schedule.clock import Hours
from geodata.schedule.errors import ScheduleError
from geodata.schedule.spelling import Item, items
from geodata.schedule.syntax import WEEKDAYS

SLOTS = 8
"""Monday to Sunday, then public holidays."""
PUBLIC = 7
_PUBLIC_BIT, _SCHOOL_BIT = 1 << PUBLIC, 1 << (PUBLIC + 1)
_MOST_TOKENS = 80
NOT_KNOWN = "not known"
"""The comment of days that a text says nothing of."""


class Token(NamedTuple):
    """The meaning of an item: days, hours, closed, by appointment or without."""

    kind: str
    """D, H, O (hours in OSM's spelling), C, A or W."""
    value: object
    gap: int
    """The separator before it: 0 nothing, 1 a comma or the like, 2 the end of a sentence."""
    start: int


class Doubt(NamedTuple):
    """Days of which a text could mean two things."""

    slots: tuple[int, ...]
    readings: tuple[str, ...]
    text: str
    position: int
    is_osm: bool = False
    """True if the times are in OSM's spelling, which has one reading there."""


@dataclasses.dataclass(slots=True)
class Told:
    """The week that a text tells; slot 7 is public holidays."""

    hours: list[tuple[Hours, ...] | None] = dataclasses.field(
        default_factory=lambda: [None] * SLOTS
    )
    """Empty is closed, None is not told."""
    appointments: list[tuple[int, Hours, str]] = dataclasses.field(default_factory=list)
    comments: dict[int, str] = dataclasses.field(default_factory=dict)
    """Days without hours of which only a comment is told."""
    doubts: list[Doubt] = dataclasses.field(default_factory=list)
    losses: list[str] = dataclasses.field(default_factory=list)


def read_week(text: str, field: str = "text", *, noon_is_24: bool | None = None) -> Told:
    """The hours of the days that a text names.

    Raises:
        ScheduleError: with the position, if a word is not understood or the text has no certain
            meaning.
    """
    found = _tokens(items(text, field, noon_is_24=noon_is_24), text, field)
    if not any(token.kind == "D" for token in found):
        raise ScheduleError(field, "names no day", position=0, suggestion="Mo-Su 09:00-18:00")
    if all(token.kind == "D" for token in found):
        raise ScheduleError(field, "names a day without its hours", position=len(text))
    meanings = {repr(told): told for told in _meanings(found, text)}
    if len(meanings) > 1:
        raise ScheduleError(field, "the days of some hours are not certain", position=0)
    if not meanings:
        why = "the hours and days do not go together"
        raise ScheduleError(field, why, position=found[-1].start)
    [told] = meanings.values()
    return told


def read_day(
    text: str, slots: Sequence[int], field: str = "text", *, noon_is_24: bool | None = None
) -> Told:
    """The hours in a text without days, for the given ones.

    Raises:
        ScheduleError: as `read_week`.
    """
    found = _tokens(items(text, field, noon_is_24=noon_is_24), text, field)
    if any(token.kind == "D" for token in found):
        raise ScheduleError(field, "names a day", position=0)
    told = Told()
    if not found or not _say(told, found, tuple(slots), text):
        raise ScheduleError(field, "has no hours", position=0, suggestion="09:00-18:00")
    return told


def _tokens(given: Sequence[Item], text: str, field: str) -> list[Token]:
    """The items that say something; ranges of days made one."""
    found: list[Token] = []
    shut: list[Token] = []  # `daily except holidays`
    gap, at = 0, 0
    excepts = False
    while at < len(given):
        item = given[at]
        at += 1
        if item.kind in ("days", "holiday"):
            bits = item.value
            ends = [each for each in given[at : at + 4] if each.kind != "nothing"][:2]
            if item.kind == "days" and [each.kind for each in ends] == ["dash", "days"]:
                bits = _range(item.value, ends[1].value)
                at = given.index(ends[1], at) + 1
            if bits & _SCHOOL_BIT:
                raise ScheduleError(field, "school holidays are not read", position=item.start)
            if excepts and found[-1].kind == "D":
                days = int(found[-1].value)  # type: ignore[call-overload]
                found[-1] = found[-1]._replace(value=days & ~bits)
                if public := bits & _PUBLIC_BIT:  # other days are closed if nothing is said of them
                    shut += [Token("D", public, 2, item.start), Token("C", None, 0, item.start)]
            elif excepts:
                found += [Token("D", bits, 2, item.start), Token("C", None, 0, item.start)]
            else:
                found.append(Token("D", bits, gap, item.start))
            after = [each for each in given[at : at + 3] if each.kind != "nothing"]
            excepts = excepts and [each.kind for each in after[:1]] == ["comma"]
            is_list = excepts and text[after[0].start] == ","
            if is_list and [each.kind for each in after[1:2]] == ["days"]:
                why = "may be excepted, or have hours of its own"
                raise ScheduleError(field, why, position=after[1].start)
        elif item.kind in ("hours", "osm hours"):
            kind = "H" if item.kind == "hours" else "O"
            found.append(Token(kind, item.value, gap, item.start))
        elif item.kind == "always":
            if not any(token.kind == "D" for token in found):
                found.append(Token("D", 0b1111111, gap, item.start))
                gap = 0
            found.append(Token("H", (clock.ALL_DAY,), gap, item.start))
        elif item.kind == "state" and item.value == "off":
            found.append(Token("C", None, gap, item.start))
        elif item.kind == "comment":
            found.append(Token("A", item.value, gap, item.start))
        elif item.kind == "without":
            found.append(Token("W", None, gap, item.start))
        elif item.kind == "except" and found:
            excepts = True
            continue
        elif item.kind in ("semicolon", "dot"):
            gap = 2
            continue
        elif item.kind == "comma" or (item.kind == "nothing" and text[item.start] in "()[]:"):
            gap = max(gap, 1)
            continue
        elif item.kind == "state" and item.value == "open" and _ends_group(found, given[at:]):
            raise ScheduleError(field, "open without its hours", position=item.start)
        elif item.kind in ("nothing", "half day") or (
            item.kind == "state" and item.value == "open"
        ):
            continue
        else:
            near = text[item.start : item.start + 20]
            raise ScheduleError(field, f"not understood: {near!r}", position=item.start)
        gap = 0
    found += shut
    if len(found) > _MOST_TOKENS:
        raise ScheduleError(field, "has too many words", position=found[_MOST_TOKENS].start)
    return _with_days_above(found)


def _ends_group(found: Sequence[Token], after: Sequence[Item]) -> bool:
    """True if nothing more is said of the days that were named last."""
    if not found or found[-1].kind != "D":
        return False
    return not after or after[0].kind in ("comma", "semicolon", "dot")


def _with_days_above(found: list[Token]) -> list[Token]:
    """The tokens with days on a line of their own joined to what the next line says of them."""
    starts = [n for n, token in enumerate(found) if token.gap == 2 or not n]
    lines = [found[n:end] for n, end in itertools.pairwise([*starts, len(found)])]
    kinds = [{token.kind == "D" for token in line} for line in lines]
    if len(lines) % 2 or kinds != [{True}, {False}] * (len(lines) // 2):
        return found
    return [
        token._replace(gap=0) if n in starts and token.kind != "D" else token
        for n, token in enumerate(found)
    ]


def _range(first: int, last: int) -> int:
    """The days from the last of `first` to the first of `last`."""
    start = first.bit_length() - 1
    end = (last & -last).bit_length() - 1
    days = first | last
    for step in range((end - start) % 7 + 1):
        days |= 1 << (start + step) % 7
    return days


def _meanings(found: Sequence[Token], text: str) -> Iterator[Told]:
    """The meaning of each way to cut the tokens into groups."""
    kinds = tuple("H" if token.kind == "O" else token.kind for token in found)
    cuts = list(_cuts(kinds, tuple(token.gap for token in found)))
    uniform = [cut for cut in cuts if len({found[start].kind == "D" for start, _ in cut}) == 1]
    for cut in uniform or cuts:
        told = Told()
        for start, end in cut:
            group = found[start:end]
            days = 0
            for token in group:
                if token.kind == "D":
                    days |= int(token.value)  # type: ignore[call-overload]
            slots = tuple(slot for slot in range(SLOTS) if days >> slot & 1)
            said = [token for token in group if token.kind != "D"]
            if not _say(told, said, slots, text):
                break
        else:
            yield told


@functools.lru_cache(maxsize=256)
def _cuts(kinds: tuple[str, ...], gaps: tuple[int, ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    """The ways to cut tokens into groups, at most some."""
    most = 64

    @functools.cache
    def cuts(start: int, days_first: bool | None) -> tuple[tuple[tuple[int, int], ...], ...]:
        if start == len(kinds):
            return ((),)
        result: list[tuple[tuple[int, int], ...]] = []
        for end in range(start + 2, len(kinds) + 1):
            if end < len(kinds) and gaps[end - 1] == 2 and end - 1 > start:
                break  # no group goes on after the end of a sentence
            if end - 1 > start and gaps[end - 1] == 2:
                break
            group = "".join(kinds[start:end])
            is_days_first = kinds[start] == "D"
            if not _is_group(group):
                continue
            if days_first is not None and days_first is not is_days_first and not gaps[start]:
                continue
            for rest in cuts(end, is_days_first):
                result.append(((start, end), *rest))
                if len(result) >= most:
                    return tuple(result)
        return tuple(result)

    return cuts(0, None)


def _is_group(kinds: str) -> bool:
    """True if tokens are days beside what is said of them."""
    said = kinds.strip("D")
    days = len(kinds) - len(said)
    is_one_sided = kinds.startswith("D") is not kinds.endswith("D")
    return bool(said and days and is_one_sided and "D" not in said and _is_said(said))


def _is_said(said: str) -> bool:
    if said in ("C", "A"):
        return True
    # A break, `closed 12-1`, comes after the hours that it cuts.
    return "H" in said and not said.startswith("C") and not said.endswith("C")


def _say(told: Told, said: Sequence[Token], slots: tuple[int, ...], text: str) -> bool:
    """Take in what is said of some days; False where it makes no sense."""
    if not _is_said("".join(token.kind for token in said).replace("O", "H")):
        return False
    comment: str | None = None
    is_break = False
    had_hours = False
    for number, token in enumerate(said):
        after = said[number + 1] if number + 1 < len(said) else None
        if token.kind == "C":
            if after is None and not had_hours:
                for slot in slots:
                    told.hours[slot] = ()
            is_break = had_hours
        elif token.kind == "W":
            comment = None
        elif token.kind == "A":
            if number and said[number - 1].kind == "A":
                return False
            if had_hours and (after is None or after.kind not in "HO"):
                if token.gap == 0:
                    _by_appointment(told, slots, str(token.value))
                else:
                    told.losses.append(f"hours without times: {token.value}")
            elif after is None:
                told.comments.update(dict.fromkeys(slots, str(token.value)))
            else:
                comment = str(token.value)
        else:
            readings: tuple[Hours, ...] = token.value  # type: ignore[assignment]
            if is_break:
                if len(readings) > 1 or not _cut(told, slots, readings[0]):
                    return False
            elif len(readings) > 1:
                texts = tuple(clock.text_of(hours) for hours in readings)
                is_osm = token.kind == "O"
                told.doubts.append(Doubt(slots, texts, _words(text, token), token.start, is_osm))
            elif comment is not None:
                told.appointments += [(slot, readings[0], comment) for slot in slots]
            else:
                _add(told, slots, readings[0], text, token)
            is_break = False
            had_hours = True
    return True


def _add(told: Told, slots: tuple[int, ...], hours: Hours, text: str, token: Token) -> None:
    """Add hours to days; hours that overlap others are a doubt."""
    unsure = []
    for slot in slots:
        before = told.hours[slot] or ()
        if hours in before:
            continue
        if any(each.opens < hours.closes and hours.opens < each.closes for each in before):
            unsure.append(slot)
        told.hours[slot] = tuple(sorted((*before, hours)))
    if unsure:
        other = ",".join(map(clock.text_of, set(told.hours[unsure[0]] or ()) - {hours}))
        readings = (other, clock.text_of(hours))
        told.doubts.append(Doubt(tuple(unsure), readings, _words(text, token), token.start))


def _by_appointment(told: Told, slots: tuple[int, ...], comment: str) -> None:
    """Make the hours of days hours by appointment."""
    for slot in slots:
        told.appointments += [(slot, hours, comment) for hours in told.hours[slot] or ()]
        told.hours[slot] = None


def _cut(told: Told, slots: tuple[int, ...], pause: Hours) -> bool:
    """Take a break out of the hours of days; False if one has none then."""
    for slot in slots:
        before = told.hours[slot] or ()
        around = [each for each in before if each.opens < pause.opens < pause.closes < each.closes]
        if len(around) != 1:
            return False
        [each] = around
        parts = (Hours(each.opens, pause.opens), Hours(pause.closes, each.closes))
        told.hours[slot] = tuple(sorted((*(x for x in before if x is not each), *parts)))
    return True


def _words(text: str, token: Token) -> str:
    return " ".join(text[token.start : token.start + 40].split())


def days_text(slots: Sequence[int]) -> str:
    """`Mo-We,Fr,PH` of slots in order."""
    stretches: list[list[int]] = []
    for slot in slots:
        if stretches and slot != PUBLIC and stretches[-1][-1] == slot - 1:
            stretches[-1].append(slot)
        else:
            stretches.append([slot])
    names = (*WEEKDAYS, "PH")
    return ",".join(
        names[days[0]] + (f"-{names[days[-1]]}" if len(days) > 1 else "") for days in stretches
    )


def week_text(told: Told, *, others_closed: bool) -> str:
    """The told hours in OSM's grammar; empty if there are none.

    Args:
        told: of the days.
        others_closed: whether days that were not told are closed; else they are UNKNOWN.
    """
    hours = list(told.hours)
    unsure = {slot for doubt in told.doubts for slot in doubt.slots}
    by_appointment = {slot for slot, _, _ in told.appointments}
    for slot in range(PUBLIC):
        if slot in unsure or slot in told.comments:
            continue
        if hours[slot] is None and (slot in by_appointment or others_closed):
            hours[slot] = ()
    rules: list[str] = []
    not_told = [
        slot
        for slot in range(PUBLIC)
        if hours[slot] is None and slot not in unsure and slot not in told.comments
    ]
    told_slots = [slot for slot in range(SLOTS) if slot not in unsure and slot not in told.comments]
    if len(not_told) == PUBLIC:
        return ""
    if not_told:
        rules.append(f'{days_text(not_told)} unknown "{NOT_KNOWN}"')
    groups: dict[tuple[Hours, ...], list[int]] = {}
    for slot in told_slots:
        found = hours[slot]
        if found:
            groups.setdefault(found, []).append(slot)
    rules += [
        f"{days_text(slots)} {','.join(map(clock.text_of, found))}"
        for found, slots in groups.items()
    ]
    if groups == {(clock.ALL_DAY,): list(range(PUBLIC))} and len(rules) == 1:
        rules = ["24/7"]
    unknown: dict[str, list[int]] = {}
    for doubt in told.doubts:
        unknown.setdefault(" or ".join(doubt.readings), []).extend(doubt.slots)
    for slot, comment in told.comments.items():
        unknown.setdefault(comment, []).append(slot)
    rules += [
        f'{days_text(sorted(set(slots)))} unknown "{_quoted(why)}"'
        for why, slots in unknown.items()
    ]
    # After ';' a day's rule would end the hours that run into it from the day before.
    overnight = any(each.closes > 1440 for found in groups for each in found)
    added = [
        f'{days_text([slot])} {clock.text_of(each)} unknown "{_quoted(comment)}"'
        for slot, each, comment in told.appointments
        if slot not in unsure
    ]
    joint = ", " if overnight else "; "
    text = ", ".join(filter(None, (joint.join(rules), *added)))
    if hours[PUBLIC] == () and PUBLIC not in unsure:
        text = f"{text}; PH off" if text else "PH off"
    if not text and any(each == () for each in hours[:PUBLIC]):
        return "off"
    if text == "PH off":
        return "off; PH off"
    return text


def _quoted(text: str) -> str:
    return text.replace('"', "'")
