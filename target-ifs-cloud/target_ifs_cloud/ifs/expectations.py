"""What is expected of a site: each set, field and action with its profile line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from target_ifs_cloud.ifs.profile import ProjectionKey, SiteProfile
from target_ifs_cloud.ifs.profile_names import CodedRowNames


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A collection by its path of sets, with the names that are used of its rows.

    ``line`` is the profile line of the set; ``fields`` and ``actions`` are keyed by theirs.
    ``is_needed`` is false where the flow goes on without it. Without an action one step is refused
    when it comes, and the rest goes on, unless ``are_actions_needed``.
    """

    projection: ProjectionKey
    path: tuple[str, ...]
    line: str
    fields: Mapping[str, str]
    actions: Mapping[str, str] = field(default_factory=dict)
    is_needed: bool = True
    are_actions_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What a run will use besides the reference data.

    ``letters`` are the code parts in use besides A. ``bill_fields`` and ``order_fields`` are the
    header fields that the rules fill, each with its line in the rule file.
    """

    letters: tuple[str, ...]
    orders: bool = False
    final_posting: bool = False
    bill_fields: Mapping[str, str] = field(default_factory=dict)
    order_fields: Mapping[str, str] = field(default_factory=dict)


def expectations(profile: SiteProfile, uses: Uses) -> Iterator[Expected]:
    """Everything that is used, by projection and path."""
    letters = uses.letters
    yield from _invoice(profile, letters)
    if profile.route == "external_interface":
        yield from _external(profile, letters)
    else:
        yield _of_rules("invoice", profile.invoice.set, "invoice.set", uses.bill_fields)
    if uses.final_posting and profile.invoice.final_posting is not None:
        yield _final_posting(profile)
    yield from _proposal(profile, letters)
    if uses.orders:
        yield from _orders(profile)
        order = profile.order_names
        yield _of_rules("order", order.set, "order.set", uses.order_fields)
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
    if names.automatic_series:
        fields |= _lines(names, "invoice", ("automatic_number",))
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


def _of_rules(
    projection: ProjectionKey, collection: str, line: str, fields: Mapping[str, str]
) -> Expected:
    """The fields that the accountant's rules fill: a refusal of one document each, not a halt."""
    return Expected(
        projection=projection, path=(collection,), line=line, fields=fields, is_needed=False
    )


def _final_posting(profile: SiteProfile) -> Expected:
    names = profile.invoice.final_posting
    line = "invoice.final_posting.action"
    actions = {line: names.action} if names else {}
    return Expected(
        projection="invoice",
        path=(profile.invoice.set,),
        line="invoice.set",
        fields={},
        actions=actions,
    )


def _external(profile: SiteProfile, letters: Sequence[str]) -> Iterator[Expected]:
    names = profile.external_names
    heads = names.heads
    actions = ("check_action", "create_action")
    yield Expected(
        projection="external",
        path=(names.set,),
        line="external.set",
        fields={
            **_keys("external", names.key),
            **_lines(names, "external", ("company", "id", "load_type", "load_date", "state")),
        },
        actions=_lines(names, "external", actions),
        are_actions_needed=True,
    )
    wanted = ("supplier", "series", "number", "currency", "net", "tax", "gross", "error")
    yield Expected(
        projection="external",
        path=(names.set, heads.set),
        line="external.heads.set",
        fields={
            **_keys("external.heads", heads.key),
            **_lines(heads, "external.heads", wanted),
            **{f"external.heads.fields ({name})": name for name in sorted(heads.fields)},
        },
    )
    yield Expected(
        projection="external",
        path=(names.set, heads.set, heads.items.set),
        line="external.heads.items.set",
        fields=_lines(heads.items, "external.heads.items", ("net", "tax", "tax_code")),
    )
    yield Expected(
        projection="external",
        path=(names.set, heads.set, heads.postings.set),
        line="external.heads.postings.set",
        fields=_coded(heads.postings, "external.heads.postings", letters),
    )


def _orders(profile: SiteProfile) -> Iterator[Expected]:
    names = profile.order_names
    lines = names.lines
    actions = ("release_action", "cancel_action", "close_action")
    yield Expected(
        projection="order",
        path=(names.set,),
        line="order.set",
        fields=_lines(
            names, "order", ("id", "supplier", "site", "currency", "state", "source_reference")
        ),
        actions=_lines(names, "order", actions),
    )
    yield Expected(
        projection="order",
        path=(lines.set,),
        line="order.lines.set",
        fields=_lines(
            lines, "order.lines", ("order", "line", "release", "quantity", "price", "state")
        ),
        actions=_lines(lines, "order.lines", ("cancel_action",)),
    )
    if lines.child is not None:
        yield Expected(
            projection="order",
            path=(names.set, lines.child),
            line="order.lines.child",
            fields={},
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
    """The field that names a row among its siblings; those of its parents may not be shown."""
    return {f"{line}.key ({names[-1]})": names[-1]}


def _lines(names: BaseModel, line: str, wanted: Sequence[str]) -> dict[str, str]:
    """The names of some lines of a block; a line that is null is not used."""
    found = {f"{line}.{part}": getattr(names, part) for part in wanted}
    return {path: name for path, name in found.items() if name is not None}
