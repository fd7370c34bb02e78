"""target-ifs-cloud: the Singer face of the flow into IFS Cloud."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from logging import Logger
from types import FrameType
from typing import IO, Any, ClassVar, cast

from click import Context, Option
from singer_sdk import Sink, Target
from singer_sdk.exceptions import ConfigValidationError, RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.io_base import SingerReader
from typing_extensions import override

from target_ifs_cloud import exact_json
from target_ifs_cloud.delivery.run import DeliveryRun, open_run
from target_ifs_cloud.errors import (
    EXIT_CONFIGURATION,
    EXIT_SETTLED,
    EXIT_STOPPED,
    RunError,
    TemporaryError,
)
from target_ifs_cloud.given_files import check_config_files
from target_ifs_cloud.settings import SCHEMA, read_settings
from target_ifs_cloud.sinks import sink_of

GARBAGE_LOOK_OBJECTS = 10_000
"""After how many new objects Python looks for garbage: a record alone makes a hundred at once."""
SAFE_POINT_RECORDS = 10_000
"""After how many records a STATE message makes the run settle and print it on the way."""


class BrokenInputError(TemporaryError):
    """What arrives is no Singer message: the tap broke off, or something else wrote between."""

    def __init__(self, reason: str) -> None:
        """Say what is wrong; never the line, which may hold what nobody should read in a log."""
        super().__init__(
            f"{reason}. No bookmark moves and nothing is lost: mend the tap, and run again"
        )


class MessageReader(SingerReader):
    """As the SDK's, with a faster decoder, and without the line in what it says of a bad one."""

    @override
    def deserialize_json(self, line: str) -> dict[str, Any]:
        try:
            message = exact_json.parse(line)
        except (ValueError, RecursionError) as error:
            raise BrokenInputError("a line of the input is no JSON, or breaks off") from error
        if not isinstance(message, dict):
            raise BrokenInputError("a line of the input is no Singer message")
        return message

    @override
    def process_lines(
        self,
        file_input: IO[str] | None,
        callbacks: dict[str, Callable[[dict[str, Any]], None]],
    ) -> Counter[str]:
        lines = _whole(file_input or self.default_input)
        return super().process_lines(cast(IO[str], lines), callbacks)

    @override
    def _process_unknown_message(self, message_dict: dict[str, Any]) -> None:
        raise BrokenInputError("a message of the input has a type that Singer does not know")

    @staticmethod
    @override
    def assert_line_requires(line_dict: dict[str, Any], requires: set[str]) -> None:
        if missing := sorted(requires - line_dict.keys()):
            raise BrokenInputError(f"a message of the input lacks {', '.join(missing)}")


def _whole(lines: IO[str]) -> Iterator[str]:
    """The same lines; one that is cut inside a character ends the run in words."""
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise BrokenInputError("a line of the input is no UTF-8 text, or breaks off") from error


class TargetIFSCloud(Target):
    """Posts Procurify vendors, bills and purchase orders to IFS Cloud.

    STATE leaves only when every document that was read before it is confirmed, left out, held or
    refused on record: at the end of the run, and in a long one at safe points on the way.
    """

    name = "target-ifs-cloud"
    message_reader_class = MessageReader
    package_name = "target-ifs-cloud"
    config_jsonschema: ClassVar[dict[str, Any]] = SCHEMA
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @override
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Suppliers must be settled before the documents that need them, one after the other.
        self._max_parallelism = 1
        self._run: DeliveryRun | None = None
        self._final_state: dict[str, Any] | None = None
        self._is_ending = False
        self._lines_since_safe = 0

    @property
    def run(self) -> DeliveryRun:
        """The run in progress; hangs on the target because sinks are rebuilt on a new SCHEMA."""
        if self._run is None:
            self._run = open_run(read_settings(self.config), log=self.logger, sleep=time.sleep)
            self._run.begin()
        return self._run

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """The sink of a stream; a name that nobody knows ends the run."""
        return sink_of(stream_name)

    def drain_stream(self, stream_name: str) -> None:
        """Deliver what is waiting of one stream, so that others may rely on it."""
        if self.sink_exists(stream_name):
            self.drain_one(self.get_sink(stream_name))

    @override
    def process_endofpipe(self) -> None:
        """Settle everything, print STATE, then leave with the exit code of the run."""
        run = self.run
        self._is_ending = True
        super().process_endofpipe()
        exit_code = run.finish()
        self._print_state()
        if exit_code != EXIT_SETTLED:
            sys.exit(exit_code)

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        """As the SDK's, counted for the next safe point."""
        self._lines_since_safe += 1
        super()._process_record_message(message_dict)

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Remember STATE; after enough records, settle what came before it and let it pass."""
        super()._process_state_message(message_dict)
        if self._lines_since_safe >= SAFE_POINT_RECORDS:
            self.drain_all()

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Let STATE pass when all is settled (the SDK calls this after every full drain)."""
        self._final_state = state
        self._lines_since_safe = 0
        if not self._is_ending and self.run.settle_so_far():
            self._print_state()

    def _print_state(self) -> None:
        if self._final_state is not None and not self.config["dry_run"]:
            super()._write_state_message(self._final_state)
            self._final_state = None

    def deliver_all(self, file_input: IO[str] | None = None) -> None:
        """Read messages to the end; a run that cannot go on says why and ends without STATE."""
        try:
            _ = self.run
            gc.freeze()  # what was loaded lives to the end: a seventh of the time went into looking
            gc.set_threshold(GARBAGE_LOOK_OBJECTS)
            self.listen(file_input)
        except (RunError, RecordsWithoutSchemaException) as error:
            self.logger.error("run stopped: %s", error)  # noqa: TRY400 (told in full)
            sys.exit(error.exit_code if isinstance(error, RunError) else EXIT_STOPPED)
        finally:
            if self._run is not None:
                self._run.close()

    @classmethod
    @override
    def cb_config(cls, ctx: Context, param: Option, value: tuple[str, ...]) -> Any:
        """Read the settings, once their files are known to hold some."""
        config_files_or_exit(value, cls.logger)
        return super().cb_config(ctx, param, value)

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # as the SDK does
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        file_input: IO[str] | None = None,
    ) -> None:
        """The command: as the SDK's, with our ends of a run."""
        super(Target, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        try:
            target = cls(
                config=config.config if config else None,
                parse_env_config=bool(config and config.parse_env),
                validate_config=True,
            )
        except ConfigValidationError as error:
            for reason in error.errors:
                words = without_secrets(reason, cls.config_jsonschema)
                cls.logger.error("setting refused: %s", words)  # noqa: TRY400 (told in full)
            sys.exit(EXIT_CONFIGURATION)
        target.deliver_all(file_input)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop at once: what is on its way is on disk and is looked up by the next run."""
        self.logger.warning("stopped by signal %s; the next run goes on from here", signum)
        sys.exit(EXIT_STOPPED)

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave the SDK's settings out: a stream map could change an amount unseen."""


def config_files_or_exit(paths: Sequence[str], log: Logger) -> None:
    """End the process with one line when a file after ``--config`` holds no settings."""
    try:
        check_config_files(paths)
    except RunError as error:
        log.error("run stopped: %s", error)  # noqa: TRY400 (ours, told in full)
        sys.exit(error.exit_code)


def without_secrets(reason: str, schema: Mapping[str, Any]) -> str:
    """What is wrong with a setting; of a secret one, not what it holds."""
    for name, kind in schema["properties"].items():
        if kind.get("secret") and f"['{name}']" in reason:
            return f"{name} is no text"
    return reason
