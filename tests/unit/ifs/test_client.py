"""The client: complete answers or none, and one certain word per change set."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from target_ifs_cloud.errors import (
    ConfigurationError,
    OutcomeUnknownError,
    RefusedError,
    TemporaryError,
)
from target_ifs_cloud.ifs.batch import ChangeSet, Done, Failed, Operation, Unanswered
from target_ifs_cloud.ifs.calls import CAREFUL_SENDS, NotOfferedError
from target_ifs_cloud.ifs.profile import ProjectionKey
from target_ifs_cloud.ifs.reads import READ_TRIES_MAX
from target_ifs_cloud.wire.transport import ForbiddenRequestError
from tests.unit.ifs.site import BOUNDARY, Asked, Bench, Told, bench, changed

ERROR = {
    "error": {"code": "DATABASE_ERROR", "details": [{"message": "ORA-20110: ManSuppInvoice.NO: x"}]}
}


def document(number: int = 1) -> ChangeSet:
    """A header with one line."""
    return ChangeSet(
        operations=(
            Operation(
                method="POST", path="Set", fields={"No": number}, key=("Company", "InvoiceId")
            ),
            Operation(method="POST", path="Items", fields={"Net": Decimal("1.10")}, parent=1),
        )
    )


def create(_: Asked) -> Told:
    """Every POST makes a row."""
    return Told(status=201, value={"Company": "10", "InvoiceId": 7, "@odata.etag": 'W/"1"'})


# reads


def test_rows_come_with_exact_decimals(ifs: Bench) -> None:
    """The number in the text is the number in the row."""
    ifs.site.answer = lambda _: Told(value='{"value": [{"A": 0.10}], "@odata.count": 1}')
    assert list(ifs.client.rows("company", "Set")) == [{"A": Decimal("0.10")}]


def test_single_rows_are_there_or_not(ifs: Bench) -> None:
    """404 is an answer."""
    ifs.site.rows[ifs.path("company", "Set(Id='a/b')")] = {"Id": "a/b"}
    assert ifs.client.row("company", "Set(Id='a%2Fb')") == {"Id": "a/b"}
    assert ifs.client.row("company", "Set(Id='c')") is None


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_a_collection_that_is_not_offered_names_the_line_of_the_profile(
    ifs: Bench, status: int
) -> None:
    """And the projection to grant."""
    ifs.site.answer = lambda _: Told(status=status)
    with pytest.raises(NotOfferedError) as caught:
        list(ifs.client.rows("account", "AccountSet"))
    assert "AccountsHandling" in str(caught.value)


NOTHING_PROVEN = ["", "{", '{"value": [', ERROR, {"value": None}, "<html>", "null"]


@pytest.mark.parametrize("text", NOTHING_PROVEN)
def test_an_answer_that_proves_nothing_ends_as_temporary(ifs: Bench, text: object) -> None:
    """Empty, cut short, an error in a good status, a login page: asked again, then given up."""
    ifs.site.answer = lambda _: Told(value=text)
    with pytest.raises(TemporaryError):
        list(ifs.client.rows("company", "Set"))
    assert len(ifs.site.asked) <= READ_TRIES_MAX
    readings = [ifs.client.reading("invoice", "Set") for _ in range(2)]
    with pytest.raises(TemporaryError):
        ifs.client.collections("invoice", readings)


@pytest.mark.parametrize("text", ["", "{", ERROR, "null", "[1]"])
def test_a_row_that_proves_nothing_is_neither_there_nor_absent(ifs: Bench, text: object) -> None:
    """Also for a single row."""
    ifs.site.answer = lambda _: Told(value=text)
    with pytest.raises(TemporaryError):
        ifs.client.row("company", "Set(1)")
    assert len(ifs.site.asked) == (1 if text == "[1]" else READ_TRIES_MAX)


def test_an_unreadable_answer_is_asked_for_again(ifs: Bench) -> None:
    """One bad moment costs one request."""
    answers = iter([Told(value="{"), Told(value={"value": [{"A": 1}], "@odata.count": 1})])
    ifs.site.answer = lambda _: next(answers)
    assert list(ifs.client.rows("company", "Set")) == [{"A": 1}]


def test_several_collections_travel_together_page_by_page() -> None:
    """One batch per round of pages, and nothing missing."""
    profile = changed(limits={**changed().limits.model_dump(), "page_size": 3})
    with bench(profile) as ifs:
        for name, size in {"A": 0, "B": 2, "C": 7}.items():
            path = ifs.path("invoice", name)
            ifs.site.collections[path] = [{"Id": f"{name}{n}"} for n in range(size)]
        readings = [
            ifs.client.reading("invoice", name, order=["Id"]) for name in ("A", "B", "C", "Gone")
        ]
        a, b, c, gone = ifs.client.collections("invoice", readings)
        assert (a, gone) == ([], None)
        assert [row["Id"] for row in b or []] == ["B0", "B1"]
        assert [row["Id"] for row in c or []] == [f"C{n}" for n in range(7)]
        assert len(ifs.site.requests) == 3


def test_reads_of_a_batch_that_got_lost_are_asked_again(ifs: Bench) -> None:
    """Only those; the others keep their answer."""
    for name in ("A", "B", "C"):
        ifs.site.rows[ifs.path("invoice", name)] = {"Id": name}
    ifs.site.batch = lambda text: text.replace('{"Id": "B"}', '{"Id": ')
    found = ifs.client.batch_get("invoice", ["A", "B", "C", "D"])
    assert found == [{"Id": "A"}, {"Id": "B"}, {"Id": "C"}, None]
    assert [asked.path[-1] for asked in ifs.site.asked] == ["A", "B", "C", "D", "B"]


def test_a_site_that_ends_a_batch_at_a_missing_row_is_asked_behind_it(ifs: Bench) -> None:
    """However many are missing, without waiting: it is no failure."""

    def end_at_first_missing(text: str) -> str:
        head, missing, _ = text.partition("HTTP/1.1 404 X")
        return f"{head}{missing}\r\n\r\n{{}}\r\n--{BOUNDARY}--\r\n" if missing else text

    ifs.site.batch = end_at_first_missing
    there = {"0": {"Id": "0"}, "6": {"Id": "6"}, "11": {"Id": "11"}}
    ifs.site.rows = {ifs.path("invoice", name): row for name, row in there.items()}
    names = [str(number) for number in range(12)]
    assert ifs.client.batch_get("invoice", names) == [there.get(name) for name in names]
    assert ifs.hands.seconds < 1


def test_a_refused_read_of_a_batch_is_a_refusal(ifs: Bench) -> None:
    """It is neither an empty answer nor a missing row."""
    ifs.site.answer = lambda _: Told(status=400, value=ERROR)
    with pytest.raises(RefusedError) as caught:
        ifs.client.batch_get("invoice", ["A", "B"])
    assert caught.value.tag == "ManSuppInvoice.NO"


def test_a_throttled_read_of_a_batch_waits(ifs: Bench) -> None:
    """As long as its part asks for."""
    answers = iter([Told(status=429, headers={"Retry-After": "8"}), Told(value=1), Told(value=2)])
    ifs.site.answer = lambda _: next(answers)
    assert ifs.client.batch_get("invoice", ["A", "B"]) == [2, 1]
    assert ifs.hands.seconds >= 8


@pytest.mark.parametrize("status", [400, 404, 405, 415, 501])
def test_a_site_without_batches_is_read_one_by_one(ifs: Bench, status: int) -> None:
    """Found out once, remembered for the run."""
    ifs.site.batch = lambda _: Told(status=status)
    ifs.site.rows = {ifs.path("invoice", name): {"Id": name} for name in ("A", "B")}
    for _ in range(2):
        assert ifs.client.batch_get("invoice", ["A", "B"]) == [{"Id": "A"}, {"Id": "B"}]
    assert sum(line.endswith("$batch") for line in ifs.site.requests) == 1


@pytest.mark.parametrize("status", [400, 501])
@pytest.mark.parametrize("is_together", [True, False])
def test_a_site_that_refuses_counts_is_read_without(
    ifs: Bench, status: int, *, is_together: bool
) -> None:
    """Found out once; every row still comes."""
    rows = [{"Id": n} for n in range(3)]

    def answer(asked: Asked) -> Told:
        if "$count" in asked.options:
            return Told(status=status, value=ERROR)
        return Told(value={"value": rows if asked.options["$skip"] == "0" else []})

    ifs.site.answer = answer
    for _ in range(2):
        if is_together:
            readings = [ifs.client.reading("invoice", name, order=["Id"]) for name in ("A", "B")]
            assert ifs.client.collections("invoice", readings) == [rows, rows]
        else:
            assert list(ifs.client.rows("invoice", "A", order=["Id"])) == rows
    assert sum("$count" in asked.options for asked in ifs.site.asked) == (2 if is_together else 1)


def test_a_refused_filter_is_not_blamed_on_the_count(ifs: Bench) -> None:
    """Refused with and without: counts are asked for again the next time."""
    ifs.site.answer = lambda _: Told(status=400, value=ERROR)
    with pytest.raises(RefusedError):
        list(ifs.client.rows("invoice", "A"))
    ifs.site.answer = lambda _: Told(value={"value": [], "@odata.count": 0})
    list(ifs.client.rows("invoice", "A"))
    assert "$count" in ifs.site.asked[-1].options


# change sets


def test_change_sets_are_done_in_one_request(ifs: Bench) -> None:
    """With the preference to go on after a failure, and the rows that came back."""
    ifs.site.answer = create
    results = ifs.client.batch_change("invoice", [document(1), document(2)])
    assert all(isinstance(result, Done) for result in results)
    assert len(ifs.site.requests) == 1
    assert [a.path.partition(".svc/")[2] for a in ifs.site.asked] == [
        "Set",
        "$1/Items",
        "Set",
        "$3/Items",
    ]
    assert ifs.site.asked[1].body == {"Net": Decimal("1.10")}


def test_nothing_to_change_asks_nothing(ifs: Bench) -> None:
    """No empty batch."""
    assert ifs.client.batch_change("invoice", []) == []
    assert ifs.site.requests == []


def test_each_document_has_its_own_verdict(ifs: Bench) -> None:
    """A refusal in the middle stands alone."""

    def answer(asked: Asked) -> Told:
        is_bad = isinstance(asked.body, dict) and asked.body.get("No") == 2
        return Told(status=400, value=ERROR) if is_bad else create(asked)

    ifs.site.answer = answer
    results = ifs.client.batch_change("invoice", [document(n) for n in (1, 2, 3)])
    assert [type(result) for result in results] == [Done, Failed, Done]


def test_documents_beyond_the_limit_go_in_further_batches() -> None:
    """Order and verdicts stay."""
    profile = changed(limits={**changed().limits.model_dump(), "batch_change_sets": 2})
    with bench(profile) as ifs:
        ifs.site.answer = create
        results = ifs.client.batch_change("invoice", [document(n) for n in range(5)])
        assert len(results) == 5
        assert all(isinstance(result, Done) for result in results)
        assert len(ifs.site.requests) == 3


@pytest.mark.parametrize(
    "refusal",
    [
        Told(status=429, headers={"Retry-After": "4"}),
        Told(status=503, value={"error": {"code": "MI_MODIFIED_ERROR"}}),
        Told(status=500, value={"error": {"code": "MI_MODIFIED_ERROR"}}),
        Told(status=400, value={"error": {"details": [{"message": "ORA-20113: X.FND_LOCKED: y"}]}}),
    ],
)
def test_change_sets_that_were_not_done_are_sent_again(ifs: Bench, refusal: Told) -> None:
    """Those alone, after the time that was asked for."""
    refusals = iter([refusal, refusal])

    def answer(asked: Asked) -> Told:
        is_slow = isinstance(asked.body, dict) and asked.body.get("No") == 2
        return next(refusals, create(asked)) if is_slow else create(asked)

    ifs.site.answer = answer
    results = ifs.client.batch_change("invoice", [document(n) for n in (1, 2, 3)])
    assert all(isinstance(result, Done) for result in results)
    assert [a.body["No"] for a in ifs.site.asked if "No" in a.body] == [1, 2, 3, 2, 2]
    if "Retry-After" in refusal.headers:
        assert ifs.hands.seconds >= 8


def test_a_lock_that_stays_is_told_as_temporary(ifs: Bench) -> None:
    """It was not done; it is no refusal of the document."""
    text = {"error": {"details": [{"message": "ORA-20113: X.FND_LOCKED: y"}]}}
    ifs.site.answer = lambda _: Told(status=400, value=text)
    (result,) = ifs.client.batch_change("invoice", [document()])
    assert isinstance(result, Failed)
    assert result.is_temporary


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_batch_in_the_dark_leaves_every_document_open(ifs: Bench, status: int) -> None:
    """Sent once."""
    ifs.site.batch = lambda _: Told(status=status)
    results = ifs.client.batch_change("invoice", [document(1), document(2)])
    assert all(isinstance(result, Unanswered) for result in results)
    assert len(ifs.site.requests) == 1


def test_a_cut_batch_answer_leaves_the_rest_open(ifs: Bench) -> None:
    """What was answered stays answered."""
    ifs.site.answer = create
    ifs.site.batch = lambda text: text[: len(text) - 40]
    results = ifs.client.batch_change("invoice", [document(1), document(2)])
    assert [type(result) for result in results] == [Done, Unanswered]


def test_after_an_answer_with_gaps_documents_go_alone_for_a_while(ifs: Bench) -> None:
    """A server that stops at the first refusal can then be understood."""
    ifs.site.answer = create
    ifs.site.batch = lambda text: text[: len(text) - 40]
    ifs.client.batch_change("invoice", [document(1), document(2)])
    ifs.site.batch = str
    ifs.site.requests.clear()
    results = ifs.client.batch_change("invoice", [document(n) for n in range(CAREFUL_SENDS + 2)])
    assert all(isinstance(result, Done) for result in results)
    assert len(ifs.site.requests) == CAREFUL_SENDS + 1


def test_a_server_out_of_reach_is_not_asked_for_every_batch() -> None:
    """The first batch tells; the others were certainly not sent."""
    profile = changed(limits={**changed().limits.model_dump(), "batch_change_sets": 1})
    with bench(profile) as ifs:
        ifs.site.batch = lambda _: Told(status=429, headers={"Retry-After": "86400"})
        results = ifs.client.batch_change("invoice", [document(n) for n in range(3)])
        assert results == [Failed(status=0)] * 3
        assert all(isinstance(r, Failed) and r.is_temporary for r in results)
        assert len(ifs.site.requests) == 1


def test_what_was_done_before_the_server_went_away_stays_done() -> None:
    """Each document keeps its own word."""
    profile = changed(limits={**changed().limits.model_dump(), "batch_change_sets": 1})
    with bench(profile) as ifs:
        ifs.site.answer = create
        down = Told(status=503, headers={"Retry-After": "86400"})
        batches = iter([True])
        ifs.site.batch = lambda text: text if next(batches, False) else down
        results = ifs.client.batch_change("invoice", [document(n) for n in range(3)])
        assert isinstance(results[0], Done)
        assert isinstance(results[1], Unanswered)
        assert results[2] == Failed(status=0)


@pytest.mark.parametrize("status", [400, 404, 405, 415, 501])
def test_a_site_that_refuses_batches_is_a_matter_for_the_profile(ifs: Bench, status: int) -> None:
    """The message names the line."""
    ifs.site.batch = lambda _: Told(status=status)
    with pytest.raises(ConfigurationError, match="use_batch"):
        ifs.client.batch_change("invoice", [document()])


def test_a_batch_refused_for_what_is_in_it_does_not_stop_the_others(ifs: Bench) -> None:
    """The site takes batches: a long one is looked up, one document alone was refused."""
    ifs.site.batch = lambda text: text if '"value"' in text else Told(status=400, value=ERROR)
    ifs.site.collections[ifs.path("invoice", "ManSuppInvoiceSet")] = []
    results = ifs.client.batch_change("invoice", [document(1), document(2)])
    assert all(isinstance(result, Unanswered) for result in results)
    again = ifs.client.batch_change("invoice", [document(1), document(2)])
    assert [type(result) for result in again] == [Failed, Failed], "now each one goes alone"
    assert all(isinstance(r, Failed) and r.error.tag == "ManSuppInvoice.NO" for r in again)


def test_a_user_without_grants_is_a_matter_for_the_configuration(ifs: Bench) -> None:
    """403 on the whole batch."""
    ifs.site.batch = lambda _: Told(status=403)
    with pytest.raises(NotOfferedError, match="grant"):
        ifs.client.batch_change("invoice", [document()])


# without batches


@pytest.fixture
def alone() -> Iterator[Bench]:
    """A site that refuses ``$batch``, by its profile."""
    with bench(changed(use_batch=False)) as ready:
        yield ready


def test_without_batches_children_follow_their_parent(alone: Bench) -> None:
    """By the key that the server has given."""
    alone.site.answer = create
    (result,) = alone.client.batch_change("invoice", [document()])
    assert isinstance(result, Done)
    paths = [asked.path.partition(".svc/")[2] for asked in alone.site.asked]
    assert paths == ["Set", "Set(Company='10',InvoiceId=7)/Items"]


def test_without_batches_the_location_serves_where_the_row_does_not_come(alone: Bench) -> None:
    """A create may answer without a body."""
    location = f"https://ifs.example.com{alone.path('invoice')}Set(Company='10',InvoiceId=7)"
    answers = iter([Told(status=201, headers={"Location": location}), Told(status=204)])
    alone.site.answer = lambda _: next(answers)
    (result,) = alone.client.batch_change("invoice", [document()])
    assert isinstance(result, Done)
    assert alone.site.asked[1].path.endswith("Set(Company='10',InvoiceId=7)/Items")


def test_without_batches_a_refused_header_is_a_refusal(alone: Bench) -> None:
    """Nothing stands, so it is certain."""
    alone.site.answer = lambda _: Told(status=400, value=ERROR)
    (result,) = alone.client.batch_change("invoice", [document()])
    assert isinstance(result, Failed)


@pytest.mark.parametrize("second", [Told(status=400), Told(status=500), Told(status=429)])
def test_without_batches_half_a_document_is_never_called_refused(
    alone: Bench, second: Told
) -> None:
    """The header stands: it is looked up and completed."""
    alone.site.answer = lambda asked: second if asked.path.endswith("Items") else create(asked)
    (result,) = alone.client.batch_change("invoice", [document()])
    assert isinstance(result, Unanswered)


def test_without_batches_an_unknown_parent_stops_its_children(alone: Bench) -> None:
    """No child is sent to a guessed address."""
    alone.site.answer = lambda _: Told(status=201, value={})
    (result,) = alone.client.batch_change("invoice", [document()])
    assert isinstance(result, Unanswered)
    assert len(alone.site.asked) == 1


# single writes


def test_single_writes_carry_the_etag_that_was_read(ifs: Bench) -> None:
    """PATCH, DELETE and actions; bodies only where they belong."""
    ifs.site.answer = lambda _: Told(value={"@odata.etag": 'W/"2"'})
    ifs.client.patch("invoice", "Set(1)", {"A": Decimal("2.50")}, etag='W/"1"')
    ifs.client.delete("invoice", "Set(1)", etag='W/"1"')
    answer = ifs.client.action("invoice", "Set(1)", "ManSuppInvoice_Cancel", etag='W/"1"')
    ifs.client.post("invoice", "Set", {"A": 1})
    assert answer.etag == 'W/"2"'
    assert [(a.method, a.headers.get("If-Match"), a.body) for a in ifs.site.asked] == [
        ("PATCH", 'W/"1"', {"A": Decimal("2.50")}),
        ("DELETE", 'W/"1"', None),
        ("POST", 'W/"1"', {}),
        ("POST", None, {"A": 1}),
    ]
    assert ifs.site.asked[2].path.endswith(
        "Set(1)/IfsApp.ManualSupplierInvoiceHandling.ManSuppInvoice_Cancel"
    )


def test_the_star_is_never_sent(ifs: Bench) -> None:
    """It would overwrite what nobody has read."""
    with pytest.raises(AssertionError):
        ifs.client.patch("invoice", "Set(1)", {}, etag="*")
    assert ifs.site.requests == []


@pytest.mark.parametrize("text", ["{", ERROR, "[1]"])
def test_an_unreadable_answer_to_a_write_is_an_open_question(ifs: Bench, text: object) -> None:
    """It may have been done."""
    ifs.site.answer = lambda _: Told(status=201, value=text)
    with pytest.raises(OutcomeUnknownError):
        ifs.client.post("invoice", "Set", {})


@pytest.mark.parametrize("projection", ["account", "company", "code_part", "period"])
def test_only_projections_of_documents_are_ever_written(
    ifs: Bench, projection: ProjectionKey
) -> None:
    """The allow-list comes from the profile."""
    with pytest.raises(ForbiddenRequestError):
        ifs.client.post(projection, "AccountSet", {})
    assert ifs.site.requests == []


def test_decimals_as_strings_travel_with_their_media_type() -> None:
    """Both in a batch and alone."""
    with bench(changed(decimal_as_string=True)) as ifs:
        ifs.site.answer = create
        ifs.client.post("invoice", "Set", {"A": Decimal("1.10")})
        ifs.client.batch_change("invoice", [document()])
        assert ifs.site.asked[0].body == {"A": "1.10"}
        assert ifs.site.asked[2].body == {"Net": "1.10"}
        for asked in ifs.site.asked:
            assert asked.headers["Content-Type"] == "application/json;IEEE754Compatible=true"


def test_a_single_row_has_the_etag_of_its_header_where_the_body_shows_none(ifs: Bench) -> None:
    """Rows of a list may come without; what is changed must carry one."""
    ifs.site.answer = lambda _: Told(value={"A": 1}, headers={"ETag": 'W/"h"'})
    assert ifs.client.row("invoice", "Set(1)") == {"@odata.etag": 'W/"h"', "A": 1}
    ifs.site.answer = lambda _: Told(value={"@odata.etag": "own"}, headers={"ETag": 'W/"h"'})
    assert ifs.client.row("invoice", "Set(1)") == {"@odata.etag": "own"}


def test_a_body_with_too_many_array_elements_is_never_sent(ifs: Bench) -> None:
    """The advice counts the elements of all arrays together."""
    fields = {"A": [{"B": [1] * 2500}, {"B": [1] * 2499}]}
    with pytest.raises(AssertionError, match="5000 array elements"):
        ifs.client.post("invoice", "Set", fields)
    assert ifs.site.requests == []
