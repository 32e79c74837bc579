"""Parse OSM `opening_hours` text into rules; say where and why a text is none."""

import functools
import re
from collections.abc import Sequence
from importlib import resources

from lark import Lark
from lark.exceptions import UnexpectedInput

from geodata.schedule.errors import ScheduleError
from geodata.schedule.explanations import EXAMPLE, explained
from geodata.schedule.plain import plain_rules
from geodata.schedule.rule_builder import RuleBuilder
from geodata.schedule.syntax import Rule
from geodata.schedule.tokens import Prepared

MAX_LENGTH = 1024
"""Characters. OSM allows 255; the longest real text found has 239."""

_COMMENT = re.compile(r'"[^"]*"')


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a text.

    Raises:
        ScheduleError: with the position, if the text is empty, too long or no OSM expression.
    """
    return rules_if_any(text) or _parsed(text)


@functools.lru_cache(maxsize=8192)
def rules_if_any(text: str) -> tuple[Rule, ...]:
    """The rules of a text; none if it is no OSM expression, without the cost of telling why."""
    plain = plain_rules(text) if len(text) <= MAX_LENGTH else None
    if plain is not None:
        return plain
    try:
        return _parsed(text, explains=False)
    except (ScheduleError, UnexpectedInput):
        return ()


def _parsed(text: str, *, explains: bool = True) -> tuple[Rule, ...]:
    if not text.strip():
        raise ScheduleError("expression", "is empty", position=0, suggestion=EXAMPLE)
    if len(text) > MAX_LENGTH:
        raise ScheduleError(
            "expression",
            f"is longer than {MAX_LENGTH} characters",
            position=MAX_LENGTH,
            suggestion="fewer rules, or dated exceptions",
        )
    try:
        rules: tuple[Rule, ...] = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        if not explains:
            raise
        raise explained(text, error) from None
    return rules


def texts_of(text: str, rules: Sequence[Rule]) -> list[str]:
    """The text of each rule, without what separates them."""
    ends = [rule.start for rule in rules[1:]] + [len(text)]
    return [
        text[rule.start : end].strip().rstrip(";,|").rstrip()
        for rule, end in zip(rules, ends, strict=True)
    ]


def without_comments(text: str) -> str:
    """The text with every quoted comment blanked; positions stay."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)


@functools.lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = resources.files(__package__).joinpath("grammar.lark").read_text("utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        postlex=Prepared(),
        transformer=RuleBuilder(),
        maybe_placeholders=False,
        g_regex_flags=re.ASCII,
    )
