"""The verifier that stands alone: it needs nothing, agrees with a kept library on signatures, and passes no change."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from services.audit_api.record import notes
from services.audit_api.record.verify import (
    Bad,
    Checkpoint,
    Key,
    _plain,
    main,
    signature_holds,
    signatures_hold,
    verify,
)
from tests.callers import LOG, WITNESS
from tests.unit.sealed_exports import Export, escaped, sealed_export

FILE = Path(__file__).parents[2] / "services" / "audit_api" / "record" / "verify.py"


def test_it_imports_nothing_but_the_standard_library() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(FILE.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert imported <= sys.stdlib_module_names
    assert not imported & {"socket", "urllib", "http", "ssl", "subprocess"}, "it asks nobody"


def test_copied_elsewhere_it_runs_by_itself_and_says_what_it_found(tmp_path: Path) -> None:
    alone = tmp_path / "somewhere"
    alone.mkdir()
    (alone / "verify.py").write_bytes(FILE.read_bytes())
    folder = sealed_export().write(tmp_path / "export")
    command = [sys.executable, "-I", "-S", str(alone / "verify.py"), "--key", LOG.key.text(), str(folder)]

    def said() -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C.UTF-8"})  # noqa: S603 - ours
        return done.returncode, done.stdout.decode()

    assert said() == (0, "通过：600 条日志均与检查点相符，0 条尚未封存，6 个检查点签名有效、前后一致\n")
    lines = (folder / "journal.tsv").read_bytes().splitlines(keepends=True)
    (folder / "journal.tsv").write_bytes(b"".join(lines[:41] + lines[42:]))
    assert said() == (1, "不通过：第 41 条：日志缺少此条，下一条是第 42 条\n")


# RFC 8032 section 7.1, tests 1 to 3.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_of_the_rfc_hold_and_changed_ones_do_not(public: str, message: str, signature: str) -> None:
    key, said, signed = (bytes.fromhex(one) for one in (public, message, signature))
    assert signature_holds(key, said, signed)
    assert not signature_holds(key, said + b"x", signed)
    order = 2**252 + 27742317777372353535851937790883648493
    shifted = signed[:32] + (int.from_bytes(signed[32:], "little") + order).to_bytes(32, "little")
    assert not signature_holds(key, said, shifted), "the same signature in another spelling"
    assert not signature_holds(key[:31], said, signed)
    assert not signature_holds(b"\xff" * 32, said, signed)


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_it_agrees_with_a_kept_library_on_signatures(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(message)
    assert signature_holds(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not signature_holds(public, message, bytes(changed))


def test_a_key_is_read_as_it_was_written_and_nothing_else_is() -> None:
    for signer in (LOG, WITNESS):
        assert Key.read(signer.key.text()) == signer.key
    name, mark, packed = LOG.key.text().split("+", 2)
    wrong = [name, f"{name}+{mark}", f"{name}+00000000+{packed}", f"other+{mark}+{packed}", f"{name}+{mark}+!!"]
    for text in wrong:
        with pytest.raises(Bad):
            Key.read(text)
    private = notes.written("log.test", b"l" * 32)
    assert notes.Signer.read(private).key == LOG.key
    for text in (LOG.key.text(), private.replace("log.test", "log.tset")):
        with pytest.raises(ValueError, match="private key"):
            notes.Signer.read(text)


def test_a_checkpoint_is_signed_by_its_log_and_a_cosignature_says_when() -> None:
    note = notes.checkpoint(LOG, 7, b"r" * 32)
    found = Checkpoint.read(note)
    assert (found.origin, found.size, found.root, found.signed_by(LOG.key)) == ("log.test", 7, b"r" * 32, 0)
    assert found.signed_by(WITNESS.key) is None
    both = Checkpoint.read(note + notes.cosignature(WITNESS, found, 1_700_000_000))
    assert (both.signed_by(LOG.key), both.signed_by(WITNESS.key)) == (0, 1_700_000_000)
    other = Checkpoint.read(note.replace("\n7\n", "\n8\n"))
    with pytest.raises(Bad, match="的有效签名"):
        other.must_be_signed(LOG.key)
    for broken in ("", "log.test\n7\n", note.replace("\n7\n", "\n07\n"), note.replace("\u2014", "-")):
        with pytest.raises(Bad):
            Checkpoint.read(broken)


@given(st.lists(st.text(alphabet='a"\\\n\tn', max_size=8), min_size=1, max_size=3))
def test_a_field_of_a_copy_is_read_as_it_was(texts: list[str]) -> None:
    for text in texts:
        assert _plain(escaped(text.encode())) == text.encode()


def test_what_is_not_sealed_yet_is_held_by_its_chain_and_counted(tmp_path: Path) -> None:
    found = sealed_export()
    found.rows, found.unsealed = found.rows[:500], found.rows[500:]
    found.sign(500)
    assert verify(found.write(tmp_path / "export"), LOG.key).startswith("500 条日志均与检查点相符，100 条尚未封存")
    found.unsealed[10][12] += b" "
    with pytest.raises(Bad, match="内容与其哈希不符"):
        verify(found.write(tmp_path / "export"), LOG.key)


def edit(found: Export) -> None:
    found.rows[321][12] = b'{"n": 0}'


def edit_and_rehash(found: Export) -> None:
    edit(found)
    found.rehash(321, leaves=False)


def edit_rehash_and_reseal(found: Export) -> None:
    edit(found)
    found.rehash(321, leaves=True)


def edit_rehash_reseal_and_tile(found: Export) -> None:
    edit_rehash_and_reseal(found)
    leaves = found.leaves()
    found.tiles = [leaves[at : at + 256] for at in range(0, len(leaves) - 255, 256)]


def delete_with_leaf(found: Export) -> None:
    del found.rows[321]


def swap(found: Export) -> None:
    found.rows[321][12], found.rows[324][12] = found.rows[324][12], found.rows[321][12]


def renumber(found: Export) -> None:
    found.rows[321][3] = b"999"


def cut(found: Export) -> None:
    del found.rows[321:]


@pytest.mark.parametrize(
    ("mutation", "position"),
    [
        (edit, 321),
        (edit_and_rehash, 321),
        (edit_rehash_and_reseal, 321),
        (edit_rehash_reseal_and_tile, 300),
        (delete_with_leaf, 321),
        (swap, 321),
        (renumber, 321),
        (cut, 321),
    ],
)
def test_a_change_is_found_at_its_first_position(
    mutation: Callable[[Export], None], position: int, tmp_path: Path
) -> None:
    found = sealed_export()
    mutation(found)
    with pytest.raises(Bad) as bad:
        verify(found.write(tmp_path / "export"), LOG.key)
    assert bad.value.position == position


def test_an_event_that_was_deleted_behind_its_leaf_is_missed(tmp_path: Path) -> None:
    found = sealed_export()
    folder = found.write(tmp_path / "export")
    lines = (folder / "journal.tsv").read_bytes().split(b"\n")
    fields = lines[321].split(b"\t")
    lines[321] = b"\t".join([*fields[:4], *[b"\\N"] * 10, fields[14]])
    (folder / "journal.tsv").write_bytes(b"\n".join(lines))
    with pytest.raises(Bad, match="已封存，而日志中没有") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 321


def test_whoever_holds_the_key_is_found_by_what_was_seen_before(tmp_path: Path) -> None:
    found = sealed_export()
    seen = [Checkpoint.read(one) for one in found.notes]
    edit_rehash_and_reseal(found)
    found.sign(*range(100, 601, 100))
    folder = found.write(tmp_path / "export")
    assert verify(folder, LOG.key, seen[:3]), "what was seen before the fork says nothing of it"
    with pytest.raises(Bad, match="不是同一份日志") as bad:
        verify(folder, LOG.key, [seen[3]])
    assert bad.value.position == 300
    restored = sealed_export(300).write(tmp_path / "restored")
    assert verify(restored, LOG.key, seen[:3])
    with pytest.raises(Bad, match="先前见到 400 条") as bad:
        verify(restored, LOG.key, [seen[3]])
    assert bad.value.position == 300


def test_heads_checkpoints_and_tiles_are_held_too(tmp_path: Path) -> None:
    found = sealed_export()
    stream = (b"funds", b"420322")
    found.heads[stream] = (found.heads[stream][0] + 1, found.heads[stream][1])
    with pytest.raises(Bad, match="末位不符"):
        verify(found.write(tmp_path / "a"), LOG.key)
    found = sealed_export()
    del found.notes[-1]
    with pytest.raises(Bad, match="检查点被删去"):
        verify(found.write(tmp_path / "b"), LOG.key)
    found = sealed_export()
    del found.tiles[1]
    with pytest.raises(Bad, match="摘要缺失") as bad:
        verify(found.write(tmp_path / "c"), LOG.key)
    assert bad.value.position == 256
    found = sealed_export()
    found.notes = [one.replace("log.test\n", "log.tset\n") for one in found.notes]
    with pytest.raises(Bad, match="检查点属于"):
        verify(found.write(tmp_path / "d"), LOG.key)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "qingliu-bundle-1"}'])
def test_what_is_no_bundle_is_said_so(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(content)
    assert main([str(file), "--key", LOG.key.text()]) == 1
    assert capsys.readouterr().out.startswith("不通过：")


def test_each_checkpoint_of_an_export_has_to_be_signed_and_to_continue_the_one_before(tmp_path: Path) -> None:
    found = sealed_export()
    stranger = notes.Signer.of("log.test", b"x" * 32, 1)
    third = Checkpoint.read(found.notes[2])
    found.notes[2] = notes.checkpoint(stranger, third.size, third.root)
    with pytest.raises(Bad, match="检查点（300 条）没有") as bad:
        verify(found.write(tmp_path / "a"), LOG.key)
    assert bad.value.position == 300
    found.notes[2] = notes.checkpoint(LOG, third.size, b"r" * 32)
    with pytest.raises(Bad, match="不是同一份日志") as bad:
        verify(found.write(tmp_path / "b"), LOG.key)
    assert bad.value.position == 200


@settings(max_examples=8, deadline=None)
@given(st.integers(4, 9), st.integers(0, 511), st.data())
def test_signatures_verified_together_hold_where_each_does(count: int, bit: int, data: st.DataObject) -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signed = [(bytes([at]), private.sign(bytes([at]))) for at in range(count)]
    assert signatures_hold(public, signed)
    at = data.draw(st.integers(0, count - 1))
    changed = bytearray(signed[at][1])
    changed[bit // 8] ^= 1 << bit % 8
    assert not signatures_hold(public, [*signed[:at], (signed[at][0], bytes(changed)), *signed[at + 1 :]])
    one, other = signed[0], signed[1]
    assert not signatures_hold(public, [(one[0], other[1]), (other[0], one[1]), *signed[2:]]), "exchanged"


def test_a_leaf_without_its_content_is_counted_and_held_against_the_root(tmp_path: Path) -> None:
    found = sealed_export()
    folder = found.write(tmp_path / "export")
    lines = (folder / "journal.tsv").read_bytes().split(b"\n")
    leaves = found.leaves()
    for at, row in enumerate(found.rows):
        if row[1] == b"identity":
            lines[at] = b"\t".join([str(at).encode(), *[b"\\N"] * 13, leaves[at].hex().encode()])
    heads = (folder / "heads.tsv").read_text().splitlines(keepends=True)
    (folder / "heads.tsv").write_text("".join(one for one in heads if not one.startswith("identity")))
    (folder / "journal.tsv").write_bytes(b"\n".join(lines))
    assert "其中 200 条只有摘要" in verify(folder, LOG.key)
    (folder / "journal.tsv").write_bytes(
        b"\n".join(lines).replace(leaves[302].hex().encode(), leaves[305].hex().encode())
    )
    with pytest.raises(Bad, match="与封存时的摘要不同") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 302
    lines[0] = b"\t".join([b"0", *[b"\\N"] * 13, leaves[0].hex().encode()])
    (folder / "journal.tsv").write_bytes(b"\n".join(lines))
    with pytest.raises(Bad, match="第 1 条缺失"):
        verify(folder, LOG.key)


@pytest.mark.parametrize(
    ("path", "key", "seen"),
    [
        ("nothing.json", LOG.key.text(), None),
        ("export", "no key", None),
        ("export", WITNESS.key.text(), None),
        ("export", LOG.key.text(), "nothing.txt"),
    ],
)
def test_where_nothing_can_be_verified_it_is_said_so_and_is_no_verdict(
    path: str, key: str, seen: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_export().write(tmp_path / "export")
    more = ["--seen", str(tmp_path / seen)] if seen else []
    assert main([str(tmp_path / path), "--key", key, *more]) == 2
    assert capsys.readouterr().out.startswith("无法核验：")


def test_nothing_in_a_file_writes_over_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = sealed_export()
    found.rows[5][2] = b"42\x1b[2K\r\xe9\x80\x9a\xe8\xbf\x87"
    assert main([str(found.write(tmp_path / "export")), "--key", LOG.key.text()]) == 1
    said = capsys.readouterr().out
    assert said.startswith("不通过：")
    assert "\x1b" not in said
    assert "\r" not in said


def test_an_export_of_another_version_or_none_is_not_read_as_one(tmp_path: Path) -> None:
    folder = sealed_export().write(tmp_path / "export")
    for about in ('{"format": "qingliu-export-3"}', "[]", '{"format": "x", "format": "qingliu-export-2"}'):
        (folder / "export.json").write_text(about)
        with pytest.raises(Bad):
            verify(folder, LOG.key)
    (folder / "export.json").unlink()
    with pytest.raises(Bad, match="文件不完整"):
        verify(folder, LOG.key)
