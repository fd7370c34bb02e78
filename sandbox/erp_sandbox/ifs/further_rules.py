"""Further rules of the stand-in for IFS Cloud: one line each, with the test that shows it."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, SEEN, Rule


def _rule(id_: str, grade: str, text: str, test: str, *knobs: str) -> Rule:
    return Rule(id=id_, system="ifs", text=text, grade=grade, knobs=knobs, tests=(test,))


FURTHER_RULES: tuple[Rule, ...] = (
    _rule(
        "filters-choose-the-right-rows",
        DOCUMENTED,
        "`$filter` with comparison, arithmetic, string functions and casts to text; `$orderby`, "
        "`$top`, `$skip`, `$select`; `$count` is seen in code.",
        "ifs/test_query_options.py::test_filters_choose_the_right_rows",
        *("count_supported",),
    ),
    _rule(
        "what-ifs-does-not-support-is-refused",
        DOCUMENTED,
        "What IFS documents as not supported is refused; 501 or 400 is inferred.",
        "ifs/test_query_options.py::test_what_ifs_does_not_support_is_refused",
        *("not_implemented_status",),
    ),
    _rule(
        "rows-are-grouped-and-added-up",
        DOCUMENTED,
        "`$apply` with `filter`, `groupby` and `aggregate`; which steps there are is chosen.",
        "ifs/test_apply_and_time_limits.py::test_rows_are_grouped_and_added_up",
    ),
    _rule(
        "a-read-that-takes-too-long-is",
        DOCUMENTED,
        "A read ends after 300 s on `main`, 600 s on `int`, or after what `Prefer: wait` says.",
        "ifs/test_apply_and_time_limits.py::test_a_read_that_takes_too_long_is_ended",
        *("reads_take_s",),
    ),
    _rule(
        "the-proposal-comes-with-the-invoice-and",
        DOCUMENTED,
        "The proposal comes with the invoice and must balance.",
        "ifs/test_site.py::test_the_proposal_comes_with_the_invoice_and_balances",
        *("use_posting_proposal",),
    ),
    _rule(
        "an-enumeration-in-a-filter-has-its",
        INFERRED,
        "An enumeration in a filter has its qualified form, as keys have (seen in code).",
        "ifs/test_site.py::test_an_enumeration_in_a_filter_has_its_qualified_form",
    ),
    _rule(
        "a-wrong-invoice-is-refused-with-a",
        SEEN,
        "A rule of the database is told with its number and tag.",
        "ifs/test_site.py::test_a_wrong_invoice_is_refused_with_a_database_number",
        *("database_error_status",),
    ),
    _rule(
        "metadata-is-csdl-and-names-what-the",
        INFERRED,
        "`$metadata` of the invoice projections, and every name in it.",
        "ifs/test_site.py::test_metadata_is_csdl_and_names_what_the_rows_have",
        *("metadata_offered",),
    ),
    _rule(
        "an-etag-wraps-row-id-and-version",
        SEEN,
        "An ETag wraps row id and version; versions count, or are stamps in seconds.",
        "ifs/test_sets_and_descriptions.py::test_an_etag_wraps_row_id_and_version",
        *("objversion_style",),
    ),
    _rule(
        "what-hangs-below-a-supplier-is-created",
        SEEN,
        "Suppliers, their addresses, communication and company rows.",
        "ifs/test_sets_and_descriptions.py::test_what_hangs_below_a_supplier_is_created_read_and_removed",
    ),
    _rule(
        "accounts-may-show-nothing-without-a-company",
        SEEN,
        "Accounts may show nothing without a company in the filter.",
        "ifs/test_sets_and_descriptions.py::test_accounts_may_show_nothing_without_a_company",
        *("accounts_need_company",),
    ),
    _rule(
        "defaults-of-a-new-row-name-what",
        SEEN,
        "New rows have defaults, `<Unit>_Default()`.",
        "ifs/test_sets_and_descriptions.py::test_defaults_of_a_new_row_name_what_the_server_proposes",
    ),
    _rule(
        "openapi-is-not-there-without-a-version",
        SEEN,
        "`$openapi` by version.",
        "ifs/test_sets_and_descriptions.py::test_openapi_is_not_there_without_a_version",
        *("openapi_offered",),
    ),
    _rule(
        "members-that-only-ifs-writes-are-refused",
        INFERRED,
        "Members that only IFS writes are refused or ignored.",
        "ifs/test_sets_and_descriptions.py::test_members_that_only_ifs_writes_are_refused_or_ignored",
        *("read_only_members",),
    ),
    _rule(
        "exact-numbers-travel-as-texts-where-both",
        INFERRED,
        "Exact numbers travel as texts where both sides say so.",
        "ifs/test_sets_and_descriptions.py::test_exact_numbers_travel_as_texts_where_both_sides_say_so",
    ),
    _rule(
        "what-the-user-may-not-use-is",
        INFERRED,
        "What the user may not use is 403; services have their endpoint.",
        "ifs/test_sets_and_descriptions.py::test_what_the_user_may_not_use_is_forbidden_and_services_have_their_endpoint",
        *("projections_not_granted", "endpoint_of"),
    ),
    _rule(
        "a-member-may-be-mandatory-at-one",
        INFERRED,
        "A member may be mandatory at one site only.",
        "ifs/test_sets_and_descriptions.py::test_a_member_may_be_mandatory_at_one_site_only",
        *("custom_required",),
    ),
    _rule(
        "a-strict-site-wants-the-whole-row",
        INFERRED,
        "The company row of a supplier with every member.",
        "ifs/test_sets_and_descriptions.py::test_a_strict_site_wants_the_whole_row_of_a_company",
        *("company_row_needs_all",),
    ),
    _rule(
        "what-was-made-is-seen-by-reads",
        INFERRED,
        "Reads may see new rows later.",
        "ifs/test_rivals_and_delays.py::test_what_was_made_is_seen_by_reads_only_later",
        *("visible_after_s",),
    ),
    _rule(
        "a-change-of-the-rows-takes-the",
        INFERRED,
        "A change of the rows takes the authorisation back.",
        "ifs/test_final_posting.py::test_a_change_of_the_rows_takes_the_authorisation_back",
    ),
    _rule(
        "the-code-string-is-checked-again-on",
        SEEN,
        "The code string is checked again on the day of the voucher.",
        "ifs/test_final_posting.py::test_the_code_string_is_checked_again_on_the_day_of_the_voucher",
    ),
    _rule(
        "a-posted-invoice-neither-changes-nor-ends",
        INFERRED,
        "A posted invoice neither changes nor ends.",
        "ifs/test_final_posting.py::test_a_posted_invoice_neither_changes_nor_ends",
    ),
    _rule(
        "an-action-answers-as-the-site-does",
        INFERRED,
        "An action answers 200, 201 or 204.",
        "ifs/test_final_posting.py::test_an_action_answers_as_the_site_does",
        *("action_status",),
    ),
    _rule(
        "a-foreign-currency-is-booked-in-that",
        INFERRED,
        "Domestic amounts follow the rate of the invoice.",
        "ifs/test_final_posting.py::test_a_foreign_currency_is_booked_in_that_of_the_company",
    ),
    _rule(
        "an-automatic-series-draws-the-number",
        INFERRED,
        "An automatic series takes no number (documented) and draws it itself.",
        "ifs/test_external_invoices.py::test_an_automatic_series_draws_the_number",
        *("automatic_series", "default_series"),
    ),
    _rule(
        "company-follows-from-the-site-and-currency",
        SEEN,
        "The site says the company; currency and buyer are filled in.",
        "ifs/test_purchase_orders.py::test_company_follows_from_the_site_and_currency_and_buyer_are_filled_in",
        *("default_buyer",),
    ),
    _rule(
        "the-number-of-a-cancelled-order-stays",
        INFERRED,
        "The number of a cancelled order stays taken.",
        "ifs/test_purchase_orders.py::test_the_number_of_a_cancelled_order_stays_taken",
    ),
    _rule(
        "members-without-a-value",
        INFERRED,
        "Members without a value are null; some servers leave them out.",
        "ifs/test_site_habits.py::test_members_without_a_value_are_null_or_left_out",
        *("nulls_shown",),
    ),
    _rule(
        "rows-in-the-body-of-their-parent",
        INFERRED,
        "Rows in the body of their parent are refused; a site may take them, all or none.",
        "ifs/test_sets_and_descriptions.py::test_rows_in_the_body_of_their_parent_are_all_or_nothing",
        *("deep_insert",),
    ),
    _rule(
        "wrong-options",
        INFERRED,
        "An unknown member, a comparison of two kinds, a wrong number or word is 400.",
        "ifs/test_query_options.py::test_a_wrong_option_is_refused_and_never_answered",
    ),
    _rule(
        "expand-of-a-collection",
        DOCUMENTED,
        "`$expand` is for one-to-one associations, which no set here has: refused.",
        "ifs/test_query_options.py::test_other_options_are_refused",
    ),
    _rule(
        "plain-text-enumeration",
        INFERRED,
        "A plain text in the place of an enumeration is 400.",
        "ifs/test_query_options.py::test_a_plain_text_in_the_place_of_an_enumeration_is_refused",
    ),
    _rule(
        "client-pair",
        SEEN,
        "Some sites take the client pair as HTTP Basic only.",
        "ifs/test_ifs_login.py::test_a_site_takes_the_client_pair_where_it_looks_for_it",
        *("client_auth",),
    ),
    _rule(
        "scope",
        SEEN,
        "The scope is left out by some; the documented one may be needed.",
        "ifs/test_ifs_login.py::test_a_scope_may_be_needed",
        *("scope_required",),
    ),
    _rule(
        "realm-description",
        SEEN,
        "The realm names its token endpoint under `.well-known/openid-configuration`.",
        "ifs/test_ifs_login.py::test_the_realm_describes_itself",
    ),
    _rule(
        "foreign-client",
        INFERRED,
        "A client that nobody here wrote reads, pages, changes with ETag and batches.",
        "ifs/test_foreign_client.py::test_it_understands_the_metadata",
    ),
)
