"""Properties of the judgement of fund terms, named as laws; plain values, no fixture."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.funds.judge import (
    EVERY_FUND,
    JUDGED,
    MANAGEMENT_FEE,
    NATION,
    PPM,
    Facts,
    FundRule,
    OnBreach,
    Term,
    TermSet,
    in_force,
    judge,
    levels,
    refused,
)
from services.funds_api.funds.loosening import OwnSet, before, lifted, loosened, second_person_for
from treasury.policy import Basis

USES = ["production", "wage", "debt", MANAGEMENT_FEE]
KINDS = ["contractor", "households", "village_collective", "department"]
FEN = st.integers(min_value=0, max_value=10**13)
VALUES: dict[FundRule, st.SearchStrategy[Any]] = {
    FundRule.PERMITTED_USES: st.sets(st.sampled_from(USES), min_size=1).map(lambda one: tuple(sorted(one))),
    FundRule.BARRED_USES: st.sets(st.sampled_from(USES), min_size=1).map(lambda one: tuple(sorted(one))),
    FundRule.PERMITTED_PAYEES: st.sets(st.sampled_from(KINDS), min_size=1).map(lambda one: tuple(sorted(one))),
    FundRule.FEE_CAP: st.integers(min_value=0, max_value=PPM),
    FundRule.HOUSEHOLD_CAP: st.integers(min_value=1, max_value=10**9),
    FundRule.PERSON_CAP: st.integers(min_value=1, max_value=10**9),
    FundRule.EXCLUSIVE_WITH: st.just(("OTHER",)),
    FundRule.HOUSEHOLD_EXCLUSIVE_WITH: st.just(("OTHER",)),
    FundRule.PUBLICITY: st.integers(min_value=0, max_value=365),
    FundRule.PUBLICITY_BEFORE_UPLOAD: st.integers(min_value=0, max_value=365),
    FundRule.USE_NAMED: st.sets(st.sampled_from(["pay", "disburse"]), min_size=1).map(lambda one: tuple(sorted(one))),
}


@st.composite
def term(draw: st.DrawFn) -> Term:
    rule = draw(st.sampled_from(list(FundRule)))
    return Term(
        fund_code="F",
        fiscal_year=2017,
        region=draw(st.sampled_from(["00", "42", "4203", "420322"])),
        valid_from=draw(st.dates(date(2017, 1, 1), date(2017, 12, 31))),
        document="文",
        rule=rule,
        value=draw(VALUES[rule]),
        on_breach=draw(st.sampled_from(list(OnBreach))),
        source="第八条",
        basis=Basis.LAW,
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    return Facts(
        kind=draw(st.sampled_from([*sorted(JUDGED), "receive", "return", "reverse"])),
        fund_code="F",
        fiscal_year=2017,
        amount_fen=draw(FEN.filter(bool)),
        use=draw(st.none() | st.sampled_from(USES)),
        payee_kind=draw(st.sampled_from(KINDS)),
        received_fen=draw(FEN),
        fees_fen=draw(FEN),
        published_days=draw(st.none() | st.integers(min_value=0, max_value=400)),
        objections_open_n=draw(st.sampled_from([0, 0, 0, 1, 2])),
        before_upload_days=draw(st.integers(min_value=0, max_value=400)),
    )


TERMS = st.lists(term(), max_size=8)


@given(facts())
def test_without_terms_nothing_is_broken(one: Facts) -> None:
    assert judge(one, []) == []


@given(facts(), TERMS)
def test_money_that_comes_in_or_goes_back_breaks_no_term(one: Facts, terms: list[Term]) -> None:
    if one.kind not in JUDGED:
        assert judge(one, terms) == []


@given(facts(), TERMS, TERMS)
def test_no_level_can_loosen_what_another_set(one: Facts, terms: list[Term], more: list[Term]) -> None:
    """Terms are only ever added to the judgement: whatever was broken stays broken."""
    before = [breach.term for breach in judge(one, terms)]
    after = [breach.term for breach in judge(one, [*terms, *more])]
    assert after[: len(before)] == before


@given(facts(), TERMS)
def test_a_breach_brings_its_source_its_figures_and_what_it_does(one: Facts, terms: list[Term]) -> None:
    for breach in judge(one, terms):
        assert breach.term in terms
        assert breach.term.source in breach.sentence
        assert {"fund_code", "fiscal_year"} < set(breach.figures)
        assert breach.code.startswith("B")
    assert all(breach.term.on_breach is OnBreach.REFUSE for breach in refused(judge(one, terms)))


@given(facts(), st.integers(min_value=0, max_value=365))
def test_households_are_paid_after_the_days_in_public_and_with_every_objection_answered(one: Facts, asked: int) -> None:
    rule = Term(
        "F", 2017, "42", date(2017, 1, 1), "文", FundRule.PUBLICITY, asked, OnBreach.REFUSE, "第四条", Basis.LAW
    )
    heard = one.objections_open_n == 0 and (
        asked == 0 or (one.published_days is not None and one.published_days >= asked)
    )
    assert (judge(one, [rule]) == []) == (one.kind != "disburse" or heard)


@given(facts(), st.integers(min_value=0, max_value=365))
def test_a_list_is_public_before_its_upload_no_longer_than_terms_allow(one: Facts, allowed: int) -> None:
    what = FundRule.PUBLICITY_BEFORE_UPLOAD
    rule = Term("F", 2017, "42", date(2017, 1, 1), "文", what, allowed, OnBreach.FLAG, "第四条", Basis.PRACTICE)
    assert (judge(one, [rule]) == []) == (one.kind != "disburse" or one.before_upload_days <= allowed)


@given(facts(), TERMS)
def test_whoever_is_paid_must_be_a_permitted_payee(one: Facts, terms: list[Term]) -> None:
    named = [term for term in terms if term.rule is FundRule.PERMITTED_PAYEES and one.payee_kind not in term.codes]
    broken = [breach.term for breach in judge(one, terms) if breach.term.rule is FundRule.PERMITTED_PAYEES]
    assert broken == (named if one.kind in {"pay", "order", "disburse"} else [])


@given(facts(), TERMS)
def test_whoever_spends_and_does_not_say_what_for_is_asked_by_every_list_of_the_fund(
    one: Facts, terms: list[Term]
) -> None:
    asking = [
        term
        for term in terms
        if one.kind in ("pay", "order", "disburse")
        and (
            term.rule in (FundRule.PERMITTED_USES, FundRule.BARRED_USES)
            or (term.rule is FundRule.USE_NAMED and one.kind in term.codes)
        )
    ]
    silent = replace(one, use=None)
    of_uses = (FundRule.PERMITTED_USES, FundRule.BARRED_USES, FundRule.USE_NAMED)
    found = [breach for breach in judge(silent, terms) if breach.term.rule in of_uses]
    assert [breach.term for breach in found] == asking
    assert all((breach.code == "B10") == (breach.term.rule is not FundRule.PERMITTED_USES) for breach in found)
    general = [replace(term, general=True) for term in terms if term.rule is FundRule.BARRED_USES]
    assert judge(silent, general) == [], "of the nation's list for every fund its own rule says whether it asks"
    named = judge(replace(one, use="production"), terms)
    assert all(breach.code != "B10" for breach in named)


@given(st.lists(FEN.filter(bool), max_size=20), FEN, st.integers(min_value=0, max_value=PPM))
def test_fees_let_through_never_exceed_their_share_however_they_are_split(
    amounts: list[int], received: int, cap: int
) -> None:
    rule = Term("F", 2017, "42", date(2017, 1, 1), "文", FundRule.FEE_CAP, cap, OnBreach.REFUSE, "第八条", Basis.LAW)
    taken = 0
    for amount in amounts:
        asked = Facts("pay", "F", 2017, amount, MANAGEMENT_FEE, "department", received, taken)
        if judge(asked, [rule]):
            assert (taken + amount) * PPM > received * cap, "a fee within its share was refused"
        else:
            taken += amount
    assert taken * PPM <= received * cap


@given(facts(), st.sets(st.sampled_from(USES), min_size=1))
def test_a_use_is_let_through_exactly_if_it_is_permitted_and_not_barred(one: Facts, codes: set[str]) -> None:
    listed = tuple(sorted(codes))
    of = {"F": 2017}
    for rule, lets in ((FundRule.PERMITTED_USES, True), (FundRule.BARRED_USES, False)):
        held = Term("F", of["F"], "42", date(2017, 1, 1), "文", rule, listed, OnBreach.REFUSE, "第八条", Basis.LAW)
        broken = bool(judge(one, [held]))
        if one.kind in JUDGED and one.use is not None:
            assert broken is ((one.use in codes) is not lets)


SETS = st.lists(
    st.builds(
        lambda region, day, terms: TermSet("F", 2017, region, day, tuple(terms)),
        st.sampled_from(["00", "42", "4203", "420322"]),
        st.dates(date(2017, 1, 1), date(2017, 12, 31)),
        TERMS,
    ),
    max_size=8,
    unique_by=lambda one: (one.region, one.valid_from),
)


@given(SETS, st.dates(date(2016, 12, 1), date(2018, 1, 31)))
def test_the_latest_set_of_a_level_replaces_its_earlier_ones_whole_even_when_it_is_empty(
    sets: list[TermSet], on: date
) -> None:
    expected: list[Term] = []
    for region in ("00", "42", "4203", "420322"):
        started = [one for one in sets if one.region == region and one.valid_from <= on]
        expected += max(started, key=lambda one: one.valid_from).terms if started else ()
    held = in_force(sets, "F", 2017, on)
    assert sorted(held, key=repr) == sorted(expected, key=repr)
    assert in_force(sets, "F", 2018, on) == []
    assert in_force(sets, "G", 2017, on) == []


def test_a_county_hears_the_nation_its_province_its_prefecture_and_itself() -> None:
    assert levels("420322") == ["00", "42", "4203", "420322"]


@given(facts(), term(), term())
def test_what_is_not_looser_stops_whatever_the_same_rule_above_stops(one: Facts, new: Term, above: Term) -> None:
    """Of caps, days and lists of what is permitted; lists of what is barred add up instead."""
    adding = {FundRule.BARRED_USES, FundRule.EXCLUSIVE_WITH, FundRule.HOUSEHOLD_EXCLUSIVE_WITH}
    new = replace(new, on_breach=above.on_breach)
    if new.rule is not above.rule or new.rule in adding or loosened([new], [above]):
        return
    if judge(one, [above]):
        assert judge(one, [new])


@given(term())
def test_the_same_again_is_not_looser_and_a_flag_in_place_of_a_refusal_is(one: Term) -> None:
    assert loosened([one], [one]) == []
    stopping, asking = replace(one, on_breach=OnBreach.REFUSE), replace(one, on_breach=OnBreach.FLAG)
    assert loosened([asking], [stopping]) == [(asking, stopping)]
    assert loosened([stopping], [asking]) == []


@given(facts(), TERMS, TERMS)
def test_rules_for_every_fund_bind_beside_all_levels_and_give_way_to_the_nation_alone(
    one: Facts, terms: list[Term], general: list[Term]
) -> None:
    day = date(2017, 12, 31)
    sets = [TermSet("F", 2017, each.region, each.valid_from, (each,)) for each in terms]
    rules = [replace(each, fund_code=EVERY_FUND, fiscal_year=0, region=NATION, general=True) for each in general]
    every = [TermSet(EVERY_FUND, 0, NATION, each.valid_from, (each,)) for each in rules]
    own, held = in_force(sets, "F", 2017, day), in_force([*sets, *every], "F", 2017, day)
    assert [each for each in held if not each.general] == own
    said = {each.rule for each in own if each.region == NATION}
    assert {each.rule for each in held if each.general} == {each.rule for each in general} - said
    assert {breach.term.fund_code for breach in judge(one, held)} <= {"F"}
    assert [breach.term for breach in judge(one, own)] == [
        breach.term for breach in judge(one, held) if not breach.term.general
    ]


@given(facts(), TERMS, TERMS)
def test_a_set_that_lifts_nothing_stops_whatever_the_set_before_it_stopped(
    one: Facts, old: list[Term], new: list[Term]
) -> None:
    """So one person may set it; an exclusion is of people, whom this judgement does not ask."""
    if lifted(new, old) == [] and refused(judge(one, old)):
        assert refused(judge(one, new))


@given(TERMS)
def test_leaving_out_a_rule_lifts_it_and_repeating_all_lifts_nothing(terms: list[Term]) -> None:
    assert lifted(terms, terms) == []
    assert lifted([], terms) == terms


SETS = st.lists(term(), max_size=3, unique_by=lambda one: one.rule)
ACTS = st.lists(st.tuples(st.integers(1, 6), SETS, st.sampled_from(["", "confirm", "withdraw"])), max_size=9)


@given(ACTS)
def test_no_set_that_holds_lifts_the_one_before_it_unless_two_people_agreed(
    acts: list[tuple[int, list[Term], str]],
) -> None:
    """Whatever the order of the days in which sets are recorded, and whichever of those that wait are answered when."""
    own: dict[date, OwnSet] = {}
    seen: dict[date, int] = {}
    for number, (day_no, terms, then) in enumerate(acts):
        day = date(2017, day_no, 1)
        if day not in own:
            because = second_person_for(terms, day, list(own.values()), [])
            own[day], seen[day] = OwnSet(day, terms, waiting=bool(because)), number
        for one in [one for one in own.values() if one.waiting and then]:
            if then == "confirm":
                own[one.valid_from] = replace(one, waiting=False, agreed=True)
            else:
                del own[one.valid_from]
            break
        held = sorted((one for one in own.values() if not one.waiting), key=lambda one: one.valid_from)
        for first, second in pairwise(held):
            by_both = first.agreed and seen[second.valid_from] < seen[first.valid_from]
            assert second.agreed or by_both or not lifted(second.terms, first.terms)


@given(ACTS)
def test_what_may_stand_before_a_day_is_the_last_set_that_holds_and_all_that_wait_after_it(
    acts: list[tuple[int, list[Term], str]],
) -> None:
    own = [OwnSet(date(2017, 1, number + 1), terms, waiting=then == "") for number, (_, terms, then) in enumerate(acts)]
    found = before(own, date(2017, 1, 6))
    assert found == sorted((one for one in own[:5] if one in found), key=lambda one: one.valid_from, reverse=True)
    assert [one.waiting for one in found[:-1]] == [True] * (len(found) - 1)
    assert all(one.waiting for one in found) == (not any(not one.waiting for one in own[:5]))
