"""Caps: at most so many in any period of a length, counted in a record of bounded size."""

Marks = tuple[tuple[str, int, int], ...]
"""What is counted, when (ms), and how many; several of one thing."""
MARKS_MOST = 16
"""Of one thing. Beyond them the two that lie closest together become one."""


def counted(marks: Marks, about: str, most: int, period_ms: int, now_ms: int) -> Marks | None:
    """The marks once one more is counted; None if the period before has as many as allowed.

    So no period has more than `most`, wherever it begins (its end does not belong to it). Marks
    that become one count as of the later: a cap above `MARKS_MOST` may allow one later than an
    exact count would, and never earlier.
    """
    own = sorted((at_ms, n) for thing, at_ms, n in marks if thing == about)
    own = [(at_ms, n) for at_ms, n in own if at_ms + period_ms > now_ms]
    if sum(n for _, n in own) >= most:
        return None
    own = sorted([*own, (now_ms, 1)])
    if len(own) > MARKS_MOST:
        first = min(range(len(own) - 1), key=lambda i: own[i + 1][0] - own[i][0])
        (_, earlier), (at_ms, later) = own[first : first + 2]
        own[first : first + 2] = [(at_ms, earlier + later)]
    others = [mark for mark in marks if mark[0] != about]
    return tuple(sorted([*others, *((about, at_ms, n) for at_ms, n in own)]))
