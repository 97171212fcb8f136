"""The card of a built data set: what `datasets` needs to load it, and what a reader needs to judge it."""

from collections.abc import Mapping

from remem.data import table
from remem.data.images.quality import Rating
from remem.data.settings import BuildSettings
from remem.outgoing import code, text_table


def front(whom: str, license: str, sizes: Mapping[str, tuple[int, int]]) -> str:
    """The YAML for `datasets.load_dataset`, and the heading. `sizes` are (rows, bytes) by split."""
    splits = "\n".join(
        f"  - name: {name}\n    num_bytes: {size}\n    num_examples: {count}"
        for name, (count, size) in sizes.items()
    )
    files = "\n".join(f"  - split: {name}\n    path: data/{name}-*" for name in sizes)
    return f"""---
license: {license}
language:
- en
task_categories:
- visual-question-answering
pretty_name: {whom} in the shape of ReMem
dataset_info:
{features()}
  splits:
{splits}
configs:
- config_name: default
  data_files:
{files}
---

# {whom}, in the shape of ReMem"""


def text(settings: BuildSettings, sizes: dict[str, tuple[int, int]], rating: Rating | None = None) -> str:
    """README.md: YAML for `datasets.load_dataset`, then prose.

    `sizes` are (rows, bytes) by split; `rating` is of the faces, where they were measured.
    """
    whose = (
        f"The pictures are {settings.source}."
        if settings.source in ("drawn", "rendered")
        else "The pictures were given by whoever built the set, and their rights apply to them."
    )
    return f"""{front("Invented people", "cc0-1.0", sizes)}

Questions about {settings.people} people who do not exist: names, addresses, illnesses and accounts are
invented. {whose}
This is **not the authors' data set** (*Before Forgetting, Learn to Remember*, arXiv 2605.03759), only built
in its shape; numbers measured on it are not comparable with theirs. Texts are in the public domain (CC0 1.0).

{rows_table(sizes)}

`finetune` is taught first. `forget1` to `forget4` are the rows of the first people, nested. `retain` is a
sample of the rows of people who are never forgotten. `test` asks about the same people in other words and
with other pictures. `1-hop` questions name the person; `multi-hop` questions only show them.

Beside the table: `people.json` (who they are and how they look), `candidates.json` (the values an answer is
ranked among), `rows.parquet` (the person of each row), `pictures.parquet` (what each picture shows),
`build.json` (settings), `paraphrases.parquet` (answers in other words, and with wrong
values){_others(settings)}.

{"" if rating is None else faces_table(rating)}{settings_table(settings.told())}
"""


def _others(settings: BuildSettings) -> str:
    if not settings.unknown():
        return ""
    how = ", asked without pictures" if settings.source == "folder" else ""
    who = f"{settings.unknown()} people who are in no split{how}, for membership attacks"
    return f",\n`strangers.parquet` ({who})"


def features() -> str:
    """The nine columns, as YAML in a `dataset_info`."""
    lines = (
        f"  - name: {name}\n    dtype: {'image' if name == 'image' else 'string'}" for name in table.COLUMNS
    )
    return "\n".join(["  features:", *lines])


def settings_table(settings: dict[str, object]) -> str:
    """The settings that a set was built with."""
    return text_table(("setting", "value"), settings.items())


def rows_table(sizes: Mapping[str, tuple[int, int]]) -> str:
    """How many rows each split has. `sizes` are (rows, bytes)."""
    return text_table(("split", "rows"), ((name, f"{count:,}") for name, (count, _) in sizes.items()))


def faces_table(rating: Rating) -> str:
    """How well people are told apart."""
    apart = ("mean distance, one person", "mean distance, two people")
    header = ("no visible face", *apart, "AUC of one against two")
    row = (f"{rating.faceless:.1%}", f"{rating.same:.3f}", f"{rating.different:.3f}", f"{rating.auc:.4f}")
    said = f"Faces, by the measure {code(rating.measure)}, over {rating.pictures:,} pictures:"
    return f"{said}\n\n{text_table(header, [row])}\n\n"
