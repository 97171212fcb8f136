"""Endpoints that answer anything: the judge's and the image generator's, against a real server.

Accepted is a score that stands in a whole answer of the protocol, or a picture of the pixels that were sent.
The key and the password of the address stand in no refusal, and a redirect is followed by nobody.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from fuzz.campaign import ACCEPTED, REFUSED, Case, Silent
from remem import endpoint
from remem.data import people
from remem.data.images import api
from remem.errors import UserError
from remem.scoring.judge import Case as Asked
from remem.scoring.judge import endpoint as judge
from remem.settings import JudgeSettings

CASES = 1500
KEY, PASSWORD = "sk-of-nobody-at-all", "hidden-word"
TIME_S = 0.4  # for a whole answer
_SETTINGS = JudgeSettings(names=("endpoint",), model="wise", concurrency=1, retries=0, timeout_s=TIME_S)
_STATUS = (
    *[200] * 4,
    *(201, 204, 101, 206, 300, 301, 302, 304, 307, 308, 400, 401, 404, 413, 418, 429, 500, 599),
)
_LINES = (
    "HTTP/1.1 200 OK",
    "HTTP/9 200",
    "HTTP/1.1 abc OK",
    "HTTP/1.1 99999 x",
    "HTTP/1.1",
    "ICY 200",
    "\x00",
    "",
    "x" * 70_000,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
)
_HEADS = (
    "Content-Length: -1",
    "Content-Length: 1e9",
    "Content-Length: 99999999999",
    "Content-Length: 3",
    "Content-Length: 5\r\nContent-Length: 7",
    "Transfer-Encoding: chunked",
    "Content-Encoding: gzip",
    "Content-Type: text/html; charset=utf-7",
    "Retry-After: -7",
    "Retry-After: 9" + "9" * 400,
    "Location: http://[::1",
    "Location: \x1b[2J",
    "Connection: keep-alive",
    "no colon at all",
    ": empty",
    "X: " + "y" * 70_000,
)
_SCORES = ("1", "5", "4", "0", "55", "５", "1e0", "1 SCORE: 2", "3/5", "-3", "3.5", "\n3", " 3 ", "3" * 999)
_ODD: Any = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", [], {}, [[]], {"a": 1}, "NaN", 10**30, ["SCORE: 5"], "9" * 200]
)


def cases() -> st.SearchStrategy[Case]:
    return st.fixed_dictionaries(
        {
            "what": st.sampled_from(["judge", "judge", "image"]),
            "status": st.sampled_from(_STATUS),
            "line": st.one_of(st.none(), st.none(), st.none(), st.sampled_from(_LINES)),
            "heads": st.lists(st.sampled_from(_HEADS), max_size=2),
            "said": st.one_of(st.sampled_from(_SCORES).map("SCORE: {}".format), st.text(max_size=30)),
            "picture": st.sampled_from(
                ["png", "png", "bmp", "wide", "cut", "text", "empty", "bomb", "noise"]
            ),
            "at": st.sampled_from(["", "", "", "first", "second", "third", "whole"]),
            "odd": _ODD,
            "body": st.sampled_from(
                ["", "", "", "", "deep", "digits", "twice", "bytes", "cut", "more", "nan", "bom", "half"]
            ),
            "send": st.sampled_from(["whole", "whole", "whole", "whole", "whole", "cut", "drip", "endless"]),
            "n": st.integers(0, 400),
        }
    )


def run(case: Case, folder: Path) -> str:
    server = _server()
    server.answer, server.send = _answer(case), case["send"]
    before = server.others
    try:
        found = (_judged if case["what"] == "judge" else _drawn)(case, folder)
    except UserError as refusal:
        if KEY in str(refusal) or PASSWORD in str(refusal):
            raise Silent(f"the key stands in: {refusal}") from refusal
        raise
    finally:
        if server.others != before:
            raise Silent("the redirect was followed")
    return found


def _judged(case: Case, folder: Path) -> str:
    with _environment(judge.URL, judge.KEY):
        judging = judge.Endpoint(_SETTINGS, folder)
        [verdict] = judging.judge([Asked(id="q", question="What?", truth="a", goal="b", answer="c")])
    usage = judging.usage()
    if usage["prompt_tokens"] not in (0, 7) or usage["completion_tokens"] not in (0, 3):
        raise Silent(f"tokens: {usage}")
    if verdict.score is None:
        return REFUSED
    wanted = {0.0: "1", 0.25: "2", 0.5: "3", 0.75: "4", 1.0: "5"}[verdict.score]
    whole = case["at"] in ("", "first") or case["odd"] == {"never": "so"}
    if not whole or wanted not in case["said"] or case["send"] in ("cut", "drip"):
        raise Silent(f"{verdict} of {case}")
    return ACCEPTED


def _drawn(case: Case, folder: Path) -> str:
    with _environment(api.URL, api.KEY):
        made = api.Api(wait=lambda seconds: None)
        made._reference = _Reference()  # type: ignore[assignment]
        shown = made.view(_person(), 0, 0, 8)
    if case["at"] not in ("", "first") or case["picture"] not in ("png", "bmp"):
        raise Silent(f"a picture of {case}")
    if shown.image.getpixel((4, 4)) != (10, 200, 30):
        raise Silent(f"other pixels: {shown.image.getpixel((4, 4))}")
    return ACCEPTED


class _Reference:
    def of(self, *_: Any) -> Image.Image:
        return Image.new("RGB", (8, 8))


@functools.cache
def _person() -> Any:
    return people.invent(1, seed=0)[0]


@contextlib.contextmanager
def _environment(url: str, key: str) -> Any:
    """The endpoint's address and key, and little patience."""
    now = {url: f"http://ann:{PASSWORD}@127.0.0.1:{_server().port}/v1", key: KEY, "no_proxy": "*"}
    before = {name: os.environ.get(name) for name in now}
    os.environ.update(now)
    usual, api.TIMEOUT_S = api.TIMEOUT_S, TIME_S  # type: ignore[misc,assignment]
    attempts = endpoint.Patience.__init__.__defaults__
    endpoint.Patience.__init__.__defaults__ = (2, 0.0, lambda seconds: None)
    try:
        yield
    finally:
        endpoint.Patience.__init__.__defaults__ = attempts
        api.TIMEOUT_S = usual  # type: ignore[misc]
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def _answer(case: Case) -> bytes:
    line = case["line"] if case["line"] is not None else f"HTTP/1.1 {case['status']} Said"
    heads = [
        *case["heads"],
        *([f"Location: http://127.0.0.1:{_server().other}/v1"] * (300 <= case["status"] < 400)),
    ]
    body = _body(case)
    if not any(one.startswith(("Content-Length", "Transfer")) for one in heads):
        heads.append(f"Content-Length: {len(body) + (case['body'] == 'cut') * 9}")
    if "Transfer-Encoding: chunked" in heads and case["n"] % 2:
        body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    return "\r\n".join([line, *heads]).encode("utf-8", "surrogatepass") + b"\r\n\r\n" + body


def _body(case: Case) -> bytes:
    odd, at = case["odd"], case["at"]
    if case["what"] == "judge":
        message: Any = {"role": "assistant", "content": odd if at == "third" else case["said"]}
        whole: Any = {
            "choices": odd if at == "second" else [{"message": message}],
            "usage": odd if at == "first" else {"prompt_tokens": 7, "completion_tokens": 3},
        }
    else:
        found = odd if at == "third" else base64.b64encode(_picture(case["picture"])).decode()
        whole = {
            "data": odd if at == "second" else [{"b64_json": found}],
            "usage": odd if at == "first" else 1,
        }
    text = json.dumps(odd if at == "whole" else whole)
    text = {
        "deep": "[" * 100_000,
        "digits": text[:-1] + ', "x": ' + "9" * 5000 + "}",
        "twice": text[:-1] + ', "choices": 1, "data": 1}',
        "nan": text[:-1] + ', "x": NaN}',
        "half": text[:-1] + ', "x": "\\ud800"}',
        "more": text + "}",
    }.get(case["body"], text)
    raw = text.encode("utf-8", "surrogatepass")
    return {"bytes": b"\xff\xfe" + raw, "bom": b"\xef\xbb\xbf" + raw}.get(case["body"], raw)


@functools.cache
def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "bomb":
        Image.new("L", (13_000, 9_000)).save(out, "PNG")
    elif kind == "wide":
        Image.new("1", (4097, 4097)).save(out, "PNG")
    else:
        Image.new("RGB", (16, 16), (10, 200, 30)).save(out, "BMP" if kind == "bmp" else "PNG")
    found = out.getvalue()
    return {"cut": found[:40], "text": b"<svg/>", "empty": b"", "noise": bytes(range(256))}.get(kind, found)


class _Server:
    """Sends what it is told to whoever asks; its second port counts who comes."""

    def __init__(self) -> None:
        self.answer, self.send, self.others = b"", "whole", 0
        self._sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.port, self.other = (one.getsockname()[1] for one in self._sockets)
        for one, does in zip(self._sockets, (self._say, self._count), strict=True):
            threading.Thread(target=self._serve, args=(one, does), daemon=True).start()

    def _serve(self, listening: socket.socket, does: Any) -> None:
        while True:
            to, _ = listening.accept()
            threading.Thread(target=self._one, args=(to, does), daemon=True).start()

    def _one(self, to: socket.socket, does: Any) -> None:
        with contextlib.suppress(OSError), to:
            to.settimeout(5)
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += to.recv(65536)
            head, _, body = asked.partition(b"\r\n\r\n")
            told = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            while len(body) < int(told or 0):
                body += to.recv(65536)
            does(to)
            to.shutdown(socket.SHUT_WR)

    def _count(self, to: socket.socket) -> None:
        self.others += 1

    def _say(self, to: socket.socket) -> None:
        answer = self.answer
        if self.send == "cut":
            answer = answer[: len(answer) - 5]
        if self.send == "drip":
            until = time.monotonic() + 2 * TIME_S
            for byte in answer:
                if time.monotonic() > until:
                    return
                to.sendall(bytes([byte]))
                time.sleep(0.02)
            return
        to.sendall(answer)
        until = time.monotonic() + 2 * TIME_S
        while self.send == "endless" and time.monotonic() < until:
            to.sendall(b" " * 65536)


@functools.cache
def _server() -> _Server:
    return _Server()
