"""Signs checkpoints, and reads what witnesses signed: C2SP signed-note, tlog-checkpoint and tlog-cosignature.

A private key is written as Go's note package writes it: PRIVATE+KEY+name+id+base64. Holds no key; verification is in
`verify.py`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.audit_api.record.verify import COSIGNATURE_KEY, NOTE_KEY, Bad, Checkpoint, Key, cosigned_message

_PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the verification key that belongs to it."""

    key: Key
    private: Ed25519PrivateKey

    @classmethod
    def read(cls, text: str) -> Signer:
        """The signer of a written private key; ValueError for what is none."""
        if not text.startswith(_PREFIX):
            msg = "not a private key of a signed note"
            raise ValueError(msg)
        name, mark, packed = text.strip().removeprefix(_PREFIX).split("+", 2)
        raw = base64.b64decode(packed, validate=True)
        found = cls.of(name, raw[1:], raw[0])
        if found.key.mark.hex() != mark:
            msg = "the id of the private key is another's"
            raise ValueError(msg)
        return found

    @classmethod
    def of(cls, name: str, seed: bytes, kind: int) -> Signer:
        private = Ed25519PrivateKey.from_private_bytes(seed)
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(Key(name, kind, public), private)


def written(name: str, seed: bytes, kind: int = NOTE_KEY) -> str:
    """A private key as text, from 32 random bytes."""
    key = Signer.of(name, seed, kind).key
    return f"{_PREFIX}{name}+{key.mark.hex()}+{base64.b64encode(bytes([kind]) + seed).decode()}"


def signers_of(text: str) -> list[Signer]:
    """The signers of written private keys, one a line: the one in use, and the next while the key changes."""
    found = [Signer.read(one) for one in text.split()]
    if not found or len({one.key.name for one in found}) > 1:
        msg = "no private keys of one log"
        raise ValueError(msg)
    return found


def checkpoint(signer: Signer, size: int, root: bytes) -> str:
    """The signed note of a log of `size` leaves; the same every time it is made."""
    body = f"{signer.key.name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return f"{body}\n{_line(signer.key, signer.private.sign(body.encode()))}"


def key_change(before: Key, signers: Sequence[Signer], size: int, root: bytes, leaf: bytes) -> str:
    """The signed note by which the key of the last of `signers` follows `before`; `leaf` is the event that said so.

    Both sign, or the new one alone where the old one was lost.
    """
    after = signers[-1].key
    if any(one.key not in {before, after} for one in signers):
        msg = "neither of the two keys of the change"
        raise ValueError(msg)
    lines = (before.name, str(size), base64.b64encode(root).decode(), f"key-change {before.text()} {after.text()}")
    body = "\n".join((*lines, f"key-event {leaf.decode().removesuffix(chr(10))}")) + "\n"
    return f"{body}\n" + "".join(_line(one.key, one.private.sign(body.encode())) for one in signers)


def cosignature(signer: Signer, seen: Checkpoint, at: int) -> str:
    """A witness's line below a checkpoint, signed at `at` (seconds since 1970)."""
    if signer.key.kind != COSIGNATURE_KEY:
        msg = "not the key of a witness"
        raise ValueError(msg)
    signed = signer.private.sign(cosigned_message(seen.body, at))
    return _line(signer.key, at.to_bytes(8, "big") + signed)


def cosigned_at(note: str, line: str, keys: list[Key]) -> tuple[str, int]:
    """Which of the registered witnesses signed `line` below `note`, and when; `Bad` when none did."""
    if "\n" in line.strip("\n"):  # it is handed out below the note to everybody, and nobody verified a second one
        raise Bad("应为一行签名")
    read = Checkpoint.read(note.split("\n\n", 1)[0] + "\n\n" + line)
    for key in keys:
        at = read.signed_by(key)
        if at is not None and key.kind == COSIGNATURE_KEY:
            return key.name, at
    raise Bad("没有已登记见证方的有效签名")


def _line(key: Key, signature: bytes) -> str:
    return f"\u2014 {key.name} {base64.b64encode(key.mark + signature).decode()}\n"
