"""What is expected of a site: each set, field and action with its profile line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from target_ifs_cloud.ifs.profile import CodedRowNames, ProjectionKey, SiteProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A collection by its path of sets, with the names that are used of its rows.

    ``line`` is the profile line of the set; ``fields`` and ``actions`` are keyed by theirs.
    ``is_needed`` is false where the flow goes on without it.
    """

    projection: ProjectionKey
    path: tuple[str, ...]
    line: str
    fields: Mapping[str, str]
    actions: Mapping[str, str] = field(default_factory=dict)
    is_needed: bool = True


def expectations(profile: SiteProfile, letters: Sequence[str]) -> Iterator[Expected]:
    """Everything that is used; ``letters`` are the code parts in use besides A."""
    yield from _invoice(profile, letters)
    yield from _proposal(profile, letters)
    yield from _supplier(profile)
    yield from _company(profile)
    yield from _basic_data(profile, letters)
    yield from _advisory(profile)


def _invoice(profile: SiteProfile, letters: Sequence[str]) -> Iterator[Expected]:
    names = profile.invoice
    fields = _lines(
        names,
        "invoice",
        ("company", "id", "supplier", "series", "number", "currency", "net", "tax", "gross"),
    )
    fields |= _lines(names, "invoice", ("state", "source_reference"))
    yield Expected(
        projection="invoice",
        path=(names.set,),
        line="invoice.set",
        fields=fields,
        actions={"invoice.cancel_action": names.cancel_action},
    )
    yield Expected(
        projection="invoice",
        path=(names.set, names.items.set),
        line="invoice.items.set",
        fields=_lines(names.items, "invoice.items", ("net", "tax", "tax_code")),
    )
    yield Expected(
        projection="invoice",
        path=(names.set, names.postings.set),
        line="invoice.postings.set",
        fields=_coded(names.postings, "invoice.postings", letters),
        # Used only in companies without posting proposals.
        is_needed=profile.proposal is None,
    )


def _proposal(profile: SiteProfile, letters: Sequence[str]) -> Iterator[Expected]:
    names = profile.proposal
    if names is None:
        return
    yield Expected(
        projection="proposal",
        path=(names.set,),
        line="proposal.set",
        fields={
            **_keys("proposal", names.key),
            **_lines(names, "proposal", ("company", "invoice_id")),
        },
    )
    yield Expected(
        projection="proposal",
        path=(names.set, names.rows.set),
        line="proposal.rows.set",
        fields=_coded(names.rows, "proposal.rows", letters),
    )


def _supplier(profile: SiteProfile) -> Iterator[Expected]:
    names = profile.supplier
    yield Expected(
        projection="supplier",
        path=(names.set,),
        line="supplier.set",
        fields=_lines(names, "supplier", ("id", "name", "country")),
    )
    child = names.children.get(names.invoice_company.child)
    if child is not None:
        yield Expected(
            projection="supplier",
            path=(names.set, child.set),
            line=f"supplier.children.{names.invoice_company.child}.set",
            fields=_lines(
                names.invoice_company,
                "supplier.invoice_company",
                ("company", "payment_term"),
            ),
        )


def _company(profile: SiteProfile) -> Iterator[Expected]:
    names = profile.company
    yield Expected(
        projection="company",
        path=(names.set,),
        line="company.set",
        fields=_lines(names, "company", ("id", "name")),
    )
    if names.invoice_info:
        yield Expected(
            projection="company",
            path=(names.set, names.invoice_info.set),
            line="company.invoice_info.set",
            fields=_lines(names.invoice_info, "company.invoice_info", ("uses_proposal",)),
            is_needed=False,
        )


def _basic_data(profile: SiteProfile, letters: Sequence[str]) -> Iterator[Expected]:
    account, part = profile.account, profile.code_part
    demands = {f"account.demand ({x})": account.demand_field(x) for x in letters}
    yield Expected(
        projection="account",
        path=(account.set,),
        line="account.set",
        fields={**_lines(account, "account", ("company", "id")), **demands},
    )
    for letter in letters:
        yield Expected(
            projection="code_part",
            path=(part.parent_set, part.set_of(letter)),
            line=f"code_part.set ({letter})",
            fields={f"code_part.value ({letter})": part.value_field(letter)},
        )


def _advisory(profile: SiteProfile) -> Iterator[Expected]:
    blocks: tuple[tuple[ProjectionKey, BaseModel | None, tuple[str, ...]], ...] = (
        ("tax_code", profile.tax_code, ("company", "id", "rate")),
        ("payment_term", profile.payment_term, ("company", "id")),
        ("currency", profile.currency, ("company", "id")),
        (
            "currency_rate",
            profile.currency_rate,
            ("company", "currency", "rate_type", "valid_from", "rate"),
        ),
        ("period", profile.period, ("company", "date_from", "date_until", "status")),
    )
    for key, names, wanted in blocks:
        if names is not None:
            yield Expected(
                projection=key,
                path=(str(getattr(names, "set")),),  # noqa: B009  (the model's own `set` line)
                line=f"{key}.set",
                fields=_lines(names, key, wanted),
                is_needed=False,
            )


def _coded(names: CodedRowNames, line: str, letters: Sequence[str]) -> dict[str, str]:
    codes = {f"{line}.code ({x})": names.code_field(x) for x in ("A", *letters)}
    return {**_keys(line, names.key), f"{line}.amount": names.amount, **codes}


def _keys(line: str, names: Sequence[str]) -> dict[str, str]:
    return {f"{line}.key ({name})": name for name in names}


def _lines(names: BaseModel, line: str, wanted: Sequence[str]) -> dict[str, str]:
    """The names of some lines of a block; a line that is null is not used."""
    found = {f"{line}.{part}": getattr(names, part) for part in wanted}
    return {path: name for path, name in found.items() if name is not None}
