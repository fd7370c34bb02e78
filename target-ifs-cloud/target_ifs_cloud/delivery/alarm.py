"""How a run that came to its end exits: settled, or documents need a person."""

from __future__ import annotations

from datetime import timedelta

from target_ifs_cloud.delivery.outbox import Outbox
from target_ifs_cloud.errors import EXIT_NEEDS_PERSON, EXIT_SETTLED
from target_ifs_cloud.settings import FailOnHeld


def exit_code_of(outbox: Outbox, *, policy: FailOnHeld, held_age_days: int) -> int:
    """The exit code by the setting ``fail_on_held``: `new`, `always` or `never`."""
    if policy == "never":
        return EXIT_SETTLED
    held_before = outbox.clock() - timedelta(days=held_age_days)
    is_alarm = (
        outbox.must_raise_alarm(held_before=held_before)
        if policy == "new"
        else outbox.attention(limit=0)[1] > 0
    )
    return EXIT_NEEDS_PERSON if is_alarm else EXIT_SETTLED
