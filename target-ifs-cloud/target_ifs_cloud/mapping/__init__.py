"""Turns Procurify records into documents by the rule files; pure but for reading the files."""

from target_ifs_cloud.mapping.bill import map_bill, map_withdrawn_bill
from target_ifs_cloud.mapping.case_results import CaseResult, run_cases
from target_ifs_cloud.mapping.checks import check
from target_ifs_cloud.mapping.coverage import Coverage, CoverageRow, coverage
from target_ifs_cloud.mapping.frame import possible_suppliers
from target_ifs_cloud.mapping.periods import posting_day
from target_ifs_cloud.mapping.purchase_order import (
    map_purchase_order,
    map_withdrawn_order,
    order_names,
)
from target_ifs_cloud.mapping.records import source_id_of, source_of, stamp_of
from target_ifs_cloud.mapping.rule_files import load_rules
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.suspects import (
    Earlier,
    EarlierDocuments,
    Suspect,
    earlier_of,
    find_suspects,
)
from target_ifs_cloud.mapping.vendor import leading_vendors, map_vendor

__all__ = [
    "CaseResult",
    "Coverage",
    "CoverageRow",
    "Earlier",
    "EarlierDocuments",
    "Rules",
    "Suspect",
    "check",
    "coverage",
    "earlier_of",
    "find_suspects",
    "leading_vendors",
    "load_rules",
    "map_bill",
    "map_purchase_order",
    "map_vendor",
    "map_withdrawn_bill",
    "map_withdrawn_order",
    "order_names",
    "possible_suppliers",
    "posting_day",
    "run_cases",
    "source_id_of",
    "source_of",
    "stamp_of",
]
