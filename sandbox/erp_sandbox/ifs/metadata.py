"""``$metadata`` of a projection as CSDL 4.0, from the same table that the rows use."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from erp_sandbox.ifs.defaults import default_name
from erp_sandbox.ifs.model import ACTIONS, FUNCTIONS, SETS, EntitySet, sets_of

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"

_INVOICE_STATES = (
    "Preliminary PrelPosted PrelPostedAuth Posted PostedAuth PartlyPaidPosted "
    "PartlyPaidPreliminary PaidPosted PaidPreliminary Cancelled"
)
_ORDER_STATES = "Planned Released Confirmed Arrived Received Closed Stopped Cancelled"
# Members: seen in code or inferred; the names of the enumerations of the interface are inferred.
_ENUMS: Mapping[str, str] = {
    "PartyType": "Supplier Customer Company Person",
    "ManSuppInvoiceState": _INVOICE_STATES,
    "PurchaseOrderState": _ORDER_STATES,
    "PostingProposalHeadState": "Open Balanced Auth Posted",
    "ExtIncInvState": "Loaded Checked Created",
}
_STATE_OF = {
    "ManSuppInvoice": "ManSuppInvoiceState",
    "PurchaseOrder": "PurchaseOrderState",
    "PurchaseOrderLine": "PurchaseOrderState",
    "PurchaseOrderLineNopart": "PurchaseOrderState",
    "PurchaseOrderLinePart": "PurchaseOrderState",
    "PostingProposalHead": "PostingProposalHeadState",
    "ExtIncInvLoadInfo": "ExtIncInvState",
    "ExtIncInvHead": "ExtIncInvState",
}


def write_metadata(projection: str, custom: tuple[str, ...] = ()) -> bytes:
    """The document of one projection, with the custom fields of the site."""
    ET.register_namespace("edmx", _EDMX)
    ET.register_namespace("", _EDM)
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ET.SubElement(root, f"{{{_EDMX}}}DataServices")
    namespace = f"IfsApp.{projection}"
    schema = _add(services, "Schema", Namespace=namespace)
    entities = sets_of(projection, custom)
    for enum in sorted({_enum_of(e, name) for e in entities for name in e.fields} - {""}):
        element = _add(schema, "EnumType", Name=enum)
        for member in _ENUMS[enum].split():
            _add(element, "Member", Name=member)
    for entity in entities:
        _write_type(schema, namespace, entity)
    _write_calls(schema, namespace, entities)
    container = _add(schema, "EntityContainer", Name=projection)
    for entity in entities:
        if not entity.parent:
            type_ = f"{namespace}.{_type_name(entity)}"
            _add(container, "EntitySet", Name=entity.name, EntityType=type_)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)


def _write_type(schema: ET.Element, namespace: str, entity: EntitySet) -> None:
    element = _add(schema, "EntityType", Name=_type_name(entity))
    key = _add(element, "Key")
    for name in entity.key:
        _add(key, "PropertyRef", Name=name)
    for name, kind in entity.fields.items():
        enum = _enum_of(entity, name)
        facets = {"MaxLength": str(entity.lengths[name])} if name in entity.lengths else {}
        if name in entity.key or name in entity.required:
            facets["Nullable"] = "false"
        if kind == "Decimal":
            facets["Scale"] = "variable"
        type_ = f"{namespace}.{enum}" if enum else f"Edm.{kind}"
        _add(element, "Property", Name=name, Type=type_, **facets)
    for child in SETS.values():
        if child.parent == entity.name and child.projection == entity.projection:
            type_ = f"Collection({namespace}.{_type_name(child)})"
            # Children are contained: they have no set of their own.
            _add(element, "NavigationProperty", Name=child.name, Type=type_, ContainsTarget="true")


def _write_calls(schema: ET.Element, namespace: str, entities: list[EntitySet]) -> None:
    """The actions and the defaults of new rows."""
    for name, action in ACTIONS.items():
        owner = SETS[action.owner]
        if any(owner.name == entity.name for entity in entities):
            type_ = f"{namespace}.{_type_name(owner)}"
            element = _add(schema, "Action", Name=name, IsBound="true")
            _add(element, "Parameter", Name="Record", Type=type_, Nullable="false")
            for parameter, kind in action.parameters.items():
                _add(element, "Parameter", Name=parameter, Type=f"Edm.{kind}")
            _add(element, "ReturnType", Type=type_)
    for place, function in FUNCTIONS:
        if namespace == f"IfsApp.{place}":
            element = _add(schema, "Function", Name=function)
            _add(element, "ReturnType", Type="Edm.String")
    for entity in entities:
        if entity.is_writable:
            type_ = f"{namespace}.{_type_name(entity)}"
            element = _add(schema, "Function", Name=default_name(entity), IsBound="true")
            _add(element, "Parameter", Name="Records", Type=f"Collection({type_})")
            _add(element, "ReturnType", Type=type_)


def _enum_of(entity: EntitySet, name: str) -> str:
    """The enumeration of a member, empty for a plain one. Keys are qualified as seen in code."""
    if name == "PartyType":
        return "PartyType"
    return _STATE_OF.get(entity.lu, "") if name == "Objstate" else ""


def _type_name(entity: EntitySet) -> str:
    """Sets of one logical unit have types of their own here, as their members differ."""
    return entity.name.removesuffix("Set").removesuffix("Array")
