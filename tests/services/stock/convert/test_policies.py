"""Stock policies read as they were written, as messages and as the JSON of the database."""

from hypothesis import given
from hypothesis import strategies as st

from services.stock.convert.policies import policy, policy_message
from services.stock.model.policies import DEFAULT_POLICY, Policy, Sell, policy_json, policy_of

SECONDS = st.integers(0, 86_400_000).map(lambda ms: ms / 1000)
POLICIES = st.builds(
    Policy,
    sell=st.sampled_from([Sell.DENY, Sell.BACK_ORDER, Sell.PRE_ORDER]),
    least=st.integers(1, 100),
    most=st.integers(0, 1000),
    limited_up_to=st.integers(0, 100),
    bands_only=st.booleans(),
    fresh_ms=st.none() | st.integers(1, 10**10),
    methods=st.lists(st.integers(1, 3), min_size=1, unique=True).map(sorted).map(tuple),
    preparation_s=SECONDS,
    cutoff_minute=st.none() | st.integers(0, 1440),
    transfer_s=st.none() | SECONDS,
    keep_s=SECONDS,
)


@given(kept=POLICIES)
def test_a_policy_reads_as_it_was_written(kept):
    assert kept == policy(policy_message("t-kamppi", kept))
    assert kept == policy_of(policy_json(kept))


def test_a_store_without_a_policy_has_the_default_one():
    assert DEFAULT_POLICY == policy_of(b"")
    assert DEFAULT_POLICY == policy_of(policy_json(DEFAULT_POLICY))
