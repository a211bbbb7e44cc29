"""Tokens that must not pass, one line each, and why each was refused. A caller learns none of the reasons."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chassis import identity
from chassis.identity import KeyRing, SigningKey, TokenRefused, Verifier, sign, verify
from deploy.onebox.keys import new_private_key, public_entry

NOW = 1_500_000_000
KEY = new_private_key("access-1")
OTHER = new_private_key("access-1")
INTERNAL = new_private_key("internal-1")
RING = KeyRing.from_jwks(
    {
        "keys": [
            public_entry(KEY, "qingliu", "at+jwt"),
            public_entry(INTERNAL, "qingliu-gateway", "internal+jwt"),
        ]
    }
)
CLAIMS = {
    "iss": "qingliu",
    "aud": "qingliu-api",
    "sub": "clerk",
    "client_id": "web",
    "jti": "1",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 900,
    "roles": ["finance_clerk"],
    "region": "420322",
    "unit": None,
}
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "access-1"}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "="), "big")


def private(key: dict[str, str]) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number(key["d"]), ec.SECP256R1())


def es256(signed: str, key: dict[str, str] = KEY) -> bytes:
    r, s = decode_dss_signature(private(key).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def made(
    claims: Any = None, header: Any = None, *, key: dict[str, str] = KEY, raw_header: str = "", raw_claims: str = ""
) -> str:
    """A rightly signed token over whatever header and claims a test wants."""
    head = b64((raw_header or json.dumps(HEADER if header is None else header)).encode())
    body = b64((raw_claims or json.dumps(CLAIMS if claims is None else claims)).encode())
    return f"{head}.{body}.{b64(es256(f'{head}.{body}', key))}"


def but(**changed: Any) -> str:
    return made({**CLAIMS, **changed})


def without(name: str) -> str:
    return made({key: value for key, value in CLAIMS.items() if key != name})


def public_pem() -> bytes:
    encoding, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return private(KEY).public_key().public_bytes(encoding, shape)


def public_der() -> bytes:
    encoding, shape = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return private(KEY).public_key().public_bytes(encoding, shape)


def hmac_signed(secret: bytes, alg: str = "HS256") -> str:
    head, body = b64(json.dumps({**HEADER, "alg": alg}).encode()), b64(json.dumps(CLAIMS).encode())
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}[alg]
    return f"{head}.{body}.{b64(hmac.digest(secret, f'{head}.{body}'.encode(), digest))}"


def unsigned() -> str:
    return f"{b64(json.dumps({**HEADER, 'alg': 'none'}).encode())}.{b64(json.dumps(CLAIMS).encode())}."


def another_spelling() -> str:
    """The same signature bytes with other unused bits in the last character: 64 bytes leave four of them."""
    token = made()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def the_other_signature() -> str:
    """The twin every ECDSA signature has: s → n − s."""
    head, body, signature = made().split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    s = ORDER - int.from_bytes(raw[32:], "big")
    return f"{head}.{body}.{b64(raw[:32] + s.to_bytes(32, 'big'))}"


def test_a_right_token_passes_whatever_made_it() -> None:
    assert verify(made(), RING, audience="qingliu-api", now=NOW).subject == "clerk"
    signer = SigningKey.from_jwk(KEY, "qingliu", "at+jwt")
    who = verify(sign(signer, CLAIMS), RING, audience="qingliu-api", now=NOW)
    assert (who.roles, who.region, who.unit, who.expires_at) == ({"finance_clerk"}, "420322", None, NOW + 900)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        pytest.param(without("aud"), "iss or aud", id="no aud"),
        pytest.param(but(aud="funds"), "iss or aud", id="another audience"),
        pytest.param(but(aud=["qingliu-api"]), "iss or aud", id="aud as a list"),
        pytest.param(without("iss"), "iss or aud", id="no iss"),
        pytest.param(but(iss="qingliu-gateway"), "iss or aud", id="wrong iss"),
        pytest.param(without("exp"), "exp", id="no exp"),
        pytest.param(but(exp=str(NOW + 900)), "exp", id="exp as a string"),
        pytest.param(but(exp=True), "exp", id="exp as a bool"),
        pytest.param(but(exp=NOW + 900.5), "exp", id="exp as a float"),
        pytest.param(but(exp=NOW), "time", id="expired now"),
        pytest.param(but(exp=NOW + 960), "life", id="16 minutes"),
        pytest.param(but(exp=10**30), "life", id="exp beyond all clocks"),
        pytest.param(made(raw_claims=json.dumps(CLAIMS).replace(str(NOW + 900), "1e400")), "exp", id="infinite exp"),
        pytest.param(made(raw_claims=json.dumps(CLAIMS).replace(str(NOW + 900), "NaN")), "exp", id="exp NaN"),
        pytest.param(but(iat=NOW + 60), "time", id="iat in the future"),
        pytest.param(but(nbf=NOW + 60), "time", id="nbf in the future"),
        pytest.param(without("iat"), "iat", id="no iat"),
        pytest.param(without("nbf"), "nbf", id="no nbf"),
        pytest.param(without("sub"), "sub", id="no sub"),
        pytest.param(but(sub=5), "sub", id="sub as a number"),
        pytest.param(without("client_id"), "client_id", id="no client_id"),
        pytest.param(without("jti"), "jti", id="no jti"),
        pytest.param(without("region"), "region", id="no region"),
        pytest.param(but(roles="finance_clerk"), "roles", id="roles as text"),
        pytest.param(but(roles=[["x"]]), "roles", id="roles of lists"),
        pytest.param(but(unit=5), "unit", id="unit as a number"),
        pytest.param(made(header={**HEADER, "typ": "JWT"}), "typ", id="typ JWT"),
        pytest.param(made(header={**HEADER, "typ": "internal+jwt"}), "typ", id="typ of another kind"),
        pytest.param(made(header={"alg": "ES256", "kid": "access-1"}), "header", id="no typ"),
        pytest.param(made(header={**HEADER, "alg": "HS256"}), "header", id="alg changed"),
        pytest.param(unsigned(), "alphabet", id="alg none"),
        pytest.param(hmac_signed(public_pem()), "size", id="HS256 with the public key as PEM"),
        pytest.param(hmac_signed(public_der()), "size", id="HS256 with the public key as DER"),
        pytest.param(hmac_signed(b""), "size", id="HS256 with an empty key"),
        pytest.param(hmac_signed(public_pem(), "HS512"), "header", id="HS512, as long as a signature of ours"),
        pytest.param(made(header={**HEADER, "kid": "access-2"}), "KeyError", id="unknown kid"),
        pytest.param(made(header={**HEADER, "kid": 1}), "kid", id="kid as a number"),
        pytest.param(made(header={**HEADER, "kid": "internal-1"}), "typ", id="another key's kid"),
        pytest.param(made(header={**HEADER, "crit": ["exp"]}), "header", id="crit"),
        pytest.param(made(header={**HEADER, "jwk": {}}), "header", id="a key of its own"),
        pytest.param(made(header={**HEADER, "kid": "x" * 600}), "size", id="long header"),
        pytest.param(
            made(raw_header='{"alg":"ES256","typ":"at+jwt","kid":"a","kid":"access-1"}'), "a key twice", id="kid twice"
        ),
        pytest.param(made(raw_claims=json.dumps(CLAIMS)[:-1] + ',"region":"00"}'), "a key twice", id="region twice"),
        pytest.param(made(claims=[1]), "not an object", id="claims as a list"),
        pytest.param(made(raw_claims="[" * 1350 + "]" * 1350), "RecursionError", id="deep claims"),
        pytest.param(made(raw_claims="\ufeff{}"), "JSONDecodeError", id="byte order mark"),
        pytest.param(made(key=OTHER), "JWSError", id="another key of the same name"),
        pytest.param(another_spelling(), "not canonical base64url", id="another spelling of the signature"),
        pytest.param(made() + "AA", "size", id="trailing bytes"),
        pytest.param(made() + "=", "alphabet", id="padding"),
        pytest.param(made() + "\n", "alphabet", id="newline"),
        pytest.param(" " + made(), "alphabet", id="leading space"),
        pytest.param(made() + ".", "shape", id="three dots"),
        pytest.param(made() + "." + made(), "shape", id="five dots"),
        pytest.param(made().rpartition(".")[0], "shape", id="one dot"),
        pytest.param(but(sub="x" * 5000), "shape", id="5 KiB"),
        pytest.param("", "shape", id="nothing"),
        pytest.param("..", "alphabet", id="two dots"),
        pytest.param(made().replace("e", "ｅ", 1), "shape", id="full-width letter"),
    ],
)
def test_a_bad_token_is_refused_with_one_answer(token: str, reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verify(token, RING, audience="qingliu-api", now=NOW)
    assert refused.value.args == (reason,)
    assert str(refused.value) == str(TokenRefused())


def test_an_internal_token_lives_a_minute_at_most_where_services_ask_for_that() -> None:
    ring = KeyRing.from_jwks({"keys": [public_entry(INTERNAL, "qingliu-gateway", "internal+jwt")]}, max_life_seconds=60)
    claims = {**CLAIMS, "iss": "qingliu-gateway", "aud": "funds", "exp": NOW + 61}
    token = made(claims, {**HEADER, "typ": "internal+jwt", "kid": "internal-1"}, key=INTERNAL)
    with pytest.raises(TokenRefused, match="未登录") as refused:
        verify(token, ring, audience="funds", now=NOW)
    assert refused.value.args == ("life",)


def test_the_twin_of_a_signature_says_nothing_new() -> None:
    """ECDSA accepts s and n − s alike and JWS allows both: what makes two tokens one is the jti, never the bytes."""
    twin = verify(the_other_signature(), RING, audience="qingliu-api", now=NOW)
    assert twin == verify(made(), RING, audience="qingliu-api", now=NOW)


RIGHTS = {"finance_clerk": frozenset({"movements:write"})}


def test_a_known_caller_is_verified_once_and_refused_when_the_token_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Verifier(RING, "qingliu-api", RIGHTS)
    token = made()
    first = verifier.principal(token, NOW)
    assert (first.subject, first.permissions) == ("clerk", {"movements:write"})
    with monkeypatch.context() as patched:
        patched.setattr(identity, "verify", None)  # nobody is asked a second time
        assert verifier.principal(token, NOW + 899) is first
    with pytest.raises(TokenRefused):
        verifier.principal(token, NOW + 900)


def test_knowing_one_token_opens_no_other() -> None:
    verifier = Verifier(RING, "qingliu-api", RIGHTS)
    verifier.principal(made(), NOW)
    for token in (made() + "A", but(aud="funds"), "", "\udc80", made(key=OTHER)):
        for _ in range(2):  # a refusal is not remembered as anything else
            with pytest.raises(TokenRefused):
                verifier.principal(token, NOW)


def test_only_so_many_callers_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "REMEMBERED", 2)
    verifier = Verifier(RING, "qingliu-api", RIGHTS)
    tokens = [but(jti=str(number)) for number in range(4)]
    assert [verifier.principal(token, NOW).token_id for token in tokens] == ["0", "1", "2", "3"]
    assert len(verifier._known) == 2
