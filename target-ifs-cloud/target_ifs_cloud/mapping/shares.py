"""Shares: how a line's net amount is split over accounts and departments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from target_ifs_cloud.mapping.problems import Findings
from target_ifs_cloud.mapping.records import (
    Record,
    as_record,
    is_blank,
    pick,
    read_amount,
    read_id,
    read_rows,
    read_text,
    shown,
)
from target_ifs_cloud.money import is_exact, round_amount, split

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading amounts needs: the document's currency, and where problems are kept.

    ``record`` is Procurify's record of the currency, for its id. ``rounding_max`` is the largest
    rounding difference that a rule posts; nothing means that none is allowed.
    """

    code: str
    record: Record
    findings: Findings
    rounding_max: Decimal = _NONE

    def amount(self, value: object, field: str) -> Decimal | None:
        """An amount of the document; parts of a cent are rounded where a rule posts the rest."""
        is_rounded = self.rounding_max > 0
        found = read_amount(value, field, self.code, self.findings, is_exact_needed=not is_rounded)
        return round_amount(found, self.code) if found is not None and is_rounded else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One row of a split. ``budget`` holds Procurify's account code and department."""

    field: str
    amount: Decimal
    budget: Record


def row_name(path: str, row: Record, position: int) -> str:
    """A row's name for people: ``items[8801]``, or its place when it has no id."""
    return f"{path}[{read_id(row.get('id')) or f'#{position + 1}'}]"


def check_currency(value: object, field: str, reading: Reading) -> bool:
    """True when a nested currency (record or id) does not contradict the document's.

    A document without a currency has a problem of its own, and nothing to contradict.
    """
    if is_blank(value) or not reading.code:
        return True
    given = (read_text(pick(value, "name")) or "").upper()
    if given:
        differs = given != reading.code
    else:
        own_id = read_id(reading.record.get("id"))
        given = read_id(pick(value, "id")) or read_id(value)
        differs = bool(own_id and given and own_id != given)
    if differs:
        reading.findings.problem(
            "currency_mixed",
            field,
            f"{field} is {shown(given)}, the document is in {reading.code}",
            "Enter everything of one document in one currency in Procurify.",
        )
    return not differs


def read_shares(
    line: Record, within: str, list_name: str, reading: Reading
) -> tuple[Share, ...] | None:
    """The rows of a split, ``None`` when one of them cannot be used (with its problem)."""
    rows = read_rows(line, list_name, reading.findings, within=within)
    if line.get(list_name) and not rows:
        return None
    shares = [
        read_share(row, row_name(f"{within}.{list_name}", row, position), reading)
        for position, row in enumerate(rows)
    ]
    read = tuple(share for share in shares if share is not None)
    return read if len(read) == len(shares) else None


def read_share(row: Record, field: str, reading: Reading) -> Share | None:
    """One row of a split. Source: documented; bills say ``budget``, orders say ``account``."""
    if not check_currency(row.get("currency"), f"{field}.currency", reading):
        return None
    value = row.get("amount")
    amount = read_amount(
        value, f"{field}.amount", reading.code, reading.findings, is_exact_needed=False
    )
    if amount is not None:
        budget = as_record(row.get("budget") or row.get("account"))
        return Share(field=field, amount=amount, budget=budget)
    if is_blank(value):
        reading.findings.problem(
            "amount_missing",
            f"{field}.amount",
            f"{field} has no amount",
            "Allocate the cost in Procurify.",
        )
    return None


def order_line_shares(
    order_line: Record, field: str, reading: Reading, *, cost: Decimal | None
) -> tuple[Share, ...] | None:
    """The split of an order line: its spend allocation, else its one account for ``cost``."""
    shares = read_shares(order_line, field, "spend_allocation", reading)
    if shares is None or shares:
        return shares
    account = as_record(order_line.get("account"))
    if account and cost is not None:
        return (Share(field=f"{field}.account", amount=cost, budget=account),)
    reading.findings.problem(
        "allocation_missing",
        f"{field}.account",
        f"{field} has no account",
        "Give the order line an account in Procurify.",
    )
    return None


def fit_shares(
    shares: Sequence[Share], net: Decimal, *, also: Iterable[Decimal] = (), currency: str
) -> tuple[Share, ...] | None:
    """The shares with amounts that add up to ``net`` exactly, or ``None`` when they cannot.

    Exact shares of ``net`` stay as they are. Shares with parts of a cent that mean ``net``, and
    shares of one of the amounts in ``also`` (the same cost with tax or without shipping), divide
    ``net`` in their proportion. Shares of nothing are dropped.
    """
    filled = [share for share in shares if share.amount != 0]
    total = sum((share.amount for share in filled), _NONE)
    if total == net and all(is_exact(share.amount, currency) for share in filled):
        return tuple(filled)
    if total == 0 or round_amount(total, currency) not in {net, *also}:
        return None
    parts = split(net, [share.amount for share in filled], currency)
    return _with_amounts(filled, parts)


def spread(amount: Decimal, over: Sequence[Share], currency: str) -> tuple[Share, ...] | None:
    """Divide an extra amount over shares in proportion to those that cost (or, if none, return)."""
    weights = [max(share.amount, _NONE) for share in over]
    if not any(weights):
        weights = [max(-share.amount, _NONE) for share in over]
    if not any(weights):
        return None
    return _with_amounts(over, split(amount, weights, currency))


def _with_amounts(shares: Sequence[Share], amounts: Sequence[Decimal]) -> tuple[Share, ...]:
    pairs = zip(shares, amounts, strict=True)
    return tuple(replace(share, amount=amount) for share, amount in pairs if amount != 0)


def with_account(shares: Iterable[Share], account_code: str) -> tuple[Share, ...]:
    """The same shares on another Procurify account code, departments kept."""
    account = {"code": account_code}
    return tuple(
        replace(share, budget={**share.budget, "account_code": account}) for share in shares
    )


def sum_problem(field: str, shares: Sequence[Share], net: Decimal, reading: Reading) -> None:
    """Say that a split does not add up to its line."""
    total = sum((share.amount for share in shares), _NONE)
    reading.findings.problem(
        "allocation_sum",
        field,
        f"the split of {field} adds up to {shown(total)} {reading.code}, the line is {shown(net)}",
        "Correct the allocation of the line in Procurify.",
    )
