"""The secrets of one installation: signing keys, the key-encrypting key and the first people's passwords.

Kept in one file of mode 0600 when the data is kept, so that what was encrypted stays readable; otherwise only in
memory. Refuses to hold anything that a database could give back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.onebox.keys import new_kek, new_log_key, new_private_key, public_entry
from services.audit_api.record.notes import signers_of


@dataclass
class Secrets:
    """Keys as private JWKs, the KEK in base64, the key of the log as a signed note's, and a password per username.

    Of passwords, hashes alone reach the database.
    """

    access_key: dict[str, str]
    internal_key: dict[str, str]
    follower_key: dict[str, str]
    audit_key: dict[str, str]
    kek: str
    sealer_key: dict[str, str]
    log_key: str
    runner_key: dict[str, str]
    passwords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def drawn(cls) -> Secrets:
        """A fresh set."""
        mark = secrets.token_hex(4)
        return cls(
            access_key=new_private_key(f"access-{mark}"),
            internal_key=new_private_key(f"gateway-{mark}"),
            follower_key=new_private_key(f"follower-{mark}"),
            audit_key=new_private_key(f"audit-{mark}"),
            kek=new_kek(),
            sealer_key=new_private_key(f"sealer-{mark}"),
            log_key=new_log_key(f"qingliu-{mark}"),
            runner_key=new_private_key(f"runner-{mark}"),
        )

    @classmethod
    def kept(cls, file: Path) -> Secrets:
        """The set of `file`, drawn and written there the first time; what an earlier version lacks is added."""
        read: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        found = cls(**{**asdict(cls.drawn()), **read})
        if read.keys() == asdict(found).keys():
            return found
        found.keep(file)
        return found

    def keep(self, file: Path) -> None:
        """Write the set to `file`, readable by its owner alone, in one step."""
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
            json.dump(asdict(self), sink, indent=1)
        new.replace(file)

    @property
    def kek_bytes(self) -> bytes:
        return base64.b64decode(self.kek)

    @property
    def kek_mark(self) -> str:
        """What tells one key-encrypting key from another, and nothing about it: part of the hash of 32 random bytes."""
        return hashlib.sha256(b"qingliu kek" + self.kek_bytes).hexdigest()[:16]

    def give_passwords(self, usernames: Iterable[str]) -> None:
        """Draw a password for everybody who has none yet."""
        for username in usernames:
            self.passwords.setdefault(username, secrets.token_urlsafe(9))

    def internal_jwks(self) -> str:
        """The public keys that services behind the gateway accept: its own and those of our processes."""
        entries: list[dict[str, Any]] = [
            public_entry(self.internal_key, "qingliu-gateway", "internal+jwt"),
            public_entry(self.follower_key, "qingliu-follower", "internal+jwt"),
            public_entry(self.sealer_key, "qingliu-sealer", "internal+jwt"),
            public_entry(self.audit_key, "qingliu-audit", "internal+jwt"),
            public_entry(self.runner_key, "qingliu-runner", "internal+jwt"),
        ]
        return json.dumps({"keys": entries})

    def sealer_jwks(self) -> str:
        """The public key by which the gateway knows the sealer."""
        return json.dumps({"keys": [public_entry(self.sealer_key, "qingliu-sealer", "internal+jwt")]})

    @property
    def log_vkey(self) -> str:
        """The public key that checkpoints are verified with; it is handed out on paper.

        While the key changes, the one before: from it the next is believed, before and after.
        """
        return signers_of(self.log_key)[0].key.text()
