"""The access token: renewed in time, once, and never told to anyone."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable

import pytest
import requests_mock
from requests import ConnectTimeout
from requests.exceptions import SSLError

from target_ifs_cloud.errors import ConfigurationError, TemporaryError
from target_ifs_cloud.wire.token import AccessToken, Login
from tests.unit.wire.clock import Hands

URL = "https://iam.example.com/auth/realms/acme/protocol/openid-connect/token"
WORKERS = 4
SECRET = "very-secret-canary"


def login(**changes: str) -> Login:
    """A login with a recognisable secret."""
    values = {"token_url": URL, "client_id": "CLIENT", "client_secret": SECRET, **changes}
    return Login(**values)  # type: ignore[arg-type]


def tokens(*lives: object) -> list[dict[str, object]]:
    """One answer per token, each with its life."""
    return [{"json": {"access_token": f"t{n}", "expires_in": life}} for n, life in enumerate(lives)]


@pytest.fixture
def hands() -> Hands:
    """Time stands still until somebody sleeps."""
    return Hands()


@pytest.mark.parametrize(
    ("life", "good_until"),
    [(180, 120), (3600, 3540), (30, 20), ("180", 120), (None, 40), ("soon", 40)],
)
def test_a_token_is_renewed_before_it_ends(hands: Hands, life: object, good_until: float) -> None:
    """By a third of its life, a minute at most; without a stated life it counts as a minute."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, tokens(life, life))
        token = AccessToken(login(), clockwork=hands.clockwork())
        assert token.value() == "t0"
        hands.seconds = good_until - 0.1
        assert token.value() == "t0"
        hands.seconds = good_until
        assert token.value() == "t1"
        token.close()


@pytest.mark.parametrize("life", [0, -5])
def test_a_token_without_life_is_still_good_for_one_request(hands: Hands, life: int) -> None:
    """Each request asks anew; nothing loops."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, tokens(life, life))
        token = AccessToken(login(), clockwork=hands.clockwork())
        assert [token.value(), token.value()] == ["t0", "t1"]
        token.close()


def test_the_pair_travels_in_the_form_by_default(hands: Hands) -> None:
    """As documented: form fields with the scope."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, tokens(180))
        token = AccessToken(login(scope="openid microprofile-jwt"), clockwork=hands.clockwork())
        token.value()
        token.close()
        sent = mock.request_history[0]
    assert sent.text == (
        f"grant_type=client_credentials&client_id=CLIENT&client_secret={SECRET}"
        "&scope=openid+microprofile-jwt"
    )
    assert "Authorization" not in sent.headers


def test_the_pair_travels_as_http_basic_where_a_site_wants_it(hands: Hands) -> None:
    """Encoded as the standard for OAuth asks, without a scope when there is none."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, tokens(180))
        secret = "a:b c"
        token = AccessToken(
            login(client_auth="http_basic", client_secret=secret), clockwork=hands.clockwork()
        )
        token.value()
        token.close()
        sent = mock.request_history[0]
    pair = base64.b64decode(sent.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "CLIENT:a%3Ab%20c"
    assert sent.text == "grant_type=client_credentials"


def test_sixteen_workers_renew_once(hands: Hands) -> None:
    """Each refused worker asks for a renewal; only the first one gets a new token."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, tokens(180, 180))
        token = AccessToken(login(), clockwork=hands.clockwork())
        refused = token.value()
        barrier = threading.Barrier(16)

        def work() -> None:
            barrier.wait()
            token.renew(refused)

        workers = [threading.Thread(target=work) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        token.close()
        assert mock.call_count == 2
        assert token.value() == "t1"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refused_login_names_the_settings_and_no_secret(hands: Hands, status: int) -> None:
    """The body of the answer and the secret stay out of the message."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, status_code=status, text=f"body-canary {SECRET}")
        token = AccessToken(login(), clockwork=hands.clockwork())
        with pytest.raises(ConfigurationError) as caught:
            token.value()
        token.close()
        assert mock.call_count == 1
    text = str(caught.value)
    assert "client_secret" in text
    assert SECRET not in text
    assert "body-canary" not in text
    assert SECRET not in repr(login())


@pytest.mark.parametrize(
    "trouble",
    [
        {"status_code": 429, "headers": {"Retry-After": "7"}},
        {"status_code": 503},
        {"status_code": 500},
        {"text": "<html>"},
        {"json": {"token": "x"}},
        {"json": {"access_token": "a b"}},
        {"json": ["x"]},
        {"exc": ConnectTimeout},
    ],
)
def test_trouble_at_the_identity_provider_is_waited_out(
    hands: Hands, trouble: dict[str, object]
) -> None:
    """Asking for a token changes nothing, so it is asked again."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, [trouble, trouble, *tokens(180)])
        token = AccessToken(login(), clockwork=hands.clockwork())
        assert token.value() == "t0"
        token.close()
    if trouble.get("headers"):
        assert min(hands.slept) >= 7


def test_an_identity_provider_that_stays_away_ends_the_run(hands: Hands) -> None:
    """After the last try: temporary, and certain that nothing went to IFS."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, status_code=502)
        token = AccessToken(login(), clockwork=hands.clockwork())
        with pytest.raises(TemporaryError):
            token.value()
        token.close()


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "120"}, {"Retry-After": "299"}])
def test_an_identity_provider_that_asks_to_wait_for_ever_ends_the_run_in_minutes(
    hands: Hands, headers: dict[str, str]
) -> None:
    """Every single wait is short enough, all of them together are not."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, status_code=503, headers=headers)
        token = AccessToken(login(), clockwork=hands.clockwork())
        with pytest.raises(TemporaryError, match="last answer: status 503"):
            token.value()
        assert sum(hands.slept) <= 300
        token.close()


def test_workers_that_wait_for_a_token_share_the_end_of_the_one_who_asks(hands: Hands) -> None:
    """They do not begin anew one after the other."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, status_code=502)
        token = AccessToken(login(), clockwork=hands.clockwork())
        began = threading.Event()
        errors: list[TemporaryError] = []

        def wait_for_others(_request: object, _context: object) -> str:
            began.set()
            while len(waiting) < WORKERS - 1:
                threading.Event().wait(0.001)
            threading.Event().wait(0.05)  # until they stand at the lock
            return ""

        waiting: list[int] = []
        mock.post(URL, status_code=502, text=wait_for_others)

        def work(number: int) -> None:
            if number:
                began.wait()
                waiting.append(number)
            try:
                token.value()
            except TemporaryError as error:
                errors.append(error)

        workers = [threading.Thread(target=work, args=[n]) for n in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        token.close()
        assert len(errors) == WORKERS
        assert mock.call_count == 6


def test_the_life_counts_from_before_the_request(hands: Hands) -> None:
    """A slow identity provider must not make a token look younger than it is."""

    def slow(_: object, __: object) -> dict[str, object]:
        hands.seconds += 50
        return {"access_token": "t", "expires_in": 180}

    answer: Callable[..., dict[str, object]] = slow
    with requests_mock.Mocker() as mock:
        mock.post(URL, json=answer)
        token = AccessToken(login(), clockwork=hands.clockwork())
        token.value()
        hands.seconds = 119.9
        token.value()
        assert mock.call_count == 1
        hands.seconds = 120
        token.value()
        assert mock.call_count == 2
        token.close()


def test_a_plain_http_token_address_is_refused(hands: Hands) -> None:
    """A secret never travels in the clear."""
    with pytest.raises(ConfigurationError):
        AccessToken(login(token_url="http://iam.example.com/token"), clockwork=hands.clockwork())


def test_an_untrusted_identity_provider_is_not_asked_again(hands: Hands) -> None:
    """No secret goes to a server that cannot prove who it is."""
    with requests_mock.Mocker() as mock:
        mock.post(URL, exc=SSLError("CERTIFICATE_VERIFY_FAILED"))
        token = AccessToken(login(), clockwork=hands.clockwork())
        with pytest.raises(ConfigurationError, match="certificate"):
            token.value()
        token.close()
        assert mock.call_count == 1
