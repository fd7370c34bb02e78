"""Rules of the stand-in for IFS Cloud, with how sure each is and what shows it."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, SEEN, Rule

RULES: tuple[Rule, ...] = (
    Rule(
        id="token",
        system="ifs",
        text="Client credentials as form fields; the answer has its nine members.",
        grade=DOCUMENTED,
        knobs=("realm", "client_id", "client_secret", "token_ttl_s"),
        tests=(
            "ifs/test_ifs_login.py::test_a_token_answer_has_the_documented_members",
            "ifs/test_ifs_login.py::test_a_token_ends_with_the_simulated_clock",
        ),
    ),
    Rule(
        id="challenge",
        system="ifs",
        text=(
            "A missing, wrong or old token is 401 with a challenge, or the way to the login page."
        ),
        grade=SEEN,
        knobs=("unauthenticated",),
        tests=(
            "ifs/test_site.py::test_a_missing_wrong_or_old_token_is_refused_with_a_challenge",
            "ifs/test_ifs_login.py::test_who_has_no_token_is_sent_to_the_login_page_at_some_sites",
        ),
    ),
    Rule(
        id="rows-without-top",
        system="ifs",
        text="A read without `$top` is cut in silence.",
        grade=SEEN,
        knobs=("default_page_size",),
        tests=("ifs/test_site.py::test_a_read_without_top_is_cut_in_silence",),
    ),
    Rule(
        id="next-link",
        system="ifs",
        text="Some servers give a next link.",
        grade=SEEN,
        knobs=("emit_next_link",),
        tests=(
            "ifs/test_sets_and_descriptions.py::test_a_next_link_leads_to_the_rest_where_the_site_gives_one",
        ),
    ),
    Rule(
        id="rows-of-a-page",
        system="ifs",
        text="The documented 5000 is read as rows of a page: a larger wish is cut or refused.",
        grade=INFERRED,
        knobs=("page_rows_max", "page_rows_over"),
        tests=(
            "ifs/test_profiles_and_limits.py::test_a_page_over_the_limit_is_cut_quietly",
            "ifs/test_profiles_and_limits.py::test_a_page_over_the_limit_is_refused_where_the_site_says_so",
        ),
    ),
    Rule(
        id="array-elements",
        system="ifs",
        text=(
            "Array elements over 5000 answer 500. Documented as advice for the bodies of "
            "actions; that any body counts, and that every larger one fails, is stricter."
        ),
        grade=DOCUMENTED,
        knobs=("array_elements_max", "array_over_status"),
        tests=(
            "ifs/test_profiles_and_limits.py::test_a_body_with_too_many_array_elements_is_500_and_nothing_is_done",
        ),
    ),
    Rule(
        id="nested-arrays",
        system="ifs",
        text="Elements of nested arrays count too, or each array counts by itself.",
        grade=INFERRED,
        knobs=("array_counting",),
        tests=("ifs/test_profiles_and_limits.py::test_nested_elements_count_by_the_knob",),
    ),
    Rule(
        id="etag",
        system="ifs",
        text=(
            "A change needs the etag of the row as it is; without one it is 428, or an "
            "upsert (documented)."
        ),
        grade=SEEN,
        knobs=("patch_without_if_match", "objversion_style"),
        tests=(
            "ifs/test_site.py::test_a_change_needs_the_etag_of_the_row_as_it_is",
            "ifs/test_sets_and_descriptions.py::test_a_patch_without_if_match_is_an_upsert_at_some_sites",
        ),
    ),
    Rule(
        id="change-set",
        system="ifs",
        text=(
            "A change set is done as a whole or not at all and refers to its own rows by "
            "content id."
        ),
        grade=DOCUMENTED,
        knobs=("batch_allowed",),
        tests=("ifs/test_site.py::test_a_change_set_is_atomic_and_refers_by_content_id",),
    ),
    Rule(
        id="batch-order",
        system="ifs",
        text="A batch ends at the first failure unless told to go on.",
        grade=DOCUMENTED,
        tests=("ifs/test_site.py::test_a_batch_ends_at_the_first_failure_unless_told_to_go_on",),
    ),
    Rule(
        id="metadata-modified",
        system="ifs",
        text=(
            "A change of metadata refuses requests with 503, in early releases 500, and "
            "names the wait."
        ),
        grade=DOCUMENTED,
        knobs=("mi_modified_status", "mi_modified_every", "retry_after_s"),
        tests=("ifs/test_site.py::test_a_stale_metadata_cache_and_a_throttle_name_the_wait",),
    ),
    Rule(
        id="row-lock",
        system="ifs",
        text="A row that another session holds is refused until it is free.",
        grade=SEEN,
        knobs=("lock_every", "locked_rows"),
        tests=(
            "ifs/test_sets_and_descriptions.py::test_a_row_that_another_session_holds_is_refused_until_it_is_free",
        ),
    ),
    Rule(
        id="code-string",
        system="ifs",
        text="A code string must be allowed for its account and valid on its day.",
        grade=DOCUMENTED,
        knobs=("forbidden_combinations",),
        tests=(
            "ifs/test_site.py::test_a_wrong_code_string_is_refused",
            "ifs/test_final_posting.py::test_a_string_that_a_combination_rule_forbids_is_refused",
        ),
    ),
    Rule(
        id="two-authorisers",
        system="ifs",
        text="Where the company wants two people, one person is not two.",
        grade=INFERRED,
        tests=(
            "ifs/test_final_posting.py::test_two_people_authorise_where_the_company_wants_two",
            "ifs/test_final_posting.py::test_one_person_is_not_two",
        ),
    ),
    Rule(
        id="history-log",
        system="ifs",
        text="History is kept for the units that are logged.",
        grade=SEEN,
        knobs=("history_logging",),
        tests=(
            "ifs/test_sets_and_descriptions.py::test_history_is_kept_for_the_units_that_are_logged",
        ),
    ),
    Rule(
        id="entity-services",
        system="ifs",
        text="Entity services answer on `int` once they are switched on.",
        grade=DOCUMENTED,
        knobs=("entity_services_active",),
        tests=(
            "ifs/test_purchase_orders.py::test_entity_services_answer_on_int_once_they_are_switched_on",
        ),
    ),
    Rule(
        id="names",
        system="ifs",
        text=("Every name of the invoice, proposal and interface projections, and of the actions."),
        grade=INFERRED,
        tests=("ifs/test_site.py::test_metadata_is_csdl_and_names_what_the_rows_have",),
    ),
    Rule(
        id="load-error",
        system="ifs",
        text=(
            "An invoice of a load has one error code, `<Unit>.<TAG>` of the first thing that "
            "is wrong."
        ),
        grade=INFERRED,
        tests=("ifs/test_external_invoices.py::test_the_check_keeps_the_error_of_an_invoice",),
    ),
    Rule(
        id="load-states",
        system="ifs",
        text="An invoice of a load is `Loaded`, `Checked`, then `Created`.",
        grade=INFERRED,
        tests=("ifs/test_external_invoices.py::test_a_load_is_checked_and_then_created",),
    ),
    Rule(
        id="load-state",
        system="ifs",
        text="A load is as far as the least advanced of its invoices.",
        grade=INFERRED,
        tests=(
            "ifs/test_external_invoices.py::test_a_load_is_as_far_as_the_least_advanced_of_its_invoices",
        ),
    ),
    Rule(
        id="load-recheck",
        system="ifs",
        text="A row of a load that changes must be checked again.",
        grade=INFERRED,
        tests=("ifs/test_external_invoices.py::test_a_changed_row_must_be_checked_again",),
    ),
    Rule(
        id="load-partial",
        system="ifs",
        text="Without partial creation nothing is created from a load with a bad invoice.",
        grade=INFERRED,
        knobs=("load_partial_create",),
        tests=(
            "ifs/test_external_invoices.py::test_partial_creation_decides_what_a_bad_invoice_stops",
            "ifs/test_site_habits.py::test_what_became_wrong_after_the_check_stops_all_of_a_load",
        ),
    ),
    Rule(
        id="load-by-itself",
        system="ifs",
        text="A load whose type checks by itself is checked when its change set is done.",
        grade=INFERRED,
        knobs=("load_check_after_load", "load_create_after_check"),
        tests=("ifs/test_external_invoices.py::test_the_load_type_may_check_and_create_by_itself",),
    ),
    Rule(
        id="load-one-by-one",
        system="ifs",
        text="Rows of such a load that come one by one wait for the action.",
        grade=INFERRED,
        tests=(
            "ifs/test_external_invoices.py::test_rows_that_come_one_by_one_wait_for_the_action",
        ),
    ),
    Rule(
        id="voucher-day",
        system="ifs",
        text="The voucher has the day of arrival, else of the invoice.",
        grade=INFERRED,
        knobs=("load_voucher_date",),
        tests=(
            "ifs/test_external_invoices.py::test_the_day_of_the_voucher_is_that_of_arrival_or_of_the_invoice",
        ),
    ),
    Rule(
        id="created-state",
        system="ifs",
        text="Created with a proposal: preliminary; created without: posted.",
        grade=INFERRED,
        knobs=("use_posting_proposal",),
        tests=(
            "ifs/test_external_invoices.py::test_with_proposals_the_invoice_is_preliminary_and_its_proposal_balanced",
            "ifs/test_external_invoices.py::test_without_proposals_the_invoice_is_posted_with_a_balanced_voucher",
        ),
    ),
    Rule(
        id="voucher-number-kept",
        system="ifs",
        text="A preliminary invoice has a voucher number that its final posting uses.",
        grade=INFERRED,
        tests=(
            "ifs/test_external_invoices.py::test_the_voucher_number_of_a_preliminary_invoice_is_that_of_its_voucher",
        ),
    ),
    Rule(
        id="authorisation",
        system="ifs",
        text="A balanced proposal must be authorised before its posting.",
        grade=INFERRED,
        knobs=("final_posting_needs_authorisation",),
        tests=(
            "ifs/test_final_posting.py::test_a_balanced_and_authorised_proposal_is_posted_with_a_voucher",
            "ifs/test_final_posting.py::test_some_companies_post_what_is_only_balanced",
        ),
    ),
    Rule(
        id="invoice-number",
        system="ifs",
        text=(
            "An invoice number is taken per company, supplier, series and number until it is "
            "cancelled."
        ),
        grade=INFERRED,
        knobs=("uniqueness_scope", "unique_numbers"),
        tests=(
            "ifs/test_site.py::test_a_number_is_taken_until_its_invoice_is_cancelled",
            "ifs/test_final_posting.py::test_the_scope_of_a_unique_number_is_the_companys",
        ),
    ),
    Rule(
        id="order-end",
        system="ifs",
        text=(
            "An order has a line before its release; it is cancelled until something "
            "arrives, closed after its release, removed while planned."
        ),
        grade=INFERRED,
        tests=(
            "ifs/test_purchase_orders.py::test_the_release_is_a_step_of_its_own",
            "ifs/test_purchase_orders.py::test_orders_end_from_the_states_that_allow_it",
            "ifs/test_purchase_orders.py::test_only_a_planned_order_is_removed_and_its_lines_go_with_it",
        ),
    ),
    Rule(
        id="released-line",
        system="ifs",
        text="A line of a released order can be removed.",
        grade=INFERRED,
        knobs=("released_lines_removable",),
        tests=("ifs/test_purchase_orders.py::test_a_released_line_goes_by_the_knob",),
    ),
    Rule(
        id="long-texts",
        system="ifs",
        text="Texts that are too long are refused.",
        grade=INFERRED,
        tests=(
            "ifs/test_external_invoices.py::test_a_text_that_is_too_long_is_refused_and_never_cut",
        ),
    ),
    Rule(
        id="parent-keys",
        system="ifs",
        text="Keys of parents are repeated at each level and must agree.",
        grade=INFERRED,
        tests=(
            "ifs/test_sets_and_descriptions.py::test_a_key_that_belongs_to_another_parent_is_not_found",
        ),
    ),
    Rule(
        id="accounts-of-suppliers",
        system="ifs",
        text="Accounts 2410 and 2450 owe the supplier and hold the input tax.",
        grade=INFERRED,
        tests=(
            "ifs/test_external_invoices.py::test_without_proposals_the_invoice_is_posted_with_a_balanced_voucher",
        ),
    ),
    Rule(
        id="voucher-rows",
        system="ifs",
        text="`IP1`, `IP2` and `IP3` are the types of supplier, cost and tax rows.",
        grade=INFERRED,
        tests=(
            "ifs/test_final_posting.py::test_a_balanced_and_authorised_proposal_is_posted_with_a_voucher",
        ),
    ),
)
