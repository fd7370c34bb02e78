"""Reads what documents must agree with, per company: accounts, code parts, tax codes and more.

Companies, accounts and code part values are needed; without them nothing can be checked. The rest
is advisory: a site that does not offer it is told about once, and that check is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.errors import ConfigurationError, RefusedError
from target_ifs_cloud.ifs.calls import NotOfferedError
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.odata import equals, key
from target_ifs_cloud.ifs.profile import ProjectionKey
from target_ifs_cloud.ifs.profile_names import CurrencyRateNames, SimpleNames
from target_ifs_cloud.ifs.rows import Row, amount, day, flag, text
from target_ifs_cloud.reference import (
    Account,
    CodeValue,
    CompanyReference,
    Demand,
    Period,
    Rate,
    TaxCode,
)

LETTERS = "BCDEFGHIJ"
# Source: members are documented; M and S as stored values are seen in code, K is inferred.
_DEMANDS = {
    "MANDATORY": Demand.MANDATORY,
    "M": Demand.MANDATORY,
    "CAN": Demand.CAN,
    "K": Demand.CAN,
    "BLOCKED": Demand.BLOCKED,
    "S": Demand.BLOCKED,
}
_Read = TypeVar("_Read")


@dataclass(slots=True)
class CompanyReader:
    """Reads companies through one client. ``warnings`` collects what the site does not offer."""

    client: IfsClient
    clock: Callable[[], datetime]
    warnings: list[str] = field(default_factory=list)

    def read(self, company: CompanyId, letters: Iterable[str]) -> CompanyReference:
        """One company; ``letters`` are the code parts whose values are needed, without A.

        Raises:
            ConfigurationError: the company or data that is needed is not there.
            TemporaryError: an answer was not complete.
        """
        names = self.client.profile.company
        path = names.set + key([(names.id, company)])
        row = self.client.row("company", path)
        if row is None:
            raise ConfigurationError(
                f"IFS has no company {company!r}, or not for this user: correct companies.yml, or "
                "company.set and projections.company in the site profile"
            )
        return CompanyReference(
            company=company,
            name=text(row, names.name),
            country=text(row, names.country),
            uses_posting_proposal=self._uses_proposal(company, path),
            default_invoice_type=self._invoice_type(company, path),
            accounts=self._accounts(company),
            code_values={
                letter: self._code_values(company, letter) for letter in sorted(set(letters))
            },
            tax_codes=self._advisory("tax_code", company, self._tax_codes),
            payment_terms=self._advisory("payment_term", company, self._payment_terms),
            currencies=self._advisory("currency", company, self._currencies),
            rates=self._advisory("currency_rate", company, self._rates),
            periods=self._advisory("period", company, self._periods),
            read_at=self.clock(),
        )

    # needed

    def _accounts(self, company: CompanyId) -> dict[str, Account]:
        names = self.client.profile.account
        sets = [names.set, *([names.fallback_set] if names.fallback_set else [])]
        refusal: NotOfferedError | None = None
        for collection in sets:
            try:
                rows = self._of(
                    "account", collection, company, company_field=names.company, order=[names.id]
                )
            except NotOfferedError as error:
                refusal = refusal or error
                continue
            if rows:
                accounts = (self._account(row) for row in rows)
                return {account.value: account for account in accounts if account.value}
        raise refusal or ConfigurationError(
            f"IFS shows no accounts of company {company!r}: grant them to the service user, or "
            "correct account.set in the site profile"
        )

    def _account(self, row: Row) -> Account:
        names = self.client.profile.account
        demands = {letter: self._demand(row, names.demand_field(letter)) for letter in LETTERS}
        return Account(
            value=text(row, names.id),
            valid_from=day(row, names.valid_from),
            valid_until=day(row, names.valid_until),
            is_budget_only=flag(row, names.budget_only) or False,
            demands=demands,
        )

    def _demand(self, row: Row, name: str) -> Demand:
        """What the account asks of a code part; a twin field with the stored value goes first."""
        for word in (text(row, f"{name}Db"), text(row, name)):
            if word:
                demand = _DEMANDS.get(word.upper())
                if demand is not None:
                    return demand
                self._warn(f"{name} {word!r} is no known demand: taken as Can")
        return Demand.CAN

    def _code_values(self, company: CompanyId, letter: str) -> dict[str, CodeValue]:
        names = self.client.profile.code_part
        collection = f"{names.parent_set}{key([(names.company, company)])}/{names.set_of(letter)}"
        value = names.value_field(letter)
        rows = self.client.rows("code_part", collection, order=[value])
        found = (
            CodeValue(
                value=text(row, value),
                valid_from=day(row, names.valid_from),
                valid_until=day(row, names.valid_until),
                is_budget_only=flag(row, names.budget_only) or False,
            )
            for row in rows
        )
        return {code.value: code for code in found if code.value}

    # advisory

    def _uses_proposal(self, company: CompanyId, path: str) -> bool:
        names = self.client.profile.company
        info = names.invoice_info
        rows = info and self._child(company, f"{path}/{info.set}")
        said = flag(rows[0], info.uses_proposal) if info and rows else None
        if said is None:
            word = "uses" if names.uses_proposal_default else "does not use"
            self._warn(
                f"IFS does not say whether company {company} uses posting proposals: taken as "
                f"{word} (company.uses_proposal_default)"
            )
        return names.uses_proposal_default if said is None else said

    def _invoice_type(self, company: CompanyId, path: str) -> str | None:
        names = self.client.profile.company.invoice_types
        rows = names and self._child(company, f"{path}/{names.set}")
        return (text(rows[0], names.manual) or None) if names and rows else None

    def _child(self, company: CompanyId, path: str) -> list[Row] | None:
        name = self.client.profile.company.id
        rows = self._told("company", lambda: list(self.client.rows("company", path)))
        if rows is None:
            return None
        return [row for row in rows if text(row, name) in {company, ""}]

    def _tax_codes(self, company: CompanyId) -> dict[str, TaxCode] | None:
        names = self.client.profile.tax_code
        if names is None:
            return None
        found = (
            TaxCode(
                value=text(row, names.id),
                valid_from=day(row, names.valid_from),
                valid_until=day(row, names.valid_until),
                rate=amount(row, names.rate),
            )
            for row in self._of(
                "tax_code", names.set, company, company_field=names.company, order=[names.id]
            )
        )
        return {code.value: code for code in found if code.value}

    def _payment_terms(self, company: CompanyId) -> frozenset[str] | None:
        return self._ids("payment_term", self.client.profile.payment_term, company)

    def _currencies(self, company: CompanyId) -> frozenset[str] | None:
        return self._ids("currency", self.client.profile.currency, company)

    def _ids(
        self, projection: ProjectionKey, names: SimpleNames | None, company: CompanyId
    ) -> frozenset[str] | None:
        if names is None:
            return None
        rows = self._of(
            projection, names.set, company, company_field=names.company, order=[names.id]
        )
        return frozenset(id_ for row in rows if (id_ := text(row, names.id)))

    def _rates(self, company: CompanyId) -> tuple[Rate, ...] | None:
        names = self.client.profile.currency_rate
        if names is None:
            return None
        order = [n for n in (names.rate_type, names.currency, names.valid_from) if n]
        rows = self._of(
            "currency_rate", names.set, company, company_field=names.company, order=order
        )
        if not self._has_one_rate_type(rows, names, company):
            return None
        found = []
        for row in rows:
            valid_from, rate = day(row, names.valid_from), amount(row, names.rate)
            is_used = names.use_type in {None, text(row, names.rate_type)}
            if is_used and valid_from is not None and rate is not None and rate > Decimal(0):
                currency = text(row, names.currency)
                found.append(Rate(currency=currency, valid_from=valid_from, rate=rate))
        return tuple(found)

    def _has_one_rate_type(
        self, rows: Sequence[Row], names: CurrencyRateNames, company: CompanyId
    ) -> bool:
        """A rate of the wrong type is a wrong amount: of several types one must be named."""
        types = {text(row, names.rate_type) for row in rows}
        if names.rate_type is None or names.use_type is not None or len(types) <= 1:
            return True
        self._warn(
            f"company {company} has several currency rate types ({', '.join(sorted(types))}): no "
            "rate is taken from IFS until currency_rate.use_type names one in the site profile"
        )
        return False

    def _periods(self, company: CompanyId) -> tuple[Period, ...] | None:
        names = self.client.profile.period
        if names is None:
            return None
        open_words = {word.upper() for word in names.open_statuses}
        found = []
        order = [names.year, names.period]
        rows = self._of("period", names.set, company, company_field=names.company, order=order)
        for row in rows:
            date_from, date_until = day(row, names.date_from), day(row, names.date_until)
            if date_from is not None and date_until is not None:
                is_open = text(row, names.status).upper() in open_words
                found.append(Period(date_from=date_from, date_until=date_until, is_open=is_open))
        return tuple(found)

    # parts

    def _of(
        self,
        projection: ProjectionKey,
        collection: str,
        company: CompanyId,
        *,
        company_field: str,
        order: Sequence[str],
    ) -> list[Row]:
        """The rows of one company; rows that name another one are left out."""
        rows = self.client.rows(
            projection,
            collection,
            filter_by=equals(company_field, company),
            order=[company_field, *order],
        )
        return [row for row in rows if text(row, company_field) in {company, ""}]

    def _advisory(
        self,
        projection: ProjectionKey,
        company: CompanyId,
        read: Callable[[CompanyId], _Read | None],
    ) -> _Read | None:
        return self._told(projection, lambda: read(company))

    def _told(self, projection: ProjectionKey, read: Callable[[], _Read | None]) -> _Read | None:
        """What was read, or ``None`` and a warning when the site does not offer it."""
        try:
            return read()
        except (NotOfferedError, RefusedError) as error:
            self._warn(f"{projection} cannot be read, so nothing is checked against it: {error}")
            return None

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def read_company(
    client: IfsClient,
    company: CompanyId,
    letters: Iterable[str],
    clock: Callable[[], datetime],
) -> tuple[CompanyReference, tuple[str, ...]]:
    """One company and what could not be read of it.

    Raises:
        ConfigurationError: the company or data that is needed is not there.
        TemporaryError: an answer was not complete.
    """
    reader = CompanyReader(client, clock)
    return reader.read(company, letters), tuple(reader.warnings)
