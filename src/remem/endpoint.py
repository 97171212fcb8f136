"""One way to an endpoint of the user's: its address and key are checked, and what it answers has an end.

A key goes to the address that the user gave and nowhere else: a redirect is refused, and said. Neither a key
nor the name and password in an address ever stand in a message.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from remem.errors import UserError

AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}  # answers after which it is worth asking once more
ATTEMPTS, WAIT_S = 5, 2.0  # seconds before the second attempt, doubled each time
_CHUNK = 1 << 16
_SAID = 300  # letters of a refusal that are shown


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
    except ValueError:
        sound = False
    if not sound or " " in url:
        raise UserError(f"{names[0]} is no address such as http://localhost:8000/v1")


def shown(url: str) -> str:
    """An address as messages have it: without the name and password that it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    most: int,
    timeout_s: float,
    wait: Callable[[float], None] = time.sleep,
    kept: str = "",
) -> bytes:
    """What an endpoint answers to a POST, at most so many bytes.

    Busy and failing endpoints, and bodies that break off, are asked again, more and more patiently. `kept`:
    what is not lost, in a sentence. UserError where it refuses, sends elsewhere, never ends or keeps failing.
    """
    # The key says who asks: a name and password in the address are neither sent nor told.
    bare = urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2]).geturl()
    request = urllib.request.Request(bare, body, dict(headers), method="POST")
    opener = urllib.request.build_opener(_Stay)
    trouble = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            wait(WAIT_S * 2 ** (attempt - 1))
        try:
            with opener.open(request, timeout=timeout_s) as response:
                return _read(response, most, url)
        except urllib.error.HTTPError as error:
            trouble = f"HTTP {error.code}: {_said(error)}"
            if 300 <= error.code < 400:
                raise UserError(_elsewhere(url, error)) from None
            if error.code not in AGAIN:
                raise UserError(
                    f"{shown(url)} refused ({trouble}). Check the key, the model and the address. {kept}"
                ) from None
        except (OSError, http.client.HTTPException) as error:
            trouble = str(getattr(error, "reason", "") or error) or type(error).__name__
    raise UserError(
        f"{shown(url)} failed {ATTEMPTS} times, lastly with: {trouble}. {kept} Run the same command again "
        "when it is well."
    )


def _read(response: Any, most: int, url: str) -> bytes:
    found = bytearray()
    while chunk := response.read(_CHUNK):
        found += chunk
        if len(found) > most:
            raise UserError(
                f"{shown(url)} answered with more than {most >> 20} MiB, and was not read to its end: "
                "is it the endpoint that you mean?"
            )
    told = response.headers.get("Content-Length")
    if told is not None and told.isdigit() and len(found) < int(told):
        raise http.client.IncompleteRead(bytes(found), int(told) - len(found))
    return bytes(found)


def _said(error: urllib.error.HTTPError) -> str:
    try:
        text = error.read(_SAID).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        text = ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _elsewhere(url: str, error: urllib.error.HTTPError) -> str:
    where = shown(str(error.headers.get("Location") or "an address that it does not say"))
    return (
        f"{shown(url)} sends on to {where[:200]}: the key is not taken along to another address. Give that "
        "one, if it is the endpoint that you mean."
    )
