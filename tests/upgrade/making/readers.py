"""Makes subscriptions, a reader that left part-way, and a webhook that failed."""

from typing import Any

from tests.upgrade.endpoint import Endpoint
from tests.upgrade.making.notes import Notes
from tests.upgrade.making.visits import SPOTS, fix, leave, visit
from tests.upgrade.running import Answer


def subscriptions(notes: Notes, hook: Endpoint) -> None:
    """Three for readers and one with a webhook, whose secret was rotated."""
    for id in ("cursor", "timers"):
        subscribe(notes, id, filter={"labels": {"group": id}})
    subscribe(notes, "trips", filter={"stores": ["stores/up-10", "stores/up-12"]})
    made = subscribe(notes, "hook", filter={"labels": {"group": "hook"}}, webhook={"uri": hook.uri})
    first = made["webhook"]["secret"]
    rotated = notes.call("events.RotateSubscriptionSecret", name="subscriptions/hook")
    notes.held["webhook_secrets"] = [rotated["webhook"]["secret"], first]
    notes.once(
        "events.CreateSubscription",
        subscription={"filter": {"stores": ["stores/up-01"]}},
        request_id="subscription-1",
    )


def subscribe(notes: Notes, id: str, **subscription: Any) -> Answer:
    """A new subscription."""
    return notes.call("events.CreateSubscription", subscription=subscription, subscription_id=id)


def cursor(notes: Notes) -> None:
    """A reader acknowledges some events, and leaves."""
    for number in range(4):
        visit(notes, f"read-{number}", "cursor", times=2)
    subjects = [notes.held["devices"][f"read-{number}"]["subject"] for number in range(4)]
    events = read(notes, 12)
    # Of one device the first event, of another all, of the two others none.
    done = [told for told in events if told["event"]["subject"] == subjects[0]][:1]
    done += [told for told in events if told["event"]["subject"] == subjects[1]]
    tokens = [told["ack_token"] for told in done]
    notes.call("events.AckEvents", subscription="subscriptions/cursor", ack_tokens=tokens)
    # An acknowledgement counts for all earlier events of its partition, which devices may share.
    waiting = read(notes, 1)
    names = {told["event"]["id"] for told in waiting}
    notes.held["cursor"] = {
        "acknowledged": [t["event"]["id"] for t in events if t["event"]["id"] not in names],
        "waiting": waiting,
    }


def read(notes: Notes, count: int) -> list[Answer]:
    """The events that a reader is told: so many at least."""
    request = {"subscription": "subscriptions/cursor"}
    with notes.suite.stream("events.StreamEvents", request) as answers:
        found = answers.rest(lambda told: len(told) > count)
    return [told for told in found if "event" in told]


def deliveries(notes: Notes, hook: Endpoint) -> None:
    """The webhook takes one event, then fails: two events wait, three are dead letters."""
    visit(notes, "posted", "hook")
    notes.suite.until(lambda: hook.taken)
    hook.status = 500
    leave(notes, "posted")
    for _ in range(2):
        fix(notes, "posted", SPOTS["hook"])
        leave(notes, "posted")
    letters = notes.suite.until(lambda: three_letters(notes))
    notes.held["dead_letters"] = [letter["event"]["id"] for letter in letters]
    notes.held["delivered"] = [post.headers["webhook-id"] for post in hook.taken]
    assert 1 == len(notes.held["delivered"])


def disable(notes: Notes) -> None:
    """The webhook is disabled, so that a new suite does not post to where nobody listens."""
    subscription = {"name": "subscriptions/hook", "disabled": True}
    notes.call("events.UpdateSubscription", subscription=subscription)


def three_letters(notes: Notes) -> list[Answer]:
    """The dead letters, once there are three."""
    answer = notes.call("events.ListDeadLetters", parent="subscriptions/hook")
    found = list(answer.get("dead_letters", []))
    return found if len(found) == 3 else []
