"""Makes the keys of a one-machine installation: EC P-256 signing keys as JWKs, a key-encrypting key, the log's key."""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.asymmetric import ec

from services.audit_api.record import notes


def _number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()


def new_private_key(kid: str) -> dict[str, str]:
    """A fresh P-256 private key as a JWK named `kid`."""
    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = numbers.public_numbers
    return {
        "kty": "EC",
        "crv": "P-256",
        "kid": kid,
        "x": _number(public.x),
        "y": _number(public.y),
        "d": _number(numbers.private_value),
    }


def public_entry(private: dict[str, str], issuer: str, token_typ: str) -> dict[str, str]:
    """The entry of a key set that lets a verifier accept tokens of `token_typ` from `issuer` under this key."""
    return {
        **{name: private[name] for name in ("kty", "crv", "kid", "x", "y")},
        "alg": "ES256",
        "use": "sig",
        "iss": issuer,
        "token_typ": token_typ,
    }


def new_kek() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def new_log_key(name: str) -> str:
    """A fresh Ed25519 key that signs the checkpoints of the log `name`."""
    return notes.written(name, os.urandom(32))
