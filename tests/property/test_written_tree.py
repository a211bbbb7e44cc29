"""The tree as text: byte for byte what the schema's own models would say, whatever flowed and whoever lives where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flows.schemas import FlowTree, TreeNode
from services.funds_api.flows.tree import Flow, Housed, build
from services.funds_api.flows.written import EMPTY, written
from tests.property.test_flow_tree import COUNTY, FEN, FLOWS, PLACES, ROOTS, held, nodes

ANSWER = FlowTree(
    county_code=COUNTY, as_of=date(2017, 12, 31), fund_code=None, fiscal_year=None, resting_from="balances", root=EMPTY
)
# Households live where the desk is or below it; what is of no row is of no place.
HOUSED = st.lists(
    st.builds(Housed, st.sampled_from(PLACES), st.sampled_from(["", *PLACES]), FEN, st.integers(0, 10**6)).filter(
        lambda one: not one.place or one.place.startswith(one.desk)
    ),
    max_size=20,
)
NAMES = st.dictionaries(st.sampled_from(PLACES), st.text())
PAYMENTS = st.dictionaries(st.sampled_from(PLACES), st.integers(0, 10**6))


def every(node: TreeNode) -> Iterator[TreeNode]:
    yield node
    for one in node.children:
        yield from every(one)


@given(ROOTS, FLOWS, HOUSED, PAYMENTS, NAMES, st.integers(0, 4))
def test_the_text_is_what_the_models_would_say(
    root: str,
    flows: list[Flow],
    housed: list[Housed],
    payments: dict[str, int],
    names: dict[str, str],
    depth: int,
) -> None:
    text = written(ANSWER, build(root, flows, held(flows), None, housed, payments), names, depth)
    assert FlowTree.model_validate_json(text).model_dump_json().encode() == text


@given(ROOTS, FLOWS, HOUSED, PAYMENTS)
def test_each_place_tells_who_lives_there_and_how_many_payments_its_desks_made(
    root: str, flows: list[Flow], housed: list[Housed], payments: dict[str, int]
) -> None:
    tree = build(root, flows, held(flows), None, housed, payments)
    told = FlowTree.model_validate_json(written(ANSWER, tree, {}, 4)).root
    shown = {node.region_code: node for node in every(told) if node.kind in ("county", "township", "village")}
    at_all = {place.code for place in nodes(tree)}
    assert shown.keys() == at_all
    for code, node in shown.items():
        living = [one for one in housed if one.place.startswith(code)]
        assert node.households_fen == sum(one.fen for one in living)
        assert node.households_from_above_fen == sum(one.fen for one in living if len(one.desk) < len(code))
        assert node.payments_n == sum(n for at, n in payments.items() if at in at_all and at.startswith(code))
        here = sorted((one.desk, one.fen, one.payments) for one in housed if one.place == code)
        assert sorted((one.region_code, one.fen, one.payments_n) for one in node.paid_by) == here


@given(FLOWS, HOUSED)
def test_what_households_of_no_place_or_too_much_got_is_unexplained_at_the_desk(
    flows: list[Flow], housed: list[Housed]
) -> None:
    told = FlowTree.model_validate_json(written(ANSWER, build(COUNTY, flows, held(flows), None, housed), {}, 4)).root
    for node in every(told):
        if node.kind == "households":
            paid = [one for one in housed if one.desk == node.region_code]
            assert node.unexplained_fen == node.spent_fen - sum(one.fen for one in paid)
            assert node.recovered_fen == -sum(one.fen for one in paid if not one.place)
        else:
            assert node.recovered_fen == 0, "only households have cards to recover from"
