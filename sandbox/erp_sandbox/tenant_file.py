"""A user's own tenant from a YAML file: the sections that it names replace those of "harbour".

Every value is read as text, so that an account ``0100`` stays what it is. All faults are told at
once, each with the entry, the field and what to write instead. By hand, because the sandbox is
installed alone: pydantic would be its largest dependency, and its words no cure for this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from erp_sandbox.harbour import HARBOUR
from erp_sandbox.organisation import Tenant
from erp_sandbox.tenant_build import build_tenant

ENVIRONMENT = "ERP_SANDBOX_TENANT"
ENTRIES_MAX = 5000
FAULTS_MAX = 20
COUNT_DIGITS_MAX = 4
KEPT_ACCOUNTS = frozenset({"2410", "2450", "4990"})
LETTERS = tuple("BCDEFGHIJ")
# The others are closed by the knob `closed_code_parts`.
OPEN_LETTERS = tuple("BCDEF")
DEMANDS = ("can", "must", "never")
YES_NO = ("yes", "no")
Entry = dict[str, str]


class TenantFileError(Exception):
    """The file names no tenant; the text says what to mend, a line for each fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A field of an entry: whether it must be there, and what it may be.

    ``names`` is the section whose entries it names; ``default`` counts when it is left out, a
    member in braces is that of the entry.
    """

    default: str | None = None
    choices: tuple[str, ...] = ()
    is_number: bool = False
    is_count: bool = False
    names: str = ""
    length_max: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list of the file: its fields, and those that no two entries may share."""

    fields: Mapping[str, Kind]
    unique: tuple[str, ...]
    known: tuple[str, ...] = field(default=())


TEXT = Kind()
SECTIONS: Mapping[str, Section] = {
    "currencies": Section(
        fields={
            "code": Kind(length_max=3),
            "description": Kind(default="{code}"),
            "rate": Kind(is_number=True),
        },
        unique=("code",),
    ),
    "companies": Section(
        fields={
            "id": Kind(length_max=20),
            "name": TEXT,
            "country": Kind(length_max=2),
            "currency": Kind(names="currencies"),
            "cost_centre_part": Kind(choices=OPEN_LETTERS),
            "project_part": Kind(choices=OPEN_LETTERS),
        },
        unique=("id",),
        known=tuple(one.id for one in HARBOUR.companies),
    ),
    "locations": Section(
        fields={
            "name": TEXT,
            "company": Kind(names="companies"),
            "external_id": Kind(default="{name}"),
            "time_zone": Kind(default="America/Vancouver"),
            "country": Kind(default="Canada"),
        },
        unique=("name",),
        known=tuple(one.name for one in HARBOUR.locations),
    ),
    "departments": Section(
        fields={
            "name": TEXT,
            "location": Kind(names="locations"),
            "external_id": Kind(default="{cost_centre}"),
            "cost_centre": Kind(length_max=20),
        },
        unique=("name",),
    ),
    "account_codes": Section(
        fields={
            "code": TEXT,
            "description": TEXT,
            "ifs_account": Kind(default="", length_max=20),
            "type": Kind(default="expense", choices=("expense", "asset")),
            "project": Kind(default="can", choices=DEMANDS),
            "is_freight": Kind(default="no", choices=YES_NO),
            "weight": Kind(default="1", is_count=True),
        },
        unique=("code",),
    ),
    "taxes": Section(
        fields={
            "name": TEXT,
            "percentage": Kind(is_number=True),
            "company": Kind(names="companies"),
            "tax_code": Kind(length_max=20),
            "weight": Kind(default="1", is_count=True),
        },
        unique=("name",),
    ),
    "terms": Section(fields={"name": TEXT, "days": Kind(is_count=True)}, unique=("name",)),
    "projects": Section(fields={"name": Kind(length_max=20)}, unique=("name",)),
    "vendors": Section(
        fields={
            "name": Kind(length_max=150),
            "external_id": Kind(default="", length_max=100),
            "currency": Kind(default="USD", names="currencies"),
            "country": Kind(default="United States"),
            "country_code": Kind(default="US", length_max=2),
            "is_in_ifs": Kind(default="yes", choices=YES_NO),
        },
        unique=("name",),
    ),
    "ifs_accounts": Section(
        fields={
            "company": Kind(names="companies"),
            "account": Kind(length_max=20),
            "description": TEXT,
            "cost_centre": Kind(default="can", choices=DEMANDS),
            "project": Kind(default="can", choices=DEMANDS),
        },
        unique=("company", "account"),
    ),
    "ifs_code_values": Section(
        fields={
            "company": Kind(names="companies"),
            "letter": Kind(choices=LETTERS),
            "value": Kind(length_max=20),
            "description": Kind(default="{value}"),
        },
        unique=("company", "letter", "value"),
    ),
    "ifs_tax_codes": Section(
        fields={
            "company": Kind(names="companies"),
            "code": Kind(length_max=20),
            "description": Kind(default="{code}"),
            "percentage": Kind(is_number=True),
        },
        unique=("company", "code"),
    ),
    "ifs_suppliers": Section(
        fields={
            "id": Kind(length_max=20),
            "name": TEXT,
            "country_code": Kind(default="US", length_max=2),
            "currency": Kind(default="USD", names="currencies"),
            "company": Kind(default="", names="companies"),
        },
        unique=("id",),
    ),
}


def read_tenant(path: Path) -> Tenant:
    """The tenant of that file.

    Raises:
        TenantFileError: it cannot be read, or something in it makes no sense.
    """
    try:
        loaded = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506 (texts only)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise TenantFileError(f"{path} cannot be read: {fault}") from fault
    faults: list[str] = []
    if not isinstance(loaded, dict):
        faults.append(f"the file is no list of sections: write one or more of {_words(SECTIONS)}")
        loaded = {}
    unknown = sorted(set(map(str, loaded)) - set(SECTIONS))
    faults += [f"{name}: no such section; there are {_words(SECTIONS)}" for name in unknown]
    given: dict[str, list[Entry]] = {}
    for name, section in SECTIONS.items():
        if name in loaded:
            given[name] = _entries(name, section, loaded[name], faults)
    if not faults:
        faults = _wrong_names(given) + _wrong_wholes(given)
    if faults:
        more = len(faults) - FAULTS_MAX
        told = [*faults[:FAULTS_MAX], *([f"and {more} more"] if more > 0 else [])]
        raise TenantFileError("\n".join(f"{path}: {fault}" for fault in told))
    return build_tenant(given)


def _entries(name: str, section: Section, loaded: object, faults: list[str]) -> list[Entry]:
    if not isinstance(loaded, list) or not 1 <= len(loaded) <= ENTRIES_MAX:
        faults.append(f"{name}: write a list of 1 to {ENTRIES_MAX} entries, each after a dash")
        return []
    found: list[Entry] = []
    taken: dict[tuple[str, ...], int] = {}
    for number, one in enumerate(loaded, start=1):
        raw = {"name": one} if name == "projects" and isinstance(one, str) else one
        where = f"{name}, entry {number}"
        if not isinstance(raw, dict):
            faults.append(f"{where}: write its fields as `{next(iter(section.fields))}: …`")
            continue
        entry = _entry(where, section, raw, faults)
        key = tuple(entry.get(part, "") for part in section.unique)
        if key in taken:
            same = ", ".join(section.unique)
            faults.append(f"{where}: {same} {_quoted(key)} is that of entry {taken[key]} too")
        taken.setdefault(key, number)
        found.append(entry)
    return found


def _entry(where: str, section: Section, raw: Mapping[Any, Any], faults: list[str]) -> Entry:
    """The entry with its defaults; what is wrong with a field goes to the faults."""
    unknown, there = sorted(set(map(str, raw)) - set(section.fields)), _words(section.fields)
    faults += [f"{where}: {name}: no such field; there are {there}" for name in unknown]
    entry: Entry = {}
    for name, kind in section.fields.items():
        value = raw.get(name, kind.default)
        if not isinstance(value, str) or (not value.strip() and kind.default is None):
            faults.append(f"{where}: {name}: is missing; write `{name}: …`")
            continue
        entry[name] = value.strip()
        if fault := _fault_of(entry[name], kind):
            faults.append(f"{where}: {name}: {fault}")
    for name, value in entry.items():
        if value.startswith("{"):
            entry[name] = entry.get(value[1:-1], "")
    return entry


def _fault_of(value: str, kind: Kind) -> str:
    if kind.choices and value not in kind.choices:
        return f"{value!r} is none of {', '.join(kind.choices)}; write one of them"
    if kind.is_number and not _is_number(value):
        return f"{value!r} is no number from 0 on; write one such as 5 or 8.25"
    if kind.is_count and not (value.isdecimal() and len(value) <= COUNT_DIGITS_MAX):
        return f"{value!r} is no whole number; write one such as 30"
    if len(value) > kind.length_max:
        return f"{value[:30]!r}… has more than {kind.length_max} characters; shorten it"
    return ""


def _is_number(value: str) -> bool:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return False
    return number.is_finite() and number >= 0


def _wrong_names(given: Mapping[str, Sequence[Entry]]) -> list[str]:
    """Entries that name something which is not there."""
    known = {
        "currencies": [one.code for one in HARBOUR.currencies]
        + [one["code"] for one in given.get("currencies", ())],
        **{
            name: [one[SECTIONS[name].unique[0]] for one in given[name]]
            if name in given
            else list(SECTIONS[name].known)
            for name in ("companies", "locations")
        },
    }
    faults = []
    for name, section in SECTIONS.items():
        for number, entry in enumerate(given.get(name, ()), start=1):
            for member, kind in section.fields.items():
                if kind.names and entry[member] and entry[member] not in known[kind.names]:
                    there = ", ".join(known[kind.names])
                    faults.append(
                        f"{name}, entry {number}: {member}: {entry[member]!r} is none of the "
                        f"{kind.names} ({there}); name one of them, or add it under {kind.names}"
                    )
    return faults


def _wrong_wholes(given: Mapping[str, Sequence[Entry]]) -> list[str]:
    """What does not fit together although each entry is right."""
    faults = [
        f"{name}: is missing; with own {above} write own {name} too"
        for name, above in (("locations", "companies"), ("departments", "locations"))
        if above in given and name not in given
    ]
    return faults or [*_wrong_companies(given), *_wrong_codes(given.get("account_codes", ()))]


def _wrong_companies(given: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    for number, one in enumerate(given.get("currencies", ()), start=1):
        if not Decimal(one["rate"]):
            yield f"currencies, entry {number}: rate: is 0; write what one unit is worth in USD"
    companies = given.get("companies", ())
    for number, one in enumerate(companies, start=1):
        if one["cost_centre_part"] == one["project_part"]:
            yield (
                f"companies, entry {number}: project_part: {one['project_part']} is the letter of "
                "the cost centre already; write another"
            )
    company_of = {one.name: one.company for one in HARBOUR.locations}
    company_of |= {one["name"]: one["company"] for one in given.get("locations", ())}
    ids = [one["id"] for one in companies] or [one.id for one in HARBOUR.companies]
    if "departments" in given:
        used = {company_of[one["location"]] for one in given["departments"]}
        for id_ in ids:
            if id_ not in used:
                yield f"departments: none is at a location of company {id_!r}; add one"


def _wrong_codes(codes: Sequence[Entry]) -> Iterator[str]:
    if codes and not any(one["ifs_account"] and one["project"] == "can" for one in codes):
        yield "account_codes: none has an ifs_account and `project: can`; add one"
    for number, one in enumerate(codes, start=1):
        if one["ifs_account"] in KEPT_ACCOUNTS:
            yield (
                f"account_codes, entry {number}: ifs_account: {one['ifs_account']} is kept for "
                "accounts payable (2410), input tax (2450) or planning (4990); write another"
            )
        if one["is_freight"] == "yes" and (not one["ifs_account"] or one["project"] != "can"):
            yield (
                f"account_codes, entry {number}: is_freight: freight needs an ifs_account and "
                "`project: can`; write both, or mark another code"
            )


def _words(names: Mapping[str, Any]) -> str:
    return ", ".join(names)


def _quoted(key: Sequence[str]) -> str:
    return ", ".join(map(repr, key))
