"""Reading a client's credentials as RFC 6749 sends them: a small urlencoded form, and HTTP Basic or the form itself.

Pure: bytes in, values or a refusal out. Python's standard library does the decoding; no form parser is a dependency.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

MAX_FORM_BYTES: Final = 8 * 1024
_MAX_FIELDS: Final = 16


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    client_id: str
    secret: str


class FormRefused(Exception):
    """The request is not one RFC 6749 knows. `code` is its name there, `reason` says why, in ASCII as §5.2 demands."""

    def __init__(self, code: str, reason: str, *, basic: bool = False) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.basic = basic


def read_credentials(content_type: str, authorization: str | None, body: bytes) -> ClientCredentials:
    """The one set of credentials in a client-credentials request."""
    form = _form(content_type, body)
    if "grant_type" not in form:
        raise FormRefused("invalid_request", "grant_type is missing")
    if form["grant_type"] != "client_credentials":
        raise FormRefused("unsupported_grant_type", "only client_credentials is supported")
    if form.get("scope"):
        raise FormRefused("invalid_scope", "scopes are not used; roles are granted by the security administrator")
    if authorization is None:
        if not form.get("client_id") or not form.get("client_secret"):
            raise FormRefused("invalid_client", "no client authentication")
        return _printable(ClientCredentials(form["client_id"], form["client_secret"]))
    found = _printable(_basic(authorization))
    if "client_secret" in form or form.get("client_id", found.client_id) != found.client_id:
        raise FormRefused("invalid_request", "credentials in two places")
    return found


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise FormRefused("invalid_request", "content type must be application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise FormRefused("invalid_request", "the form cannot be read") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise FormRefused("invalid_request", "a parameter is repeated")
    return form


def _basic(authorization: str) -> ClientCredentials:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise FormRefused("invalid_client", "unsupported authentication scheme", basic=True)
    try:
        client_id, colon, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        client_id, secret = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise FormRefused("invalid_client", "unreadable credentials", basic=True) from error
    if not colon or not client_id or not secret:
        raise FormRefused("invalid_client", "unreadable credentials", basic=True)
    return ClientCredentials(client_id, secret)


def _printable(found: ClientCredentials) -> ClientCredentials:
    """Refuse what no client id or secret of ours holds, before a database has to (RFC 6749 App. A: VSCHAR)."""
    if not (found.client_id + found.secret).isascii() or not (found.client_id + found.secret).isprintable():
        raise FormRefused("invalid_client", "client authentication failed")
    return found
