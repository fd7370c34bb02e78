"""Everything that the sets and actions of this site do, in one table."""

from __future__ import annotations

from erp_sandbox.ifs import external, invoices, orders, posting, suppliers
from erp_sandbox.ifs.behaviour import Behaviour

BEHAVIOUR = Behaviour(
    rules={**invoices.RULES, **external.RULES, **orders.RULES, **suppliers.RULES},
    actions={**invoices.ACTIONS, **posting.ACTIONS, **external.ACTIONS, **orders.ACTIONS},
    at_end=(external.run_load_types,),
)
