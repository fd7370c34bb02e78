"""What documents must agree with, read from a site that may spell or lack things."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.ifs.reference_data import read_company
from target_ifs_cloud.reference import (
    Account,
    CodeValue,
    CompanyReference,
    Demand,
    Period,
    Rate,
    TaxCode,
)
from tests.unit.ifs.site import Asked, Bench, Told, bench, changed

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
COMPANY = CompanyId("HCA")
LETTERS = "BCDEFGHIJ"


def furnish(ifs: Bench) -> None:
    """A company with a little of everything."""
    company = "CompanySet(Company='HCA')"
    ifs.site.rows[ifs.path("company", company)] = {"Company": "HCA", "Name": "H", "Country": "CA"}
    sets: dict[tuple[str, str], list[dict[str, Any]]] = {
        ("company", f"{company}/CompanyInvoiceInfoArray"): [{"UsePostingProposal": "TRUE"}],
        ("company", f"{company}/CompanyInvoiceInfoDefInvTypes"): [
            {"Company": "HCA", "DefManSuppInvType": "SUPPINV"}
        ],
        ("account", "AccountSet"): [
            {
                "Account": "4010",
                "ValidFrom": "2020-01-01",
                "ValidUntil": "2049-12-31",
                "ReqCodeB": "Mandatory",
                "ReqCodeC": "Blocked",
                "ReqCodeD": "Can",
            },
            {
                "Account": "4020",
                "ReqCodeB": "M",
                "ReqCodeC": "S",
                "ReqCodeD": "K",
                "BudgetAccountFlag": True,
            },
            {"Account": "4030", "ReqCodeB": "Pflicht", "ReqCodeBDb": "M", "ReqCodeC": "Gesperrt"},
        ],
        ("code_part", "CompanyFinanceSet(Company='HCA')/CodeBArray"): [
            {"Company": "HCA", "CodeB": "200", "ValidUntil": "2026-12-31", "BudgetValueDb": "TRUE"}
        ],
        ("tax_code", "StatutoryFeeSet"): [{"FeeCode": "GST5", "FeeRate": Decimal("5.0")}],
        ("payment_term", "PaymentTermSet"): [{"PayTermId": "30"}, {"PayTermId": 0}],
        ("currency", "CurrencyCodeSet"): [{"CurrencyCode": "CAD"}],
        ("currency_rate", "CurrencyRateSet"): [
            {"CurrencyType": "1", "CurrencyCode": "USD", "ValidFrom": "2025-01-01",
             "CurrencyRate": Decimal("1.35")},
            {"CurrencyType": "1", "CurrencyCode": "USD", "ValidFrom": None, "CurrencyRate": 1},
            {"CurrencyType": "1", "CurrencyCode": "EUR", "ValidFrom": "2025-01-01",
             "CurrencyRate": 0},
        ],
        ("period", "AccountingPeriodSet"): [
            {"DateFrom": "2026-01-01", "DateUntil": "2026-01-31", "PeriodStatus": "Open"},
            {"DateFrom": "2025-12-01", "DateUntil": "2025-12-31", "PeriodStatus": "Closed"},
            {"DateFrom": None, "DateUntil": None, "PeriodStatus": "Open"},
        ],
    }  # fmt: skip
    for (projection, path), rows in sets.items():
        full = [{"Company": "HCA", "N": n, **row} for n, row in enumerate(rows)]
        ifs.site.collections[ifs.path(projection, path)] = full


def read(ifs: Bench) -> tuple[CompanyReference, tuple[str, ...]]:
    """The company with code part B."""
    return read_company(ifs.client, COMPANY, ["B"], lambda: NOW)


def demands(**known: Demand) -> Mapping[str, Demand]:
    """Every letter, Can where nothing is said."""
    return {letter: known.get(letter, Demand.CAN) for letter in LETTERS}


def test_a_company_is_read_whole(ifs: Bench) -> None:
    """Texts, flags, dates, rates and demands in their own types."""
    furnish(ifs)
    reference, warnings = read(ifs)
    strict = demands(B=Demand.MANDATORY, C=Demand.BLOCKED)
    assert reference == CompanyReference(
        company=COMPANY,
        name="H",
        country="CA",
        uses_posting_proposal=True,
        default_invoice_type="SUPPINV",
        accounts={
            "4010": Account(
                value="4010",
                valid_from=date(2020, 1, 1),
                valid_until=date(2049, 12, 31),
                demands=strict,
            ),
            "4020": Account(value="4020", is_budget_only=True, demands=strict),
            "4030": Account(value="4030", demands=demands(B=Demand.MANDATORY)),
        },
        code_values={
            "B": {
                "200": CodeValue(value="200", valid_until=date(2026, 12, 31), is_budget_only=True)
            }
        },
        tax_codes={"GST5": TaxCode(value="GST5", rate=Decimal("5.0"))},
        payment_terms=frozenset({"30", "0"}),
        currencies=frozenset({"CAD"}),
        rates=(Rate(currency="USD", valid_from=date(2025, 1, 1), rate=Decimal("1.35")),),
        periods=(
            Period(date_from=date(2026, 1, 1), date_until=date(2026, 1, 31), is_open=True),
            Period(date_from=date(2025, 12, 1), date_until=date(2025, 12, 31), is_open=False),
        ),
        read_at=NOW,
    )
    assert warnings == ("ReqCodeC 'Gesperrt' is no known demand: taken as Can",)


def test_questions_name_the_company_and_an_order(ifs: Bench) -> None:
    """Every collection but the nested ones is filtered by company."""
    furnish(ifs)
    read(ifs)
    for asked in ifs.site.asked:
        if "$top" in asked.options and "Company='HCA'" not in asked.path:
            assert asked.options["$filter"] == "Company eq 'HCA'"
            assert asked.options["$orderby"].startswith("Company,")


def test_rows_of_another_company_are_left_out(ifs: Bench) -> None:
    """Also when the server did not filter."""
    furnish(ifs)
    accounts = ifs.site.collections[ifs.path("account", "AccountSet")]
    accounts.append({"Company": "HUS", "Account": "9999"})
    assert "9999" not in read(ifs)[0].accounts


@pytest.mark.parametrize(
    ("projection", "attribute"),
    [
        ("tax_code", "tax_codes"),
        ("payment_term", "payment_terms"),
        ("currency", "currencies"),
        ("currency_rate", "rates"),
        ("period", "periods"),
    ],
)
@pytest.mark.parametrize("status", [403, 404, 400, 501])
def test_advisory_data_that_is_not_offered_is_told_and_left_out(
    ifs: Bench, projection: str, attribute: str, status: int
) -> None:
    """That check falls away, nothing else."""
    furnish(ifs)

    def answer(asked: Asked) -> Told | None:
        return Told(status=status) if asked.path.startswith(ifs.path(projection)) else None

    ifs.site.answer = answer
    reference, warnings = read(ifs)
    assert getattr(reference, attribute) is None
    assert any(warning.startswith(projection) for warning in warnings)


def test_advisory_data_that_is_not_answered_stops_the_run(ifs: Bench) -> None:
    """Unknown is not the same as not offered."""
    furnish(ifs)
    path = ifs.path("tax_code", "StatutoryFeeSet")
    ifs.site.answer = lambda asked: Told(status=502) if asked.path == path else None
    with pytest.raises(TemporaryError):
        read(ifs)


def test_what_the_profile_leaves_out_is_not_asked_for() -> None:
    """A null block is silence, not a warning."""
    nothing = dict.fromkeys(("tax_code", "payment_term", "currency", "currency_rate", "period"))
    with bench(changed(**nothing)) as ifs:
        furnish(ifs)
        reference, warnings = read(ifs)
        assert (reference.tax_codes, reference.rates, reference.periods) == (None, None, None)
        assert len(warnings) == 1


@pytest.mark.parametrize(
    ("projection", "path", "named"),
    [
        ("company", "CompanySet(Company='HCA')", "HCA"),
        ("account", "AccountSet", "AccountsHandling"),
        ("code_part", "CompanyFinanceSet(Company='HCA')/CodeBArray", "CodePartValuesHandling"),
    ],
)
def test_needed_data_that_is_not_there_is_a_matter_for_the_configuration(
    ifs: Bench, projection: str, path: str, named: str
) -> None:
    """Without companies, accounts and code parts nothing can be checked."""
    furnish(ifs)
    ifs.site.rows.pop(ifs.path(projection, path), None)
    ifs.site.collections.pop(ifs.path(projection, path), None)
    with pytest.raises(ConfigurationError, match=named):
        read(ifs)


@pytest.mark.parametrize("is_there", [True, False])
def test_accounts_come_from_the_second_set_where_the_first_shows_none(
    ifs: Bench, *, is_there: bool
) -> None:
    """The first one may need the company that the user has open."""
    furnish(ifs)
    rows = ifs.site.collections.pop(ifs.path("account", "AccountSet"))
    ifs.site.collections[ifs.path("account", "MultiCompanyAccountSet")] = rows
    if is_there:
        ifs.site.collections[ifs.path("account", "AccountSet")] = []
    assert set(read(ifs)[0].accounts) == {"4010", "4020", "4030"}


def test_a_company_without_any_account_is_a_matter_for_the_configuration(ifs: Bench) -> None:
    """An empty list would hold every document for the wrong reason."""
    furnish(ifs)
    for name in ("AccountSet", "MultiCompanyAccountSet"):
        ifs.site.collections[ifs.path("account", name)] = []
    with pytest.raises(ConfigurationError, match="accounts"):
        read(ifs)


@pytest.mark.parametrize("rows", [None, [], [{"Company": "HCA"}]])
def test_a_company_that_does_not_say_how_it_posts_is_told(
    ifs: Bench, rows: list[dict[str, Any]] | None
) -> None:
    """The default of the profile counts."""
    furnish(ifs)
    path = ifs.path("company", "CompanySet(Company='HCA')/CompanyInvoiceInfoArray")
    ifs.site.collections.pop(path)
    if rows is not None:
        ifs.site.collections[path] = rows
    reference, warnings = read(ifs)
    assert reference.uses_posting_proposal is True
    assert any("uses_proposal_default" in warning for warning in warnings)


def test_of_several_rate_types_none_is_guessed(ifs: Bench) -> None:
    """A rate of the wrong type is a wrong amount."""
    furnish(ifs)
    rates = ifs.site.collections[ifs.path("currency_rate", "CurrencyRateSet")]
    rates.append({**rates[0], "CurrencyType": "2", "CurrencyRate": Decimal(9)})
    reference, warnings = read(ifs)
    assert reference.rates is None
    assert any("use_type" in warning for warning in warnings)


def test_the_named_rate_type_counts() -> None:
    """The others are left out."""
    names = changed().currency_rate
    assert names is not None
    with bench(changed(currency_rate={**names.model_dump(), "use_type": "1"})) as ifs:
        furnish(ifs)
        rates = ifs.site.collections[ifs.path("currency_rate", "CurrencyRateSet")]
        rates.append({**rates[0], "CurrencyType": "2", "CurrencyRate": Decimal(9)})
        reference, _ = read(ifs)
        assert [rate.rate for rate in reference.rates or ()] == [Decimal("1.35")]
