"""Encrypted cells and blind indexes: personal data rests only as ciphertext, and is found by keyed tokens.

Envelope encryption: a key-encrypting key (KEK) lives outside the database; data keys rest in it, wrapped. A cell is
AES-256-GCM with "table|column|row|key id" as associated data, so a cell copied elsewhere does not open. A token is
HMAC-SHA256 over the normalised value under a key of its own; an unkeyed hash of ID numbers falls in seconds.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
TOKEN_BYTES: Final = 16
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
        self._token_key = unwrap(kek, next(key for key in keys if key.purpose == "token"))

    def seal(self, table: str, column: str, row: str, text: str) -> bytes:
        """The cell for `text` in this very place: key number (2 bytes), nonce (12), ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        place = f"{table}|{column}|{row}|{self._newest}".encode()
        sealed = self._cells[self._newest].encrypt(nonce, text.encode(), place)
        return self._newest.to_bytes(_KEY_ID_BYTES, "big") + nonce + sealed

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

    def token(self, normalised: str) -> bytes:
        """The 16-byte blind-index token of a normalised value; equal values have equal tokens."""
        return hmac.digest(self._token_key, normalised.encode(), sha256)[:TOKEN_BYTES]
