"""What a judged roster becomes at rest: a COPY that says the same rows, cells that open in their own row only."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from struct import unpack_from
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.vault import TOKEN_BYTES, CellUnreadable, Vault, WrappedKey, unwrap, wrap_new_key
from services.funds_api.payments import sealing

KEK = b"k" * 32
KEYS = [wrap_new_key(KEK, 1, "cell"), wrap_new_key(KEK, 1, "token")]
VAULT = Vault(KEK, KEYS)
BATCH = UUID("01980000-0000-7000-8000-000000000001")
COUNTY = "990001"

people = st.tuples(
    st.binary(min_size=16, max_size=16),
    st.sampled_from(["990001101", "990001102201"]),
    st.binary(min_size=16, max_size=16),
    st.one_of(st.none(), st.text(max_size=12)),
    st.text(max_size=20),
    st.one_of(st.none(), st.text(max_size=20)),
    st.integers(1, 10**12),
)


def fields_of(stream: bytes) -> Iterator[list[bytes]]:
    """The rows of a binary COPY as PostgreSQL reads it; what is null is empty here, and the last field alone may be."""
    assert stream.startswith(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    at = 19
    while (n := unpack_from(">h", stream, at)[0]) != -1:
        at += 2
        row = []
        for _ in range(n):
            length = unpack_from(">i", stream, at)[0]
            row.append(stream[at + 4 : at + 4 + max(length, 0)])
            at += 4 + max(length, 0)
        yield row
    assert at + 2 == len(stream)


@settings(max_examples=60, deadline=None)
@given(st.lists(people, min_size=1, max_size=20))
def test_the_stream_says_the_rows_and_each_cell_opens_in_its_own_row_only(rows: list[tuple[bytes, ...]]) -> None:
    names = ("household", "household_region", "token", "name", "id_number", "card", "amount_fen")
    good = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.col("amount_fen").cast(pl.Int64),
        pl.col("name", "card").cast(pl.String),
        cum_fen=pl.col("amount_fen").cum_sum(),
        line=pl.int_range(2, len(rows) + 2, dtype=pl.Int32),
    )
    found = list(fields_of(sealing.payments(good, COUNTY, BATCH, VAULT)))
    for at, (row, (household, region, token, name, number, card, fen)) in enumerate(zip(found, rows, strict=True)):
        county, batch, line, place, paid, payee, cell, amount, running, account = row
        digits = "".join(one for one in str(card or "") if one in "0123456789")
        assert account == (VAULT.marks("card", [digits])[0] if digits else b"")
        assert (county, UUID(bytes=batch), place) == (COUNTY.encode(), BATCH, str(region).encode())
        assert (paid, payee) == (household, token)
        numbers = [int.from_bytes(one, "big") for one in (line, amount, running)]
        assert numbers == [at + 2, fen, sum(int(one[6]) for one in rows[: at + 1])]
        opened = json.loads(VAULT.open("payment", "payee_cell", f"{COUNTY}|{BATCH}|{at + 2}", cell))
        assert opened == {"name": name, "id_number": number, "card": card}
        with pytest.raises(CellUnreadable):
            VAULT.open("payment", "payee_cell", f"{COUNTY}|{BATCH}|{at + 3}", cell)
    assert len({row[6][2:14] for row in found}) == len(rows), "a nonce was used twice"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_a_token_is_the_hmac_of_its_value(value: str) -> None:
    key = unwrap(KEK, next(one for one in KEYS if isinstance(one, WrappedKey) and one.purpose == "token"))
    assert VAULT.token(value) == hmac.digest(key, value.encode(), sha256)[:TOKEN_BYTES]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=20))
def test_marks_are_equal_where_values_of_a_kind_are(values: list[str | None]) -> None:
    marks = VAULT.marks("card", values)
    assert [one is None for one in marks] == [one is None for one in values]
    assert len(set(marks)) == len(set(values))
    assert {len(one) for one in marks if one is not None} <= {8}
    others = VAULT.marks("plate", values)
    assert {*marks} & {*others} <= {None}, "values of two kinds have nothing in common"
