"""Further rules of the stand-in for Procurify: one line each, with the test that shows it."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, Rule


def _rule(id_: str, grade: str, text: str, test: str, *knobs: str) -> Rule:
    return Rule(id=id_, system="procurify", text=text, grade=grade, knobs=knobs, tests=(test,))


FURTHER_RULES: tuple[Rule, ...] = (
    _rule(
        "token-answer-has-the-documented-members",
        DOCUMENTED,
        "A token is asked for with client id, secret and audience.",
        "procurify/test_login.py::test_token_answer_has_the_documented_members",
    ),
    _rule(
        "writes-that-do-not-exist-are-not",
        DOCUMENTED,
        "Bills are neither created nor deleted by the API.",
        "procurify/test_login.py::test_writes_that_do_not_exist_are_not_allowed",
    ),
    _rule(
        "unknown-address-answers-with-a-page",
        INFERRED,
        "An address that does not exist answers with an HTML page.",
        "procurify/test_login.py::test_unknown_address_answers_with_a_page",
    ),
    _rule(
        "csv-has-the-same-rows",
        DOCUMENTED,
        "`format=csv` gives the same rows.",
        "procurify/test_lists.py::test_csv_has_the_same_rows",
    ),
    _rule(
        "currency-rates-are-strings-with-six-places",
        DOCUMENTED,
        "Currency rates are texts with six places.",
        "procurify/test_lists.py::test_currency_rates_are_strings_with_six_places",
    ),
    _rule(
        "location-names-its-legal-entity",
        DOCUMENTED,
        "The location names its legal entity.",
        "procurify/test_lists.py::test_location_names_its_legal_entity",
    ),
    _rule(
        "details-have-the-documented-fields-at-every",
        DOCUMENTED,
        "Rows, details and items have the published fields.",
        "procurify/test_bills.py::test_details_have_the_documented_fields_at_every_depth",
    ),
    _rule(
        "detail-is-found-by-uuid-with-and",
        DOCUMENTED,
        "A bill is found by uuid with and without hyphens.",
        "procurify/test_bills.py::test_detail_is_found_by_uuid_with_and_without_hyphens",
    ),
    _rule(
        "approver-is-in-the-history-with-the",
        DOCUMENTED,
        "The history of approvals names approver and department.",
        "procurify/test_bills.py::test_approver_is_in_the_history_with_the_department",
    ),
    _rule(
        "only-a-draft-can-be-deleted-and",
        INFERRED,
        "Only a draft can be deleted, and leaves no trace.",
        "procurify/test_edits.py::test_only_a_draft_can_be_deleted_and_leaves_no_trace",
    ),
    _rule(
        "change-stamp-can-move-without-a-change",
        INFERRED,
        "A stamp can move without a change.",
        "procurify/test_edits.py::test_change_stamp_can_move_without_a_change",
    ),
    _rule(
        "receipt-may-leave-the-header-as-it",
        INFERRED,
        "A receipt may leave the order's header as it was.",
        "procurify/test_edits.py::test_receipt_may_leave_the_header_as_it_was",
    ),
    _rule(
        "quantities-are-numbers-in-the-detail-and",
        INFERRED,
        "Quantities are numbers in the detail and texts in the flat list.",
        "procurify/test_orders.py::test_quantities_are_numbers_in_the_detail_and_strings_in_the_flat_list",
    ),
    _rule(
        "vendor-is-created",
        DOCUMENTED,
        "A vendor is created by POST, changed by PUT and PATCH.",
        "procurify/test_vendors.py::test_vendor_is_created",
    ),
    _rule(
        "put-answers-with-references-as-ids",
        DOCUMENTED,
        "PUT answers with references as ids, PATCH with a list row.",
        "procurify/test_vendors.py::test_put_answers_with_references_as_ids",
    ),
    _rule(
        "bank-numbers-are-masked",
        DOCUMENTED,
        "Bank numbers are masked.",
        "procurify/test_vendors.py::test_bank_numbers_are_masked",
    ),
    _rule(
        "empty-patch-moves-the-change-stamp",
        INFERRED,
        "A PATCH without content moves the stamp.",
        "procurify/test_vendors.py::test_empty_patch_moves_the_change_stamp",
    ),
)
