"""A language model behind an OpenAI-compatible endpoint as a judge, by the official client.

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

from remem import endpoint
from remem.errors import UserError
from remem.scoring.judge.case import Case, Verdict
from remem.scoring.judge.rubric import VERSION, messages, score_of
from remem.steps.folders import write_atomic
from remem.types import Progress, silent

if TYPE_CHECKING:
    from openai import OpenAI

    from remem.settings import JudgeSettings

URL, KEY = "REMEM_JUDGE_URL", "REMEM_JUDGE_KEY"
MOST_TOKENS = 16  # of a reply: one line is asked for
GIVE_UP = 10  # failures before any success, after which the endpoint is taken to be down


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What an endpoint said to one prompt."""

    text: str
    prompt_tokens: int
    completion_tokens: int


class Endpoint:
    """Asks several cases at once. `cache` is the folder where replies are kept."""

    def __init__(self, settings: JudgeSettings, cache: Path) -> None:
        self._settings, self._cache = settings, cache
        self._client = _client(settings)
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
        """The reply, or why there is none. The client asks again at busy, failing and slow endpoints."""
        import openai

        refusals = (
            openai.AuthenticationError,
            openai.PermissionDeniedError,
            openai.NotFoundError,
            openai.BadRequestError,
        )
        sent: Any = prompt
        reply, why = None, ""
        # Nonsense is asked again too: a judge need not repeat itself.
        for _ in range(self._settings.retries + 1):
            try:
                said = self._client.chat.completions.create(
                    model=self._settings.model, messages=sent, temperature=0.0, max_tokens=MOST_TOKENS
                )
            except refusals as error:
                raise UserError(
                    f"the judge's endpoint refused ({_told(error)}). Check {KEY}, {URL} and judge.model: "
                    "finished verdicts are kept."
                ) from error
            except openai.OpenAIError as error:
                return None, _told(error)
            except ValueError as error:  # a body that is no JSON
                reply, why = None, f"the reply cannot be read: {str(error)[:80]}"
                continue
            reply, why = _reply(said), ""
            if reply is None:
                why = "the reply holds no message"
            elif score_of(reply.text) is not None:
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
    if not os.environ.get(KEY):
        raise UserError(
            f"the judge endpoint needs a key: set {KEY} in the environment (any text where the endpoint asks "
            f"for none), and {URL} where it is not OpenAI's own"
        )
    from importlib.util import find_spec

    if find_spec("openai") is None:
        raise UserError("the judge endpoint needs the client: pip install 'remem[judge]'")


def _client(settings: JudgeSettings) -> OpenAI:
    check(settings)
    from openai import DefaultHttpxClient, OpenAI

    address = os.environ.get(URL) or None
    if address is not None:
        endpoint.check(address, os.environ[KEY], (URL, KEY))
    return OpenAI(
        api_key=os.environ[KEY],
        base_url=address,
        timeout=settings.timeout_s,
        max_retries=settings.retries,
        # A redirect would take the key along.
        http_client=DefaultHttpxClient(follow_redirects=False),
    )


def _kept(path: Path) -> Reply | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        del record["model"]
        return Reply(**record)
    except (OSError, ValueError, KeyError, TypeError):  # absent, or cut off by a full disk: asked again
        return None


def _reply(said: Any) -> Reply | None:
    try:
        text = said.choices[0].message.content
        used = said.usage
    except (AttributeError, IndexError, TypeError):
        return None
    if not isinstance(text, str):
        return None
    return Reply(
        text=text,
        prompt_tokens=getattr(used, "prompt_tokens", 0) or 0,
        completion_tokens=getattr(used, "completion_tokens", 0) or 0,
    )


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
