"""A kind of follower says what an event does: one that does not cannot be made, and so loses no event in silence."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.follower import Follower


class Silent(Follower):
    issuer = "silent"


def test_a_follower_that_says_no_effect_is_refused() -> None:
    made: Any = Silent
    with pytest.raises(TypeError, match="effect"):
        made(database=None, http=None, key=None, regions=[])
