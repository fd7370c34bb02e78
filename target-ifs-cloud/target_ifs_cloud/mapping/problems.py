"""Every reason for which the mapping or a check holds a document, and how they are collected."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from target_ifs_cloud.documents import Explained, Problem, Value

CODES: Mapping[str, str] = MappingProxyType(
    {
        "record_unreadable": "the record, or a list inside it, has another shape than documented",
        "identity_missing": "the record has no uuid or id, so it could not be recognised again",
        "status_unknown": "the status is none that Procurify documents",
        "type_unknown": "the type is none that Procurify documents",
        "order_outdated": "the record is an older version of the purchase order",
        "value_missing": "a value that a rule needs is empty",
        "value_unreadable": "a value that a rule needs has the wrong form",
        "value_too_long": "a value is longer than the field in IFS",
        "no_rule": "no row of a rule table fits the value",
        "lines_missing": "there is nothing to post",
        "too_many_lines": "there are more lines than one request may carry",
        "amount_missing": "an amount is empty",
        "amount_unreadable": "an amount is not an exact number",
        "amount_decimals": "an amount has more decimals than its currency",
        "item_total_mismatch": "the amounts of a bill line contradict each other",
        "allocation_missing": "a bill line or cost has no account and department",
        "allocation_sum": "the split of a line over accounts does not add up to the line",
        "total_missing": "the bill has no total to compare the lines with",
        "total_mismatch": "lines, costs and shipping do not add up to the bill's total",
        "tax_mismatch": "the taxes of the lines do not add up to the bill's tax",
        "shipping_unclear": "nothing says whether shipping belongs to the bill's total",
        "currency_mixed": "a part of the record is in another currency",
        "company_mixed": "the record belongs to more than one company",
        "rate_missing": "no currency rate is known for the date",
        "rate_doubtful": "the derived currency rate is far from Procurify's own",
        "supplier_unknown": "the vendor is not linked to a supplier of IFS",
        "supplier_lookalike": "IFS has a supplier of the same name and country",
        "supplier_id_taken": "IFS has another supplier under the id that would be used",
        "company_unknown": "the company could not be read from IFS",
        "supplier_not_in_company": "the supplier has no invoice data in the company",
        "account_unknown": "IFS does not have the account",
        "account_not_valid": "the account is not valid on the posting date",
        "account_budget_only": "the account is for budgets only",
        "code_part_missing": "the account demands a code part that is empty",
        "code_part_blocked": "the account blocks a code part that is filled",
        "code_part_off": "the company does not use the code part",
        "code_value_unknown": "IFS does not have the code part value",
        "code_value_not_valid": "the code part value is not valid on the posting date",
        "tax_code_unknown": "IFS does not have the tax code",
        "tax_code_not_valid": "the tax code is not valid on the invoice date",
        "tax_rate_differs": "Procurify and IFS disagree on the percentage of the tax code",
        "payment_term_unknown": "IFS does not have the payment term",
        "currency_unknown": "IFS does not have the currency",
        "period_missing": "no accounting period covers the posting date",
        "period_closed": "the accounting period of the posting date is closed",
        "accrual_needed": "the posting date has no open period, and a rule wants an accrual",
        "duplicate_suspected": "the bill looks like another one that is known already",
        "vendor_payment_changed": "how the vendor is paid was changed",
        "vendor_mail_domain_changed": "mail of the vendor goes to another domain",
        "vendor_name_alike": "a new vendor reads nearly like a known one",
        "vendor_not_released": "the vendor shows a sign of fraud, and nobody has released it",
        "number_missing": "the invoice number is empty",
        "number_too_long": "the invoice number is longer than IFS allows",
        "totals_differ": "header, lines and postings do not add up",
    }
)


class Findings:
    """What one mapping finds out on its way: problems, and why each field has its value."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._trace: list[Explained] = []

    def problem(self, code: str, field: str, message: str, fix: str) -> None:
        """Keep a reason; the same reason for the same field is kept once."""
        assert code in CODES, code  # noqa: S101  (our own spelling, never input)
        found = Problem(code=code, field=field, message=message, fix=fix)
        if found not in self._problems:
            self._problems.append(found)

    def add(self, problem: Problem) -> None:
        """Keep a reason that was made elsewhere."""
        if problem not in self._problems:
            self._problems.append(problem)

    def explain(self, field: str, value: Value, *, rule: str, source: str) -> None:
        """Keep why a field has its value."""
        self._trace.append(Explained(field=field, value=value, rule=rule, source=source))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All reasons so far, in the order in which they were found."""
        return tuple(self._problems)

    @property
    def trace(self) -> tuple[Explained, ...]:
        """All explanations so far; of a header field that was changed again, the last one."""
        last = {item.field: item for item in self._trace if item.field.startswith("header.")}
        return tuple(item for item in self._trace if last.get(item.field, item) is item)
