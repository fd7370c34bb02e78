"""A batch is written exactly and read without ever guessing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_ifs_cloud.ifs.batch import (
    ChangeSet,
    Done,
    Failed,
    Operation,
    Unanswered,
    read_changes,
    read_reads,
    write_changes,
    write_reads,
)
from target_ifs_cloud.wire.exchange import ErrorText

TYPE = "multipart/mixed; boundary=outer"
ERROR = {
    "error": {
        "code": "DATABASE_ERROR",
        "message": "x",
        "details": [{"message": "ORA-20112: ManSuppInvoice.EXIST: y"}],
    }
}
DUPLICATE = ErrorText("DATABASE_ERROR", 20112, "ManSuppInvoice.EXIST", "y")


def change_set(size: int = 2) -> ChangeSet:
    """A header with children."""
    header = Operation(method="POST", path="Set", fields={"A": Decimal("1.10")})
    child = Operation(method="POST", path="Items", fields={"N": 1}, parent=1)
    return ChangeSet(operations=(header, *([child] * (size - 1))))


def http(
    status: int, value: object = None, *, content_id: int | None = None, length: bool = True
) -> str:
    """One embedded answer with the headers of its part."""
    text = "" if value is None else json.dumps(value)
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id is not None:
        head.append(f"Content-ID: {content_id}")
    inside = [f"HTTP/1.1 {status} Word", "Content-Type: application/json"]
    if length:
        inside.append(f"Content-Length: {len(text)}")
    return "\r\n".join([*head, "", *inside, "", text])


def nested(parts: Sequence[str], boundary: str = "inner", *, is_closed: bool = True) -> str:
    """The answer of a change set that went well."""
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    end = f"--{boundary}--" if is_closed else ""
    return f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{body}{end}"


def answer(parts: Sequence[str], *, is_closed: bool = True) -> bytes:
    """A whole batch answer."""
    text = "".join(f"--outer\r\n{part}\r\n" for part in parts)
    return (text + ("--outer--\r\n" if is_closed else "")).encode()


def good(first: int, size: int = 2, *, ids: bool = True) -> str:
    """The good answer of the change set whose first Content-ID is ``first``."""
    return nested(
        [
            http(201, {"Id": n, "@odata.etag": f'W/"{n}"'}, content_id=n if ids else None)
            for n in range(first, first + size)
        ],
        boundary=f"inner{first}",
    )


# writing


def test_a_batch_is_written_as_documented() -> None:
    """One change set per document, Content-IDs through the whole batch, references by number."""
    text = write_changes([change_set(), change_set()])
    body = text.body.decode()
    boundary = text.content_type.removeprefix("multipart/mixed; boundary=")
    assert body.endswith(f"--{boundary}--\r\n")
    assert body.count(f"--{boundary}\r\n") == 2
    assert re.findall(r"Content-ID: (\d+)", body) == ["1", "2", "3", "4"]
    assert re.findall(r"boundary=(changeset_\d+)_", body) == ["changeset_1", "changeset_2"]
    assert re.findall(r"(POST .*) HTTP/1.1", body) == [
        "POST Set",
        "POST $1/Items",
        "POST Set",
        "POST $3/Items",
    ]
    assert '{"A":1.10}' in body
    assert "\n" not in body.replace("\r\n", "")


def test_a_row_of_a_row_refers_to_its_parent_in_its_own_change_set() -> None:
    """By the number that the parent has in the whole batch."""
    rows = ("Heads", None), ("Items", 1), ("Taxes", 2), ("Taxes", 3)
    operations = tuple(
        Operation(method="POST", path=path, fields={}, parent=parent) for path, parent in rows
    )
    tree = ChangeSet(operations=operations)
    body = write_changes([tree, tree]).body.decode()
    assert re.findall(r"POST (.*) HTTP/1.1", body) == [
        *("Heads", "$1/Items", "$2/Taxes", "$3/Taxes"),
        *("Heads", "$5/Items", "$6/Taxes", "$7/Taxes"),
    ]


def test_the_length_of_a_body_is_told_in_bytes() -> None:
    """Not in characters, and without the line end behind it."""
    operation = Operation(method="POST", path="Set", fields={"A": "ü"})
    text = write_changes([ChangeSet(operations=(operation,))]).body
    (length,) = re.findall(rb"Content-Length: (\d+)\r\n\r\n", text)
    content = text.split(b"\r\n\r\n")[-1].split(b"\r\n")[0]
    assert int(length) == len(content)


def test_etags_and_deletes_have_their_form() -> None:
    """If-Match as it was read; a request without a body has none."""
    change = Operation(method="PATCH", path="Set(1)", fields={"A": 1}, if_match='W/"x"')
    removal = Operation(method="DELETE", path="Set(2)", if_match='W/"y"')
    body = write_changes([ChangeSet(operations=(change, removal))]).body.decode()
    assert 'If-Match: W/"x"' in body
    assert 'DELETE Set(2) HTTP/1.1\r\nAccept: application/json\r\nIf-Match: W/"y"\r\n\r\n' in body


def test_decimals_become_strings_where_the_site_asks_for_it() -> None:
    """With the media type that says so."""
    body = write_changes([change_set()], decimal_as_string=True).body.decode()
    assert '{"A":"1.10"}' in body
    assert "Content-Type: application/json;IEEE754Compatible=true" in body


@pytest.mark.parametrize("path", ["Set\r\nX: y", "Set\n"])
def test_nothing_can_be_smuggled_into_a_request_line(path: str) -> None:
    """A line end in an address is a defect, not a header."""
    with pytest.raises(ValueError, match="control character"):
        write_changes([ChangeSet(operations=(Operation(method="POST", path=path),))])


def test_a_value_cannot_end_its_part() -> None:
    """The delimiter depends on the content and cannot be known by it."""
    first = write_changes([change_set()])
    boundary = first.content_type.removeprefix("multipart/mixed; boundary=")
    evil = Operation(method="POST", path="Set", fields={"A": f"\r\n--{boundary}--"})
    second = write_changes([ChangeSet(operations=(evil,))])
    assert boundary not in second.content_type


def test_reads_stand_side_by_side() -> None:
    """No change set around a GET."""
    text = write_reads(["A?$top=1", "B"])
    assert re.findall(r"GET (.*) HTTP/1.1", text.body.decode()) == ["A?$top=1", "B"]
    assert re.findall(r"Content-ID: (\d+)", text.body.decode()) == ["1", "2"]
    assert "Accept: application/json\r\n" in text.body.decode()
    exact = write_reads(["A"], decimal_as_string=True).body.decode()
    assert "Accept: application/json;IEEE754Compatible=true\r\n" in exact


# reading, case by case


def test_good_answers_are_matched_by_content_id_in_any_order() -> None:
    """Both change sets, both requests of each."""
    sets = [change_set(), change_set()]
    results = read_changes(TYPE, answer([good(3), good(1)]), sets)
    first, second = results
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert [row.row["Id"] for row in first.rows.values()] == [1, 2]
    assert [row.row["Id"] for row in second.rows.values()] == [3, 4]
    assert second.rows[2].etag == 'W/"4"'


def test_answers_without_content_id_count_by_order_when_the_count_fits() -> None:
    """As many answers as change sets, all delimiters there."""
    sets = [change_set(), change_set()]
    parts = [good(1, ids=False), good(3, ids=False)]
    results = read_changes(TYPE, answer(parts), sets)
    assert all(isinstance(result, Done) for result in results)
    for cut in ([parts[0]], [*parts, parts[0]]):
        assert all(isinstance(r, Unanswered) for r in read_changes(TYPE, answer(cut), sets))
    assert all(
        isinstance(r, Unanswered) for r in read_changes(TYPE, answer(parts, is_closed=False), sets)
    )


@pytest.mark.parametrize("content_id", [None, 3, 4])
def test_a_refused_change_set_between_good_ones(content_id: int | None) -> None:
    """One answer for all of it, with the id of any of its requests or with none."""
    parts = [good(1), http(400, ERROR, content_id=content_id), good(5)]
    first, second, third = read_changes(TYPE, answer(parts), [change_set()] * 3)
    assert isinstance(first, Done)
    assert second == Failed(status=400, error=DUPLICATE)
    assert isinstance(third, Done)


def test_a_nameless_refusal_finds_its_place_when_only_one_is_left() -> None:
    """Reordered, but every other change set is accounted for."""
    parts = [good(5), http(400, ERROR), good(1)]
    results = read_changes(TYPE, answer(parts), [change_set()] * 3)
    assert [type(result) for result in results] == [Done, Failed, Done]


def test_two_nameless_answers_out_of_order_prove_nothing() -> None:
    """Which refusal belongs to which document is not known."""
    parts = [http(400, ERROR), good(1), http(409, ERROR)]
    results = read_changes(TYPE, answer(parts), [change_set()] * 3)
    assert [type(result) for result in results] == [Done, Unanswered, Unanswered]


def test_without_continue_on_error_silence_proves_nothing() -> None:
    """The server stopped at the refusal, or its other answers got lost: not to be told apart."""
    parts = [good(1), http(400, ERROR, content_id=3)]
    results = read_changes(TYPE, answer(parts), [change_set()] * 3)
    assert [type(result) for result in results] == [Done, Failed, Unanswered]


def test_a_change_set_refused_inside_its_own_multipart_is_refused() -> None:
    """Atomic: one clear no is the answer of all of it, wherever it stands."""
    inner = [http(201, {"Id": 1}, content_id=1), http(400, ERROR, content_id=2)]
    assert read_changes(TYPE, answer([nested(inner)]), [change_set()]) == [
        Failed(status=400, error=DUPLICATE)
    ]


@pytest.mark.parametrize("second", [http(500, {}, content_id=2), http(400, {}, content_id=2)[:-9]])
def test_a_clear_no_beside_an_unclear_answer_leaves_it_open(second: str) -> None:
    """Two answers to one change set that do not say the same."""
    inner = [http(400, ERROR, content_id=1), second]
    (result,) = read_changes(TYPE, answer([nested(inner, is_closed=False)]), [change_set()])
    assert isinstance(result, Unanswered)


def test_an_answer_shorter_than_it_says_is_no_answer() -> None:
    """Even when what came reads well."""
    single = ChangeSet(operations=(Operation(method="POST", path="Set", fields={}),))
    part = http(201, {"Id": 1}, content_id=1).replace("Content-Length: 9", "Content-Length: 99")
    (result,) = read_changes(TYPE, answer([nested([part])]), [single])
    assert isinstance(result, Unanswered)


def test_nameless_refusals_count_by_order_beside_named_answers_in_order() -> None:
    """As many answers as change sets, and every name stands at its place."""
    parts = [http(400, ERROR), good(3), http(409, ERROR)]
    results = read_changes(TYPE, answer(parts), [change_set()] * 3)
    assert [result.status for result in results if isinstance(result, Failed)] == [400, 409]
    assert isinstance(results[1], Done)


@pytest.mark.parametrize("status", [199, 200, 300, 301, 500, 502, 504])
def test_errors_that_say_nothing_certain_leave_it_open(status: int) -> None:
    """A crash, a time limit, an error inside a good status."""
    value = {"error": {"code": "ODP_OPERATION_TIMEOUT", "message": "x"}}
    (result,) = read_changes(TYPE, answer([http(status, value, content_id=1)]), [change_set()])
    assert isinstance(result, Unanswered)


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (429, "", ""),
        (503, "MI_MODIFIED_ERROR", ""),
        (500, "MI_MODIFIED_ERROR", ""),
        (400, "DATABASE_ERROR", "ORA-20113: X.FND_LOCKED: y"),
    ],
)
def test_refusals_that_may_be_sent_again_are_marked(status: int, code: str, text: str) -> None:
    """The server did nothing and will take it later."""
    value = {"error": {"code": code, "message": text}}
    (result,) = read_changes(TYPE, answer([http(status, value, content_id=1)]), [change_set()])
    assert isinstance(result, Failed)
    assert result.is_temporary


@pytest.mark.parametrize(
    ("status", "is_temporary"),
    [(0, True), (401, True), (400, False), (402, False), (403, False), (429, True)],
)
def test_a_refusal_is_temporary_when_nothing_speaks_against_the_change_set_itself(
    status: int, *, is_temporary: bool
) -> None:
    """It never left, the token was too old, or IFS asked to wait."""
    assert Failed(status=status).is_temporary is is_temporary


def test_the_time_to_wait_comes_with_the_refusal() -> None:
    """As the server says it."""
    part = http(429, {}, content_id=1).replace(
        "HTTP/1.1 429 Word", "HTTP/1.1 429 W\r\nRetry-After: 7"
    )
    (result,) = read_changes(TYPE, answer([part]), [change_set()])
    assert isinstance(result, Failed)
    assert (result.status, result.retry_after) == (429, "7")
    (read,) = read_reads(TYPE, answer([part]), 1)
    assert read is not None
    assert (read.status, read.retry_after, read.value) == (429, "7", None)


@pytest.mark.parametrize("status", [199, 200, 299, 300])
def test_a_row_is_made_by_an_answer_between_200_and_299(status: int) -> None:
    """Nothing else says that it was."""
    single = ChangeSet(operations=(Operation(method="POST", path="Set", fields={}),))
    part = http(status, {"Id": 1}, content_id=1)
    is_good = status in {200, 299}
    for text in (answer([part]), answer([nested([part])])):
        (result,) = read_changes(TYPE, text, [single])
        assert isinstance(result, Done if is_good else Unanswered)
    (read,) = read_reads(TYPE, answer([part]), 1)
    assert read is not None
    assert read.value == ({"Id": 1} if is_good else None)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_without_its_code_leaves_the_outcome_open(status: int) -> None:
    """A gateway says so too when it loses a server that has done its work."""
    (result,) = read_changes(TYPE, answer([http(status, {}, content_id=1)]), [change_set()])
    assert isinstance(result, Unanswered)


def test_refusals_are_classified() -> None:
    """Stale, duplicate, plain."""
    (stale,) = read_changes(TYPE, answer([http(412, {}, content_id=1)]), [change_set()])
    assert isinstance(stale, Failed)
    assert (stale.is_stale, stale.is_duplicate, stale.is_temporary) == (True, False, False)
    (twice,) = read_changes(TYPE, answer([http(409, ERROR, content_id=1)]), [change_set()])
    assert isinstance(twice, Failed)
    assert (twice.is_stale, twice.is_duplicate, twice.is_temporary) == (False, True, False)


@pytest.mark.parametrize(
    "parts",
    [
        [nested([http(201, {"Id": 1}, content_id=1)])],
        [nested([http(201, {"Id": 1}, content_id=1)] * 2)],
        [nested([http(201, {"Id": 1}, content_id=1), http(201, {"Id": 2}, content_id=9)])],
        [nested([http(201, {"Id": 1}, content_id=1), http(201, {"Id": 2}, content_id=2)],
                is_closed=False)],
        [http(201, {"Id": 1}, content_id=1)],
        [good(1), good(1)],
        [nested([])],
        ["Content-Type: application/http\r\n\r\nnonsense"],
        ["nonsense"],
        [],
    ],
)  # fmt: skip
def test_half_answers_and_contradictions_are_no_answers(parts: list[str]) -> None:
    """Too few, twice the same, unknown numbers, cut short, not HTTP."""
    (result,) = read_changes(TYPE, answer(parts), [change_set()])
    assert isinstance(result, Unanswered)


def test_an_answer_that_names_two_change_sets_counts_for_neither() -> None:
    """A contradiction proves nothing for anyone it names."""
    mixed = nested([http(201, {"Id": 1}, content_id=2), http(201, {"Id": 2}, content_id=3)])
    results = read_changes(TYPE, answer([mixed, good(5)]), [change_set()] * 3)
    assert [type(result) for result in results] == [Unanswered, Unanswered, Done]


@pytest.mark.parametrize("value", ["[1]", '"x"', "{", "nonsense"])
def test_an_unreadable_row_is_no_answer(value: str) -> None:
    """The status alone does not say which row it was."""
    part = http(201, {"Id": 1}, content_id=1, length=False).replace('{"Id": 1}', value)
    single = ChangeSet(operations=(Operation(method="POST", path="Set", fields={}),))
    (result,) = read_changes(TYPE, answer([nested([part])]), [single])
    assert isinstance(result, Unanswered)


@pytest.mark.parametrize("is_nested", [True, False])
def test_an_update_without_a_body_is_done(*, is_nested: bool) -> None:
    """204 says it all; the change set of one request may be answered without a multipart."""
    part = "Content-Type: application/http\r\nContent-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    single = ChangeSet(
        operations=(Operation(method="PATCH", path="Set(1)", fields={}, if_match="e"),)
    )
    (result,) = read_changes(TYPE, answer([nested([part]) if is_nested else part]), [single])
    assert isinstance(result, Done)
    assert result.rows[1].status == 204


def test_location_and_etag_may_come_as_headers() -> None:
    """Where a create answers without a row."""
    part = http(201, content_id=1).replace(
        "Content-Type: application/json", 'ETag: W/"z"\r\nLocation: https://h/Set(7)'
    )
    single = ChangeSet(operations=(Operation(method="POST", path="Set", fields={}),))
    (result,) = read_changes(TYPE, answer([nested([part])]), [single])
    assert isinstance(result, Done)
    assert (result.rows[1].etag, result.rows[1].location) == ('W/"z"', "https://h/Set(7)")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/mixed", "", "text/html; boundary=outer"],
)
def test_an_answer_of_another_kind_is_no_answer(content_type: str) -> None:
    """A login page, a JSON error, no delimiter."""
    (result,) = read_changes(content_type, answer([good(1)]), [change_set()])
    assert isinstance(result, Unanswered)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
@pytest.mark.parametrize("content_type", ['multipart/mixed;boundary="outer"', TYPE])
def test_line_ends_and_quotes_do_not_matter(line_end: str, content_type: str) -> None:
    """Servers differ in both, and in text before and after."""
    text = answer([good(1)]).decode().replace("\r\n", line_end)
    full = f"preamble{line_end}{text}{line_end}epilogue".encode()
    (result,) = read_changes(content_type, full, [change_set()])
    assert isinstance(result, Done)


@pytest.mark.parametrize("before", ["the delimiter is --outer\r\n", "x--outer\r\n", "--outerx\r\n"])
def test_a_delimiter_begins_its_line_and_ends_it(before: str) -> None:
    """Otherwise it is text; as an answer it would be one too many."""
    text = before.encode() + answer([good(1, ids=False)])
    (result,) = read_changes(TYPE, text, [change_set()])
    assert isinstance(result, Done)


@pytest.mark.parametrize(("length", "is_whole"), [(8, True), (9, True), (10, False)])
def test_an_answer_is_whole_when_it_is_as_long_as_it_says(
    length: int,
    is_whole: bool,  # noqa: FBT001
) -> None:
    """A line end more is no harm, a byte less is."""
    part = http(200, {"Id": 1}, content_id=1)
    assert "Content-Length: 9" in part
    text = answer([part.replace("Content-Length: 9", f"Content-Length: {length}")])
    assert (read_reads(TYPE, text, 1)[0] is not None) is is_whole


@pytest.mark.parametrize(
    ("written", "is_known"),
    [("1", True), ("<1>", True), (" 1 ", True), ("x1", False), ("2", False), ("", False)],
)
def test_a_content_id_is_a_number_of_ours(written: str, *, is_known: bool) -> None:
    """In angle brackets or bare; beside an answer that has one, a nameless one counts by order."""
    part = http(200, {"Id": 1}, content_id=1).replace("Content-ID: 1", f"Content-ID: {written}")
    other = http(200, {"Id": 3}, content_id=3)
    first, second, third = read_reads(TYPE, answer([other, part]), 3)
    assert (first is not None) is is_known
    assert (second is not None) is (written == "2")
    assert third is not None


def test_content_id_may_stand_inside_the_embedded_answer() -> None:
    """Among its own headers instead of those of the part."""
    part = http(201, {"Id": 1}).replace("HTTP/1.1 201 Word", "HTTP/1.1 201 Word\r\nContent-ID: 3")
    single = ChangeSet(operations=(Operation(method="POST", path="Set", fields={}),))
    results = read_changes(TYPE, answer([nested([part])]), [single] * 3)
    assert [type(result) for result in results] == [Unanswered, Unanswered, Done]


def test_reads_are_matched_and_refusals_kept() -> None:
    """Rows, a missing one, an unreadable one, an error in a good status, an absent one."""
    parts = [
        http(404, ERROR, content_id=2),
        http(200, {"value": [1]}, content_id=1),
        http(200, {"value": [3]}, content_id=3).replace("[3]", "[3"),
        http(200, ERROR, content_id=4),
    ]
    first, second, third, fourth, fifth = read_reads(TYPE, answer(parts), 5)
    assert first is not None
    assert first.value == {"value": [1]}
    assert second is not None
    assert (second.status, second.error) == (404, DUPLICATE)
    assert (third, fourth, fifth) == (None, None, None)


def test_reads_that_are_cut_or_nested_are_no_answers() -> None:
    """The text may read well and still not be all of it."""
    text = answer([http(200, {"value": [1]}, content_id=1, length=False)], is_closed=False)
    assert read_reads(TYPE, text, 1) == [None]
    assert read_reads(TYPE, answer([good(1, 1)]), 1) == [None]


# reading, whatever happens


def _units(sizes: list[int]) -> list[tuple[int, str]]:
    """First Content-ID and good answer of change sets of these sizes."""
    units, first = [], 1
    for size in sizes:
        units.append((first, good(first, size)))
        first += size
    return units


SIZES = st.lists(st.integers(min_value=1, max_value=4), min_size=1, max_size=5)


@given(SIZES, st.data())
def test_a_cut_answer_never_yields_done_for_what_was_cut(
    sizes: list[int], data: st.DataObject
) -> None:
    """Wherever the text ends: done means that the whole answer of that change set was there."""
    units = _units(sizes)
    order = data.draw(st.permutations(range(len(units))))
    text = answer([units[index][1] for index in order])
    cut = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    results = read_changes(TYPE, text[:cut], [change_set(size) for size in sizes])
    for index, result in enumerate(results):
        if isinstance(result, Done):
            assert units[index][1].encode() in text[:cut]
            assert [row.row["Id"] for row in result.rows.values()] == list(
                range(units[index][0], units[index][0] + sizes[index])
            )
        else:
            assert isinstance(result, Unanswered)


@given(SIZES, st.data())
def test_lost_doubled_and_reordered_answers_never_yield_done_for_another(
    sizes: list[int], data: st.DataObject
) -> None:
    """Only what was answered once, by its own numbers, is done."""
    units = _units(sizes)
    sent = data.draw(st.lists(st.sampled_from(range(len(units))), max_size=8))
    refused = data.draw(st.sets(st.sampled_from(range(len(units)))))
    parts = [
        http(400, ERROR, content_id=units[index][0]) if index in refused else units[index][1]
        for index in sent
    ]
    results = read_changes(TYPE, answer(parts), [change_set(size) for size in sizes])
    for index, result in enumerate(results):
        if sent.count(index) != 1:
            assert isinstance(result, Unanswered)
        else:
            assert isinstance(result, Failed if index in refused else Done)


@given(st.binary(max_size=400), st.integers(min_value=0, max_value=3))
def test_no_text_at_all_makes_the_reader_fail(noise: bytes, place: int) -> None:
    """Random bytes before, inside and after an answer end in a result."""
    parts = [good(1).encode(), b"--outer\r\n", b"--inner1--", b"\r\n"]
    parts.insert(place, noise)
    (result,) = read_changes(TYPE, b"--outer\r\n" + b"".join(parts), [change_set()])
    assert isinstance(result, Done | Failed | Unanswered)


@pytest.mark.parametrize(
    ("method", "if_match"), [("PATCH", ""), ("DELETE", ""), ("PATCH", "*"), ("POST", "*")]
)
def test_nothing_is_changed_without_the_etag_that_was_read(method: str, if_match: str) -> None:
    """Some releases would take such a change as an upsert of whatever stands there."""
    with pytest.raises(AssertionError, match="needs an ETag"):
        Operation(method=method, path="Set(1)", fields={}, if_match=if_match)
