"""A language model behind an OpenAI-compatible endpoint as a judge, by POST to `chat/completions`.

Environment: REMEM_JUDGE_KEY, and REMEM_JUDGE_URL (such as http://localhost:8000/v1) where it is not OpenAI's.
Replies are kept on disk as they come, by prompt and model: a run that was killed, or whose endpoint failed,
pays for none twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem import endpoint, jsonfile
from remem.errors import UserError
from remem.scoring.judge.case import Case, Verdict
from remem.scoring.judge.rubric import VERSION, messages, score_of
from remem.steps.folders import write_atomic
from remem.types import Progress, silent

if TYPE_CHECKING:
    from remem.settings import JudgeSettings

URL, KEY = "REMEM_JUDGE_URL", "REMEM_JUDGE_KEY"
OWN = "https://api.openai.com/v1"  # asked where no address is given
MOST_BYTES = 1 << 20  # of an answer: one line is asked for
FIRST_S = 0.5  # before an endpoint that failed is asked again
MOST_TOKENS = 16  # of a reply: one line is asked for
GIVE_UP = 10  # failures before any success, after which the endpoint is taken to be down


@dataclass(frozen=True)
class Reply:
    """What an endpoint said to one prompt."""

    text: str
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, kw_only=True)
class Kept(Reply):
    """A reply on disk, with the model that gave it."""

    model: str


class Endpoint:
    """Asks several cases at once. `cache` is the folder where replies are kept."""

    def __init__(self, settings: JudgeSettings, cache: Path) -> None:
        self._settings, self._cache = settings, cache
        check(settings)
        self._url = os.environ.get(URL, "").strip() or OWN
        self._patience = endpoint.Patience(settings.timeout_s, settings.retries + 1, FIRST_S)
        self._replies: list[Reply] = []
        self._failed = 0
        self._lock = threading.Lock()

    def judge(self, cases: Sequence[Case], progress: Progress = silent) -> list[Verdict]:
        """A case that fails is missing and says why. UserError when the endpoint refuses, or is down."""
        names = [key(self._settings.model, messages(case)) for case in cases]
        alike: dict[str, Case] = {}  # the same answer to the same question on another picture: asked once
        for name, case in zip(names, cases, strict=True):
            alike.setdefault(name, case)
        found: dict[str, Verdict] = {}
        with ThreadPoolExecutor(self._settings.concurrency) as pool:
            jobs = {name: pool.submit(self._one, name, case) for name, case in alike.items()}
            try:
                for name, job in jobs.items():
                    found[name] = job.result()
                    progress(len(found), len(jobs), f"judged by {self._settings.model}")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        verdicts = [replace(found[name], id=case.id) for name, case in zip(names, cases, strict=True)]
        if cases and not self._replies:
            raise self._down(verdicts[0].why)
        return verdicts

    def usage(self) -> dict[str, float | None]:
        """Tokens of all replies, kept ones included, and what they cost at the given prices."""
        ours = self._settings
        sent = sum(one.prompt_tokens for one in self._replies)
        got = sum(one.completion_tokens for one in self._replies)
        priced = ours.price_in > 0 or ours.price_out > 0
        cost = (sent * ours.price_in + got * ours.price_out) / 1e6 if priced else None
        return {"prompt_tokens": sent, "completion_tokens": got, "cost": cost}

    def _one(self, name: str, case: Case) -> Verdict:
        path = self._cache / f"{name}.json"
        reply, why = _kept(path), ""
        if reply is None:
            reply, why = self._ask(messages(case))
        score = None if reply is None else score_of(reply.text)
        if reply is None or score is None:
            if reply is not None:
                why = f"the reply was no score: {' '.join(reply.text.split())[:80]!r}"
            with self._lock:
                self._failed += 1
                if not self._replies and self._failed >= GIVE_UP:
                    raise self._down(why)
            return Verdict(id=case.id, score=None, why=why)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, json.dumps({"model": self._settings.model, **asdict(reply)}) + "\n")
        with self._lock:
            self._replies.append(reply)
        return Verdict(id=case.id, score=score)

    def _ask(self, prompt: list[dict[str, str]]) -> tuple[Reply | None, str]:
        """The reply, or why there is none. Busy, failing and slow endpoints are asked again."""
        asked = {"model": self._settings.model, "messages": prompt}
        body = json.dumps(asked | {"temperature": 0.0, "max_tokens": MOST_TOKENS}).encode()
        reply, why = None, ""
        # Nonsense is asked again too: a judge need not repeat itself.
        for _ in range(self._settings.retries + 1):
            try:
                answer = endpoint.post(
                    f"{self._url.rstrip('/')}/chat/completions",
                    body,
                    {
                        "Content-Type": "application/json",
                        "Authorization": f"Bearer {os.environ[KEY].strip()}",
                    },
                    most=MOST_BYTES,
                    patience=self._patience,
                    kept="Finished verdicts are kept.",
                )
            except endpoint.Failing as error:
                return None, error.why[:160]
            reply, why = _reply(answer)
            if reply is not None and score_of(reply.text) is not None:
                break
        return reply, why

    def _down(self, why: str) -> UserError:
        return UserError(
            f"the judge's endpoint answered nothing that can be used, lastly: {why}. Mend it and run the "
            "same command again, or leave endpoint out of judge.names."
        )


def key(model: str, prompt: list[dict[str, str]]) -> str:
    """The name of a kept reply: a digest of rubric version, model and prompt."""
    text = json.dumps([VERSION, model, prompt], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def check(settings: JudgeSettings) -> None:
    """UserError, before any work, for what the endpoint needs and has not."""
    if not settings.model:
        raise UserError("the judge endpoint needs the name of its model: --set judge.model=NAME")
    if not os.environ.get(KEY, "").strip():
        raise UserError(
            f"the judge endpoint needs a key: set {KEY} in the environment (any text where the endpoint asks "
            f"for none), and {URL} where it is not OpenAI's own"
        )
    endpoint.check(os.environ.get(URL, "").strip() or OWN, os.environ[KEY].strip(), (URL, KEY))


def _kept(path: Path) -> Reply | None:
    try:
        found = jsonfile.read(path, Kept, "")
    except UserError:  # absent, or cut off by a full disk: asked again
        return None
    return Reply(found.text, found.prompt_tokens, found.completion_tokens)


def _reply(answer: bytes) -> tuple[Reply | None, str]:
    """What an answer of the protocol says, or why it says nothing."""
    try:
        told = jsonfile.parse(answer, dict[str, Any], "the reply", "")
    except UserError as error:
        return None, f"the reply cannot be read: {str(error)[:100].strip()}"
    try:
        text = told["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        return None, "the reply holds no message"
    used = told.get("usage")
    sent, got = (_count(used, name) for name in ("prompt_tokens", "completion_tokens"))
    return Reply(text=text, prompt_tokens=sent, completion_tokens=got), ""


def _count(used: Any, name: str) -> int:
    """Tokens as an endpoint counts them; 0 where it does not."""
    found = used.get(name) if isinstance(used, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 1 << 40 else 0
