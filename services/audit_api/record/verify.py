"""Verifies the record offline: a bundle or an export of the journal against a signed checkpoint. One file.

Copy this file to any machine with Python 3.9 or later and run `python3 verify.py --key NAME+ID+KEY FILE_OR_FOLDER`.
It prints 通过 (and exits with 0), 不通过 with the first bad position and the reason (1), or 无法核验 where there is
nothing to be verified or no key to do it with (2). The key comes from elsewhere than what is verified: on paper, or
from the witness. One key of the log is enough, the first or the last: where the key was changed, both signed who
follows whom (`KeyChange`), and what was signed by another is verified along that chain. It reads files and nothing
else: no network.

The rest of the record imports its arithmetic from here, so that there is one of it. Sources: RFC 6962 section 2.1 (tree
hashes), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verifying proofs), RFC 8032 section 5.1 (Ed25519), C2SP signed-note,
tlog-checkpoint and tlog-cosignature.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

BUNDLE_FORMAT = "qingliu-bundle-2"
EXPORT_FORMAT = "qingliu-export-2"
KEYS_FORMAT = "qingliu-keys-1"
MOST_BYTES = 1 << 30  # of a bundle: it is read as a whole, and ours are below 200 MB
MOST_LINE = 1 << 26  # of an export
MOST_SIGNATURES = 64  # below one checkpoint: each that names a key is verified, which takes its time
NOTE_KEY = 1  # Ed25519 signature over a note
COSIGNATURE_KEY = 4  # Ed25519 cosignature with its time
SEEN_NOT_AGAIN = "这不是同一份日志（分叉或改写）"


class Bad(Exception):
    """What is verified is not what was sealed: `position` of the log (None where none can be named), and why."""

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position

    def __str__(self) -> str:
        return self.reason if self.position is None else f"第 {self.position} 条：{self.reason}"


class KeyMisused(Bad):
    """What a key of the log signed shows by itself that it was misused: after its end, or for two that follow it."""


class Unable(Exception):
    """Nothing was verified: a file is not there, or what was given as a key is none."""


# Tree hashes.


def leaf_line(service: str, stream: str, position: int, hash_hex: str) -> bytes:
    """The bytes of a leaf: a line that names an event of a journal and its hash, which covers all events before it."""
    return f"{service} {stream} {position} {hash_hex}\n".encode()


def leaf_hash(line: bytes) -> bytes:
    """RFC 6962: a leaf is hashed behind 0x00, so that no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: a node is hashed behind 0x01."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


def root_of(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees from left to right, each smaller than the one before."""
    if not peaks:
        return EMPTY_ROOT
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = node_hash(peak, found)
    return found


class Peaks:
    """The complete subtrees of a growing tree: leaves are pushed, the root is there at any size."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def push(self, leaf: bytes) -> None:
        at, found = self.size, leaf
        while at & 1:
            found = hashlib.sha256(b"\x01" + self._peaks.pop() + found).digest()
            at >>= 1
        self._peaks.append(found)
        self.size += 1

    def root(self) -> bytes:
        return root_of(self._peaks)


def inclusion_root(leaf: bytes, position: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that `proof` leads to from leaf `position` of `size`; `Bad` for a proof of another length."""
    if not 0 <= position < size:
        raise Bad(f"位置 {position} 不在 {size} 条之内", position)
    at, last, found = position, size - 1, leaf
    for one in proof:
        if last == 0:
            raise Bad("证明路径过长", position)
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            found = node_hash(found, one)
        at >>= 1
        last >>= 1
    if last:
        raise Bad("证明路径过短", position)
    return found


def is_consistent(  # noqa: C901 - step by step as RFC 9162 has it
    old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the tree of `size` begins with the tree of `old_size`."""
    if not 0 <= old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at >>= 1
        last >>= 1
    old = new = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            new = node_hash(new, one)
        at >>= 1
        last >>= 1
    return last == 0 and old == old_root and new == root


# Ed25519 (RFC 8032), verification only: no secret passes through here, so that its timing tells nobody anything.

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    t, z = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            found = _add(found, point)
        point = _add(point, point)
        scalar >>= 1
    return found


def _x_of(y: int, sign: int) -> int | None:
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P:
        return None
    return _P - x if x & 1 != sign else x


def _point(packed: bytes) -> Point | None:
    number = int.from_bytes(packed, "little")
    y = number & (2**255 - 1)
    x = _x_of(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % _P)


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is an Ed25519 signature of `message` under `public` (32 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce = _point(public), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or s >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(s, _BASE), _add(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _weighted(terms: Sequence[tuple[int, Point]]) -> Point:
    """The sum of points, each times its weight of 128 bits; eight bits of all weights at a time (Pippenger)."""
    found: Point = (0, 1, 1, 0)
    for shift in range(120, -1, -8):
        for _ in range(8):
            found = _add(found, found)
        buckets: dict[int, Point] = {}
        for weight, point in terms:
            digit = weight >> shift & 255
            if digit:
                buckets[digit] = _add(buckets[digit], point) if digit in buckets else point
        running: Point = (0, 1, 1, 0)
        for digit in range(255, 0, -1):
            if digit in buckets:
                running = _add(running, buckets[digit])
            found = _add(found, running)
    return found


def signatures_hold(public: bytes, signed: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether every (message, signature) holds under one key: one equation over all of them, each weighted.

    The weights come from a hash of everything that is checked, so that no two errors can be made to cancel. A thousand
    take less than fifty one by one would.
    """
    if len(signed) < 4:
        return all(signature_holds(public, message, signature) for message, signature in signed)
    key = _point(public) if len(public) == 32 else None
    if key is None or any(len(signature) != 64 for _, signature in signed):
        return False
    seed = hashlib.sha512(public)
    for message, signature in signed:
        seed.update(hashlib.sha512(message).digest() + signature)
    of_base = of_key = 0
    nonces: list[tuple[int, Point]] = []
    for at, (message, signature) in enumerate(signed):
        nonce, s = _point(signature[:32]), int.from_bytes(signature[32:], "little")
        if nonce is None or s >= _ORDER:
            return False
        weight = int.from_bytes(hashlib.sha512(seed.digest() + at.to_bytes(8, "big")).digest()[:16], "big") | 1
        challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little")
        of_base, of_key = of_base + weight * s, of_key + weight * challenge
        nonces.append((weight, nonce))
    left = _times(of_base % _ORDER, _BASE)
    right = _add(_weighted(nonces), _times(of_key % _ORDER, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _is_weak(public: bytes) -> bool:
    """Whether a key is no point of the curve or one of the few of small order, under which signatures say nothing."""
    point = _point(public)
    if point is None:
        return True
    x, y, z, _ = _times(8, point)
    return x % _P == 0 and (y - z) % _P == 0


# Signed notes and checkpoints.


def _unpacked(text: str) -> bytes:
    """Base64 in its one spelling; ValueError for another one of the same bytes."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not canonical")
    return raw


class Key(NamedTuple):
    """A verification key: whose, of which kind (1 log, 4 witness), and its 32 bytes."""

    name: str
    kind: int
    public: bytes

    @property
    def mark(self) -> bytes:
        """The four bytes that a signature names its key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def text(self) -> str:
        packed = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.mark.hex()}+{packed}"

    @classmethod
    def read(cls, text: str) -> Key:
        """A key as it is written, `name+id+base64`; `Bad` for what is none."""
        try:
            name, mark, packed = text.strip().split("+", 2)
            raw = _unpacked(packed)
            found = cls(name, raw[0], raw[1:])
        except (ValueError, IndexError, binascii.Error) as error:
            raise Bad("公钥格式有误，应为 名称+编号+Base64") from error
        if len(found.public) != 32 or found.mark.hex() != mark or found.kind not in {NOTE_KEY, COSIGNATURE_KEY}:
            raise Bad("公钥的编号与内容不符")
        if _is_weak(found.public):
            raise Bad("公钥是弱密钥：任何人都能以它签名")
        return found


class Checkpoint(NamedTuple):
    """A note that says how large the log is and what its root is, with the lines of those who signed it."""

    origin: str
    size: int
    root: bytes
    body: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, note: str) -> Checkpoint:
        """A checkpoint from the text of its note; `Bad` for what is none. Signatures are kept, not verified."""
        try:
            head, tail = note.split("\n\n", 1)
            body = (head + "\n").encode()
            origin, size, root = head.split("\n")[:3]
            found: list[tuple[str, bytes]] = []
            for line in tail.rstrip("\n").split("\n"):
                if len(found) == MOST_SIGNATURES:
                    raise Bad("检查点的签名行过多")
                dash, name, packed = line.split(" ")
                if dash != "\u2014":
                    raise Bad("检查点签名行有误")
                found.append((name, _unpacked(packed)))
            raw = _unpacked(root)
            if len(raw) != 32 or not origin or len(size) > 19 or size != str(int(size)) or int(size) < 0:
                raise Bad("检查点内容有误")
            if int(size) == 0 and raw != EMPTY_ROOT:
                raise Bad("0 条的检查点的根不是空日志的根", 0)
        except (ValueError, binascii.Error) as error:
            raise Bad("检查点格式有误") from error
        return cls(origin, int(size), raw, body, tuple(found))

    def signed_by(self, key: Key) -> int | None:
        """When `key` signed: 0 for a log's own signature, seconds since 1970 for a cosignature, None if it did not."""
        for name, raw in self.signatures:
            if name != key.name or raw[:4] != key.mark:
                continue
            if key.kind == NOTE_KEY and signature_holds(key.public, self.body, raw[4:]):
                return 0
            if key.kind == COSIGNATURE_KEY and len(raw) == 76:
                at = int.from_bytes(raw[4:12], "big")
                if signature_holds(key.public, cosigned_message(self.body, at), raw[12:]):
                    return at
        return None

    def must_be_signed(self, key: Key) -> None:
        self.must_be_of(key)
        if self.signed_by(key) is None:
            raise Bad(f"检查点（{self.size} 条）没有 {key.name} 的有效签名{self.signed_otherwise(key.name)}", self.size)

    def signed_otherwise(self, name: str) -> str:
        """By which keys it says to be signed in the log's name."""
        marks = "、".join(raw[:4].hex() for of, raw in self.signatures if of == name)
        return f"：签名的密钥（编号 {marks}）不是它的，也没有在日志中公告" if marks else ""

    def must_be_of(self, key: Key) -> None:
        if self.origin != key.name and key.kind == NOTE_KEY:
            raise Bad(f"检查点属于 {self.origin}，不是 {key.name}")

    @staticmethod
    def first_unsigned(several: Sequence[Checkpoint], key: Key) -> Checkpoint | None:
        """The first of these checkpoints that `key` did not sign, by halves; `Bad` for one of another log."""
        for one in several:
            one.must_be_of(key)
        mine = [[raw[4:] for name, raw in one.signatures if (name, raw[:4]) == (key.name, key.mark)] for one in several]
        signed = [(one.body, lines[0]) for one, lines in zip(several, mine) if len(lines) == 1]  # noqa: B905 - Python 3.9
        if len(signed) == len(several) and signatures_hold(key.public, signed):
            return None
        if len(several) == 1:
            return several[0] if several[0].signed_by(key) is None else None
        half = len(several) // 2
        early = Checkpoint.first_unsigned(several[:half], key)
        return early if early is not None else Checkpoint.first_unsigned(several[half:], key)


class KeyChange(NamedTuple):
    """That one key of the log follows another: a checkpoint which says so, signed by both.

    Two lines stand below its root: `key-change BEFORE AFTER`, and `key-event` with the leaf of the event that announced
    it. `before` signs logs up to its size and `after` from there on; at the size itself either may. Signed by the new
    key alone it says that the old one was lost: who trusts the old one does not believe it.
    """

    checkpoint: Checkpoint
    before: Key
    after: Key
    leaf: bytes

    @property
    def size(self) -> int:
        return self.checkpoint.size

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> KeyChange | None:
        """The change that a checkpoint tells of; None if it is like all others, `Bad` if it tells it badly."""
        lines = checkpoint.body.decode().split("\n")[3:-1]
        if not any(line.startswith("key-") for line in lines):
            return None
        try:
            [change, event] = lines
            word, before, after = change.split(" ")
            said, leaf = event.split(" ", 1)
            keys = Key.read(before), Key.read(after)
        except ValueError as error:
            raise Bad("密钥更换的记录格式有误", checkpoint.size) from error
        names = {checkpoint.origin, keys[0].name, keys[1].name}
        if (word, said) != ("key-change", "key-event") or len(names) > 1 or keys[0] == keys[1] or checkpoint.size == 0:
            raise Bad("密钥更换的记录格式有误", checkpoint.size)
        if {one.kind for one in keys} != {NOTE_KEY}:
            raise Bad("密钥更换的记录所列的不是日志的公钥", checkpoint.size)
        return cls(checkpoint, keys[0], keys[1], leaf_hash(leaf.encode() + b"\n"))


class Keys:
    """The keys of a log in their order, from the one that is trusted: each signs from one change to the next."""

    def __init__(self, trusted: Key, changes: Sequence[KeyChange] = ()) -> None:
        """`Bad` where a change is not signed by the key it is believed by, or does not join the chain."""
        self.trusted = trusted
        told: dict[bytes, KeyChange] = {}
        for one in changes:  # one that is told twice was signed by whoever signed either
            one.checkpoint.must_be_of(trusted)
            known = told.get(one.checkpoint.body, one).checkpoint.signatures
            signed = tuple(dict.fromkeys((*known, *one.checkpoint.signatures)))
            told[one.checkpoint.body] = one._replace(checkpoint=one.checkpoint._replace(signatures=signed))
        self.changes = sorted(told.values(), key=lambda one: one.size)
        at = sum(1 for _ in self._back(trusted))
        self._must_chain(at)

    def _back(self, trusted: Key) -> Iterator[KeyChange]:
        """The changes that led to a key, the last first: each is believed by the signature of the newer key."""
        key = trusted
        for one in reversed(self.changes):
            if one.after == key:
                yield one
                key = one.before

    def _must_chain(self, trusted_at: int) -> None:
        for at, one in enumerate(self.changes):
            before = self.changes[at - 1] if at else None
            known = self.trusted if at == trusted_at else before.after if before else one.before
            if one.before != known or (at + 1 == trusted_at and one.after != self.trusted):
                self._must_not_be_forked(one)
                raise Bad(f"{one.size} 条处的密钥更换与所信任的公钥不相接", one.size)
            if before is not None and before.size >= one.size:
                raise Bad("两次密钥更换先后颠倒", one.size)
            if one.checkpoint.signed_by(one.after) is None:
                raise Bad(f"{one.size} 条处的密钥更换没有新密钥的有效签名", one.size)
            if at >= trusted_at and one.checkpoint.signed_by(one.before) is None:
                said = "没有原密钥的签名：原密钥若已遗失，须另行取得新公钥"
                raise Bad(f"{one.size} 条处的密钥更换{said}", one.size)
        for at, one in enumerate(self.changes):
            if any(one.after in {earlier.before, earlier.after} for earlier in self.changes[:at]):
                raise Bad("已停用的密钥又被启用", one.size)

    def _must_not_be_forked(self, one: KeyChange) -> None:
        for other in self.changes:
            if other is not one and other.before == one.before and one.checkpoint.signed_by(one.before) == 0:
                said = f"同一密钥（编号 {one.before.mark.hex()}）公告了两个后继密钥"
                raise KeyMisused(f"{said}：{SEEN_NOT_AGAIN}", min(one.size, other.size))

    def of(self, size: int) -> list[Key]:
        """Which keys may sign a log of that size: one, and at the size of a change both."""
        if not self.changes:
            return [self.trusted]
        every = [self.changes[0].before, *(one.after for one in self.changes)]
        starts = [0, *(one.size for one in self.changes)]
        ends = [*starts[1:], 2**63]
        return [key for key, start, end in zip(every, starts, ends) if start <= size <= end]  # noqa: B905 - Python 3.9

    def must_sign(self, checkpoint: Checkpoint) -> None:
        """`Bad`, at its size, for a checkpoint that none of the keys signed whose turn it was."""
        checkpoint.must_be_of(self.trusted)
        mine = self.of(checkpoint.size)
        if any(checkpoint.signed_by(key) is not None for key in mine):
            return
        for one in self.changes:
            size, mark = checkpoint.size, one.before.mark.hex()
            if one.before not in mine and size > one.size and checkpoint.signed_by(one.before) is not None:
                said = f"检查点（{size} 条）由已停用的密钥（编号 {mark}）签名，它只到 {one.size} 条为止"
                raise KeyMisused(said, size)
            if one.after not in mine and size < one.size and checkpoint.signed_by(one.after) is not None:
                raise Bad(f"检查点（{size} 条）由自 {one.size} 条起才启用的密钥签名", size)
        checkpoint.must_be_signed(mine[-1])

    def first_unsigned(self, several: Sequence[Checkpoint]) -> Checkpoint | None:
        """The first of these checkpoints, by size, that none of the keys signed whose turn it was."""
        turns: dict[Key, list[Checkpoint]] = {}
        for one in several:
            mine = self.of(one.size)
            marks = {raw[:4] for name, raw in one.signatures if name == self.trusted.name}
            turns.setdefault(next((key for key in mine if key.mark in marks), mine[-1]), []).append(one)
        found = [Checkpoint.first_unsigned(turn, key) for key, turn in turns.items()]
        return min((one for one in found if one is not None), key=lambda one: one.size, default=None)


def changes_of(checkpoints: Sequence[Checkpoint]) -> list[KeyChange]:
    """The changes of the log's key that any of these tells of."""
    return [change for change in map(KeyChange.of, checkpoints) if change is not None]


def joined_changes(told: Any, now: Checkpoint) -> list[KeyChange]:
    """Changes as told beside a checkpoint: each of one log with it, and its announcement an event of that log."""
    if not isinstance(told, list) or len(told) > 1000:
        raise Bad("密钥更换的记录格式有误")
    found = []
    for one in told:
        _shaped("密钥更换", one)
        change = KeyChange.of(Checkpoint.read(one["note"]))
        if change is None:
            raise Bad("密钥更换的记录格式有误")
        old, new = sorted((change.checkpoint, now), key=lambda each: each.size)
        if not is_consistent(old.size, old.root, new.size, new.root, _hashes(one["proof"])):
            raise Bad(f"密钥更换（{change.size} 条处）不在这份日志之中：{SEEN_NOT_AGAIN}", change.size)
        proof = _hashes(one["event_proof"])
        if inclusion_root(change.leaf, one["event_position"], change.size, proof) != change.checkpoint.root:
            raise Bad("密钥更换的公告不在日志中", one["event_position"])
        found.append(change)
    return found


def cosigned_message(body: bytes, at: int) -> bytes:
    """What a witness signs: the body of the checkpoint behind the time (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n".encode() + body


def must_extend(seen: Checkpoint, now: Checkpoint) -> None:
    """`Bad`, naming the equivocation, where two checkpoints alone show that they are not of one log."""
    if seen.origin != now.origin:
        raise Bad(f"检查点属于 {now.origin}，先前见到的属于 {seen.origin}：{SEEN_NOT_AGAIN}")
    if now.size < seen.size:
        raise Bad(f"日志只有 {now.size} 条，先前见到 {seen.size} 条：尾部被截去，或恢复了旧备份", now.size)
    if now.size == seen.size and now.root != seen.root:
        raise Bad(f"同为 {now.size} 条却有两个不同的根：{SEEN_NOT_AGAIN}")


# Journal rows. The order is that of the hash in the database: every field on a line of its own behind the hash before.

FIELDS = (
    *("stream", "position", "id", "kind", "actor", "request_id", "idempotency_key", "request_hash"),
    *("recorded_micros", "outcome_sha256", "body"),
)


def event_hash(previous: bytes, fields: Sequence[bytes]) -> bytes:
    """The hash of a journal row, over the hash before it and its fields in the order of `FIELDS`."""
    return hashlib.sha256(previous + b"\n".join(fields)).digest()


def first_hash(stream: bytes) -> bytes:
    """What stands before the first event of a stream."""
    return hashlib.sha256(stream).digest()


def sealed_words(words: Sequence[str]) -> bytes:
    """The hash of what somebody wrote: each text led by its length, so that no two lists read alike."""
    digest = hashlib.sha256()
    for one in words:
        raw = one.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.digest()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise Bad("同一个名称在 JSON 中出现两次")
    return read


def _no_number(_: str) -> Any:
    raise Bad("JSON 中有不是整数的数")


def _json(text: str) -> Any:
    """JSON in which every name stands once and every number is whole: what two programs read alike."""
    return json.loads(text, object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number)


_HEX = "hex"  # 64 digits, lower case
_SHAPES: dict[str, dict[str, Any]] = {
    "案卷": {
        **dict.fromkeys(("format", "about", "checkpoint"), str),
        **dict.fromkeys(("rows", "texts", "versions", "evidence"), list),
        **dict.fromkeys(("not_sealed_yet", "words_gone_n", "lacking_n"), int),
        **dict.fromkeys(("known_at", "known_position", "follows"), object),
    },
    "日志行": {
        **dict.fromkeys(("service", "id", *FIELDS), str),
        **dict.fromkeys(("position", "log_position", "recorded_micros"), int),
        **dict.fromkeys(("request_hash", "outcome_sha256", "previous_hash", "hash"), _HEX),
        "proof": list,
    },
    "文字": {"log_position": int, "salt": str, "words": list},
    "各稿": {"version_no": int, "version_hash": _HEX, "content": dict},
    "证据": {"evidence_id": str, "file_name": str, "file_kind": str, "size_bytes": int, "sha256": _HEX},
    "一致性证明": {"old_size": int, "proof": list},
    "密钥更换的记录": {"format": str, "size": int, "changes": list},
    "密钥更换": {"note": str, "proof": list, "event_position": int, "event_proof": list},
}


def _shaped(what: str, value: Any) -> dict[str, Any]:
    """An object with exactly these names, each of its type; what is not verified does not travel along."""
    shape = _SHAPES[what]
    at = value.get("log_position") if isinstance(value, dict) else None
    at = at if type(at) is int else None
    if not isinstance(value, dict) or value.keys() != shape.keys():
        raise Bad(f"{what}的项目不齐或有多余", at)
    for name, kind in shape.items():
        one = value[name]
        fits = _is_hash(one) if kind is _HEX else isinstance(one, kind)
        if not fits or (kind is int and (isinstance(one, bool) or not 0 <= one < 2**63)):
            raise Bad(f"{what}的 {name} 格式有误", at)
    return value


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")


def _hashes(values: list[Any]) -> list[bytes]:
    if len(values) > 128 or not all(_is_hash(one) for one in values):
        raise Bad("证明路径格式有误")
    return [bytes.fromhex(one) for one in values]


def verify_bundle(bundle: Any, key: Key, seen: Sequence[Checkpoint] = (), told: Sequence[dict[str, Any]] = ()) -> str:
    """Every row of a bundle is what was sealed below its checkpoint; one Chinese sentence says what was verified.

    `told`: what else is known of the log's keys (`read_keys`), each joined with this very checkpoint.
    """
    if not isinstance(bundle, dict) or bundle.get("format") != BUNDLE_FORMAT:
        raise Bad("不是案卷文件，或版本不认识")
    _shaped("案卷", {name: one for name, one in bundle.items() if name != "keys"})
    checkpoint = Checkpoint.read(bundle["checkpoint"])
    changes = joined_changes(bundle.get("keys", []), checkpoint)
    for beside in told:
        changes += joined_changes(beside["changes"], checkpoint)
    keys = Keys(key, [*changes, *changes_of(seen)])
    keys.must_sign(checkpoint)
    for one in seen:
        _must_follow(bundle, one, checkpoint, keys)
    rows = sorted((_shaped("日志行", one) for one in bundle["rows"]), key=lambda row: int(row["log_position"]))
    if not rows:
        raise Bad("案卷中没有日志行")
    bodies: dict[int, dict[str, Any]] = {}
    before: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        stream = (row["service"], row["stream"])
        bodies[row["log_position"]] = _verified(row, checkpoint, before.get(stream))
        before[stream] = row
    if len(bodies) != len(rows):
        raise Bad("同一条日志在案卷中出现两次")
    _must_be_known(bundle["known_at"], bundle["known_position"], rows)
    _verify_beside(bundle, list(bodies.values()))
    _verify_texts(bundle["texts"], bodies)
    money = sum(row["service"] == "funds" for row in rows)
    return (
        f"{len(rows)} 条日志（监督 {len(rows) - money} 条，资金 {money} 条）均在检查点（{checkpoint.size} 条）之内，"
        f"{len(bundle['versions'])} 稿、{len(bundle['texts'])} 处文字与 {len(bundle['evidence'])} 份证据的摘要在其中"
        f"{_lacking(bundle)}，签名有效"
    )


def _lacking(bundle: dict[str, Any]) -> str:
    waiting, gone = bundle["not_sealed_yet"], bundle["words_gone_n"]
    said = f"，另有 {waiting} 条尚未封存、不在案卷中" if waiting else ""
    said += f"，{gone} 处文字未附（已依法删除，或未保存）" if gone else ""
    return said + (f"，账本未能提供 {bundle['lacking_n']} 条" if bundle["lacking_n"] else "")


def read_keys(file: Path) -> dict[str, Any]:
    """The changes of the log's key as the record tells them (`GET …/record/keys`), to be joined with a checkpoint."""
    read = _read(file)
    if not isinstance(read, dict) or read.get("format") != KEYS_FORMAT:
        raise Bad("不是密钥更换的记录，或版本不认识")
    return _shaped("密钥更换的记录", read)


def _must_follow(bundle: dict[str, Any], seen: Checkpoint, now: Checkpoint, keys: Keys) -> None:
    """The checkpoint of a bundle is of the log that was seen before: by their sizes, or by the proof it carries."""
    keys.must_sign(seen)
    must_extend(seen, now)
    if seen.size == now.size:
        return
    if bundle["follows"] is None or _shaped("一致性证明", bundle["follows"])["old_size"] != seen.size:
        raise Bad(f"案卷没有与先前所见检查点（{seen.size} 条）相接的证明；请用 seen_size={seen.size} 重新取得案卷")
    if not is_consistent(seen.size, seen.root, now.size, now.root, _hashes(bundle["follows"]["proof"])):
        raise Bad(f"{now.size} 条的日志不以先前的 {seen.size} 条为开头：{SEEN_NOT_AGAIN}", seen.size)


def _verified(row: dict[str, Any], checkpoint: Checkpoint, before: dict[str, Any] | None) -> dict[str, Any]:
    """The body of a row that is what was sealed at its place; `before` is the row of its stream that came earlier."""
    at = row["log_position"]
    own = event_hash(bytes.fromhex(row["previous_hash"]), [str(row[name]).encode() for name in FIELDS]).hex()
    if own != row["hash"]:
        raise Bad(f"{row['stream']} 流第 {row['position']} 条日志的内容与其哈希不符", at)
    leaf = leaf_hash(leaf_line(row["service"], row["stream"], row["position"], own))
    if inclusion_root(leaf, at, checkpoint.size, _hashes(row["proof"])) != checkpoint.root:
        raise Bad("包含证明不通向检查点的根", at)
    if before is not None and row["position"] <= before["position"]:
        raise Bad(f"{row['stream']} 流的日志先后颠倒", at)
    if before is not None and row["position"] == before["position"] + 1 and row["previous_hash"] != before["hash"]:
        raise Bad("与上一条日志不相连", at)
    body = json.loads(row["body"])
    if not isinstance(body, dict):
        raise Bad("日志内容格式有误", at)
    return body


def _must_be_known(known_at: Any, known_position: Any, rows: Sequence[dict[str, Any]]) -> None:
    """A bundle that says to tell what was known at an instant holds no row that was recorded after it."""
    if known_at is None and known_position is None:
        return
    try:
        until = datetime.fromisoformat(known_at.replace("Z", "+00:00"))  # noqa: FURB162 - Python 3.9 reads no Z
        micros = (until - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(microseconds=1)  # noqa: UP017 - 3.9
    except (AttributeError, TypeError, ValueError) as error:
        raise Bad("案卷的登记时点格式有误") from error
    if type(known_position) is not int:
        raise Bad("案卷的登记时点没有日志位置")
    for row in rows:
        if row["recorded_micros"] > micros:
            raise Bad(f"这条日志在案卷的登记时点（{known_at}）之后才登记", row["log_position"])
        if row["service"] == "audit" and row["position"] > known_position:
            raise Bad(f"这条日志在案卷的登记位置（第 {known_position} 条）之后", row["log_position"])


def _verify_beside(bundle: dict[str, Any], bodies: list[dict[str, Any]]) -> None:
    """Whatever the bundle tells beside its rows is covered by a digest in one of them, under the same number."""
    about = bundle["about"]
    if not any(body.get("finding_id") == about for body in bodies):
        raise Bad("案卷的日志中没有一条是关于这个问题的")
    drawn = {(body.get("version_no"), body.get("version_hash")) for body in bodies if body.get("finding_id") == about}
    for one in bundle["versions"]:
        _shaped("各稿", one)
        spelled = json.dumps(one["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        named = hashlib.sha256(spelled.encode()).hexdigest()
        if named != one["version_hash"] or (one["version_no"], named) not in drawn:
            raise Bad(f"第 {one['version_no']} 稿的内容与日志中的摘要不符")
    kept = {(body.get("evidence_id"), body.get("sha256"), body.get("size_bytes")) for body in bodies}
    for one in bundle["evidence"]:
        _shaped("证据", one)
        if (one["evidence_id"], one["sha256"], one["size_bytes"]) not in kept:
            raise Bad(f"证据 {one['file_name']} 的摘要不在日志中")


def _verify_texts(texts: list[Any], bodies: dict[int, dict[str, Any]]) -> None:
    """Each text that people wrote is the one its row sealed: SHA-256 over a salt and the hash of the words."""
    for one in texts:
        at, words = _shaped("文字", one)["log_position"], one["words"]
        if not all(isinstance(word, str) for word in words) or at not in bodies:
            raise Bad("文字不属于案卷中的日志", at)
        told = hashlib.sha256(bytes.fromhex(one["salt"]) + sealed_words(words)).hexdigest()
        if bodies[at].get("text_sha256") != told:
            raise Bad("附上的文字与日志中的摘要不符", at)


def _read(file: Path, most: int = MOST_BYTES) -> Any:
    """The JSON of a file that is read as a whole; a mark of UTF-8 that an editor put in front is no matter."""
    if file.stat().st_size > most:
        raise Bad(f"文件过大，超过 {most} 字节：不是案卷")
    return _json(file.read_text(encoding="utf-8-sig"))


def verify_pack(folder: Path, key: Key, seen: Sequence[Checkpoint] = (), told: Sequence[dict[str, Any]] = ()) -> str:
    """A bundle in a folder with the files of its evidence, each named by its SHA-256."""
    bundle = _read(folder / "bundle.json")
    said = verify_bundle(bundle, key, seen, told)
    listed = {one["sha256"]: one["file_name"] for one in bundle["evidence"]}
    there = sorted((folder / "evidence").iterdir()) if (folder / "evidence").is_dir() else []
    for file in there:
        if file.name not in listed or file.is_symlink() or not file.is_file():
            raise Bad(f"证据文件 {file.name} 不在案卷清单中")
        digest = hashlib.sha256()
        with file.open("rb") as read:
            while piece := read.read(1 << 20):
                digest.update(piece)
        if digest.hexdigest() != file.name:
            raise Bad(f"证据文件 {listed[file.name]} 的内容与摘要不符")
    return f"{said}；{len(there)} 份证据文件相符，{len(listed) - len(there)} 份未附"


_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def _plain(field: bytes) -> bytes:
    """A field of PostgreSQL's COPY text format as it was."""
    parts = field.split(b"\\")
    found = [parts[0]]
    at = 1
    while at < len(parts):
        part = parts[at]
        if part:
            found.append(_ESCAPES.get(part[:1], part[:1]) + part[1:])
        else:  # two backslashes are one; what follows the second is plain
            at += 1
            found.append(b"\\" + (parts[at] if at < len(parts) else b""))
        at += 1
    return b"".join(found)


def _notes(folder: Path) -> list[Checkpoint]:
    lines = (folder / "checkpoints.jsonl").read_text(encoding="utf-8").split("\n")
    return sorted((Checkpoint.read(_json(line)) for line in lines if line), key=lambda one: one.size)


def _rows(folder: Path, most: int = MOST_LINE) -> Iterator[list[bytes]]:
    with (folder / "journal.tsv").open("rb") as file:
        for line in iter(lambda: file.readline(most), b""):
            fields = line[:-1].split(b"\t")
            if len(fields) != 15 or line[-1:] != b"\n":
                raise ValueError("incomplete")
            yield [_plain(one) for one in fields] if b"\\" in line else fields


def _tiles(folder: Path) -> Iterator[bytes]:
    """The leaf hashes of each full tile, in order."""
    with (folder / "tiles.tsv").open("rb") as file:
        for at, line in enumerate(file):
            index, hashes = line.split(b"\t")
            if index != str(at).encode():
                raise Bad("封存时的摘要缺失", at * 256)
            yield bytes.fromhex(hashes.decode())


def verify_export(  # noqa: C901, PLR0912, PLR0915 - one pass over a million rows; a call per question would double it
    folder: Path, key: Key, seen: Sequence[Checkpoint] = ()
) -> str:
    """Every event of an export is what was sealed, nothing is missing, and the log is the one that was seen before.

    Every checkpoint is signed, and the one log that is built from the rows has the root of each at its size: so each
    continues the one before it. Of a row that is there by its hash only, that hash is the leaf.
    """
    about = _read(folder / "export.json")
    if not isinstance(about, dict) or about.get("format") != EXPORT_FORMAT:
        raise Bad("不是日志导出，或版本不认识")
    notes = _notes(folder)
    if not notes:
        raise Bad("导出中没有检查点")
    last = notes[-1]
    changes = changes_of(notes)
    keys = Keys(key, [*changes, *changes_of(seen)])
    for one in notes:
        one.must_be_of(key)
    unsigned = keys.first_unsigned(notes)
    if unsigned is not None:
        keys.must_sign(unsigned)
        raise Bad(f"检查点（{unsigned.size} 条）没有 {key.name} 的有效签名", unsigned.size)
    for one in seen:
        keys.must_sign(one)
        must_extend(one, last)
    wanted: dict[int, list[Checkpoint]] = {}
    for one in (*notes, *seen):
        wanted.setdefault(one.size, []).append(one)
    announced = {one.leaf: one for one in keys.changes}
    heads: dict[bytes, tuple[bytes, int]] = {}
    peaks, good, size = Peaks(), 0, 0
    tiles, told = _tiles(folder), b""
    unsealed = withheld = 0
    sha256, push = hashlib.sha256, peaks.push
    try:
        for fields in _rows(folder):
            if fields[1] == b"N":
                leaf, withheld = _withheld(fields, size, unsealed), withheld + 1
                if size % 256 == 0:
                    told = _told(tiles, last.size, size)
                if told and told[size % 256 * 32 : size % 256 * 32 + 32] != leaf:
                    raise Bad("只有摘要的一条与封存时的摘要不同", size)
                if leaf in announced:
                    _must_be_announced(announced.pop(leaf), size, b"")
                push(leaf)
                size += 1
                if size in wanted:
                    good = _rooted(wanted[size], peaks, good)
                continue
            name = fields[1] + b" " + fields[2]
            previous, before = heads.get(name) or (first_hash(fields[2]), 0)
            sealed = fields[0] != b"N"  # NULL, as COPY writes it, is read as N
            where = size if sealed else None
            if sealed and int(fields[0]) != size:
                raise Bad(f"日志缺少此条，下一条是第 {int(fields[0])} 条", size)
            if fields[13] == b"N":
                raise Bad(f"{name.decode()} 流第 {fields[3].decode()} 条已封存，而日志中没有", where)
            if int(fields[3]) != before + 1:
                raise Bad(f"{name.decode()} 流第 {before + 1} 条缺失", where)
            own = sha256(previous + b"\n".join(fields[2:13])).digest()
            written = own.hex().encode()
            if written != fields[13]:
                raise Bad(f"{name.decode()} 流第 {fields[3].decode()} 条日志的内容与其哈希不符", where)
            heads[name] = (own, before + 1)
            if not sealed:
                unsealed += 1
                continue
            if unsealed:
                raise Bad("已封存的日志排在未封存的之后", size)
            if written != fields[14]:
                raise Bad(f"{name.decode()} 流第 {fields[3].decode()} 条的哈希与封存时不同", size)
            leaf = sha256(b"\x00" + name + b" " + fields[3] + b" " + written + b"\n").digest()
            if size % 256 == 0:
                told = _told(tiles, last.size, size)
            if told and told[size % 256 * 32 : size % 256 * 32 + 32] != leaf:
                raise Bad(f"{name.decode()} 流第 {fields[3].decode()} 条与封存时的摘要不同", size)
            if leaf in announced:
                _must_be_announced(announced.pop(leaf), size, fields[12])
            push(leaf)
            size += 1
            if size in wanted:
                good = _rooted(wanted[size], peaks, good)
    except (LookupError, TypeError, ValueError) as error:
        raise Bad(f"导出文件的一行格式有误（{type(error).__name__}）", None if unsealed else size) from error
    if size < last.size:
        raise Bad(f"日志只有 {size} 条，检查点有 {last.size} 条：尾部被截去", size)
    if size > last.size:
        raise Bad(f"日志有 {size} 条，检查点只有 {last.size} 条：检查点被删去", last.size)
    if (size % 256 and told) or next(tiles, b""):  # a tile is stored when it is full
        raise Bad(f"日志只有 {size} 条，封存时的摘要不止这些：尾部被截去", size)
    for change in announced.values():
        raise Bad(f"密钥更换（{change.size} 条处）的公告不在日志中", change.size)
    _verify_heads(folder, heads)
    hidden = f"，其中 {withheld} 条只有摘要、内容未导出" if withheld else ""
    return f"{size} 条日志均与检查点相符{hidden}，{unsealed} 条尚未封存，{len(notes)} 个检查点签名有效、前后一致"


def _must_be_announced(change: KeyChange, at: int, body: bytes) -> None:
    """The event at `at` is the one that announced a change of the key: before it, and it names the same key."""
    if at >= change.size or (body and change.after.text().encode() not in body):
        raise Bad("密钥更换的公告与更换的记录不符", at)


def _withheld(fields: list[bytes], size: int, unsealed: int) -> bytes:
    """The leaf of a row whose content was not exported."""
    if fields[0] != str(size).encode() or unsealed or any(one != b"N" for one in fields[2:14]):
        raise Bad("只有摘要的一条格式有误，或缺少前面的", size)
    if not _is_hash(fields[14].decode()):
        raise Bad("封存的一条没有摘要", size)
    return bytes.fromhex(fields[14].decode())


def _told(tiles: Iterator[bytes], last: int, size: int) -> bytes:
    """The next tile as it was stored; there has to be one where it is full."""
    told = next(tiles, b"")
    if not told and last - size >= 256:
        raise Bad("封存时的摘要缺失", size)
    return told


def _rooted(wanted: Sequence[Checkpoint], peaks: Peaks, good: int) -> int:
    """The size of the log, where its root is that of every checkpoint of that size; `good` is the last one before."""
    root, size = peaks.root(), peaks.size
    if any(one.root != root for one in wanted):
        raise Bad(f"前 {size} 条的根与检查点不符，改动在第 {good} 至 {size - 1} 条之间：{SEEN_NOT_AGAIN}", good)
    return size


def _verify_heads(folder: Path, heads: dict[bytes, tuple[bytes, int]]) -> None:
    """Each stream ends where its head says."""
    told = {}
    for line in (folder / "heads.tsv").read_bytes().splitlines():
        service, stream, position, digest = line.split(b"\t")
        told[service + b" " + stream] = (bytes.fromhex(digest.decode()), int(position))
    for name in sorted({**told, **heads}):
        if told.get(name, (b"", 0))[1] == 0 and name not in heads:
            continue
        if told.get(name) != heads.get(name):
            raise Bad(f"{name.decode()} 流的末尾与其记录的末位不符")


def verify(path: Path, key: Key, seen: Sequence[Checkpoint] = (), told: Sequence[dict[str, Any]] = ()) -> str:
    """A bundle, a pack or an export: one sentence when it holds, `Bad` when not, `Unable` if nothing was verified."""
    if key.kind != NOTE_KEY:
        raise Unable("所给的是见证方的公钥，不是日志的公钥")
    try:
        if (path / "bundle.json").is_file():
            beside = path / "keys.json"
            return verify_pack(path, key, seen, [*told, *([read_keys(beside)] if beside.is_file() else [])])
        if path.is_dir():
            return verify_export(path, key, seen)
        if not path.is_file():
            raise Unable(f"没有这个文件或文件夹：{path}")
        return verify_bundle(_read(path), key, seen, told)
    except PermissionError as error:
        raise Unable(f"没有读取的权限：{error.filename}") from error
    except (
        *(LookupError, TypeError, ValueError, AttributeError, OSError, OverflowError, RecursionError, MemoryError),
    ) as error:
        raise Bad(f"文件不完整或格式有误（{type(error).__name__}）") from error


def printable(text: str) -> str:
    """Text of a file that is judged, without anything that a screen obeys: it could write 通过 over 不通过."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def speak_anywhere() -> None:
    """Let a console that has no Chinese show the rest: what it lacks is escaped, and nothing fails to be said."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    speak_anywhere()
    parser = argparse.ArgumentParser(prog="verify.py", description="离线核验案卷或日志导出")
    parser.add_argument("path", type=Path, help="案卷文件、案卷文件夹，或导出文件夹")
    parser.add_argument("--key", required=True, help="日志的公钥，应从案卷以外的途径取得")
    parser.add_argument("--seen", type=Path, action="append", default=[], help="先前见到或见证方保存的检查点")
    parser.add_argument("--keys", type=Path, action="append", default=[], help="日志密钥更换的记录：以新公钥核验旧案卷")
    asked = parser.parse_args(arguments)
    code, said = _judged(asked.path, asked.key, asked.seen, asked.keys)
    try:
        said.partition("：")[0].encode(sys.stdout.encoding or "utf-8")
        verdict = ""
    except UnicodeEncodeError:  # a console that has no Chinese: the verdict has to come out all the same
        verdict = ("PASSED", "FAILED", "NOT VERIFIED")[code] + ": "
    print(verdict + printable(said))
    return code


def _judged(path: Path, written_key: str, kept: Sequence[Path], changes: Sequence[Path] = ()) -> tuple[int, str]:
    """The exit code and the sentence of a verdict."""
    try:
        key = Key.read(written_key)
        seen = [Checkpoint.read(one.read_text(encoding="utf-8-sig")) for one in kept]
        told = [read_keys(one) for one in changes]
    except (Bad, OSError, ValueError, RecursionError) as error:
        return 2, f"无法核验：公钥、先前所见的检查点或密钥更换的记录读不出（{error}）"
    try:
        return 0, "通过：" + verify(path, key, seen, told)
    except Bad as bad:
        return 1, f"不通过：{bad}"
    except Unable as unable:
        return 2, f"无法核验：{unable}"


if __name__ == "__main__":
    sys.exit(main())
