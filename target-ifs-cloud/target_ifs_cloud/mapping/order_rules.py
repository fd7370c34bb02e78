"""Build the rules of the block ``order`` in purchase_order.yml. Pure."""

from __future__ import annotations

from target_ifs_cloud.documents import CompanyId
from target_ifs_cloud.mapping.rule_nodes import Node
from target_ifs_cloud.mapping.rule_parts import Parts, Place
from target_ifs_cloud.mapping.rules import IfsOrderRules

_HEADER_TAKES = frozenset({"company", "site", "currency", "source_id", "supplier_id"})
_IN_HEADER = Place(takes=_HEADER_TAKES)
_IN_LINE = Place(takes=_HEADER_TAKES | {"quantity", "price"})


def build_order_rules(root: Node, parts: Parts) -> IfsOrderRules | None:
    """The rules for orders of IFS; ``None`` when orders do not become any."""
    node = root.get("order")
    if node is None:
        if root["post_as"].text == "purchase_order":
            parts.fault(root["post_as"], "`purchase_order` needs a block `order:`; add it")
        return None
    sites = node["site_by_company"]
    for name, site in sites.children:
        if name not in parts.companies:
            parts.fault(site, f"company `{name}` is not in the list of companies")
    for name in sorted(parts.companies - {name for name, _ in sites.children}):
        parts.fault(sites, f"company `{name}` has no site; add one")
    rules = IfsOrderRules(
        where=node.where,
        number=parts.rule(node["number"], Place(takes=frozenset({"source_id"}))),
        site_by_company={CompanyId(name): site.text for name, site in sites.children},
        header=parts.fields(node["header"], _IN_HEADER),
        line_fields=parts.fields(node["line_fields"], _IN_LINE),
    )
    return rules if root["post_as"].text == "purchase_order" else None
