'''What whoever answers for the models states of the request: a TOML file, or a JSON file with the same keys.

Every key may be left out, and the document then says that it is not stated. Nothing of the person belongs in
here but the number of their request:

    id = "2031-0142"
    received = 2031-03-03
    due = 2031-04-03
    answered = 2031-03-20
    scope = "All facts and pictures of one person, in the support assistant."
    method = "Preference optimisation against the taught model, 40 steps at 1e-4."
    set_by = "The model team; settings were chosen on three invented people before."
    kind = "approximate"            # or "retrained"
    seeds = "0"
    lineage = "A public base, fine-tuned in January on the tickets of the year before."
    checkpoints = "Eleven of the fine-tuning, deleted on 5 March."
    adapters = "None besides that which was opened."
    data_sets = "The rows were taken out of the tickets on 4 March; the evaluation set never had them."
    caches = "Answers are kept for a day, embeddings were made anew on 6 March."
    backups = "Kept for 30 days; the last one with the rows goes on 4 April."
    recipients = """
    One processor was told on 4 March, and has confirmed."""
'''

from __future__ import annotations

import datetime
from dataclasses import fields
from pathlib import Path
from typing import Any

from remem import jsonfile, tomlfile
from remem.errors import UserError, unknown
from remem.given.document import Stated
from remem.outgoing import quoted

MOST_BYTES = 1 << 20
MOST_LETTERS = 10_000  # of one text
DATES = ("received", "due", "answered")
KINDS = ("approximate", "retrained")
CURE = f"It is a TOML or a JSON file with any of these: {', '.join(one.name for one in fields(Stated))}."
_TYPES = {bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table"}


def read(path: Path) -> Stated:
    """What a request file states. UserError that names the key and says what to write."""
    raw = (
        jsonfile.read(path, dict[str, Any], CURE)
        if path.suffix.lower() == ".json"
        else tomlfile.read(path, CURE, MOST_BYTES)
    )
    known = [one.name for one in fields(Stated)]
    for key in raw:
        if key not in known:
            raise unknown(f"key in {path}", quoted(key), known)
    stated = {
        key: _date(path, key, value) if key in DATES else _text(path, key, value)
        for key, value in raw.items()
    }
    if stated.get("kind") not in (None, *KINDS):
        raise UserError(f'{path}, kind: {_shown(stated["kind"])} is neither "approximate" nor "retrained".')
    for later in ("due", "answered"):
        ends = [(stated.get(key) or "")[:10] for key in ("received", later)]
        if all(ends) and ends[1] < ends[0]:
            raise UserError(
                f"{path}, {later}: {ends[1]} lies before the day when it was received, {ends[0]}."
            )
    return Stated(**stated)


def _text(path: Path, key: str, value: object) -> str | None:
    if not isinstance(value, str):
        what = next((said for kind, said in _TYPES.items() if isinstance(value, kind)), "no text")
        raise UserError(f"{path}, {key}: it is {what}. Write a text, in quotation marks.")
    if len(value) > MOST_LETTERS:
        raise UserError(
            f"{path}, {key}: it has {len(value):,} letters; {MOST_LETTERS:,} are taken. Shorten it."
        )
    return value.strip() or None


def _date(path: Path, key: str, value: object) -> str | None:
    if isinstance(value, datetime.date):  # of which a time with its date is one, too
        return value.isoformat()
    text = _text(path, key, value)
    if text is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).isoformat() if len(text) > 10 else _day(text)
    except ValueError as error:
        raise UserError(f"{path}, {key}: {_shown(text)} is no date. Write it as 2031-03-20.") from error


def _day(text: str) -> str:
    return datetime.date.fromisoformat(text).isoformat()


def _shown(text: object) -> str:
    return quoted(f'"{text}"')[:80]
