"""What tells about the system itself: the list of projections and the history log.

Source: addresses and fields of both are seen in code; the fields of the list are inferred.
"""

from __future__ import annotations

from erp_sandbox.ifs.entity import MOMENT, WHOLE, EntitySet, texts

PROJECTIONS = "Projections"
LOG, LOG_DETAILS, LOG_COLUMNS = (
    "HistoryLogOverviewSet",
    "HistoryLogDetailsSet",
    "HistoryLogAttributeArray",
)
_LOG_FIELDS = {
    **texts("LuName Username HistoryType Keys"),
    "LogId": WHOLE,
    "TimeStamp": MOMENT,
}

SYSTEM_SETS = (
    EntitySet(
        name=PROJECTIONS,
        projection="AllProjections",
        lu="FndProjection",
        key=("ProjectionName",),
        fields=texts("ProjectionName Category"),
        is_query=True,
    ),
    EntitySet(
        name=LOG,
        projection="HistoryLogHandling",
        lu="HistoryLog",
        key=("LogId",),
        fields=_LOG_FIELDS,
    ),
    EntitySet(
        name=LOG_DETAILS,
        projection="HistoryLogHandling",
        lu="HistoryLog",
        key=("LogId",),
        fields=_LOG_FIELDS,
        table=LOG,
    ),
    EntitySet(
        name=LOG_COLUMNS,
        projection="HistoryLogHandling",
        lu="HistoryLogAttribute",
        key=("LogId", "ColumnName"),
        parent=LOG_DETAILS,
        fields={**texts("ColumnName ColumnNamePrompt OldValue NewValue"), "LogId": WHOLE},
    ),
)
