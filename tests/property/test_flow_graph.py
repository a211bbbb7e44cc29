"""The graph of flows: no circle, no negative link, and no fen that came into a node is lost there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flows.graph import draw
from services.funds_api.flows.tree import BACKWARD

NODES = [f"n{at}" for at in range(8)]
RANK = {node: (at // 3,) for at, node in enumerate(NODES)}
KINDS = ["receive", "hand_down", "pay", "return", "take_back"]
FLOWS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from(NODES), st.sampled_from(NODES), st.integers(1, 10**12)),
    max_size=40,
)


@given(FLOWS)
def test_links_run_ahead_and_what_runs_back_says_so(flows: list[tuple[str, str, str, int]]) -> None:
    drawn = draw(flows, RANK)
    for link in drawn.links:
        assert link.fen > 0
        if link.kind in BACKWARD:
            assert link.back
        if not link.back:
            assert drawn.columns[link.source] < drawn.columns[link.target]


@given(FLOWS)
def test_every_fen_that_flowed_is_in_one_link_and_in_both_its_ends(flows: list[tuple[str, str, str, int]]) -> None:
    drawn = draw(flows, RANK)
    for node in NODES:
        came = sum(fen for _, source, target, fen in flows if target == node != source)
        went = sum(fen for _, source, target, fen in flows if source == node != target)
        assert (drawn.into.get(node, 0), drawn.out.get(node, 0)) == (came, went)
    assert len({(link.source, link.target, link.kind) for link in drawn.links}) == len(drawn.links)


@given(st.permutations(NODES), st.data())
def test_without_a_circle_nothing_forward_runs_back(order: list[str], data: st.DataObject) -> None:
    places = st.integers(0, len(order) - 1)
    pairs = data.draw(st.lists(st.tuples(places, places), max_size=30))
    flows = [("hand_down", order[min(pair)], order[max(pair)], 1) for pair in pairs]
    assert not any(link.back for link in draw(flows, RANK).links)
