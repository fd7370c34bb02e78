"""One sink per document kind: it collects records and hands them to the run, nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, cast

from singer_sdk import BatchSink, Target
from typing_extensions import override

from target_ifs_cloud.delivery.run import DeliveryRun
from target_ifs_cloud.errors import ConfigurationError


class DeliveringTarget(Protocol):
    """What a sink needs of its target."""

    @property
    def run(self) -> DeliveryRun:
        """The run in progress."""

    def drain_stream(self, stream_name: str) -> None:
        """Deliver what is waiting of one stream."""


class StreamRefusedError(ConfigurationError):
    """A stream arrived that this target does not take."""

    def __init__(self, stream: str, known: Sequence[str]) -> None:
        """Name the stream and the cure."""
        super().__init__(
            f"the stream {stream!r} has no place in IFS Cloud. Nothing was sent. "
            f"Select only {', '.join(known)} in the tap"
        )


PAYMENT_MEMBERS = frozenset({"payment_methods", "creditcards", "creditcard", "bank_account"})
"""What may hold bank or card details, whatever tap the record came from."""
_NESTED = (dict, list)
DEPTH_MAX = 100
TOO_DEEP = "nested too deeply"
"""Stands for what lies below ``DEPTH_MAX`` levels, where no member of Procurify has its place."""


def without_payment_data(value: Any, depth: int = 0) -> Any:  # noqa: ANN401  (any JSON value)
    """The value without bank and card details, at any depth."""
    if depth > DEPTH_MAX:
        return TOO_DEEP
    if isinstance(value, dict):
        kept = dict(value)
        for name in PAYMENT_MEMBERS & kept.keys():
            del kept[name]
        for name, item in kept.items():
            if isinstance(item, _NESTED):
                kept[name] = without_payment_data(item, depth + 1)
        return kept
    if isinstance(value, list):
        return [
            without_payment_data(item, depth + 1) if isinstance(item, _NESTED) else item
            for item in value
        ]
    return value


class DocumentSink(BatchSink):
    """Collects the records of one stream, ``batch_size`` for each of the ``workers``.

    Records are not validated against the tap's schema here: a record that breaks it becomes a held
    document with its reasons (in the mapping), and its neighbours go on.
    """

    drain_first: ClassVar[tuple[str, ...]] = ()

    @override
    def __init__(self, target: Target, *args: Any, **kwargs: Any) -> None:
        super().__init__(target, *args, **kwargs)
        self.target = cast(DeliveringTarget, target)

    @property
    @override
    def max_size(self) -> int:
        """As many records as can be under way at a time."""
        return int(self.config["batch_size"]) * int(self.config["workers"])

    @override
    def get_validator(self) -> None:
        """No per-record JSON Schema validation: see the class."""
        return

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        """Leave the record as the tap sent it: dates keep their own offset."""
        return record

    @override
    def preprocess_record(self, record: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
        """Take payment data out: of the SDK's hooks, the one whose answer becomes the record."""
        return cast(dict[str, Any], without_payment_data(record))

    @override
    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """A record without its key is held by the mapping, not a crash of the run."""

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        """Settle what these documents need, then deliver them."""
        for stream in self.drain_first:
            self.target.drain_stream(stream)
        self.deliver(context.get("records", []))

    @abstractmethod
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Hand the records to the run."""


class VendorSink(DocumentSink):
    """Vendors become suppliers."""

    @override
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Create the suppliers that are missing, link the others."""
        self.target.run.take_vendors(records)


class BillSink(DocumentSink):
    """Bills become supplier invoices."""

    drain_first = ("vendors",)

    @property
    @override
    def max_size(self) -> int:
        """As many as one worker delivers together: those before them are still under way."""
        return int(self.config["batch_size"])

    @override
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Post the bills of this batch."""
        self.target.run.take_bills(records)


class PurchaseOrderSink(DocumentSink):
    """Purchase orders are put on disk and worked out at the end, after every bill."""

    @override
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Remember the orders; their open amount is known when the bills are settled."""
        self.target.run.take_purchase_orders(records)


class IgnoringSink(DocumentSink):
    """Takes the other streams of tap-procurify, which IFS has no document for, and says so."""

    @override
    def setup(self) -> None:
        """Say once per stream that its records go nowhere."""
        self.logger.info("stream %s has no document in IFS Cloud: left out", self.stream_name)

    @override
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Nothing to do."""


SINKS: dict[str, type[DocumentSink]] = {
    "vendors": VendorSink,
    "purchase_orders": PurchaseOrderSink,
    "bills": BillSink,
}
IGNORED_STREAMS = frozenset(
    {
        "account_codes",
        "accounts",
        "bill_items",
        "currencies",
        "custom_fields",
        "departments",
        "item_receipts",
        "locations",
        "order_items",
        "payment_methods",
        "payments",
        "requisitions",
        "users",
    }
)


def sink_of(stream: str) -> type[DocumentSink]:
    """The sink of a stream.

    Raises:
        StreamRefusedError: tap-procurify has no such stream; dropping it could lose documents.
    """
    if stream in IGNORED_STREAMS:
        return IgnoringSink
    if stream not in SINKS:
        raise StreamRefusedError(stream, sorted(SINKS))
    return SINKS[stream]
