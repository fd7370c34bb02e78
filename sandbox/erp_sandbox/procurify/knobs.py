"""What the contract leaves open about Procurify, as switches.

Every default is the reading that an integration should survive; the comment says how sure it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

DAY_S = 86_400
# What a knob that is a word may be.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "next_scheme": ("http", "https"),
    "error_shape": ("fields", "errors"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcurifyKnobs:
    """The switches. ``token_ttl_s`` is in seconds."""

    token_ttl_s: int = DAY_S  # documented: 24 hours
    page_size_default: int = 10  # seen in the published samples
    page_size_cap: int = 100  # inferred; a larger wish is quietly reduced
    next_scheme: str = "http"  # one published sample has http on an https host
    is_past_end_refused: bool = True  # inferred: 404, else an empty page
    is_client_header_required: bool = True  # unknown; refused so that a missing header is caught
    is_order_by_honoured: bool = True  # inferred: documented for public payments only
    does_all_group_list_inactive: bool = True  # unknown
    is_duplicate_name_refused: bool = True  # inferred
    does_list_mix_plain_dates: bool = True  # the two published specs disagree
    error_shape: str = "fields"  # "fields" or "errors"; both inferred
    null_every: int = 0  # inferred: every so many rows have null in all nullable members
    may_user_write_all: bool = False  # site: the role of the user behind the client; else 403
    is_old_payment_list_offered: bool = False  # documented: marked for removal after 2026-06-05
    does_token_endpoint_take_forms: bool = False  # inferred: JSON is documented, a form is not


def change_knobs(knobs: ProcurifyKnobs, changes: dict[str, object]) -> ProcurifyKnobs:
    """The knobs with some of them turned.

    Raises:
        ValueError: there is no such knob, or the value is of another type.
    """
    kinds = {one.name: type(getattr(knobs, one.name)) for one in fields(knobs)}
    for name, value in changes.items():
        if name not in kinds:
            raise ValueError(f"no knob {name!r}; there are: {', '.join(sorted(kinds))}")
        if type(value) is not kinds[name]:
            raise ValueError(f"knob {name} takes {kinds[name].__name__}, not {value!r}")
        if value not in CHOICES.get(name, (value,)):
            raise ValueError(f"knob {name} takes {' or '.join(CHOICES[name])}, not {value!r}")
    return replace(knobs, **changes)  # type: ignore[arg-type]  # the types were compared above
