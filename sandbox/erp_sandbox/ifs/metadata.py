"""``$metadata`` of a projection as CSDL 4.0, from the same table that the rows use."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from erp_sandbox.ifs.model import ACTIONS, SETS, EntitySet, sets_of

_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"


def write_metadata(projection: str) -> bytes:
    """The document of one projection."""
    ET.register_namespace("edmx", _EDMX)
    ET.register_namespace("", _EDM)
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ET.SubElement(root, f"{{{_EDMX}}}DataServices")
    namespace = f"IfsApp.{projection}"
    schema = ET.SubElement(services, f"{{{_EDM}}}Schema", Namespace=namespace)
    entities = sets_of(projection)
    for entity in entities:
        _write_type(schema, namespace, entity)
    for name, action in ACTIONS.items():
        owner = SETS[action.owner]
        if owner.projection == projection:
            element = ET.SubElement(schema, f"{{{_EDM}}}Action", Name=name, IsBound="true")
            type_ = f"{namespace}.{_type_name(owner)}"
            ET.SubElement(element, f"{{{_EDM}}}Parameter", Name="Record", Type=type_)
            for parameter, kind in action.parameters.items():
                ET.SubElement(element, f"{{{_EDM}}}Parameter", Name=parameter, Type=f"Edm.{kind}")
    container = ET.SubElement(schema, f"{{{_EDM}}}EntityContainer", Name=projection)
    for entity in entities:
        if not entity.parent:
            type_ = f"{namespace}.{_type_name(entity)}"
            ET.SubElement(container, f"{{{_EDM}}}EntitySet", Name=entity.name, EntityType=type_)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _write_type(schema: ET.Element, namespace: str, entity: EntitySet) -> None:
    element = ET.SubElement(schema, f"{{{_EDM}}}EntityType", Name=_type_name(entity))
    key = ET.SubElement(element, f"{{{_EDM}}}Key")
    for name in entity.key:
        ET.SubElement(key, f"{{{_EDM}}}PropertyRef", Name=name)
    for name, kind in entity.fields.items():
        ET.SubElement(element, f"{{{_EDM}}}Property", Name=name, Type=f"Edm.{kind}")
    for child in SETS.values():
        if child.parent == entity.name:
            ET.SubElement(
                element,
                f"{{{_EDM}}}NavigationProperty",
                Name=child.name,
                Type=f"Collection({namespace}.{_type_name(child)})",
            )


def _type_name(entity: EntitySet) -> str:
    """Sets of one logical unit have types of their own here, as their members differ."""
    return entity.name.removesuffix("Set").removesuffix("Array")
