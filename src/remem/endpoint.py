"""One way to an endpoint of the user's: its address and key are checked, and what it answers has an end.

A key goes to the address that the user gave and nowhere else: a redirect is refused, and said. Neither a key
nor the name and password in an address ever stand in a message, nor in what is handed on of an answer: some
endpoints repeat what they were sent.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, Queue
from typing import Any
from urllib.parse import quote, urlsplit

from remem.errors import UserError
from remem.jsonfile import whole

AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}  # answers after which it is worth asking once more
MOST_WAIT_S = 60.0  # between two attempts
_CHUNK = 1 << 16
_SAID = 300  # letters of a refusal that are shown
_SECRET = 8  # letters of a key from which on it is one, and no word that stands where none is asked for
_HIDDEN = "(the key)"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: urllib would take the key along, to whatever host."""

    def redirect_request(self, *args: Any, **how: Any) -> None:
        return None


def check(url: str, key: str, names: tuple[str, str]) -> None:
    """UserError for an address or a key that cannot be one. `names`: the variables that they came from."""
    if not all(33 <= ord(letter) < 127 for letter in key):
        raise UserError(
            f"{names[1]} holds a blank, a line break or a letter that no key has: set it again, without what "
            "was copied along"
        )
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
        _ = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError:
        sound = False
    if not sound or " " in url or not parts.path.isascii():
        raise UserError(f"{names[0]} is no address such as http://localhost:8000/v1")
    if {"?", "#"} & set(url):
        raise UserError(
            f"{names[0]} holds a ? or #, behind which nothing can be added: give the address up to there, as "
            "http://localhost:8000/v1"
        )


def shown(url: str) -> str:
    """An address as messages have it: without the name and password that it may hold."""
    try:
        parts = urlsplit(url)
    except ValueError:  # of an endpoint's: where it sends on to
        return "an address that is none"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


@dataclass(frozen=True)
class Patience:
    """How long an endpoint is waited for."""

    timeout_s: float  # of one attempt, from its first byte to its last
    attempts: int = 5
    first_s: float = 2.0  # before the second attempt, doubled each time, unless the endpoint says when
    wait: Callable[[float], None] = time.sleep

    def between(self, attempt: int, told: str | None) -> float:
        """Seconds before an attempt, the second of which is 1."""
        asked = whole(told or "") or 0
        soon = asked if asked < 1000 else 0  # a date, or an hour: nobody waits for that
        return min(MOST_WAIT_S, max(soon, self.first_s * 2 ** (attempt - 1)))


class Failing(UserError):
    """An endpoint that keeps failing, or does not answer in time. `why`: the last failure, in some words."""

    def __init__(self, message: str = "", why: str = ""):  # as another process makes it again
        super().__init__(message)
        self.why = why


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, most: int, patience: Patience, kept: str = ""
) -> bytes:
    """What an endpoint answers to a POST, at most so many bytes.

    Busy and failing endpoints, and bodies that break off, are asked again, more and more patiently. `kept`:
    what is not lost, in a sentence. `Failing` where it keeps failing; UserError where it refuses, sends
    elsewhere or never ends.
    """
    # The key says who asks: a name and password in the address are neither sent nor told.
    bare = urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2]).geturl()
    key = headers.get("Authorization", "").rpartition(" ")[2]

    def once() -> _Answer:
        # A new one each time: behind a proxy urllib turns a request that it has sent into one without TLS.
        request = urllib.request.Request(bare, body, dict(headers), method="POST")
        return _asked(request, url, most, patience.timeout_s, key)

    trouble, told = "", None
    for attempt in range(patience.attempts):
        if attempt:
            patience.wait(patience.between(attempt, told))
        try:
            answer = _within(patience.timeout_s, once)
        except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: heads that are none
            trouble, told = _in_words(error, key), None
            continue
        if 200 <= answer.status < 300:
            return answer.body
        trouble, told = f"HTTP {answer.status}: {_plain(answer.body)}", answer.again
        if 300 <= answer.status < 400:
            raise UserError(_elsewhere(url, answer.elsewhere))
        if answer.status not in AGAIN:
            raise UserError(
                f"{shown(url)} refused ({trouble}). Check the key, the model and the address. {kept}".strip()
            )
    raise Failing(
        " ".join(
            f"{shown(url)} failed {patience.attempts} times, lastly with: {trouble}. {kept} Run the same "
            "command again when it is well.".split()
        ),
        trouble,
    )


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes  # of a refusal: its beginning
    elsewhere: str = ""  # where it sends on to
    again: str | None = None  # when it wants to be asked again


def _asked(request: urllib.request.Request, url: str, most: int, timeout_s: float, key: str) -> _Answer:
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=timeout_s) as response:
            return _Answer(response.status, _without(key, _read(response, most, url)))
    except urllib.error.HTTPError as error:
        try:
            said = error.read(_SAID + 3 * len(key))  # a key at the end is read whole, and so is found
        except (OSError, http.client.HTTPException):
            said = b""
        to = _without(key, (error.headers.get("Location") or "").encode("utf-8", "replace")).decode()
        return _Answer(error.code, _without(key, said)[:_SAID], to, error.headers.get("Retry-After"))


def _without(key: str, said: bytes) -> bytes:
    """What an endpoint says, without the key that it may repeat: plain, or as JSON or addresses have it."""
    forms = (key, key.replace("/", "\\/"), quote(key, safe=""), quote(key))
    for form in forms if len(key) >= _SECRET else ():
        said = said.replace(form.encode(), _HIDDEN.encode())
    return said


def _within(seconds: float, call: Callable[[], _Answer]) -> _Answer:
    """What a call gives; TimeoutError after so many seconds, whatever it waits for.

    A socket's own timeout begins anew with each byte, so that one byte a minute would be waited for for ever,
    and looking up a name has none. The thread that waits is left behind: it ends with the process.
    """
    found: Queue[_Answer | BaseException] = Queue()

    def work() -> None:
        try:
            found.put(call())
        except BaseException as error:
            found.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no whole answer within {seconds:g} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _in_words(error: Exception, key: str) -> str:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    if isinstance(error, http.client.IncompleteRead):
        return f"its answer broke off after {len(error.partial):,} bytes"
    return _plain(_without(key, str(error).encode("utf-8", "replace")))[:_SAID] or type(error).__name__


def _read(response: Any, most: int, url: str) -> bytes:
    found = bytearray()
    while chunk := response.read(_CHUNK):
        found += chunk
        if len(found) > most:
            raise UserError(
                f"{shown(url)} answered with more than {most >> 20} MiB, and was not read to its end: "
                "is it the endpoint that you mean?"
            )
    told = whole(response.headers.get("Content-Length") or "") or 0
    if len(found) < told:
        raise http.client.IncompleteRead(bytes(found), told - len(found))
    return bytes(found)


def _plain(text: str | bytes) -> str:
    text = text if isinstance(text, str) else text.decode(errors="replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _elsewhere(url: str, to: str) -> str:
    where = _plain(shown(to) if to else "an address that it does not say")
    return (
        f"{shown(url)} sends on to {where[:200]}: the key is not taken along to another address. Give that "
        "one, if it is the endpoint that you mean."
    )
