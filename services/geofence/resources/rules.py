"""Rules: created, changed, deleted; what they name and what matches nothing."""

from collections.abc import Iterator, Sequence

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.caller import current_caller
from services.chassis.clock import Clock
from services.chassis.errors import FieldViolation
from services.chassis.serving.requests import violations_of
from services.directory.directory import Directory
from services.directory.ids import new_id
from services.directory.kind import Kind
from services.directory.resources import Resources
from services.directory.unmatched import unmatched
from services.directory.writer import Writer
from services.geofence.convert.names import fence_id, rule_id, rule_name
from services.geofence.convert.people import PRODUCTS
from services.geofence.errors import RuleNotFound
from services.geofence.replica.feeds import Feeds
from services.geofence.replica.times import problem_of

HOURS = ("active_hours", "quiet_hours")


def violations(rule: pb.Rule) -> Sequence[FieldViolation]:
    """The violations of the contract, and hours that cannot be used."""
    found = list(violations_of(rule))
    if found:
        return found
    for field in HOURS:
        if problem := problem_of(getattr(rule, field)):
            path, text = problem
            found.append(FieldViolation(f"{field}.{path}" if path else field, text))
    return found


RULE = Kind(
    message=pb.Rule,
    field="rule",
    record_id=rule_id,
    not_found=RuleNotFound,
    output=("etag", "update_time", "warnings"),
    violations=violations,
)


class Rules:
    """Reads and changes rules."""

    def __init__(self, writer: Writer, feeds: Feeds, directory: Directory, clock: Clock) -> None:
        self._feeds = feeds
        self._directory = directory
        self._resources = Resources(RULE, writer, clock)

    async def create(self, request: pb.CreateRuleRequest) -> pb.Rule:
        """Create a rule; a retry finds that of the first attempt.

        Raises:
            InvalidArgument: it breaks the contract.
            AlreadyExists: the id is taken by another content.
        """
        rule = pb.Rule()
        rule.CopyFrom(request.rule)
        scope = (current_caller().id, "rules")
        rule.name = rule_name(new_id(request.rule_id, request.request_id, scope))
        [made] = await self._resources.create([rule], validate_only=request.validate_only)
        return self._warned(made)

    async def update(self, request: pb.UpdateRuleRequest) -> pb.Rule:
        """Change a rule, or create it when the request allows that.

        Raises:
            InvalidArgument: the changed rule breaks the contract.
            RuleNotFound: there is none, and none may be created.
            EtagMismatch: it was changed by another call.
        """
        rule = await self._resources.update(
            request.rule,
            request.update_mask,
            allow_missing=request.allow_missing,
            validate_only=request.validate_only,
        )
        return self._warned(rule)

    async def delete(self, request: pb.DeleteRuleRequest) -> None:
        """Delete a rule.

        Raises:
            RuleNotFound: there is none, and that is not allowed.
            EtagMismatch: it was changed by another call.
        """
        await self._resources.delete(
            request.name, etag=request.etag, allow_missing=request.allow_missing
        )

    def _warned(self, rule: pb.Rule) -> pb.Rule:
        rule.warnings.extend(self._warnings(rule))
        return rule

    def _warnings(self, rule: pb.Rule) -> Iterator[str]:
        replica = self._feeds.fences.replica
        for number, name in enumerate(rule.fences):
            if fence_id(name) not in replica.by_id:
                yield f"fences[{number}]: there is no {name}"
        wanted = rule.fence_labels.items()
        if wanted and not any(wanted <= f.message.labels.items() for f in replica.by_id.values()):
            yield "fence_labels: no fence has them all"
        yield from unmatched(self._directory, rule.brands, rule.stores)
        for field, names in (
            ("audience.viewed_products", rule.audience.viewed_products),
            ("stock.products", rule.stock.products),
        ):
            for number, name in enumerate(names):
                if name.removeprefix(PRODUCTS) not in self._directory.products.replica:
                    yield f"{field}[{number}]: there is no {name}"
        if (rule.brands or rule.stores) and not replica.is_around_any(rule.brands, rule.stores):
            yield "brands, stores: no fence is around any of the stores"
