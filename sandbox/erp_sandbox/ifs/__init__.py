"""A loopback IFS Cloud: enough of its OData surface to rehearse this flow, and its refusals."""

from erp_sandbox.ifs.app import create_app
from erp_sandbox.ifs.books import books
from erp_sandbox.ifs.knobs import Knobs, turn

__all__ = ["Knobs", "books", "create_app", "turn"]
