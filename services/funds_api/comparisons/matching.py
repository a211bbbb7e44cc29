"""How a number that another department holds meets a person who is registered here, without the number being sent.

Two keyed layers. A department makes the inner token with its county's exchange key; what rests here is the outer one,
under a key that never leaves: a list and the exchange key together open nothing in the database, and neither does a
stolen database without the key-encrypting key. Knows no table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from chassis.vault import TOKEN_BYTES, Vault

KEY_BYTES: Final = 32
_MARK_BYTES: Final = 8
# Tokens are written in letters a to p, one for each half byte: no spreadsheet takes them for a number, and no run of
# digits in a list can be part of one.
LETTERS: Final = "abcdefghijklmnop"
_TO_LETTERS: Final = str.maketrans("0123456789abcdef", LETTERS)
_FROM_LETTERS: Final = str.maketrans(LETTERS, "0123456789abcdef")


def in_letters(token: bytes) -> str:
    return token.hex().translate(_TO_LETTERS)


def from_letters(written: str) -> bytes:
    return bytes.fromhex(written.translate(_FROM_LETTERS))


def exchange_key(vault: Vault, county: str) -> bytes:
    """The key that departments of this county are given; it tells nothing about another county's."""
    keyed = vault.keyed("exchange")
    keyed.update(f"county|{county}".encode())
    return keyed.finalize()


def _under(key: bytes, said: bytes) -> bytes:
    keyed = HMAC(key, SHA256())
    keyed.update(said)
    return keyed.finalize()


def key_mark(key: bytes) -> str:
    """What tells one exchange key from another, and nothing about it."""
    return in_letters(_under(key, b"qingliu exchange key")[:_MARK_BYTES])


def seal(key: bytes, content: bytes) -> str:
    """What only a holder of the exchange key can write under a list."""
    return in_letters(_under(key, b"qingliu comparison list\n" + content))


def inner(key: bytes, numbers: Iterable[str]) -> list[bytes]:
    """The tokens a department makes of normalised ID numbers."""
    start, found = HMAC(key, SHA256()).copy, []
    for one in numbers:
        keyed = start()
        keyed.update(one.encode())
        found.append(keyed.finalize()[:TOKEN_BYTES])
    return found


def outer(vault: Vault, inners: Iterable[bytes]) -> list[bytes]:
    """The tokens that rest here, of those that departments made."""
    found = []
    for one in inners:
        keyed = vault.keyed("match")
        keyed.update(one)
        found.append(keyed.finalize()[:TOKEN_BYTES])
    return found


def tokens(vault: Vault, county: str, numbers: Iterable[str]) -> list[bytes]:
    """The match token of each person of a county by the normalised ID number, in their order."""
    return outer(vault, inner(exchange_key(vault, county), numbers))
