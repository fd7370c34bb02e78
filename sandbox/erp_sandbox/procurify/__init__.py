"""A loopback stand-in for the part of Procurify's REST API that an integration reads and writes."""

from __future__ import annotations

from erp_sandbox.procurify.app import create_app
from erp_sandbox.procurify.knobs import ProcurifyKnobs
from erp_sandbox.procurify.state import ProcurifyState

__all__ = ["ProcurifyKnobs", "ProcurifyState", "create_app"]
