"""Rules of the stand-in for Procurify, with how sure each is and what shows it."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, SEEN, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="page-size",
        system="procurify",
        text=(
            "Ten rows a page unless asked, at most 100; a larger wish is quietly reduced, a "
            "wrong one is the default."
        ),
        grade=INFERRED,
        knobs=("page_size_default", "page_size_cap"),
        tests=(
            "procurify/test_lists.py::test_large_page_size_is_quietly_reduced",
            "procurify/test_lists.py::test_wrong_page_size_is_the_default_one",
        ),
    ),
    Rule(
        id="page-past-end",
        system="procurify",
        text="A page past the end, or no number, is 404 `Invalid page.`.",
        grade=INFERRED,
        knobs=("is_past_end_refused",),
        tests=(
            "procurify/test_lists.py::test_page_that_does_not_exist_is_not_found",
            "procurify/test_lists.py::test_page_past_the_end_may_be_empty",
        ),
    ),
    Rule(
        id="next-link",
        system="procurify",
        text=("`next` and `previous` are absolute; their scheme may be wrong, as in one sample."),
        grade=DOCUMENTED,
        knobs=("next_scheme",),
        tests=("procurify/test_lists.py::test_next_is_absolute_and_keeps_the_query",),
    ),
    Rule(
        id="list-envelope",
        system="procurify",
        text="Paging stands in the metadata of most lists, on top of the receipts.",
        grade=DOCUMENTED,
        tests=(
            "procurify/test_lists.py::test_list_has_its_paging_in_the_metadata",
            "procurify/test_lists.py::test_receipts_have_their_paging_on_top",
        ),
    ),
    Rule(
        id="change-window",
        system="procurify",
        text="Both ends of a range are inclusive.",
        grade=INFERRED,
        tests=("procurify/test_bills.py::test_change_window_has_both_ends_inclusive",),
    ),
    Rule(
        id="plain-date-range",
        system="procurify",
        text="A plain date covers its whole day in the tenant's zone (America/Vancouver).",
        grade=INFERRED,
        tests=(
            "procurify/test_bills.py::test_plain_date_covers_its_whole_day_in_the_tenants_zone",
        ),
    ),
    Rule(
        id="unreadable-filter",
        system="procurify",
        text="A filter that cannot be read is 400; an empty one filters nothing.",
        grade=INFERRED,
        tests=(
            "procurify/test_lists.py::test_unreadable_filter_is_refused",
            "procurify/test_lists.py::test_empty_filter_filters_nothing",
        ),
    ),
    Rule(
        id="unknown-parameter",
        system="procurify",
        text="An unknown parameter is passed over.",
        grade=SEEN,
        tests=("procurify/test_lists.py::test_unknown_parameter_is_passed_over",),
    ),
    Rule(
        id="order-by",
        system="procurify",
        text=(
            "`order_by` sorts by a few fields and is passed over for others; documented for "
            "public payments only."
        ),
        grade=INFERRED,
        knobs=("is_order_by_honoured",),
        tests=("procurify/test_lists.py::test_order_by_sorts_where_the_field_is_known",),
    ),
    Rule(
        id="vendor-groups",
        system="procurify",
        text="The group `all` lists inactive vendors too; which types the other groups hold.",
        grade=INFERRED,
        knobs=("does_all_group_list_inactive",),
        tests=(
            "procurify/test_vendors.py::test_groups_hold_their_types",
            "procurify/test_vendors.py::test_list_shows_active_vendors_only",
        ),
    ),
    Rule(
        id="vendor-name-taken",
        system="procurify",
        text="An active vendor's name is refused, whatever its case.",
        grade=INFERRED,
        knobs=("is_duplicate_name_refused",),
        tests=("procurify/test_vendors.py::test_name_of_an_active_vendor_is_refused",),
    ),
    Rule(
        id="client-header",
        system="procurify",
        text="A call without `X-Procurify-Client` is 401.",
        grade=INFERRED,
        knobs=("is_client_header_required",),
        tests=("procurify/test_login.py::test_call_without_the_client_header_is_refused",),
    ),
    Rule(
        id="mixed-dates",
        system="procurify",
        text=(
            "Dates in the bill list are date-times in some rows and plain dates in others; "
            "the published descriptions disagree."
        ),
        grade=INFERRED,
        knobs=("does_list_mix_plain_dates",),
        tests=("procurify/test_bills.py::test_list_mixes_plain_dates_unless_told_otherwise",),
    ),
    Rule(
        id="error-bodies",
        system="procurify",
        text=("Error bodies are `detail`, fields with lists, or `errors` with message and code."),
        grade=INFERRED,
        knobs=("error_shape",),
        tests=("procurify/test_vendors.py::test_all_faults_come_at_once_in_either_shape",),
    ),
    Rule(
        id="token-request",
        system="procurify",
        text=(
            "The token endpoint takes JSON (documented) and no form; a wrong audience is 401 "
            "(both inferred)."
        ),
        grade=INFERRED,
        knobs=("does_token_endpoint_take_forms",),
        tests=(
            "procurify/test_login.py::test_token_request_must_be_json",
            "procurify/test_login.py::test_token_is_refused_to_a_wrong_request",
        ),
    ),
    Rule(
        id="token-life",
        system="procurify",
        text="A token is good for 24 hours.",
        grade=DOCUMENTED,
        knobs=("token_ttl_s",),
        tests=("procurify/test_login.py::test_token_expires_with_the_simulated_clock",),
    ),
    Rule(
        id="trailing-slash",
        system="procurify",
        text=("GET without the trailing slash is redirected with 301, a write without it is 404."),
        grade=INFERRED,
        tests=(
            "procurify/test_login.py::test_get_without_slash_is_redirected_with_its_query",
            "procurify/test_login.py::test_write_without_slash_fails",
        ),
    ),
    Rule(
        id="order-stages",
        system="procurify",
        text=(
            "List status `open` is an open order of which nothing is received, `partial` one "
            "of which something is; role `receivable` is what can still be received."
        ),
        grade=INFERRED,
        tests=("procurify/test_orders.py::test_status_of_the_path_narrows_the_list",),
    ),
    Rule(
        id="has-payment",
        system="procurify",
        text="`has_payment=true` means without payment, as its published label says.",
        grade=INFERRED,
        tests=("procurify/test_bills.py::test_filters_of_the_bill_list",),
    ),
    Rule(
        id="bill-totals",
        system="procurify",
        text=(
            "`total_cost_with_tax` is lines, bill-level costs and tax, inside the price or on top."
        ),
        grade=INFERRED,
        tests=("procurify/test_bills.py::test_bill_totals_add_up",),
    ),
    Rule(
        id="converted-total",
        system="procurify",
        text=("`converted_total_cost` is the total in the base currency by the currency's rate."),
        grade=INFERRED,
        tests=("procurify/test_bills.py::test_bill_totals_add_up",),
    ),
    Rule(
        id="split-sum",
        system="procurify",
        text="A split adds up to its line without tax, to the cent.",
        grade=INFERRED,
        tests=("procurify/test_bills.py::test_split_adds_up_to_the_line_to_the_cent",),
    ),
    Rule(
        id="bill-version",
        system="procurify",
        text="Back to draft raises a bill's `version`.",
        grade=INFERRED,
        tests=(
            "procurify/test_edits.py::test_bill_that_is_fixed_goes_back_to_draft_with_a_new_version",
        ),
    ),
    Rule(
        id="order-version",
        system="procurify",
        text="A revision raises an order's `version`.",
        grade=DOCUMENTED,
        tests=("procurify/test_edits.py::test_order_is_bought_received_revised_and_closed",),
    ),
    Rule(
        id="locked-bill",
        system="procurify",
        text="An exported or paid bill is `locked`.",
        grade=INFERRED,
        tests=("procurify/test_edits.py::test_exported_or_paid_bill_is_locked",),
    ),
    Rule(
        id="billing-history",
        system="procurify",
        text="The billing history shows open orders and counts bills whatever their status.",
        grade=INFERRED,
        tests=("procurify/test_orders.py::test_billing_history_counts_what_bills_have_taken",),
    ),
    Rule(
        id="vendor-put",
        system="procurify",
        text="PUT leaves what is not sent as it was; the computed score is ignored.",
        grade=INFERRED,
        tests=(
            "procurify/test_vendors.py::test_put_leaves_what_is_not_sent_and_passes_over_the_score",
        ),
    ),
    Rule(
        id="vendor-term",
        system="procurify",
        text="A payment term is taken as id, object or null.",
        grade=INFERRED,
        tests=("procurify/test_vendors.py::test_payment_term_is_taken_in_every_form",),
    ),
    Rule(
        id="rights",
        system="procurify",
        text=(
            "The sandbox's user may write vendors and nothing else: marking bills as paid, "
            "changing bills, closing orders are 403."
        ),
        grade=INFERRED,
        knobs=("may_user_write_all",),
        tests=("procurify/test_login.py::test_writes_beside_vendors_are_forbidden",),
    ),
)
