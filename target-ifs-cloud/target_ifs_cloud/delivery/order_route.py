"""Purchase orders of IFS: header and lines in one change set, then the release.

The release needs an ETag that was read after the lines were there, so it is a second step. Until it
is done the order is in doubt, and is released when it is found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from target_ifs_cloud.delivery.acting import ETAG_MISSING, call_action, exchange_of
from target_ifs_cloud.delivery.refusals import verdict_of
from target_ifs_cloud.delivery.sent import Sent, Verdict
from target_ifs_cloud.documents import DocumentKey, Problem, PurchaseOrder, SupplierInvoice
from target_ifs_cloud.errors import TemporaryError
from target_ifs_cloud.ifs.batch import ChangeSet, Failed, Operation, action_of
from target_ifs_cloud.ifs.client import IfsClient
from target_ifs_cloud.ifs.invoice_changes import NoEtagError
from target_ifs_cloud.ifs.invoice_reader import Marks
from target_ifs_cloud.ifs.invoices import InvoiceShown
from target_ifs_cloud.ifs.orders import (
    OrderShown,
    correction_change_set,
    create_order_change_set,
    find_orders,
    is_as_sent,
    order_differences,
    order_path,
)

NUMBER_TAKEN = Problem(
    code="order_number_taken",
    field="OrderNo",
    message="IFS has a closed or cancelled purchase order under this number, and keeps it",
    fix="Reopen that order in IFS, or give the order another number by the rule order.number.",
)
ACTION_MISSING = Problem(
    code="order_action_missing",
    field="Objstate",
    message="the site profile names no action for this, so the order stays as it is",
    fix="Do it by hand in IFS, or name the action in the block `order` of the site profile.",
)

SITE_WRONG = Problem(
    code="order_site_wrong",
    field="Contract",
    message="IFS has put the order into another company than its costs belong to, because of its "
    "site; the order was taken back",
    fix="Correct order.site_by_company in purchase_order.yml.",
)


class OrderRoute:
    """Looks up, creates, releases, changes and ends purchase orders of one site."""

    def __init__(self, client: IfsClient) -> None:
        """Work through ``client``."""
        self._client = client

    def find(
        self, numbers: Mapping[DocumentKey, str], marks: Marks
    ) -> Mapping[DocumentKey, tuple[InvoiceShown, ...]]:
        """The orders under these numbers that still count; we give the numbers, no stamp is needed.

        Raises:
            TemporaryError: the answer was not complete, so nothing may be concluded.
        """
        del marks
        return find_orders(self._client, numbers)

    def create(self, documents: Sequence[SupplierInvoice]) -> list[Sent]:
        """Create orders with their lines, then release them."""
        profile, orders = self._client.profile, [_order(document) for document in documents]
        sets = [create_order_change_set(order, profile) for order in orders]
        results = self._client.batch_change("order", sets)
        answers = []
        for document, set_, result in zip(orders, sets, results, strict=True):
            exchange = exchange_of(profile, "order", set_, result)
            sent = verdict_of(result, ifs_id=document.number, exchange=exchange)
            if isinstance(result, Failed) and result.is_duplicate:
                sent = self._duplicate(document, sent)
            answers.append(sent)
        done = [index for index, sent in enumerate(answers) if sent.verdict is Verdict.DONE]
        released = self._release([orders[index] for index in done])
        for index, sent in zip(done, released, strict=True):
            exchanges = (*answers[index].exchanges, *sent.exchanges)
            answers[index] = replace(sent, exchanges=exchanges)
            if sent.verdict is Verdict.REFUSED:
                answers[index] = self._take_back(orders[index], answers[index])
        return answers

    def converge(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[Sent]:
        """Bring header and lines to the documents, then release the orders that are not yet."""
        profile = self._client.profile
        orders, there = [_order(d) for d in documents], [_shown(s) for s in shown]
        answers = [Sent(verdict=Verdict.DONE, ifs_id=order.invoice_id) for order in there]
        sets: dict[int, ChangeSet] = {}
        for index, order in enumerate(orders):
            correction = self._correction(order, there[index])
            if isinstance(correction, Problem):
                refused = replace(answers[index], verdict=Verdict.REFUSED, problem=correction)
                answers[index] = refused
            elif correction is not None:
                sets[index] = correction
        results = self._client.batch_change("order", list(sets.values()))
        for (index, set_), result in zip(sets.items(), results, strict=True):
            exchange = exchange_of(profile, "order", set_, result)
            answers[index] = verdict_of(result, ifs_id=answers[index].ifs_id, exchange=exchange)
        done = [i for i, sent in enumerate(answers) if sent.verdict is Verdict.DONE]
        open_ones = [i for i in done if there[i].is_unfinished]
        released = self._release([orders[i] for i in open_ones])
        for index, second in zip(open_ones, released, strict=True):
            exchanges = (*answers[index].exchanges, *second.exchanges)
            answers[index] = replace(second, exchanges=exchanges)
        return answers

    def cancel(self, shown: InvoiceShown) -> Sent:
        """Cancel the order, as long as it is as it was read."""
        return self._end(shown, self._client.profile.order_names.cancel_action)

    def end(self, shown: InvoiceShown) -> Sent:
        """Close the order: it was delivered as far as it will be."""
        return self._end(shown, self._client.profile.order_names.close_action)

    def differences(
        self, documents: Sequence[SupplierInvoice], shown: Sequence[InvoiceShown]
    ) -> list[list[str]]:
        """What differs between documents and their orders with lines."""
        return [
            order_differences(_order(document), _shown(order), self._client.profile)
            for document, order in zip(documents, shown, strict=True)
        ]

    def edits(
        self,
        before: Sequence[SupplierInvoice],
        documents: Sequence[SupplierInvoice],
        shown: Sequence[InvoiceShown],
    ) -> list[list[str]]:
        """What other hands have changed since ``before`` was sent, and not to the documents."""
        left = self.differences(documents, shown)
        return [
            told if still else []
            for told, still in zip(self.differences(before, shown), left, strict=True)
        ]

    def are_whole(self, shown: Sequence[InvoiceShown]) -> list[bool]:
        """Whether the creation of each order has come to its end."""
        return [not order.is_unfinished and bool(_shown(order).lines) for order in shown]

    # parts

    def _correction(self, order: PurchaseOrder, shown: OrderShown) -> ChangeSet | Problem | None:
        try:
            return correction_change_set(order, shown, self._client.profile)
        except NoEtagError:
            return ETAG_MISSING

    def _end(self, shown: InvoiceShown, action: str | None) -> Sent:
        if action is None:
            return Sent(verdict=Verdict.REFUSED, ifs_id=shown.invoice_id, problem=ACTION_MISSING)
        path = order_path(shown, self._client.profile)
        return call_action(
            self._client, "order", path, action, etag=shown.etag, ifs_id=shown.invoice_id
        )

    def _release(self, documents: Sequence[PurchaseOrder]) -> list[Sent]:
        """Look at orders that stand and release them with the ETag that they have now.

        One verdict each, in order.
        """
        action = self._client.profile.order_names.release_action
        unanswered = [
            Sent(verdict=Verdict.UNANSWERED, ifs_id=document.number) for document in documents
        ]
        try:
            found = find_orders(self._client, {d.key: d.number for d in documents})
        except TemporaryError:
            return unanswered
        sets: dict[int, ChangeSet] = {}
        answers = unanswered
        for index, document in enumerate(documents):
            for shown in found[document.key]:
                answers[index] = replace(answers[index], verdict=Verdict.DONE)
                if shown.company != document.company:
                    answers[index] = replace(
                        answers[index], verdict=Verdict.REFUSED, problem=SITE_WRONG
                    )
                elif shown.is_unfinished and action:
                    sets[index] = self._release_of(shown, action)
        results = self._client.batch_change("order", list(sets.values()))
        for (index, set_), result in zip(sets.items(), results, strict=True):
            exchange = exchange_of(self._client.profile, "order", set_, result)
            sent = verdict_of(result, ifs_id=documents[index].number, exchange=exchange)
            is_stale = sent.verdict in {Verdict.STALE, Verdict.POSTPONED}
            # The order stands whatever came of its release, so it is looked at again.
            answers[index] = replace(sent, verdict=Verdict.UNANSWERED) if is_stale else sent
        return answers

    def _release_of(self, shown: OrderShown, action: str) -> ChangeSet:
        profile = self._client.profile
        service = profile.projection("order").name
        path = order_path(shown, profile)
        return ChangeSet(operations=(action_of(service, path, action, etag=shown.etag),))

    def _take_back(self, document: PurchaseOrder, sent: Sent) -> Sent:
        """Remove an order whose release IFS has refused, so that no half of it stays."""
        unanswered = replace(sent, verdict=Verdict.UNANSWERED)
        try:
            found = find_orders(self._client, {document.key: document.number})[document.key]
        except TemporaryError:
            return unanswered
        for shown in found:
            if not shown.etag:
                return unanswered
            path = order_path(shown, self._client.profile)
            removal = ChangeSet(
                operations=(Operation(method="DELETE", path=path, if_match=shown.etag),)
            )
            (result,) = self._client.batch_change("order", [removal])
            exchange = exchange_of(self._client.profile, "order", removal, result)
            undone = verdict_of(result, ifs_id=shown.invoice_id, exchange=exchange)
            exchanges = (*sent.exchanges, exchange)
            is_gone = undone.verdict is Verdict.DONE
            return replace(sent if is_gone else unanswered, exchanges=exchanges)
        return sent

    def _duplicate(self, document: PurchaseOrder, sent: Sent) -> Sent:
        """IFS says that the number is taken: by an order that counts, or by one that is over."""
        try:
            found = find_orders(self._client, {document.key: document.number})[document.key]
        except TemporaryError:
            return replace(sent, verdict=Verdict.UNANSWERED)
        if not found:
            return replace(sent, problem=NUMBER_TAKEN)
        # It was not there before, and is the very same: our own request has arrived twice.
        is_own = is_as_sent(document, found[0], self._client.profile)
        return replace(sent, verdict=Verdict.UNANSWERED if is_own else Verdict.STALE)


def _order(document: SupplierInvoice) -> PurchaseOrder:
    if not isinstance(document, PurchaseOrder):
        message = "a purchase order of IFS is compared with another kind of document"
        raise TypeError(message)
    return document


def _shown(shown: InvoiceShown) -> OrderShown:
    if not isinstance(shown, OrderShown):
        message = "an order was looked up as something else"
        raise TypeError(message)
    return shown
