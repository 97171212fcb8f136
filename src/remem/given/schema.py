"""audit.json: one document as one text, how it is read back, and the JSON Schema that says what it is.

The schema in docs/ is made again with: python -m remem.given.schema
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from remem import jsonfile
from remem.errors import UserError
from remem.given.document import SCHEMA, Document
from remem.steps.folders import write_atomic

FILE = "audit.json"
PAGE = Path("docs/audit.schema.json")
DRAFT = "https://json-schema.org/draft/2020-12/schema"
CURE = "Make the document again with remem audit."


def text(document: Document) -> str:
    """A document as the one text that stands for it: keys sorted, letters as they are.

    ValueError where it holds NaN, which JSON has not, or a value of another type than its field.
    """
    checked = msgspec.convert(asdict(document), Document)  # 1 becomes 1.0 where a number is meant
    found = json.dumps(asdict(checked), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return found.encode("utf-8", "replace").decode("utf-8") + "\n"  # half a character becomes "?"


def write(document: Document, folder: Path) -> Path:
    """Writes audit.json into a folder that is there."""
    path = folder / FILE
    write_atomic(path, text(document))
    return path


def read(path: Path) -> Document:
    """The document in an audit.json. UserError where it is not exactly what `write` would write."""
    found = jsonfile.read(path, Document, CURE)
    written = text(found)
    if path.read_bytes() != written.encode():
        place = _other(jsonfile.read(path, dict[str, Any], CURE), json.loads(written))
        what = f"at {place}: a field too many or too few" if place else "its keys or its spacing are not"
        raise UserError(f"{path} is not as remem writes it ({what}). {CURE}")
    return found


def _other(found: object, ours: object, place: str = "$") -> str:
    """The first place where two JSON values have other fields; "" where there is none."""
    pairs: list[tuple[object, object, str]]
    if isinstance(found, dict) and isinstance(ours, dict):
        if differing := sorted(found.keys() ^ ours.keys()):
            return f"{place}.{differing[0]}"
        pairs = [(found[key], ours[key], f"{place}.{key}") for key in found]
    elif isinstance(found, list) and isinstance(ours, list):
        pairs = [(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(found, ours, strict=True))]
    else:
        return ""
    return next((odd for one in pairs if (odd := _other(*one))), "")


def schema() -> dict[str, Any]:
    """The JSON Schema of audit.json. Every field is there, and no other."""
    _, parts = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    for part in parts.values():
        _close(part)
    whole = parts.pop("Document")
    return {"$schema": DRAFT, "$id": f"{SCHEMA}.schema.json", **whole, "title": "remem audit", "$defs": parts}


def _close(part: dict[str, Any]) -> None:
    part["additionalProperties"] = False
    part["required"] = sorted(part["properties"])
    for one in part["properties"].values():
        one.pop("default", None)


def schema_text() -> str:
    return json.dumps(schema(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(schema_text(), encoding="utf-8")
    print(f"wrote {PAGE}")
