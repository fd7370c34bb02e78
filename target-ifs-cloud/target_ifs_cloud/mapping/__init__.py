"""Turns Procurify records into documents by the rule files; pure but for reading the files."""

from target_ifs_cloud.mapping.bill import map_bill
from target_ifs_cloud.mapping.checks import check
from target_ifs_cloud.mapping.purchase_order import map_purchase_order
from target_ifs_cloud.mapping.records import source_of
from target_ifs_cloud.mapping.rule_files import load_rules
from target_ifs_cloud.mapping.rules import Rules
from target_ifs_cloud.mapping.vendor import map_vendor

__all__ = [
    "Rules",
    "check",
    "load_rules",
    "map_bill",
    "map_purchase_order",
    "map_vendor",
    "source_of",
]
