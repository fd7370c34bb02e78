"""tap-ifs-cloud: what IFS Cloud holds, as Singer streams. It never writes, nor reads bank data."""

from __future__ import annotations

import sys
from typing import IO, Any, ClassVar

from click import Context, Option
from singer_sdk import Stream, Tap
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import CapabilitiesEnum, TapCapabilities
from typing_extensions import override

from target_ifs_cloud.errors import EXIT_CONFIGURATION, RunError
from target_ifs_cloud.given_files import checked
from target_ifs_cloud.ifs.client import IfsClient, connect
from target_ifs_cloud.ifs.profile import SiteProfile, load_profile
from target_ifs_cloud.target import config_files_or_exit, without_secrets
from target_ifs_cloud.vendor_sync.streams import (
    CodePartStream,
    RowStream,
    SupplierStream,
    row_streams,
)
from target_ifs_cloud.vendor_sync.vendor_settings import TAP_SCHEMA, read_site


class TapIFSCloud(Tap):
    """Reads suppliers and what a warehouse or a reconciliation needs beside them."""

    name = "tap-ifs-cloud"
    package_name = "target-ifs-cloud"
    config_jsonschema: ClassVar[dict[str, Any]] = TAP_SCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.DISCOVER,
        TapCapabilities.STATE,
    ]

    @override
    def __init__(self, *args: Any, **options: Any) -> None:
        self._client: IfsClient | None = None
        super().__init__(*args, **options)

    @property
    def profile(self) -> SiteProfile:
        """The names of this site."""
        return load_profile(self.config.get("site_profile"))

    @property
    def client(self) -> IfsClient:
        """What reads; opened by the first stream that is read."""
        if self._client is None:
            self._client = connect(read_site(self.config), self.profile)
        return self._client

    @override
    def discover_streams(self) -> list[Stream]:
        """Every stream, without asking IFS anything."""
        others = [RowStream(self, rows) for rows in row_streams(self.profile)]
        return [SupplierStream(self), CodePartStream(self), *others]

    @classmethod
    @override
    def cb_config(cls, ctx: Context, param: Option, value: tuple[str, ...]) -> Any:
        """Read the settings, once their files are known to hold some."""
        config_files_or_exit(value, cls.logger)
        return super().cb_config(ctx, param, value)

    @classmethod
    @override
    def invoke(
        cls, *, state: IO[str] | None = None, catalog: IO[str] | None = None, **options: Any
    ) -> None:
        """Run, and end with the exit code that says what to do."""
        try:
            super().invoke(
                state=checked(state, "STATE"), catalog=checked(catalog, "catalog"), **options
            )
        except RunError as error:
            cls.logger.error("run stopped: %s", error)  # noqa: TRY400 (ours, told in full)
            sys.exit(error.exit_code)
        except ConfigValidationError as error:
            for reason in error.errors:
                words = without_secrets(reason, cls.config_jsonschema)
                cls.logger.error("setting refused: %s", words)  # noqa: TRY400 (told in full)
            sys.exit(EXIT_CONFIGURATION)

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave the SDK's settings out: a stream map could change a supplier unseen."""
