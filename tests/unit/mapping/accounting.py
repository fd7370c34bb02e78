"""Reads the accountant's cases: a compact document in, what IFS must get out.

The texts of a case stay texts until they are needed, so that every amount is exact.
"""

from __future__ import annotations

import functools
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from target_ifs_cloud.documents import BilledLine, CompanyId, SupplierId
from target_ifs_cloud.mapping import Earlier, Rules, load_rules
from target_ifs_cloud.reference import CodeValue, CompanyReference, Period, Rate, Reference
from tests.unit.mapping.builders import (
    Record,
    account,
    allocation,
    bill,
    company_reference,
    cost,
    department,
    item,
    order,
    order_line,
    project,
    reference,
    supplier_reference,
    vendor,
)

DATA = Path(__file__).parents[2] / "data" / "accounting"
TRANSFORMS = Path(__file__).parents[3] / "transforms"
RATES = {"USD": "1.000000", "CAD": "0.740000", "EUR": "1.080000", "JPY": "0.007000"}
IDS = {"USD": 3, "CAD": 1, "EUR": 7, "JPY": 8, "KWD": 9}
Case = Mapping[str, Any]


def read_cases() -> list[tuple[str, Case]]:
    """Every case of every file, named by its file and title."""
    found: list[tuple[str, Case]] = []
    for path in sorted(DATA.glob("*.yml")):
        cases = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (texts only)
        found += [(f"{path.stem}: {case['title']}", case) for case in cases]
    return found


@functools.cache
def rules_with(changes: tuple[tuple[str, str, str], ...]) -> Rules:
    """The shipped rules with some texts replaced: file, old, new."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(shutil.copytree(TRANSFORMS, Path(parent) / "transforms"))
        for file, old, new in changes:
            text = (folder / file).read_text("utf-8")
            assert old in text, (file, old)
            (folder / file).write_text(text.replace(old, new, 1), "utf-8")
        return load_rules(folder)


def rules_of(case: Case) -> Rules:
    """The rules of a case: as shipped, but for what it says."""
    changes = case.get("rules", [])
    return rules_with(tuple((one["file"], one["instead_of"], one["write"]) for one in changes))


# documents


def currency_of(name: str) -> Record:
    """A currency row of Procurify."""
    return {"id": IDS.get(name, 99), "name": name, "rate": RATES.get(name), "base": name == "USD"}


def record_of(case: Case) -> Record:
    """The Procurify record that a case is about."""
    return _bill(case["bill"]) if "bill" in case else _order(case["order"])


def _split(rows: Sequence[Mapping[str, str]], code: str) -> list[Record]:
    money = currency_of(code)
    return [
        allocation(
            row["amount"],
            row.get("account", "6000"),
            row.get("department", "CC-200") or None,
            id=number,
            currency=money,
        )
        for number, row in enumerate(rows, start=1)
    ]


def _bill(told: Mapping[str, Any]) -> Record:
    code = told.get("currency", "USD")
    lines = [_item(line, number, code) for number, line in enumerate(told.get("lines", [{}]), 1)]
    costs = [
        cost(row["amount"], id=number, name=row.get("name", "Freight"), currency=IDS.get(code, 99),
             cost_allocation=_split([row | {"account": row.get("account", "6300")}], code)[0])
        for number, row in enumerate(told.get("costs", []), start=1)
    ]  # fmt: skip
    record = bill(lines, costs=costs, currency=currency_of(code))
    without_tax = sum((Decimal(str(line["total_cost"])) for line in lines), Decimal(0))
    record["total_cost"] = without_tax
    names = {"number": "invoice_number", "total": "total_cost_with_tax", "tax": "tax_amount",
             "shipping": "shipping_amount", "converted": "converted_total_cost"}  # fmt: skip
    record |= {names[key]: told[key] for key in names if key in told}
    record |= {key: _plain(value) for key, value in told.get("fields", {}).items()}
    if "vendor" in told:
        record["vendor"] = vendor(**{k: _plain(v) for k, v in told["vendor"].items()})
    if "approver_department" in told:
        user = {"id": 15, "department": department(told["approver_department"])}
        record["bill_statuses"] = [{"id": 9002, "status": 2, "user": user}]
    return record


def _item(told: Mapping[str, Any], number: int, code: str) -> Record:
    net, tax = told.get("net", "80.00"), told.get("tax", "0")
    split = told.get("split", [{"amount": net, **_coding(told)}])
    row = item(8800 + number, net)
    row |= {
        "currency": currency_of(code),
        "tax_amount": tax,
        "total_cost_with_tax": str(Decimal(net) + Decimal(tax)),
        "tax_name": told.get("tax_name", ""),
        "tax_percentage": told.get("percent"),
        "tax_is_inclusive": told.get("inclusive") == "true",
        "shipping_amount": told.get("shipping"),
        "cost_allocations": _split(split, code),
        "custom_fields": [project(told["project"])] if "project" in told else [],
    }
    if row["tax_is_inclusive"]:
        row["total_cost"] = row["total_cost_with_tax"]
    if "order_line" in told:
        row["orderitem"] = order_line(int(told["order_line"]), currency=currency_of(code))
        row["po"] = {"number": "PF52", "id": 52, "uuid": "8325e590-3b53-11e7-bfdd-021a9831e76d"}
    return row | {key: _plain(value) for key, value in told.get("fields", {}).items()}


def _coding(told: Mapping[str, Any]) -> dict[str, str]:
    return {key: told[key] for key in ("account", "department") if key in told}


def _order(told: Mapping[str, Any]) -> Record:
    code = told.get("currency", "USD")
    lines = []
    for line in told.get("lines", [{}]):
        row = order_line(int(line.get("id", "193")), line.get("net", "80.00"))
        row["currency"] = currency_of(code)
        row["account"] = account(line.get("account", "6000"), line.get("department", "CC-200"))
        row["custom_fields"] = [project(line["project"])] if "project" in line else []
        row["spend_allocation"] = [
            {"id": at, "amount": part["amount"], "account": account(part["account"],
             part.get("department", "CC-200"))}
            for at, part in enumerate(line.get("split", []), start=1)
        ]  # fmt: skip
        lines.append(row | {key: _plain(value) for key, value in line.get("fields", {}).items()})
    record = order(lines, purchased_currency=currency_of(code))
    return record | {key: _plain(value) for key, value in told.get("fields", {}).items()}


def _plain(value: Any) -> Any:
    """``null``, ``true``, ``false`` and whole numbers as JSON has them; all else stays text."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    words = {"null": None, "true": True, "false": False}
    if value in words:
        return words[value]
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else value


def billed_of(case: Case) -> list[BilledLine]:
    """What earlier bills have taken off the order."""
    return [
        BilledLine(
            order_id="8325e5903b5311e7bfdd021a9831e76d",
            order_line_id=row["line"],
            codes=codes_of(row["on"], CompanyId("HCA")),
            amount=Decimal(row["amount"]),
        )
        for row in case.get("billed", [])
    ]


def codes_of(text: str, company: CompanyId) -> tuple[tuple[str, str], ...]:
    """``4010 200 P-1`` as a code string: account, cost centre, project."""
    letters = "ABC" if company == "HCA" else "ACF"
    return tuple(zip(letters, text.split(), strict=False))


# what IFS holds


@dataclass(frozen=True)
class _Known:
    company: CompanyReference

    def with_(self, told: Mapping[str, Any]) -> CompanyReference:
        """The company with what the case says of it."""
        known = self.company
        if "periods" in told:
            periods = tuple(
                Period(
                    date_from=date.fromisoformat(row["from"]),
                    date_until=date.fromisoformat(row["until"]),
                    is_open=row["is"] == "open",
                )
                for row in told["periods"]
            )
            known = replace(known, periods=periods)
        if "rates" in told:
            rates = tuple(
                Rate(
                    currency=row["currency"],
                    valid_from=date.fromisoformat(row["from"]),
                    rate=Decimal(row["rate"]),
                )
                for row in told["rates"]
            )
            known = replace(known, rates=rates)
        if "currencies" in told:
            known = replace(known, currencies=frozenset(told["currencies"]))
        if "payment_terms" in told:
            known = replace(known, payment_terms=frozenset(told["payment_terms"]))
        if "tax_rates" in told:
            codes = dict(known.tax_codes or {})
            for name, rate in told["tax_rates"].items():
                codes[name] = replace(codes[name], rate=Decimal(rate))
            known = replace(known, tax_codes=codes)
        return self._with_validity(known, told)

    @staticmethod
    def _with_validity(known: CompanyReference, told: Mapping[str, Any]) -> CompanyReference:
        accounts = dict(known.accounts)
        for name, change in told.get("accounts", {}).items():
            accounts[name] = replace(accounts[name], **_value_changes(change))
        values = {letter: dict(found) for letter, found in known.code_values.items()}
        for name, change in told.get("code_values", {}).items():
            letter, _, value = name.partition(" ")
            values[letter][value] = CodeValue(value=value, **_value_changes(change))
        return replace(known, accounts=accounts, code_values=values)


def _value_changes(told: Mapping[str, str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name in ("valid_from", "valid_until"):
        if name in told:
            changes[name] = date.fromisoformat(told[name])
    if told.get("only_for_budgets") == "true":
        changes["is_budget_only"] = True
    return changes


def reference_of(case: Case) -> Reference:
    """What IFS holds in a case: the tenant's basic data, but for what the case says."""
    told = case.get("ifs", {})
    companies = [
        _Known(company_reference(CompanyId(name))).with_(told[name])
        for name in ("HCA", "HUS")
        if name in told
    ]
    suppliers = [supplier_reference()]
    for row in told.get("suppliers", []):
        known = supplier_reference(row["id"], row.get("name", "Five Star Instruments"))
        if "companies" in row:
            of_all = known.companies or {}
            rows = {CompanyId(name): of_all[CompanyId(name)] for name in row["companies"]}
            known = replace(known, companies=rows)
        suppliers = [x for x in suppliers if x.supplier != row["id"]] + [known]
    if "no_suppliers" in told:
        suppliers = []
    return reference(*companies, suppliers=suppliers)


def earlier_of_case(case: Case) -> list[Earlier]:
    """Documents that are known from before."""
    return [
        Earlier(
            label=row["label"],
            source_id=row.get("source", ""),
            company=CompanyId(row.get("company", "HCA")),
            supplier=SupplierId(row.get("supplier", "V-10006")),
            number=row["number"],
            currency=row.get("currency", "USD"),
            gross=Decimal(row["gross"]),
            day=date.fromisoformat(row["date"]) if "date" in row else None,
        )
        for row in case.get("earlier", [])
    ]
