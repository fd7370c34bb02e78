"""Runs the tap: ``python -m tap_procurify``."""

from __future__ import annotations

from tap_procurify.tap import TapProcurify

TapProcurify.cli()
