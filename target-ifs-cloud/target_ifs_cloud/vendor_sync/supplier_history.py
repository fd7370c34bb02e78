"""Which suppliers the log of changes names since a moment.

The log knows only the units whose logging the site has switched on (documented), and no e-mail
among them, so all suppliers are read again once a day all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import all_of, any_of, at_least, equals
from target_ifs_cloud.ifs.rows import text

FULL_READING_EVERY = timedelta(days=1)
OVERLAP = timedelta(days=1)
"""How far a reading goes back behind the last one: the zone of the log's stamps is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What to read: ``ids``, or every supplier when that is ``None``."""

    ids: frozenset[str] | None
    full_at: datetime


def plan_reading(client: IfsClient, full_at: str | None, now: datetime) -> Reading:
    """What to read now; ``full_at`` is when all suppliers were read last, as ISO text.

    Raises:
        ConfigurationError: the profile has no log.
        NotOfferedError: the site does not offer it.
        TemporaryError: the answer was not complete.
    """
    before = datetime.fromisoformat(full_at) if full_at else None
    if before is None or now - before >= FULL_READING_EVERY:
        return Reading(ids=None, full_at=now)
    return Reading(ids=_changed_since(client, before - OVERLAP), full_at=before)


def _changed_since(client: IfsClient, since: datetime) -> frozenset[str]:
    names = client.profile.history_log
    if names is None:
        raise ConfigurationError(
            "`supplier_changes: history_log` needs the block history_log of the site profile"
        )
    units = any_of([equals(names.unit, unit) for unit in names.supplier_units])
    wanted = all_of([units, at_least(names.moment, since)])
    columns = "|".join(re.escape(column) for column in names.supplier_columns)
    pattern = re.compile(rf"(?:^|\^)(?:{columns})=([^^]*)")
    rows = client.rows("history_log", names.set, filter_by=wanted, order=[names.id])
    found = (pattern.search(text(row, names.keys)) for row in rows)
    return frozenset(match.group(1) for match in found if match)
