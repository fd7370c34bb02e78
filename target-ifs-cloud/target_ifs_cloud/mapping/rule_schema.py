"""Judge a rule file by the JSON Schema and say what is wrong in an accountant's words. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from target_ifs_cloud.mapping.rule_nodes import Fault, Node

_KINDS: Mapping[str, str] = {
    "object": "a mapping (`name: value` lines)",
    "array": "a list (lines that begin with `-`)",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def find_faults(root: Node, schema: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Everything in one file that the schema does not allow."""
    known = schema["properties"]["rules_for"]["enum"]
    subject = root.get("rules_for")
    if subject is None:
        message = f"begin the file with `rules_for:` and one of {', '.join(known)}"
        return (Fault(file=root.file, line=1, message=message),)
    if subject.plain not in known:
        message = f"`rules_for: {subject.text}` is not known; {_one_of(subject.text, known)}"
        return (Fault(file=root.file, line=subject.line, message=message),)
    part = {"$ref": f"#/$defs/{subject.plain}_file", "$defs": schema["$defs"]}
    faults: list[Fault] = []
    for error in Draft202012Validator(part).iter_errors(root.plain):
        faults.extend(_explain(error, _at(root, error)))
    return tuple(dict.fromkeys(sorted(faults)))


def _at(root: Node, error: ValidationError) -> Node:
    node = root
    for step in error.absolute_path:
        node = node[str(step)]
    return node


def _explain(error: ValidationError, node: Node) -> Iterator[Fault]:
    given: Any = error.instance
    if error.validator == "additionalProperties":
        yield from _unknown_keys(_schema(error), node)
        return
    place = f"{node.path}: " if node.path else ""
    if isinstance(given, str) and isinstance(node.plain, dict):
        line = (node.get(given) or node).line
        yield Fault(file=node.file, line=line, message=f"{place}{_bad_name(error)}")
        return
    reason = _REASONS.get(str(error.validator), _no_fit)
    yield Fault(file=node.file, line=node.line, message=f"{place}{reason(error)}")


def _unknown_keys(schema: Mapping[str, Any], node: Node) -> Iterator[Fault]:
    known = list(schema.get("properties", {}))
    place = f"{node.path}: " if node.path else ""
    for key, child in node.children:
        if key not in known:
            message = f"{place}the key `{key}` is not known; {_one_of(key, known)}"
            yield Fault(file=node.file, line=child.line, message=message)


def _bad_name(error: ValidationError) -> str:
    if error.validator_value == "^[B-J]$":
        return f"`{error.instance}` is no code part; code parts are the letters B to J (A: account)"
    return f"`{error.instance}` cannot be a name here; use letters, digits and underscores"


def _missing(error: ValidationError) -> str:
    keys: Sequence[str] = _value(error)
    missing = next(key for key in keys if f"'{key}'" in error.message)
    return f"the key `{missing}` is missing; add it"


def _not_listed(error: ValidationError) -> str:
    known = [str(value) for value in _value(error)]
    given = str(error.instance)
    return f"`{given}` is not known here; {_one_of(given, known)}"


def _not_constant(error: ValidationError) -> str:
    value = _value(error)
    written = str(value).lower() if isinstance(value, bool) else str(value)
    return f"only `{written}` can stand here"


def _wrong_kind(error: ValidationError) -> str:
    kinds = _value(error)
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return f"this must be {' or '.join(_KINDS[kind] for kind in kinds)}"


def _wrong_form(error: ValidationError) -> str:
    meaning = _schema(error).get("description", f"a text like {error.validator_value}")
    return f"`{error.instance}` does not fit; expected: {meaning}"


def _not_one(error: ValidationError) -> str:
    choices = [choice["required"] for choice in _value(error)]
    given: Any = error.instance
    names = [" with ".join(f"`{key}`" for key in keys) for keys in choices]
    found = [f"`{keys[0]}`" for keys in choices if all(key in given for key in keys)]
    if found:
        return f"{' and '.join(found)} cannot stand together; keep exactly one of them"
    return f"one of {', '.join(names)} is missing; add exactly one"


def _partner_missing(error: ValidationError) -> str:
    given: Any = error.instance
    pairs = (
        f"`{key}` needs `{partner}` beside it; add it or remove `{key}`"
        for key, partners in _value(error).items()
        for partner in partners
        if key in given and partner not in given
    )
    return next(pairs, "a key that belongs here is missing")


def _too_short(error: ValidationError) -> str:
    del error
    return "this is empty or says too little; fill it or remove the key"


def _twice(error: ValidationError) -> str:
    del error
    return "a value stands here twice; keep one"


def _no_fit(error: ValidationError) -> str:
    return f"{error.instance} does not fit ({error.validator}: {error.validator_value})"


_REASONS: Mapping[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "enum": _not_listed,
    "const": _not_constant,
    "type": _wrong_kind,
    "pattern": _wrong_form,
    "oneOf": _not_one,
    "dependentRequired": _partner_missing,
    "minItems": _too_short,
    "minProperties": _too_short,
    "uniqueItems": _twice,
}


def _value(error: ValidationError) -> Any:  # noqa: ANN401  (a piece of a JSON Schema)
    return error.validator_value


def _schema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _one_of(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"did you mean `{near[0]}`? " if near else ""
    return f"{hint}known here: {', '.join(known)}"
