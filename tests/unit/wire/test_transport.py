"""What leaves this machine, how often, and which error ends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests_mock
from requests import ConnectTimeout, ReadTimeout
from requests.exceptions import SSLError

from target_ifs_cloud.errors import (
    ConfigurationError,
    OutcomeUnknownError,
    RefusedError,
    TemporaryError,
)
from target_ifs_cloud.wire.exchange import ErrorText, Event, Request, body_hash
from target_ifs_cloud.wire.retry import Limits
from target_ifs_cloud.wire.token import AccessToken, Login
from target_ifs_cloud.wire.transport import (
    Allowed,
    ForbiddenRequestError,
    Transport,
    TransportSettings,
)
from tests.unit.wire.clock import Hands

HOST = "https://ifs.example.com"
TOKEN_URL = "https://iam.example.com/token"
ROOT = "/main/ifsapplications/projection/v1/X.svc/"
READ = Request(method="GET", path=ROOT + "Set", is_read=True, about="GET Set")
WRITE = Request(method="POST", path=ROOT + "Set", is_read=False, about="POST Set", body=b"{}")
REQUESTS = {"read": READ, "write": WRITE}


def read_error(body: bytes) -> ErrorText:
    """Classify by the plain text of the body."""
    return ErrorText(code=body.decode())


class Stage:
    """A transport, its clock, what it told, and a fake network."""

    def __init__(self, mock: requests_mock.Mocker) -> None:
        """Everything ready for one test."""
        self.mock = mock
        self.hands = Hands()
        self.events: list[Event] = []
        clockwork = self.hands.clockwork()
        mock.post(
            TOKEN_URL,
            [{"json": {"access_token": f"t{n}", "expires_in": 180}} for n in range(20)],
        )
        login = Login(token_url=TOKEN_URL, client_id="C", client_secret="s3cret-canary")
        settings = TransportSettings(
            base_url=HOST,
            allowed=(Allowed(methods=frozenset({"GET", "POST"}), prefix=ROOT),),
            limits=Limits(attempts_max=4),
        )
        self.transport = Transport(
            settings,
            token=AccessToken(login, clockwork=clockwork),
            read_error=read_error,
            clockwork=clockwork,
            observers=[self.events.append],
        )

    @property
    def sent(self) -> list[requests_mock.request._RequestObjectProxy]:
        """What IFS received."""
        return [r for r in self.mock.request_history if r.url.startswith(HOST)]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """One transport on a fake network."""
    with requests_mock.Mocker() as mock:
        stage = Stage(mock)
        yield stage
        stage.transport.close()


def test_an_answer_comes_back_whole_and_is_told_to_the_observer(stage: Stage) -> None:
    """Status, lower-case headers, body; hash and ETags for the audit trail, never the body."""
    stage.mock.post(HOST + WRITE.path, text="done", headers={"ETag": 'W/"b"'}, status_code=201)
    request = Request(
        method="POST",
        path=WRITE.path,
        is_read=False,
        about="POST Set",
        headers={"If-Match": 'W/"a"'},
        body=b'{"bank":"x"}',
    )
    answer = stage.transport.send(request)
    assert (answer.status, answer.body, answer.headers["etag"]) == (201, b"done", 'W/"b"')
    assert stage.events == [
        Event(
            method="POST",
            path=WRITE.path,
            about="POST Set",
            body_hash=body_hash(b'{"bank":"x"}'),
            status=201,
            attempt=1,
            etag_before='W/"a"',
            etag_after='W/"b"',
        )
    ]
    assert stage.sent[0].headers["Authorization"] == "Bearer t0"


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize(
    "trouble",
    [
        {"status_code": 429},
        {"status_code": 503, "text": "MI_MODIFIED_ERROR", "headers": {"Retry-After": "5"}},
        {"status_code": 500, "text": "MI_MODIFIED_ERROR"},
        {"exc": ConnectTimeout},
    ],
)
def test_what_was_certainly_not_done_is_sent_again(
    stage: Stage, kind: str, trouble: dict[str, object]
) -> None:
    """Reads and writes alike, not before the time that was asked for."""
    request = REQUESTS[kind]
    stage.mock.register_uri(request.method, HOST + request.path, [trouble, {"text": "ok"}])
    assert stage.transport.send(request).body == b"ok"
    assert len(stage.sent) == 2
    if "headers" in trouble:
        assert stage.hands.seconds >= 5


@pytest.mark.parametrize(
    "trouble",
    [
        {"status_code": 500},
        {"status_code": 502},
        {"status_code": 503},
        {"status_code": 503, "headers": {"Retry-After": "5"}},
        {"status_code": 504},
        {"exc": ReadTimeout},
    ],
)
def test_a_write_in_the_dark_is_never_sent_twice(stage: Stage, trouble: dict[str, object]) -> None:
    """One request, then: look before sending. The read next to it is repeated."""
    stage.mock.post(HOST + WRITE.path, [trouble, {"text": "ok"}])
    with pytest.raises(OutcomeUnknownError, match="look before sending"):
        stage.transport.send(WRITE)
    assert len(stage.sent) == 1
    stage.mock.get(HOST + READ.path, [trouble, {"text": "ok"}])
    assert stage.transport.send(READ).body == b"ok"


def test_the_look_after_a_write_in_the_dark_waits_as_long_as_was_asked(stage: Stage) -> None:
    """A 503 without the code of IFS leaves the outcome open, but its Retry-After counts."""
    stage.mock.post(HOST + WRITE.path, status_code=503, headers={"Retry-After": "5"})
    with pytest.raises(OutcomeUnknownError):
        stage.transport.send(WRITE)
    stage.mock.get(HOST + READ.path, text="ok")
    stage.transport.send(READ)
    assert stage.hands.seconds >= 5


def test_after_an_absurd_wait_nothing_more_is_sent(stage: Stage) -> None:
    """What was sent stays in doubt; the run ends, and a later one looks it up."""
    stage.mock.post(HOST + WRITE.path, status_code=503, headers={"Retry-After": "86400"})
    with pytest.raises(OutcomeUnknownError):
        stage.transport.send(WRITE)
    stage.mock.get(HOST + READ.path, text="ok")
    with pytest.raises(TemporaryError, match="wait 86400 s"):
        stage.transport.send(READ)
    assert len(stage.sent) == 1


def test_a_repeated_write_that_ends_in_the_dark_stays_unknown(stage: Stage) -> None:
    """The certainty of the first answer does not cover the second one."""
    stage.mock.post(HOST + WRITE.path, [{"status_code": 429}, {"exc": ReadTimeout}])
    with pytest.raises(OutcomeUnknownError):
        stage.transport.send(WRITE)
    assert len(stage.sent) == 2


def test_a_refused_token_is_renewed_once_and_the_request_replayed(stage: Stage) -> None:
    """The second attempt carries the new token."""
    stage.mock.post(HOST + WRITE.path, [{"status_code": 401}, {"text": "ok"}])
    assert stage.transport.send(WRITE).body == b"ok"
    assert [r.headers["Authorization"] for r in stage.sent] == ["Bearer t0", "Bearer t1"]


def test_two_refused_tokens_end_the_run_without_showing_them(stage: Stage) -> None:
    """The cure is in the message, the token is not."""
    stage.mock.post(HOST + WRITE.path, status_code=401)
    with pytest.raises(ConfigurationError, match="fresh token") as caught:
        stage.transport.send(WRITE)
    assert len(stage.sent) == 2
    assert "t1" not in str(caught.value)


def test_the_login_page_instead_of_an_answer_renews_the_token(stage: Stage) -> None:
    """A redirect into the identity provider is an expired token by another name."""
    location = "https://iam.example.com/auth/realms/acme/protocol/openid-connect/auth"
    stage.mock.get(
        HOST + READ.path,
        [{"status_code": 302, "headers": {"Location": location}}, {"text": "ok"}],
    )
    assert stage.transport.send(READ).body == b"ok"


def test_other_redirects_are_refused(stage: Stage) -> None:
    """Nothing follows a request to another host."""
    stage.mock.get(
        HOST + READ.path, status_code=302, headers={"Location": "https://elsewhere.example.com"}
    )
    with pytest.raises(ConfigurationError, match="Redirects are refused"):
        stage.transport.send(READ)


def test_a_refusal_carries_what_classifies_it_and_no_prose(stage: Stage) -> None:
    """Status and code in the error; one request."""
    stage.mock.post(HOST + WRITE.path, status_code=400, text="DATABASE_ERROR")
    with pytest.raises(RefusedError) as caught:
        stage.transport.send(WRITE)
    assert (caught.value.status, caught.value.code) == (400, "DATABASE_ERROR")
    assert len(stage.sent) == 1


@pytest.mark.parametrize(
    ("trouble", "attempts"),
    [
        ({"status_code": 502}, 4),
        ({"status_code": 503, "headers": {"Retry-After": "86400"}}, 1),
        ({"status_code": 429}, Limits().waits_max + 1),
    ],
)
def test_patience_has_limits(stage: Stage, trouble: dict[str, object], attempts: int) -> None:
    """Ordinary failures, waits and a single wait: each has its own."""
    stage.mock.get(HOST + READ.path, [trouble])
    with pytest.raises(TemporaryError, match="nothing was written") as caught:
        stage.transport.send(READ)
    assert len(stage.sent) == attempts
    assert ("asked to wait 86400 s" in str(caught.value)) is ("headers" in trouble)


def test_an_untrusted_certificate_ends_the_run_and_checks_stay_on(stage: Stage) -> None:
    """Nothing was sent; the cure is an authority, not a switch."""
    stage.mock.post(HOST + WRITE.path, exc=SSLError("CERTIFICATE_VERIFY_FAILED"))
    with pytest.raises(ConfigurationError, match="authority"):
        stage.transport.send(WRITE)
    assert len(stage.sent) == 1


def test_a_broken_encryption_leaves_a_write_open(stage: Stage) -> None:
    """It may break after the request went out."""
    stage.mock.post(HOST + WRITE.path, exc=SSLError("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"))
    with pytest.raises(OutcomeUnknownError):
        stage.transport.send(WRITE)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", ROOT + "Set"),
        ("GET", "/elsewhere"),
        ("GET", "/main/ifsapplications/projection/v1/X.svcEvil/Set"),
        ("GET", ROOT + "../Y.svc/Set"),
        ("GET", ROOT + "%2e%2e/Y.svc/Set"),
        ("GET", ROOT + "Set('a%2F..%2F..%2FY.svc')"),
        ("GET", "https://elsewhere.example.com" + ROOT),
    ],
)
def test_what_is_not_on_the_list_does_not_leave(stage: Stage, method: str, path: str) -> None:
    """Neither another method, nor another place, nor a way around."""
    request = Request(method=method, path=path, is_read=True, about="x")
    with pytest.raises(ForbiddenRequestError):
        stage.transport.send(request)
    assert stage.mock.call_count == 0


def test_parts_that_ask_to_wait_hold_everybody_back(stage: Stage) -> None:
    """A 429 inside a batch closes the same gate as a 429 around it."""
    assert stage.transport.hold_back([None, "9"], attempt=1)
    stage.mock.get(HOST + READ.path, text="ok")
    stage.transport.send(READ)
    assert stage.hands.seconds >= 9


def test_a_part_that_asks_for_an_absurd_wait_ends_the_run(stage: Stage) -> None:
    """Nothing more is sent, and the next request says why."""
    assert not stage.transport.hold_back([None, "86400"], attempt=1)
    with pytest.raises(TemporaryError, match="wait 86400 s"):
        stage.transport.send(READ)
    assert stage.sent == []


def test_observers_may_join_later(stage: Stage) -> None:
    """The audit trail is attached when a run begins."""
    later: list[Event] = []
    stage.transport.observe(later.append)
    stage.mock.get(HOST + READ.path, text="ok")
    stage.transport.send(READ)
    assert [event.status for event in later] == [200]
