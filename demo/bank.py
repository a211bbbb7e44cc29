"""The county's bank enters: the system administrator registers its system, the security administrator lets it in.

Two people, because whoever registers somebody may not grant anything. Knows no secret but the one it hands on.
"""

from __future__ import annotations

from demo.client import Caller
from deploy.onebox.logins import BANK


def enter(administrator: Caller, security: Caller) -> str:
    """Register the bank's system with its role; answers its secret, which is shown this once."""
    place = {"region": BANK.region, "unit": BANK.unit}
    entered = administrator.post("/identity/v1/clients", {"client_id": BANK.username, "name": BANK.name, **place})
    for role in BANK.roles:
        security.post("/identity/v1/grants", {"client_id": BANK.username, "role": role, **place})
    secret: str = entered["client_secret"]
    return secret
