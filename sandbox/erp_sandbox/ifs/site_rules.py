"""Rules of the stand-in for IFS Cloud that are the habits of a site, or of one kind of set."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, SEEN, Rule


def _rule(id_: str, grade: str, text: str, test: str, *knobs: str) -> Rule:
    return Rule(id=id_, system="ifs", text=text, grade=grade, knobs=knobs, tests=(test,))


SITE_RULES: tuple[Rule, ...] = (
    _rule(
        "company-functions",
        SEEN,
        "`GetDefaultCompany()` and `GetSelectedCompany()` answer the company of the service user.",
        "ifs/test_site_habits.py::test_the_service_user_has_a_company_of_its_own",
        *("default_company",),
    ),
    _rule(
        "validate-account",
        SEEN,
        "`Account_ValidateAccount` looks at the account alone and needs no ETag.",
        "ifs/test_site_habits.py::test_an_account_is_validated_without_an_etag",
    ),
    _rule(
        "query-rows",
        SEEN,
        "Rows of a query carry no ETag; which sets are queries is inferred.",
        "ifs/test_site_habits.py::test_rows_of_a_query_have_no_etag",
    ),
    _rule(
        "single-row",
        SEEN,
        "A single row has its ETag in the body and as a header.",
        "ifs/test_site_habits.py::test_a_single_row_tells_its_context_and_its_etag_twice",
    ),
    _rule(
        "upsert-key",
        DOCUMENTED,
        "An upsert fails when a key is not insertable.",
        "ifs/test_site_habits.py::test_an_upsert_inserts_no_row_whose_key_the_server_gives",
        *("patch_without_if_match",),
    ),
    _rule(
        "one-projection",
        SEEN,
        "A batch is for one projection.",
        "ifs/test_site_habits.py::test_a_batch_is_for_one_projection",
    ),
    _rule(
        "json-batch",
        INFERRED,
        "A batch in JSON is refused.",
        "ifs/test_site_habits.py::test_a_batch_in_json_is_refused",
    ),
    _rule(
        "attachments",
        SEEN,
        "A document hangs on a row by unit and key; the keys of both sets are inferred.",
        "ifs/test_site_habits.py::test_a_document_hangs_on_an_invoice",
    ),
    _rule(
        "custom-fields",
        SEEN,
        "A site has custom fields `Cf_<Name>`, and may make them mandatory.",
        "ifs/test_site_habits.py::test_a_site_has_custom_fields",
        *(
            "custom_fields",
            "custom_required",
        ),
    ),
    _rule(
        "closed-code-part",
        DOCUMENTED,
        "A code part that is switched off must be empty; A to F are open by default.",
        "ifs/test_site_habits.py::test_a_closed_code_part_must_be_empty",
        *("closed_code_parts",),
    ),
    _rule(
        "demanded-tax-code",
        INFERRED,
        "An account may demand a tax code.",
        "ifs/test_site_habits.py::test_an_account_may_demand_a_tax_code",
        *("accounts_with_tax_code",),
    ),
    _rule(
        "tax-of-the-header",
        INFERRED,
        "The tax may stand in the header alone.",
        "ifs/test_site_habits.py::test_the_tax_may_stand_in_the_header_alone",
        *("tax_mode",),
    ),
    _rule(
        "authorisers",
        INFERRED,
        "Who has authorised stands below the proposal; `Unacknowledged` is seen in code.",
        "ifs/test_site_habits.py::test_who_has_authorised_stands_below_the_proposal",
        *("default_authorizer",),
    ),
    _rule(
        "two-from-an-amount",
        INFERRED,
        "Two people are for amounts from `TwoAuthorizersAmount` on.",
        "ifs/test_site_habits.py::test_two_people_are_for_large_amounts",
    ),
    _rule(
        "first-bad-invoice",
        INFERRED,
        "Without partial creation a bad invoice stops all of a load, or what follows it.",
        "ifs/test_site_habits.py::test_the_first_bad_invoice_stops_all_of_a_load_or_the_rest",
        *("load_bad_invoice",),
    ),
    _rule(
        "invoice-lengths",
        INFERRED,
        "Texts of an invoice have the lengths that `$metadata` tells.",
        "ifs/test_site_habits.py::test_texts_of_an_invoice_have_their_lengths",
    ),
    _rule(
        "number-by-hand",
        INFERRED,
        "A number that a person gives to an invoice is taken, too.",
        "ifs/test_rivals_and_delays.py::test_another_hand_inserts_and_removes_rows",
    ),
    _rule(
        "other-names",
        INFERRED,
        "A site may have other names of projections, sets, members and actions.",
        "ifs/test_other_names.py::test_a_site_may_have_other_names",
        *("names",),
    ),
)
