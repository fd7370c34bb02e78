"""How the client talks to Procurify: tokens, retries, pauses, and what it never says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from typing_extensions import override

from tap_procurify.client import ProcurifyClient
from tap_procurify.errors import (
    EXIT_CONFIGURATION,
    EXIT_STOPPED,
    ConfigurationError,
    NotFoundError,
    TemporaryError,
)
from tap_procurify.limiter import Limiter, Timing
from tap_procurify.settings import read_settings
from tap_procurify.token import TokenSource
from tap_procurify.transport import Transport, open_session
from tap_procurify.workers import run_in_order
from tests.plugin.fake_procurify import SECRET, Asked, FakeProcurify, Listing, Told, fake_session
from tests.plugin.tap_runs import CONFIG, FakeClock

PATH = "/api/v3/users/"
HTML = Told(200, b"<!doctype html><h1>canary-body</h1>", {"x-request-id": "req-7"})


@pytest.fixture
def fake() -> FakeProcurify:
    """A Procurify with three users."""
    return FakeProcurify({PATH: Listing([{"id": number} for number in range(3)])})


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves when somebody sleeps."""
    return FakeClock()


def client_of(fake: FakeProcurify, clock: FakeClock, **config: Any) -> ProcurifyClient:
    """A client that reads the fake."""
    return ProcurifyClient(read_settings({**CONFIG, **config}), clock.timing, fake_session(fake))


def fetch(client: ProcurifyClient) -> list[dict[str, Any]]:
    """The rows of the first page of users."""
    page = client.get_page(PATH, {}, number=1, stream="users")
    assert page is not None
    return page.rows


def failing(times: int, *told: Told) -> Callable[[Asked], Told | None]:
    """A fault that answers the first API requests with these answers in turn."""
    left = [told[number % len(told)] for number in range(times)]
    return lambda asked: left.pop(0) if left and asked.path == PATH else None


# Tokens


def test_every_call_says_who_it_is(fake: FakeProcurify, clock: FakeClock) -> None:
    """Bearer token, client header, our name; the token is asked for as JSON."""
    fetch(client_of(fake, clock, user_agent="harbour-etl"))
    token, page = fake.asked
    assert token.method == "POST"
    assert token.headers["Content-Type"] == "application/json"
    assert page.headers["Authorization"] == "Bearer canary-token-1"
    for asked in fake.asked:
        assert asked.headers["X-Procurify-Client"] == "api"
        assert asked.headers["User-Agent"] == "harbour-etl"
        assert asked.headers["Accept"] == "application/json"


@pytest.mark.parametrize(("lifetime_s", "margin_s"), [(86400, 300), (180, 36), (10, 2)])
def test_a_token_is_renewed_before_it_ends(
    fake: FakeProcurify, clock: FakeClock, lifetime_s: int, margin_s: int
) -> None:
    """With a margin that fits short lives; until then it is used again."""
    fake.expires_in = lifetime_s
    client = client_of(fake, clock)
    fetch(client)
    clock.now += timedelta(seconds=lifetime_s - margin_s - 1)
    fetch(client)
    assert fake.tokens == 1
    clock.now += timedelta(seconds=1)
    fetch(client)
    assert fake.tokens == 2


def test_a_refused_token_is_renewed_once_and_the_read_repeated(
    fake: FakeProcurify, clock: FakeClock
) -> None:
    """A token may be revoked at any time."""
    client = client_of(fake, clock)
    fetch(client)
    fake.good_tokens.clear()
    assert len(fetch(client)) == 3
    assert fake.tokens == 2


def test_a_refused_new_token_ends_the_run(fake: FakeProcurify, clock: FakeClock) -> None:
    """One renewal and one replay, not a loop."""
    fake.fault = lambda asked: Told(401, {"detail": "canary-body"}) if asked.path == PATH else None
    with pytest.raises(ConfigurationError, match="401") as caught:
        fetch(client_of(fake, clock))
    assert fake.tokens == 2
    assert fake.asked_paths() == [PATH, PATH]
    assert "canary" not in str(caught.value)


def test_workers_share_one_renewal(fake: FakeProcurify, clock: FakeClock) -> None:
    """Eight workers find the token refused at the same time; one asks for another."""
    settings = read_settings(CONFIG)
    transport = Transport(settings, clock.timing, fake_session(fake))
    source = TokenSource(settings, transport, clock.timing)
    refused = source.get()
    meeting = threading.Barrier(8, timeout=10)
    found: list[str] = []

    def work() -> None:
        meeting.wait()
        found.append(source.renew(refused))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["canary-token-2"] * 8
    assert fake.tokens == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_client_is_told_without_its_secret(
    fake: FakeProcurify, clock: FakeClock, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    """Not retried; the answer, which may echo the secret, is not quoted."""
    fake.fault = lambda asked: Told(status, {"error": SECRET, "echo": asked.body.decode()})
    with pytest.raises(ConfigurationError, match="client_id") as caught:
        fetch(client_of(fake, clock))
    assert caught.value.exit_code == EXIT_CONFIGURATION
    assert len(fake.asked) == 1
    assert "canary" not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    "body",
    [{}, {"access_token": ""}, {"access_token": "a\nb"}, {"access_token": 5}, b"<html>"],
)
def test_an_answer_without_token_is_retried_and_then_told(
    fake: FakeProcurify, clock: FakeClock, body: object
) -> None:
    """A broken token never becomes a header."""
    fake.fault = lambda _asked: Told(200, body)
    with pytest.raises(TemporaryError, match="access token"):
        fetch(client_of(fake, clock, max_retries=2))
    assert len(fake.asked) == 3


@pytest.mark.parametrize("lifetime", [None, "soon", "3600", -5])
def test_a_lifetime_that_makes_no_sense_does_no_harm(
    fake: FakeProcurify, clock: FakeClock, lifetime: object
) -> None:
    """The token is used, and renewed early at worst."""
    body = {"access_token": "t", "expires_in": lifetime}
    fake.good_tokens.add("t")
    fake.fault = lambda asked: Told(200, body) if asked.path == "/oauth/token" else None
    assert len(fetch(client_of(fake, clock))) == 3


# Repeating


@pytest.mark.parametrize(
    "trouble",
    [Told(429), Told(500), Told(502, HTML.body), Told(503), Told(504), HTML, Told(200, b'{"da')],
)
def test_passing_trouble_is_repeated(fake: FakeProcurify, clock: FakeClock, trouble: Told) -> None:
    """Busy, broken, HTML or cut off: the same read again, after a growing pause."""
    fake.fault = failing(3, trouble)
    assert len(fetch(client_of(fake, clock))) == 3
    assert clock.slept == [1, 2, 4]


def test_lasting_trouble_ends_the_run_and_names_the_place(
    fake: FakeProcurify, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Stream, page and request id; never the body."""
    fake.fault = failing(99, HTML)
    with pytest.raises(TemporaryError, match=r"users, page 1.*HTML.*req-7") as caught:
        fetch(client_of(fake, clock, max_retries=2))
    assert caught.value.exit_code == EXIT_STOPPED
    assert fake.asked_paths() == [PATH] * 3
    assert "canary" not in str(caught.value) + caplog.text


@pytest.mark.parametrize("value", ["7", "Wed, 11 Mar 2026 12:00:07 GMT"])
def test_retry_after_is_honoured_in_both_forms(
    fake: FakeProcurify, clock: FakeClock, value: str
) -> None:
    """Exactly as long as asked."""
    fake.fault = failing(1, Told(429, {}, {"Retry-After": value}))
    fetch(client_of(fake, clock))
    assert clock.slept == [7]


def test_a_pause_that_is_too_long_ends_the_run(fake: FakeProcurify, clock: FakeClock) -> None:
    """Waiting an hour in silence helps nobody, and asking earlier is rude."""
    fake.fault = failing(1, Told(429, {}, {"Retry-After": "3600"}))
    with pytest.raises(TemporaryError, match="retry_wait_max_s"):
        fetch(client_of(fake, clock))
    assert clock.slept == []
    assert fake.asked_paths() == [PATH]


def test_the_pause_is_capped(fake: FakeProcurify, clock: FakeClock) -> None:
    """Doubling ends at retry_wait_max_s."""
    fake.fault = failing(6, Told(503))
    fetch(client_of(fake, clock, max_retries=6, retry_wait_max_s=5))
    assert clock.slept == [1, 2, 4, 5, 5, 5]


def test_a_pause_holds_every_worker_back(clock: FakeClock) -> None:
    """One limiter: whoever comes after the 429 waits as well."""
    limiter = Limiter(8, clock.timing)
    limiter.wait()
    assert clock.slept == []
    limiter.pause(30)
    limiter.pause(5)
    limiter.wait()
    assert clock.slept == [30]
    limiter.wait()
    assert clock.slept == [30]


def test_throttling_halves_what_is_on_its_way_and_answers_bring_it_back(
    clock: FakeClock,
) -> None:
    """Once for each pause, however many workers were told; never below one."""
    limiter = Limiter(8, clock.timing)
    for _ in range(5):
        limiter.pause(1)
    assert limiter.permits == 4
    limiter.wait()
    limiter.pause(1)
    assert limiter.permits == 2
    for _ in range(3):
        limiter.wait()
        limiter.pause(1)
    assert limiter.permits == 1
    for _ in range(100):
        limiter.succeed()
    assert limiter.permits == 8


def test_no_more_requests_are_on_their_way_than_permits(clock: FakeClock) -> None:
    """With one permit workers go one after the other."""
    limiter = Limiter(1, clock.timing)
    meeting = threading.Barrier(2)

    def meets_another() -> bool:
        with limiter.permit():
            try:
                meeting.wait(timeout=0.2)
            except threading.BrokenBarrierError:
                return False
            return True

    results = run_in_order(range(2), lambda _item: meets_another(), workers=2)
    assert [met for _, met in results] == [False, False]


def test_a_server_that_serves_few_at_a_time_is_read_to_the_end(
    fake: FakeProcurify, clock: FakeClock
) -> None:
    """Ten workers, five answers a second: the pause of one is the pause of all."""
    served: dict[int, int] = {}
    lock = threading.Lock()

    def throttle(asked: Asked) -> Told | None:
        if asked.path == "/oauth/token":
            return None
        second = int(clock.now.timestamp())
        served[second] = served.get(second, 0) + 1
        return Told(429, {}, {"Retry-After": "1"}) if served[second] > 5 else None

    def sleep(seconds: float) -> None:
        with lock:
            clock.sleep(seconds)

    fake.fault = throttle
    fake.details["/api/v3/thing/"] = lambda key: {"id": key}
    settings = read_settings({**CONFIG, "detail_workers": 10})
    timing = Timing(now=lambda: clock.now, sleep=sleep, jitter=lambda _low, high: high)
    client = ProcurifyClient(settings, timing, fake_session(fake))
    things = run_in_order(
        range(200),
        lambda number: client.get_object("/api/v3/thing/", number, stream="things"),
        workers=10,
    )
    assert [thing for _, thing in things] == [{"id": str(number)} for number in range(200)]


class BrokenAdapter(BaseAdapter):
    """Never answers."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.calls: list[dict[str, Any]] = []

    @override
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Fail."""
        self.calls.append(kwargs)
        raise self.error

    @override
    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectionError("canary"),
        requests.exceptions.ReadTimeout("canary"),
        requests.exceptions.ChunkedEncodingError("canary"),
    ],
)
def test_no_answer_is_repeated_and_then_told(clock: FakeClock, error: Exception) -> None:
    """Each try has a time-out to connect and one to read."""
    adapter = BrokenAdapter(error)
    session = requests.Session()
    session.mount("https://", adapter)
    settings = read_settings({**CONFIG, "max_retries": 2, "timeout_s": 9})
    with pytest.raises(TemporaryError, match="no answer") as caught:
        fetch(ProcurifyClient(settings, clock.timing, session))
    assert "canary" not in str(caught.value)
    assert [call["timeout"] for call in adapter.calls] == [(10.0, 9)] * 3


def test_a_bad_certificate_is_not_repeated(clock: FakeClock) -> None:
    """Trying again makes no host trusted."""
    adapter = BrokenAdapter(requests.exceptions.SSLError("canary"))
    session = requests.Session()
    session.mount("https://", adapter)
    with pytest.raises(ConfigurationError, match="certificate"):
        fetch(ProcurifyClient(read_settings(CONFIG), clock.timing, session))
    assert len(adapter.calls) == 1


# Refusals


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "refuses"),
        (403, "role"),
        (404, "know"),
        (405, "refuses"),
        (302, "redirect"),
        (204, "refuses"),
    ],
)
def test_a_refusal_is_told_at_once(
    fake: FakeProcurify, clock: FakeClock, status: int, words: str
) -> None:
    """No retry, no body, no redirect followed."""
    told = Told(status, {"canary": 1}, {"Location": "http://elsewhere.example/"})
    fake.fault = failing(99, told)
    with pytest.raises(ConfigurationError, match=words) as caught:
        fetch(client_of(fake, clock))
    assert fake.asked_paths() == [PATH]
    assert "canary" not in str(caught.value)


def test_a_page_past_the_end_is_none_and_a_missing_list_is_an_error(
    fake: FakeProcurify, clock: FakeClock
) -> None:
    """404 means two things."""
    client = client_of(fake, clock)
    assert client.get_page(PATH, {}, number=9, stream="users") is None
    with pytest.raises(NotFoundError):
        client.get_page("/api/v3/nothing/", {}, number=1, stream="users")


def test_a_missing_record_is_none(fake: FakeProcurify, clock: FakeClock) -> None:
    """The key is quoted, so it stays one step of the address."""
    client = client_of(fake, clock)
    assert client.get_object(PATH, "../7", stream="users") is None
    assert fake.asked_paths() == [f"{PATH}..%2F7/"]


def test_the_next_address_is_never_followed(fake: FakeProcurify) -> None:
    """It may name another host, or http; the token stays here."""
    urls: list[str] = []
    session = fake_session(fake)
    session.hooks["response"].append(lambda answer, **_rest: urls.append(answer.url))
    client = ProcurifyClient(read_settings({**CONFIG, "page_size": 1}), FakeClock().timing, session)
    for number in (1, 2, 3):
        page = client.get_page(PATH, {}, number=number, stream="users")
        assert page
        assert page.has_next is (number < 3)
    assert {url.split("/api")[0].split("/oauth")[0] for url in urls} == {CONFIG["base_url"]}


def test_the_servers_clock_is_known_from_its_answers(fake: FakeProcurify, clock: FakeClock) -> None:
    """A slow clock of this machine must not hide the newest changes."""
    client = client_of(fake, clock)
    assert client.server_now() == clock.now
    fake.fault = failing(1, Told(200, {"data": []}, {"Date": "Wed, 11 Mar 2026 13:00:00 GMT"}))
    fetch(client)
    assert client.server_now() == clock.now + timedelta(hours=1)


def test_a_real_session_ignores_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A login file of the machine cannot replace our token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.example login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    session = open_session(4)
    request = requests.Request("GET", "https://a.example", headers={"Authorization": "Bearer t"})
    assert session.prepare_request(request).headers["Authorization"] == "Bearer t"
    session.close()


def test_retries_are_logged_with_place_and_reason(
    fake: FakeProcurify, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator sees why a run is slow."""
    fake.fault = failing(1, Told(503, b"canary", {"x-request-id": "req-9"}))
    with caplog.at_level(logging.WARNING):
        fetch(client_of(fake, clock))
    assert "users, page 1" in caplog.text
    assert "status 503, request id req-9" in caplog.text
    assert "canary" not in caplog.text
