"""Further rules of the stand-in for Procurify: one line each, with the test that shows it."""

from __future__ import annotations

from erp_sandbox.grades import DOCUMENTED, INFERRED, SEEN, Rule


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
        SEEN,
        "Bills are neither created nor deleted by the API.",
        "procurify/test_login.py::test_writes_that_do_not_exist_are_not_allowed",
    ),
    _rule(
        "unknown-address-answers-with-a-page",
        SEEN,
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
        INFERRED,
        "The entry of the history with status 2 names approver and department.",
        "procurify/test_bills.py::test_approver_is_in_the_history_with_the_department",
    ),
    _rule(
        "only-a-draft-can-be-deleted-and",
        DOCUMENTED,
        "Only a draft can be deleted, and leaves no trace.",
        "procurify/test_edits.py::test_only_a_draft_can_be_deleted_and_leaves_no_trace",
    ),
    _rule(
        "change-stamp-can-move-without-a-change",
        SEEN,
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
        DOCUMENTED,
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
        SEEN,
        "A PATCH without content moves the stamp.",
        "procurify/test_vendors.py::test_empty_patch_moves_the_change_stamp",
    ),
    _rule(
        "mark-as-paid",
        DOCUMENTED,
        "Approved bills without a payment are marked as paid; the answer is the body.",
        "procurify/test_office_writes.py::test_approved_bills_are_marked_as_paid",
        *("may_user_write_all",),
    ),
    _rule(
        "mark-as-paid-refused",
        INFERRED,
        "One bill in another state refuses the whole call.",
        "procurify/test_office_writes.py::test_only_approved_bills_are_marked_as_paid",
    ),
    _rule(
        "bill-patch",
        SEEN,
        "Some fields of a bill are changed by PATCH; an empty one moves its stamp.",
        "procurify/test_office_writes.py::test_an_empty_patch_of_a_bill_moves_its_stamp",
        *("may_user_write_all",),
    ),
    _rule(
        "order-close",
        DOCUMENTED,
        "An order is closed and reopened; from which states is inferred.",
        "procurify/test_office_writes.py::test_an_order_is_closed_and_reopened",
        *("may_user_write_all",),
    ),
    _rule(
        "old-payments",
        DOCUMENTED,
        "The old list of payments is marked for removal: gone, or still there.",
        "procurify/test_office_writes.py::test_the_old_payment_list_is_gone_or_still_there",
        *("is_old_payment_list_offered",),
    ),
    _rule(
        "options",
        DOCUMENTED,
        "`OPTIONS` tells the fields of a list and their types; its form is inferred.",
        "procurify/test_office_writes.py::test_options_tell_the_fields_of_a_list",
    ),
    _rule(
        "no-format",
        DOCUMENTED,
        "Purchase orders and public payments know neither `format` nor `search`.",
        "procurify/test_lists.py::test_two_lists_have_neither_format_nor_search",
    ),
    _rule(
        "active-vendors",
        DOCUMENTED,
        "The plain list of vendors shows the active ones only.",
        "procurify/test_vendors.py::test_list_shows_active_vendors_only",
    ),
    _rule(
        "inactive-vendor-found",
        INFERRED,
        "A vendor that goes inactive leaves the list and is still found by its id.",
        "procurify/test_vendors.py::test_inactive_vendor_leaves_the_list_and_stays_to_be_found",
    ),
    _rule(
        "unlisted-vendor",
        INFERRED,
        "A bill may name a vendor that no list shows.",
        "procurify/test_bills.py::test_a_bill_names_a_vendor_that_no_list_shows",
    ),
    _rule(
        "mixed-stamps",
        SEEN,
        "Stamps have the offsets of several zones, with and without fractions.",
        "procurify/test_bills.py::test_stamps_mix_offsets_and_microseconds",
    ),
    _rule(
        "every-kind-of-bill",
        INFERRED,
        "Negative lines, split lines, cards, expenses, every status: all in the seed.",
        "procurify/test_bills.py::test_seed_has_every_kind_of_bill",
    ),
    _rule(
        "same-number-twice",
        INFERRED,
        "Bills may share an invoice number, but for case and blanks too.",
        "procurify/test_bills.py::test_seed_has_bills_with_the_same_number",
    ),
    _rule(
        "every-sample",
        DOCUMENTED,
        "Every member of every published sample is answered, with its kind.",
        "procurify/test_example_members.py::test_every_other_sample_is_answered_too",
    ),
    _rule(
        "every-shape",
        DOCUMENTED,
        "Every published endpoint answers in its published shape.",
        "procurify/test_published_shapes.py::test_every_published_write_answers_in_its_shape",
    ),
    _rule(
        "lives-go-on",
        INFERRED,
        "Bills and orders move on as days pass; the states are the published ones.",
        "procurify/test_lifecycles.py::test_a_draft_is_submitted_approved_and_paid_as_days_go_by",
    ),
    _rule(
        "nulls",
        INFERRED,
        "Every member that may be null (documented) is null in every so many rows.",
        "procurify/test_nulls.py::test_what_may_be_null_is_null_and_the_shape_still_holds",
        *("null_every",),
    ),
)
