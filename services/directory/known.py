"""What deliveries add to events of a registered device: the caller's reference, labels, products.

Entries of streams hold the subject alone, since a deleted entry stays in dumps and logs. Geofence
keeps the rest at `{fNN}:known`, a hash by subject in the slot of the events, and deletes it when
the device is erased, the consent is withdrawn, or its time is over. A deliverer reads it then.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson
import structlog

from services.chassis.database.client import Client

log = structlog.get_logger()


class Known(NamedTuple):
    """What is known of a subject."""

    reference: str
    labels: Mapping[str, str]
    products: tuple[str, ...] = ()
    """SKUs that the person looked at, latest first."""

    @property
    def text(self) -> str:
        """It as JSON."""
        return orjson.dumps({"r": self.reference, "l": self.labels, "p": self.products}).decode()


def known_of(text: str | bytes) -> Known:
    """What `Known.text` says.

    Raises:
        ValueError: it is not JSON of this form.
    """
    try:
        parts = orjson.loads(text)
        return Known(parts["r"], parts["l"], tuple(parts["p"]))
    except (KeyError, TypeError) as error:
        raise ValueError("what is known of a subject is damaged") from error


async def read_known(client: Client, wanted: Mapping[str, Iterable[str]]) -> dict[str, Known]:
    """What is known of subjects, in one round trip; those of whom nothing is are left out.

    A damaged record is left out too, and logged: an error would stop the events of all subjects.

    Args:
        client: Of the database.
        wanted: By hash tag of a partition (`{f17}`), the subjects of events of its stream.
    """
    asked = {tag: list(subjects) for tag, subjects in wanted.items()}
    asked = {tag: subjects for tag, subjects in asked.items() if subjects}
    if not asked:
        return {}
    pipeline = client.pipeline(transaction=False)
    for tag, subjects in asked.items():
        pipeline.hmget(f"{tag}:known", subjects)
    return {
        subject: known
        for subjects, texts in zip(asked.values(), await pipeline.execute(), strict=True)
        for subject, text in zip(subjects, texts, strict=True)
        if text is not None and (known := readable(text)) is not None
    }


def readable(text: bytes) -> Known | None:
    """What a text says; None, logged, if it is damaged."""
    try:
        return known_of(text)
    except ValueError:
        log.error("what is known of a subject is damaged and is left out")
        return None
