"""tap-procurify: the Singer face."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import IO, Any, ClassVar

import click
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import (
    CapabilitiesEnum,
    PluginCapabilities,
    TapCapabilities,
)
from typing_extensions import override

from tap_procurify.bookmarks import FutureError, check_state, read_bookmark
from tap_procurify.client import ProcurifyClient
from tap_procurify.errors import EXIT_CONFIGURATION, TapError
from tap_procurify.given_files import check_config_files, checked
from tap_procurify.limiter import Timing
from tap_procurify.settings import Settings, read_settings
from tap_procurify.settings_schema import SCHEMA
from tap_procurify.streams import bills, orders, reference, vendors
from tap_procurify.streams.core import ProcurifyStream
from tap_procurify.streams.incremental import IncrementalStream

STREAMS: tuple[type[ProcurifyStream], ...] = (
    vendors.VendorsStream,
    orders.PurchaseOrdersStream,
    bills.BillsStream,
    bills.BillItemsStream,
    bills.PaymentsStream,
    orders.RequisitionsStream,
    orders.OrderItemsStream,
    orders.ItemReceiptsStream,
    reference.AccountCodesStream,
    reference.AccountsStream,
    reference.DepartmentsStream,
    reference.LocationsStream,
    reference.CurrenciesStream,
    reference.CustomFieldsStream,
    reference.UsersStream,
    reference.PaymentMethodsStream,
)
"""In the order in which they are read: a loader may need vendors before orders before bills."""


class TapProcurify(Tap):
    """Reads purchase orders, bills, vendors and master data from Procurify."""

    name = "tap-procurify"
    package_name = "tap-procurify"
    config_jsonschema: ClassVar[dict[str, Any]] = SCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    timing: ClassVar[Timing] = Timing(
        now=lambda: datetime.now(timezone.utc), sleep=time.sleep, jitter=random.uniform
    )

    @override
    def __init__(self, **options: Any) -> None:
        self._settings: Settings | None = None
        self._client: ProcurifyClient | None = None
        super().__init__(**options)
        if options.get("validate_config", True):
            self._settings = read_settings(self.config)

    @property
    def settings(self) -> Settings:
        """The settings, checked."""
        if self._settings is None:
            self._settings = read_settings(self.config)
        return self._settings

    @property
    def client(self) -> ProcurifyClient:
        """The one client of the run."""
        if self._client is None:
            self._client = ProcurifyClient(self.settings, self.timing)
        return self._client

    @override
    def discover_streams(self) -> list[Stream]:
        """All streams; none depends on the tenant."""
        return [stream(self) for stream in STREAMS]

    @property
    @override
    def streams(self) -> dict[str, Stream]:
        """The streams in the order in which they are read."""
        found = super().streams
        return {stream.name: found[stream.name] for stream in STREAMS if stream.name in found}

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Take the STATE over, or refuse it before anything is read."""
        check_state(state)
        bookmarks = state.get("bookmarks", {})
        for stream in STREAMS:
            if issubclass(stream, IncrementalStream) and bookmarks.get(stream.name):
                self._check_bookmark(stream, bookmarks[stream.name])
        super().load_state(state)

    def _check_bookmark(self, stream: type[IncrementalStream], state: dict[str, Any]) -> None:
        def check(now: datetime) -> None:
            read_bookmark(
                state,
                stream=stream.name,
                replication_key=str(stream.stamp_field),
                tenant=self.client.tenant,
                now=now,
            )

        try:
            check(self.timing.now())
        except FutureError:
            # This machine's clock may be slow; Procurify's decides.
            check(self.client.server_now())

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave the SDK's settings out: records are given as Procurify has them."""

    @classmethod
    @override
    def invoke(
        cls, *, state: IO[str] | None = None, catalog: IO[str] | None = None, **rest: Any
    ) -> None:
        """Run, and end with the exit code that says what to do."""
        with cls._told_errors():
            super().invoke(
                state=checked(state, "STATE"),
                catalog=checked(catalog, "catalog"),
                **rest,
            )

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the settings, once their files are known to hold some."""
        with cls._told_errors():
            check_config_files(value)
        return super().cb_config(ctx, param, value)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the connection, and end with the exit code that says what to do."""
        with cls._told_errors():
            super().cb_test(ctx, param, value)

    @classmethod
    @contextmanager
    def _told_errors(cls) -> Iterator[None]:
        try:
            yield
        except TapError as error:
            cls.logger.error("run stopped: %s", error)  # noqa: TRY400 (ours, told in full)
            sys.exit(error.exit_code)
        except ConfigValidationError as error:
            for reason in error.errors:
                cls.logger.error("setting refused: %s", _without_secrets(reason))  # noqa: TRY400
            sys.exit(EXIT_CONFIGURATION)


def _without_secrets(reason: str) -> str:
    """What is wrong with a setting; of a secret one, not what it holds."""
    for name, spec in SCHEMA["properties"].items():
        if spec.get("secret") and f"['{name}']" in reason:
            return f"{name} is no text, or another kind of text than it should be"
    return reason
