"""Dead letters: events that a webhook did not accept, listed and replayed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.clock import Clock
from services.directory.deliveries import queue_subject, subject_of
from services.events.convert.names import subscription_id
from services.events.convert.told import kept_event
from services.events.resources.subscriptions import Subscriptions
from services.events.state.delivery import DeadLetter, Delivery, Place, entry_id, order_of


class DeadLetters:
    """Reads and replays the dead letters of subscriptions."""

    def __init__(self, subscriptions: Subscriptions, delivery: Delivery, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._clock = clock

    async def of(self, subscription: str) -> list[DeadLetter]:
        """The dead letters of a subscription, in the order in which they were given up.

        Raises:
            SubscriptionNotFound: there is no such subscription.
            WrongDelivery: it has no webhook.
        """
        self._subscriptions.find_webhook(subscription)
        return await self._delivery.dead_letters(subscription_id(subscription))

    async def replay(self, subscription: str) -> int:
        """Queue all dead letters of a subscription again; answers how many.

        Raises:
            SubscriptionNotFound: there is no such subscription.
            WrongDelivery: it has no webhook.
        """
        by_place: defaultdict[Place, list[tuple[DeadLetter, str]]] = defaultdict(list)
        for letter in await self.of(subscription):
            subject = queue_subject(subject_of(letter.event))
            by_place[letter.place].append((letter, subject))
        now_ms = round(self._clock().timestamp() * 1000)
        return sum([await self._delivery.replay(*each, now_ms) for each in by_place.items()])


def page_after(
    letters: Sequence[DeadLetter], cursor: Sequence[Any] | None, size: int
) -> tuple[Sequence[DeadLetter], list[Any] | None]:
    """A page of dead letters, and its cursor: None after the last page.

    A cursor holds the id as text, as tokens of all versions do. `PageTokens.page` would order such
    ids as text, and a queue that is given up at once has ids whose numbers differ in length.
    """
    start = 0
    if cursor is not None:
        id, partition = cursor
        start = bisect_right(letters, (entry_id(id), partition), key=order_of)
    page = letters[start : start + size]
    if start + size >= len(letters):
        return page, None
    return page, [page[-1].id, page[-1].place.partition]


def message_of(letter: DeadLetter) -> pb.DeadLetter:
    """A dead letter, as the contract has it."""
    event = kept_event(letter.place.partition, letter.event)
    message = pb.DeadLetter(event=event, reason=letter.reason)
    give_up_ms, _ = entry_id(letter.id)
    message.give_up_time.FromMilliseconds(give_up_ms)
    return message
