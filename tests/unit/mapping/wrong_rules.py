"""Faults that people make in rule files, and the words that must meet them."""

from __future__ import annotations

from collections.abc import Mapping

# name, file, text to replace, replacement, words of each fault
WRONG: list[tuple[str, str, str, str, list[str]]] = [
    (
        "unknown key with a near one",
        "bill.yml",
        "currency_rate: [",
        "curency_rate: [",
        ["the key `curency_rate` is not known; did you mean `currency_rate`?"],
    ),
    (
        "unknown operator",
        "bill.yml",
        "{take: invoice_type} # see companies.yml",
        "{tak: invoice_type}",
        ["header.InvoiceType: the key `tak` is not known; did you mean `take`?"],
    ),
    (
        "two operators",
        "bill.yml",
        "InvoiceDate: {date: invoice_date}",
        "InvoiceDate: {date: invoice_date, copy: invoice_date}",
        ["`copy` and `date` cannot stand together; keep exactly one"],
    ),
    (
        "partner missing",
        "bill.yml",
        "{lookup: payment_terms, key: payment_terms}",
        "{lookup: payment_terms}",
        ["`lookup` needs `key` beside it"],
    ),
    (
        "unknown table",
        "bill.yml",
        "{lookup: payment_terms, key: payment_terms}",
        "{lookup: paymnt_terms, key: payment_terms}",
        [
            (
                "header.PayTermId.first_of[1].lookup: there is no table `paymnt_terms`; tables: "
                "accounts, cost_centres, countries, payment_term_days, payment_terms, units"
            )
        ],
    ),
    (
        "unknown name to take",
        "bill.yml",
        "{take: voucher_type}",
        "{take: vouchertype}",
        ["`vouchertype` is not known here; did you mean `voucher_type`?"],
    ),
    (
        "status that is not approved",
        "bill.yml",
        "[Approved, Payment Confirmed",
        "[Draft, Payment Confirmed",
        ["`Draft` is not known here; known here: Approved,"],
    ),
    (
        "type without decision",
        "bill.yml",
        "  credit_card: leave_out",
        "  card: leave_out",
        ["the key `card` is not known"],
    ),
    (
        "field below",
        "bill.yml",
        "{same_as: DueDate}",
        "{same_as: VoucherDate}",
        [
            (
                "header.PlPayDate.same_as: `VoucherDate` is not a field further up (there are: "
                "PartyType, InvoiceType, InvoiceDate, ArrivalDate, DueDate)"
            )
        ],
    ),
    (
        "path with a blank",
        "bill.yml",
        "{copy: invoice_number,",
        "{copy: invoice number,",
        ["`invoice number` does not fit; expected: A field of the Procurify record"],
    ),
    (
        "wrong kind",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: currency.name",
        ["currency: this must be a mapping"],
    ),
    (
        "not a number",
        "bill.yml",
        "length_max: 50",
        "length_max: fifty",
        ["number.length_max: this must be a whole number"],
    ),
    (
        "row dropped where there is none",
        "bill.yml",
        "length_max: 50, missing: hold",
        "length_max: 50, missing: drop_row",
        ["`drop_row` is only for the rows of a supplier"],
    ),
    (
        "code part A",
        "code_parts.yml",
        "    B: # cost centre",
        "    A: # cost centre",
        ["`A` is no code part; code parts are the letters B to J"],
    ),
    (
        "company that is not there",
        "code_parts.yml",
        "  HUS:",
        "  HUX:",
        [
            "company `HUX` is not in the list of companies",
            "company `HUS` is missing; write `HUS: {}` when it has none",
        ],
    ),
    (
        "path that begins nowhere",
        "code_parts.yml",
        "key: approver.department",
        "key: aprover.department",
        [
            (
                "code_parts.HCA.B.first_of[2].key: a path cannot begin with `aprover` here; "
                "did you mean `approver`? known: account_code, approver, department, line, "
                "location, order_line, record"
            )
        ],
    ),
    (
        "key twice",
        "accounts.yml",
        '      "6100": "4110" # Software',
        '      "6000": "4110" # Software',
        ["`6000` stands here a second time (first in line 21); keep one"],
    ),
    (
        "key twice but for its case",
        "payment_terms.yml",
        '      Net 15: "15"',
        '      net  30: "15"',
        ["`Net 30` stands in this table twice (case and blanks aside)"],
    ),
    (
        "row that never counts",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{gives: "4110"}, {company: HCA, gives: "4111"}]',
        ["this row always fits, so the rows below it never count"],
    ),
    (
        "company of a row",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{company: HXX, gives: "4110"}]',
        ["company `HXX` is not in the list of companies (HCA, HUS)"],
    ),
    (
        "days that end before they begin",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{from: 2026-07-01, until: 2026-06-30, gives: "4110"}]',
        ["`from` 2026-07-01 is after `until` 2026-06-30"],
    ),
    (
        "day that does not exist",
        "accounts.yml",
        '"6100": "4110" # Software',
        '"6100": [{from: 2026-02-30, gives: "4110"}]',
        ["`2026-02-30` is not a day of the calendar"],
    ),
    (
        "table of accounts renamed",
        "accounts.yml",
        "  accounts:",
        "  acounts:",
        ["no file has a table `accounts`, which gives the account of IFS"],
    ),
    (
        "tax above everything",
        "tax_codes.yml",
        "percent: 13,",
        "percent: 1300,",
        ["tax_codes[3].percent: 1300 percent is not a tax rate"],
    ),
    (
        "tax a little above everything",
        "tax_codes.yml",
        "percent: 13,",
        "percent: 100.01,",
        ["tax_codes[3].percent: 100.01 percent is not a tax rate"],
    ),
    (
        "tax below nothing",
        "tax_codes.yml",
        "percent: 13,",
        "percent: -0.01,",
        ["tax_codes[3].percent: -0.01 percent is not a tax rate"],
    ),
    (
        "first field that takes one further up",
        "bill.yml",
        "PartyType: {constant: Supplier}",
        "PartyType: {same_as: InvoiceDate}",
        ["`InvoiceDate` is not a field further up (there are: none)"],
    ),
    (
        "list that says a value twice",
        "bill.yml",
        "[Approved, Payment Confirmed",
        "[Approved, Approved, Payment Confirmed",
        ["post_when_status: a value stands here twice; keep one"],
    ),
    (
        "empty list",
        "bill.yml",
        "currency_rate: [ifs, procurify]",
        "currency_rate: []",
        ["currency_rate: this is empty or says too little; fill it or remove the key"],
    ),
    (
        "row without tax that says no",
        "tax_codes.yml",
        "{company: HCA, no_tax: true, code: EX0}",
        "{company: HCA, no_tax: false, code: EX0}",
        ["no_tax: only `true` can stand here"],
    ),
    (
        "field with a point",
        "bill.yml",
        "InvoiceDate: {date: invoice_date}",
        "Invoice.Date: {date: invoice_date}",
        ["header: `Invoice.Date` cannot be a name here; use letters, digits and underscores"],
    ),
    (
        "case of a table that is not there",
        "accounts.yml",
        'table: accounts, value: "6999"',
        'table: acounts, value: "6999"',
        ["cases[2].table: there is no table `acounts`; tables: accounts, cost_centres,"],
    ),
    (
        "case of a table without a value",
        "accounts.yml",
        'table: accounts, value: "6999"',
        "table: accounts",
        ["cases[2]: `table` needs `value` beside it; add it"],
    ),
    (
        "case of a tax without its company",
        "accounts.yml",
        'table: accounts, value: "6999"',
        "tax: GST, percent: 5",
        ["cases[2]: a tax needs `company` and `percent` beside it (`company` for no tax)"],
    ),
    (
        "case of a tax without its percentage",
        "accounts.yml",
        'table: accounts, value: "6999"',
        "tax: GST, company: HCA",
        ["cases[2]: a tax needs `company` and `percent` beside it (`company` for no tax)"],
    ),
    (
        "case of a place that no row can name",
        "accounts.yml",
        'table: accounts, value: "6999"',
        "company_of: {city: Vancouver}",
        ["cases[2].company_of.city: `city` is not known; known here: department,"],
    ),
    (
        "tax without percentage",
        "tax_codes.yml",
        "tax: PST, percent: 7,",
        "tax: PST,",
        ["one of `tax` with `percent`, `no_tax` is missing; add exactly one"],
    ),
    (
        "no row without tax",
        "tax_codes.yml",
        "  - {company: HCA, no_tax: true, code: EX0}\n",
        "",
        ["company `HCA` has no row with `no_tax: true`"],
    ),
    (
        "company in a row of locations",
        "companies.yml",
        "{location: Calgary, company: HCA}",
        "{location: Calgary, company: HCC}",
        ["company `HCC` is not in the list"],
    ),
    (
        "row without a place",
        "companies.yml",
        "{location: Calgary, company: HCA}",
        "{from: 2026-01-01, company: HCA}",
        ["the row says nothing of a location or department"],
    ),
    (
        "currency in words",
        "companies.yml",
        "base_currency: USD",
        "base_currency: dollars",
        ["`dollars` does not fit; expected: "],
    ),
    (
        "vendor type that is never sent",
        "vendor.yml",
        "types: [hidden,",
        "types: [employee,",
        ["`employee` is not known here"],
    ),
    (
        "company value for the supplier alone",
        "vendor.yml",
        "DefaultLanguage: {constant: en}",
        "DefaultLanguage: {take: company}",
        [
            (
                "`company` is not worked out here; known: source_id, supplier_country, "
                "supplier_id, supplier_name"
            )
        ],
    ),
    (
        "subject unknown",
        "bill.yml",
        "rules_for: bill",
        "rules_for: bils",
        ["`rules_for: bils` is not known; did you mean `bill`?"],
    ),
    (
        "subject missing",
        "bill.yml",
        "rules_for: bill",
        "",
        ["begin the file with `rules_for:` and one of companies, code_parts,"],
    ),
    (
        "subject twice",
        "purchase_order.yml",
        "rules_for: purchase_order",
        "rules_for: bill",
        ["the key `post_as` is not known"],
    ),
    (
        "anchor",
        "bill.yml",
        "number: {copy",
        "number: &number {copy",
        ["anchors (&) and aliases (*) are not used in rules"],
    ),
    (
        "broken",
        "bill.yml",
        "number: {copy: invoice_number,",
        "number: {copy: invoice_number",
        ["this is not readable YAML"],
    ),
    (
        "tag",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: {copy: !!binary currency.name}",
        ["the tag tag:yaml.org,2002:binary is not used in rules"],
    ),
    (
        "path that no bill has",
        "bill.yml",
        "InvoiceDate: {date: invoice_date}",
        "InvoiceDate: {date: invoice_dat}",
        ["header.InvoiceDate.date: a path cannot begin with `invoice_dat` here; did you mean"],
    ),
    (
        "path that a nested record has not",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: {copy: currency.code}",
        ["no Procurify record has the field `currency.code` here"],
    ),
    (
        "path to a record",
        "bill.yml",
        "currency: {copy: currency.name}",
        "currency: {copy: currency}",
        ["`currency` is a record; this needs a plain value"],
    ),
    (
        "path through a list",
        "bill.yml",
        "{per_line: items, give: {copy: po.number}",
        "{per_line: items.po, give: {copy: number}",
        ["no Procurify record has the field `items.po` here"],
    ),
    (
        "rows of something that is no list",
        "bill.yml",
        "{per_line: items, give: {copy: po.number}",
        "{per_line: vendor, give: {copy: name}",
        ["`vendor` is a record; this needs a list of records"],
    ),
    (
        "path of another list's rows",
        "bill.yml",
        "{per_line: items, give: {copy: po.number}",
        "{per_line: items, give: {copy: PO_Num}",
        ["give.copy: a path cannot begin with `PO_Num` here; known: see docs/rules.md"],
    ),
    (
        "path of a bill in an order",
        "purchase_order.yml",
        "PayTermBaseDate: {date: date}",
        "PayTermBaseDate: {date: invoice_date}",
        ["a path cannot begin with `invoice_date` here"],
    ),
    (
        "bank details",
        "vendor.yml",
        "{first_item: email, length_max: 200",
        "{first_item: payment_methods, length_max: 200",
        ["a path cannot begin with `payment_methods` here"],
    ),
    (
        "rounding without a limit",
        "bill.yml",
        "posting_period:\n",
        "rounding: {account: 6900}\nposting_period:\n",
        ["rounding: the key `at_most` is missing"],
    ),
    (
        "rounding of nothing",
        "bill.yml",
        "posting_period:\n",
        "rounding: {account: 6900, at_most: 0}\nposting_period:\n",
        ["rounding.at_most: 0 does not fit (exclusiveMinimum: 0)"],
    ),
    (
        "period choice",
        "bill.yml",
        "  closed: hold",
        "  closed: ignore",
        ["`ignore` is not known here; known here: hold, next_open, accrual_list"],
    ),
    (
        "legal entity without its table",
        "companies.yml",
        "  - {location: Austin, company: HUS}",
        "  - {legal_entity: Harbour LLC, company: HUS}",
        ["`legal_entity` needs a table `legal_entities` by location"],
    ),
    (
        "case that asks two questions",
        "accounts.yml",
        'table: accounts, value: "6999"',
        'table: accounts, tax: GST, value: "6999"',
        ["cases[2]: an example asks for exactly one of table, tax,"],
    ),
    (
        "case without an expectation",
        "accounts.yml",
        'value: "6999", problem: no_rule}',
        'value: "6999"}',
        ["cases[2]: one of `gives`, `nothing`, `problem` is missing; add exactly one"],
    ),
    (
        "case of a rule that is not there",
        "bill.yml",
        "field: header.VoucherDate",
        "field: header.VoucherDay",
        ["this file has no rule `header.VoucherDay`"],
    ),
    (
        "case with a field that no record has",
        "bill.yml",
        "record: {gl_post_date: null,",
        "record: {gl_posted: null,",
        ["no Procurify record has the field `gl_posted` here"],
    ),
    (
        "case with a problem that does not exist",
        "bill.yml",
        "problem: number_missing",
        "problem: number_gone",
        ["`number_gone` is no problem code"],
    ),
]

# Words of a fault that does not stand where the text was changed, and how its line begins.
ELSEWHERE: Mapping[str, str] = {
    "company `HUS` is missing; write `HUS: {}` when it has none": "code_parts:",
    "`Net 30` stands in this table twice (case and blanks aside)": "      Net 30:",
    "no file has a table `accounts`, which gives the account of IFS": "",
    "company `HCA` has no row with `no_tax: true`": "tax_codes:",
    "begin the file with `rules_for:` and one of companies, code_parts,": "",
    "the key `post_as` is not known": "post_as:",
}
