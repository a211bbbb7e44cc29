"""Encrypted cells and blind indexes: personal data rests only as ciphertext, and is found by keyed tokens.

Envelope encryption: a key-encrypting key (KEK) lives outside the database; data keys rest in it, wrapped. A cell is
AES-256-GCM with "table|column|row|key id" as associated data, so a cell copied elsewhere does not open. A token is
HMAC-SHA256 over the normalised value under a key of its own; an unkeyed hash of ID numbers falls in seconds. A mark is
short and quick to make: values of one kind are told apart by it, and nothing is looked up.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from struct import iter_unpack
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

NONCE_BYTES: Final = 12
TOKEN_BYTES: Final = 16
MARK_BYTES: Final = 8
_KEY_ID_BYTES: Final = 2


class CellUnreadable(Exception):
    """A cell that was changed, moved to another row, or written under a key that is gone."""

    def __str__(self) -> str:
        return "加密数据无法解密"


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it rests in the database: `number` names it in every cell it wrote."""

    number: int
    purpose: str
    wrapped: bytes


def wrap_new_key(kek: bytes, number: int, purpose: str) -> WrappedKey:
    """A fresh 256-bit data key, wrapped under `kek`."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(kek).encrypt(nonce, AESGCM.generate_key(256), f"{purpose}|{number}".encode())
    return WrappedKey(number, purpose, nonce + sealed)


def unwrap(kek: bytes, key: WrappedKey) -> bytes:
    """The data key itself."""
    nonce, sealed = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
    try:
        return AESGCM(kek).decrypt(nonce, sealed, f"{key.purpose}|{key.number}".encode())
    except InvalidTag as error:
        raise CellUnreadable from error


class Vault:
    """Seals and opens cells with the newest `cell` key, opens old cells with old ones, and makes tokens."""

    def __init__(self, kek: bytes, keys: list[WrappedKey]) -> None:
        self._cells = {key.number: AESGCM(unwrap(kek, key)) for key in keys if key.purpose == "cell"}
        self._newest = max(self._cells)
        self._keyed = {key.purpose: HMAC(unwrap(kek, key), SHA256()) for key in keys if key.purpose != "cell"}
        self._token = self._keyed["token"]

    def seal(self, table: str, column: str, row: str, text: str) -> bytes:
        """The cell for `text` in this very place: key number (2 bytes), nonce (12), ciphertext and tag."""
        return self.seal_all(table, column, [row.encode()], [text.encode()])[0]

    def seal_all(self, table: str, column: str, rows: Sequence[bytes], texts: Sequence[bytes]) -> list[bytes]:
        """The cell for each text in its row (both in UTF-8), as `seal` makes it; many at once take fewer calls."""
        number = self._newest.to_bytes(_KEY_ID_BYTES, "big")
        before, after = f"{table}|{column}|".encode(), f"|{self._newest}".encode()
        nonces = chain.from_iterable(iter_unpack(f"{NONCE_BYTES}s", os.urandom(NONCE_BYTES * len(rows))))
        encrypt = self._cells[self._newest].encrypt
        return [
            number + nonce + encrypt(nonce, text, before + row + after)
            for nonce, row, text in zip(nonces, rows, texts, strict=True)
        ]

    def open(self, table: str, column: str, row: str, cell: bytes) -> str:
        """The text of a cell that was sealed in this very place, or `CellUnreadable`."""
        number = int.from_bytes(cell[:_KEY_ID_BYTES], "big")
        nonce = cell[_KEY_ID_BYTES : _KEY_ID_BYTES + NONCE_BYTES]
        try:
            key = self._cells[number]
            return key.decrypt(
                nonce, cell[_KEY_ID_BYTES + NONCE_BYTES :], f"{table}|{column}|{row}|{number}".encode()
            ).decode()
        except (KeyError, InvalidTag) as error:
            raise CellUnreadable from error

    def keyed(self, purpose: str) -> HMAC:
        """A fresh HMAC-SHA256 under the data key of this purpose, for tokens of another kind than `tokens` makes."""
        return self._keyed[purpose].copy()

    def token(self, normalised: str) -> bytes:
        """The 16-byte blind-index token of a normalised value; equal values have equal tokens."""
        return self.tokens([normalised])[0]

    def tokens(self, normalised: Iterable[str]) -> list[bytes]:
        """The token of each value, in their order: the key is laid in once, since a roster asks for 100,000."""
        start, found = self._token.copy, []
        for one in normalised:
            keyed = start()
            keyed.update(one.encode())
            found.append(keyed.finalize()[:TOKEN_BYTES])
        return found

    def marks(self, kind: str, normalised: Iterable[str | None]) -> list[bytes | None]:
        """The 8-byte mark of each value of a kind, None of none: keyed BLAKE2b (RFC 7693), the key made of the tokens'.

        Equal values of a kind have equal marks, of two kinds they have nothing in common. Among a million values two
        share a mark by chance once in 37 million times.
        """
        keyed = self._token.copy()
        keyed.update(f"mark|{kind}".encode())
        start, found = blake2b(key=keyed.finalize(), digest_size=MARK_BYTES).copy, list[bytes | None]()
        for one in normalised:
            if one is None:
                found.append(None)
                continue
            marked = start()
            marked.update(one.encode())
            found.append(marked.digest())
        return found
