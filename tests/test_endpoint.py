"""Endpoints: a key goes where the user sent it and nowhere else, and what comes back has an end."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from remem import endpoint
from remem.errors import UserError

KEY = "sk-of-nobody"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.server.answer(self)  # type: ignore[attr-defined]

    do_GET = do_POST

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def servers() -> Iterator[tuple[Any, Any]]:
    made = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
    for one in made:
        one.heard = []  # type: ignore[attr-defined]
        threading.Thread(target=one.serve_forever, daemon=True).start()
    yield made[0], made[1]
    for one in made:
        one.shutdown()
        one.server_close()


def address(server: Any, more: str = "/v1") -> str:
    return f"http://127.0.0.1:{server.server_port}{more}"


def ask(
    server: Any, most: int = 1 << 20, url: str = "", timeout_s: float = 5, waits: list[float] | None = None
) -> bytes:
    head = {"Authorization": f"Bearer {KEY}"}
    patience = endpoint.Patience(timeout_s, wait=waits.append if waits is not None else lambda seconds: None)
    return endpoint.post(url or address(server), b"{}", head, most=most, patience=patience)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_does_not_take_the_key_along(servers: tuple[Any, Any], status: int) -> None:
    first, other = servers

    def answer(to: Handler) -> None:
        to.send_response(status)
        to.send_header("Location", address(other))
        to.end_headers()

    first.answer = answer
    other.answer = lambda to: to.send_response(200)
    with pytest.raises(UserError, match="sends on to") as problem:
        ask(first)
    assert other.heard == []
    assert len(first.heard) == 1
    assert KEY not in str(problem.value)


def test_what_never_ends_is_left(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    sent = []

    def answer(to: Handler) -> None:
        to.send_response(200)
        to.end_headers()
        try:
            while len(sent) < 10_000:
                to.wfile.write(b"x" * 65536)
                sent.append(1)
        except OSError:
            pass

    first.answer = answer
    with pytest.raises(UserError, match="more than 1 MiB"):
        ask(first)
    assert len(sent) < 1000


def test_a_body_that_breaks_off_is_asked_for_again(servers: tuple[Any, Any]) -> None:
    first, _ = servers

    def answer(to: Handler) -> None:
        to.send_response(200)
        to.send_header("Content-Length", "10")
        to.end_headers()
        to.wfile.write(b"0123456789" if len(first.heard) > 2 else b"01")

    first.answer = answer
    assert ask(first) == b"0123456789"
    assert len(first.heard) == 3


def test_a_status_line_that_is_none_is_trouble_and_no_traceback(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    first.answer = lambda to: to.wfile.write(b"NOTHTTP\r\n\r\n")
    with pytest.raises(UserError, match="failed 5 times"):
        ask(first)


def test_name_and_password_of_an_address_stand_nowhere(servers: tuple[Any, Any]) -> None:
    first, _ = servers

    def answer(to: Handler) -> None:
        to.send_response(401)
        to.end_headers()
        to.wfile.write(b"no\x1b[2J\nway")

    first.answer = answer
    url = address(first).replace("//", "//ann:hidden@")
    with pytest.raises(UserError, match="refused") as problem:
        ask(first, url=url)
    told = str(problem.value)
    assert "hidden" not in told
    assert KEY not in told
    assert "\x1b" not in told


@pytest.mark.parametrize("key", ["two\nlines", "two words", "tab\t", "ключ", "nul\0"])
def test_a_key_that_cannot_be_one_is_refused_unshown(key: str) -> None:
    with pytest.raises(UserError, match="THE_KEY holds") as problem:
        endpoint.check("http://localhost/v1", key, ("THE_URL", "THE_KEY"))
    assert key not in str(problem.value)


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:80", "ftp://x/v1", "http://", "http://x:port/", "http://a b/", "http://x/\n"),
        *("file:///etc", "http://a..b/v1", "http://x/vé", f"http://{'x' * 64}/v1"),
    ],
)
def test_an_address_that_cannot_be_one(url: str) -> None:
    with pytest.raises(UserError, match="THE_URL is no address"):
        endpoint.check(url, "key", ("THE_URL", "THE_KEY"))


@pytest.mark.parametrize("url", ["http://x/v1?version=1", "http://x/v1#end", "http://x?"])
def test_an_address_to_which_nothing_can_be_added(url: str) -> None:
    with pytest.raises(UserError, match=r"THE_URL holds a \? or #"):
        endpoint.check(url, "key", ("THE_URL", "THE_KEY"))


def test_a_good_address_and_key() -> None:
    endpoint.check("https://ann:hidden@host:8000/v1", "sk-1", ("THE_URL", "THE_KEY"))
    assert endpoint.shown("https://ann:hidden@host:8000/v1?k=1") == "https://host:8000/v1"


def test_one_byte_at_a_time_is_not_waited_for_for_ever(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    gone = threading.Event()

    def answer(to: Handler) -> None:
        to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not gone.wait(0.02):
            to.wfile.write(b"x")

    first.answer = answer
    with pytest.raises(endpoint.Failing, match=r"failed 5 times, lastly with: no whole answer within 0\.1 s"):
        ask(first, timeout_s=0.1)
    gone.set()


def test_a_busy_endpoint_is_asked_again_when_it_says(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    after = ["7", "²", "soon", "999999999999"]

    def answer(to: Handler) -> None:
        to.send_response(429)
        to.send_header("Retry-After", after[len(first.heard) - 1] if len(first.heard) < 5 else "1")
        to.end_headers()

    first.answer = answer
    waits: list[float] = []
    with pytest.raises(endpoint.Failing, match="HTTP 429"):
        ask(first, waits=waits)
    assert waits == [7, 4, 8, 16]


@pytest.mark.parametrize("status", [200, 302, 401, 429])
def test_a_key_that_an_endpoint_repeats_is_handed_on_nowhere(servers: tuple[Any, Any], status: int) -> None:
    first, _ = servers
    key = "sk/of-nobody+at=all"

    def answer(to: Handler) -> None:
        to.send_response(status)
        to.send_header("Location", f"/{key}?key=sk%2Fof-nobody%2Bat%3Dall")
        to.end_headers()
        to.wfile.write(b"x" * 290 + key.encode() + b" sk\\/of-nobody+at=all")

    first.answer = answer
    patience = endpoint.Patience(5, wait=lambda seconds: None)
    try:
        said = endpoint.post(
            address(first), b"{}", {"Authorization": f"Bearer {key}"}, most=1000, patience=patience
        ).decode()
    except UserError as problem:
        said = str(problem)
    assert "nobody" not in said
    assert "sk" not in said.replace("(the key)", "")


def test_a_word_for_a_key_changes_no_answer(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    first.answer = lambda to: to.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nSCORE: 1")
    patience = endpoint.Patience(5)
    assert b"SCORE: 1" in endpoint.post(
        address(first), b"{}", {"Authorization": "Bearer 1"}, most=1000, patience=patience
    )


def test_behind_a_proxy_a_key_never_goes_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def one(to: socket.socket) -> None:
        with to:
            to.settimeout(5)
            heard.append(to.recv(65536))
            to.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            heard.append(to.recv(65536))

    def serve(listening: socket.socket) -> None:
        for _ in range(5):
            one(listening.accept()[0])

    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listening.getsockname()[1]}")
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        with pytest.raises(endpoint.Failing):
            ask(None, url="https://example.org/v1")
    assert len(heard) == 10
    assert all(told.startswith(b"CONNECT example.org:443 ") for told in heard[::2])
    assert not any(KEY.encode() in told for told in heard)


def test_an_answer_that_is_packed_is_not_unpacked(servers: tuple[Any, Any]) -> None:
    first, _ = servers
    packed = gzip.compress(b"0" * (1 << 24))

    def answer(to: Handler) -> None:
        to.send_response(200)
        to.send_header("Content-Encoding", "gzip")
        to.end_headers()
        to.wfile.write(packed)

    first.answer = answer
    assert ask(first) == packed
