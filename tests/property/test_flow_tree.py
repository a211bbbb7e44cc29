"""The tree of flows: every identity holds for any set of flows, and every figure is what a direct sum says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flows.orders import Ordered, by_desk, in_transit
from services.funds_api.flows.tree import BACKWARD, End, Flow, Place, build

COUNTY = "990001"
PLACES = [
    COUNTY,
    *(COUNTY + t for t in ("101", "102")),
    *(COUNTY + t + v for t in ("101", "102") for v in ("201", "202")),
]
DESKS = st.sampled_from(PLACES).map(End)
SINKS = st.builds(End, st.sampled_from(PLACES), st.sampled_from(["households", "contractor"]))
FEN = st.integers(1, 10**12)
FLOWS = st.lists(
    st.one_of(
        st.builds(Flow, st.just("receive"), st.none(), DESKS, FEN),
        st.builds(Flow, st.sampled_from(["hand_down", "order", "retain", "return", "take_back"]), DESKS, DESKS, FEN),
        st.builds(Flow, st.sampled_from(["pay", "disburse"]), DESKS, SINKS, FEN),
        st.builds(Flow, st.just("recover"), SINKS, DESKS, FEN),
        st.builds(Flow, st.sampled_from(["hand_down", "return"]), DESKS, st.none(), FEN),
    ),
    max_size=30,
)
ROOTS = st.sampled_from(PLACES)
# (desk, bank, payee, fen, and what became of it: came back, was paid to a contractor or a desk, was recovered)
ORDERS = st.lists(
    st.tuples(
        *(st.sampled_from(PLACES) for _ in range(3)),
        FEN,
        st.sampled_from(["", "return", "pay", "hand_down", "recover"]),
    ),
    max_size=12,
)


def nodes(place: Place) -> Iterator[Place]:
    yield place
    for one in place.below:
        yield from nodes(one)


def held(flows: list[Flow]) -> dict[str, int]:
    """What the desks of each place hold when every flow has moved; arithmetic does not mind an overdraft."""
    found: dict[str, int] = defaultdict(int)
    for flow in flows:
        if flow.target and not flow.target.sink:
            found[flow.target.place] += flow.fen
        if flow.source and not flow.source.sink:
            found[flow.source.place] -= flow.fen
    return found


def crossing(flows: list[Flow], inside: Callable[[str], bool], *, backward: bool) -> tuple[int, int]:
    """(into, out of) the desks that `inside` names, from and to desks that it does not and beyond the county."""
    into = out = 0
    for flow in flows:
        if (flow.kind in BACKWARD) != backward or any(end and end.sink for end in (flow.source, flow.target)):
            continue
        gave = bool(flow.source and inside(flow.source.place))
        got = bool(flow.target and inside(flow.target.place))
        into += flow.fen * (got and not gave)
        out += flow.fen * (gave and not got)
    return into, out


def spent(flows: list[Flow], inside: Callable[[str], bool]) -> int:
    total = 0
    for flow in flows:
        if flow.target and flow.target.sink and flow.source and inside(flow.source.place):
            total += flow.fen
        if flow.source and flow.source.sink and flow.target and inside(flow.target.place):
            total -= flow.fen
    return total


@given(ROOTS, FLOWS)
def test_nothing_is_unexplained_and_every_level_is_the_sum_of_its_parts(root: str, flows: list[Flow]) -> None:
    tree = build(root, flows, held(flows))
    for place in nodes(tree):
        assert place.unexplained == place.own_unexplained == 0
        for name in ("spent", "resting"):
            parts = getattr(place.own, name) + sum(getattr(one.figures, name) for one in place.below)
            assert getattr(place.figures, name) == parts
        assert place.figures.passed_on == place.own.passed_on
        assert place.own.passed_on == sum(one.figures.received_from_above for one in place.below)
        assert place.own.spent == sum(place.sinks.values())


@given(ROOTS, FLOWS)
def test_every_figure_is_a_direct_sum_over_the_flows(root: str, flows: list[Flow]) -> None:
    rests = held(flows)
    for place in nodes(build(root, flows, rests)):
        code = place.code
        for figures, inside in (
            (place.figures, lambda at, code=code: at.startswith(code)),
            (place.own, lambda at, code=code: at == code),
        ):
            forward, backward = (crossing(flows, inside, backward=way) for way in (False, True))
            below = figures.passed_on if figures is place.own else 0
            assert (figures.received, figures.moved_out + below) == forward
            assert (figures.came_back, figures.returned) == backward
            assert figures.spent == spent(flows, inside)
            assert figures.resting == sum(fen for at, fen in rests.items() if inside(at))


@given(ROOTS, FLOWS)
def test_what_rests_follows_from_the_flows_alone(root: str, flows: list[Flow]) -> None:
    held_by_books, by_flows = build(root, flows, held(flows)), build(root, flows)
    found = {place.code: place.own.resting for place in nodes(by_flows)}
    assert found == {place.code: place.own.resting for place in nodes(held_by_books)}


@given(ROOTS, FLOWS, st.sampled_from(PLACES), FEN)
def test_a_fen_too_many_in_the_books_is_unexplained_on_the_whole_way_up(
    root: str, flows: list[Flow], at: str, more: int
) -> None:
    rests = held(flows)
    rests[at] += more
    for place in nodes(build(root, flows, rests)):
        touched = at.startswith(root) and at.startswith(place.code)
        assert place.unexplained == (-more if touched else 0)


@given(FLOWS, st.dictionaries(st.sampled_from(PLACES), st.integers(-(10**9), 10**9)))
def test_money_of_another_year_is_carried_and_not_received(flows: list[Flow], carried: dict[str, int]) -> None:
    tree = build(COUNTY, flows, None, carried)
    rests = held(flows)
    for place in nodes(tree):
        assert place.own.resting == rests.get(place.code, 0) + carried.get(place.code, 0)
        assert place.unexplained == place.own_unexplained == 0
    assert tree.figures.carried == sum(carried.values())


@given(ROOTS, FLOWS, ORDERS)
def test_where_a_bank_paid_for_a_desk_the_tree_is_as_if_the_desk_had_paid_itself(
    root: str, flows: list[Flow], orders: list[tuple[str, str, str, int, str]]
) -> None:
    told, paid_itself = list(flows), list(flows)
    ordered: list[Ordered[End]] = []
    for desk, bank, payee, fen, word in orders:
        back = {"return": End(desk), "pay": End(payee, "contractor")}.get(word, End(payee))
        acts = [("order", End(desk), End(bank), True), (word, End(bank), back, False)]
        if word == "recover":
            acts[1:] = [
                ("pay", End(bank), End(payee, "contractor"), False),
                (word, End(payee, "contractor"), End(bank), True),
            ]
        for kind, source, target, into in acts if word else acts[:1]:
            told.append(Flow(kind, source, target, fen))
            one = Ordered(kind, source, target, End(desk), into, fen)
            ordered.append(one)
            paid_itself.append(Flow(kind, *one.as_the_desks, fen))
    rests = held(told)
    for at, fen in in_transit(ordered).items():
        rests[at.place] += fen
    found = build(root, by_desk(told, ordered), rests)
    assert found == build(root, by_desk(paid_itself, ()), held(paid_itself))
    assert all(place.unexplained == place.own_unexplained == 0 for place in nodes(found))
