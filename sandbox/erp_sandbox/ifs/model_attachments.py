"""Documents and what they hang on.

Source: the two sets and the link are seen in code; the keys are inferred.
"""

from __future__ import annotations

from erp_sandbox.ifs.entity import EntitySet, texts

_PROJECTION = "DocReferenceObjectAttachmentHandling"
_DOCUMENT = "DocClass DocNo DocSheet DocRev"

ATTACHMENT_SETS = (
    EntitySet(
        name="DocIssueSet",
        projection=_PROJECTION,
        lu="DocIssue",
        key=tuple(_DOCUMENT.split()),
        fields=texts(f"{_DOCUMENT} Title"),
        numbered="DocNo",
        required=("DocClass",),
        is_writable=True,
    ),
    EntitySet(
        name="DocReferenceObjectSet",
        projection=_PROJECTION,
        lu="DocReferenceObject",
        key=("LuName", "KeyRef", *_DOCUMENT.split()),
        fields=texts(f"LuName KeyRef {_DOCUMENT}"),
        required=("LuName", "KeyRef", "DocNo"),
        is_writable=True,
    ),
)
