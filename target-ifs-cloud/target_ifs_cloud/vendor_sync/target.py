"""target-procurify: the Singer face of the way back. Suppliers become vendors, nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from singer_sdk import Sink
from typing_extensions import override

from target_ifs_cloud.delivery.run import utc_now
from target_ifs_cloud.errors import ConfigurationError
from target_ifs_cloud.sinks import DocumentSink
from target_ifs_cloud.target import TargetIFSCloud
from target_ifs_cloud.vendor_sync.vendor_run import VendorRun, open_vendor_run
from target_ifs_cloud.vendor_sync.vendor_settings import TARGET_SCHEMA, read_vendor_settings

STREAM = "suppliers"


class SupplierSink(DocumentSink):
    """Hands suppliers to the run."""

    @property
    @override
    def max_size(self) -> int:
        """How many records are handed over together."""
        return int(self.config["batch_size"])

    @override
    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Remember them; they are settled at the end of the run."""
        cast(TargetProcurify, self.target).vendor_run.take_suppliers(records)


class TargetProcurify(TargetIFSCloud):
    """Writes suppliers of IFS Cloud to Procurify as vendors; any other stream ends the run.

    STATE leaves only at the end, when every supplier is settled, as in target-ifs-cloud.
    """

    name = "target-procurify"
    config_jsonschema: ClassVar[dict[str, Any]] = TARGET_SCHEMA

    @override
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._vendor_run: VendorRun | None = None

    @property
    def vendor_run(self) -> VendorRun:
        """The run in progress."""
        if self._vendor_run is None:
            settings = read_vendor_settings(self.config)
            self._vendor_run = open_vendor_run(settings, clock=utc_now, sleep=time.sleep)
            self._run = cast(Any, self._vendor_run)
            self._vendor_run.begin()
        return self._vendor_run

    @property
    @override
    def run(self) -> Any:  # the same verbs, other documents
        """The run in progress, for what both targets have in common."""
        return self.vendor_run

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """The sink of suppliers.

        Raises:
            ConfigurationError: another stream; nothing was sent.
        """
        if stream_name != STREAM:
            raise ConfigurationError(
                f"the stream {stream_name!r} has no place in Procurify: only suppliers go there. "
                f"Nothing was sent. Select only {STREAM} in tap-ifs-cloud"
            )
        return SupplierSink
