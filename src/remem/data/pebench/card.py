"""The card of a data set in the shape of PEBench: its configs put the cells together into splits."""

from pathlib import Path

from remem.data.card import faces_table, features, settings_table
from remem.data.images.quality import Rating
from remem.data.pebench.cut import CELLS, TEST, splits_of
from remem.data.pebench.plan import Plan
from remem.data.pebench.settings import PEBenchSettings
from remem.outgoing import text_table


def write(
    folder: Path, plan: Plan, settings: PEBenchSettings, rating: Rating | None = None, origin: str = ""
) -> None:
    """README.md: YAML for `datasets.load_dataset(folder, "person", split="retain")`, then prose.

    `origin` says where pictures and people are from when they were given and not made.
    """
    sizes = plan.sizes()
    present = [name for name in CELLS if sizes[name]]
    configs: dict[str, dict[str, tuple[str, ...]]] = {
        "default": {"finetune": tuple(present)} | ({TEST: (TEST,)} if sizes[TEST] else {})
    }
    configs |= splits_of(present)
    counts = [
        (config, split, f"{sum(sizes[name] for name in names):,}")
        for config, splits in configs.items()
        for split, names in splits.items()
    ]
    whose = origin or (
        f"The people are invented and the pictures {settings.source}.\nThis is **not the authors' data set** "
        "(*PEBench*, arXiv 2503.12545), only built in its shape."
    )
    strange = _strangers(settings)
    licence = "other" if origin else "cc0-1.0"
    text = f"""---
license: {licence}
language:
- en
task_categories:
- visual-question-answering
pretty_name: People in events, in the shape of PEBench
dataset_info:
{"".join(f"- config_name: {config}{chr(10)}{features()}{chr(10)}" for config in configs).rstrip()}
configs:
{chr(10).join(_config(config, splits) for config, splits in configs.items())}
---

# People in events, in the shape of PEBench

{len(plan.people)} people in {len(plan.events)} events; each picture is asked about twice: who is this
(`who`), and what scene is it (`scene`). {whose}
The splits are cut by remem, and numbers measured on them are not comparable with the paper's.

{text_table(("config", "split", "rows"), counts)}

`finetune` is taught first. A config is a task: to forget people, events, or both. `forget_train` is
unlearnt, `forget_test` asks for the same targets on other pictures, and `retain` is everything else that
was taught: a model taught it alone is the yardstick (Goal). `scope`, a part of `retain`, asks for the other
concept on the pictures of `forget_train`. `test` was never taught: other pictures, in held-out wording.

Beside the table: `people.json`, `events.json` (descriptions and keywords; both say what is forgotten),
`rows.parquet` (person, event and concept of each row), `pictures.parquet`, `candidates.json`,
`build.json`{strange}.

{"" if rating is None else faces_table(rating)}{settings_table(settings.told())}
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _strangers(settings: PEBenchSettings) -> str:
    if not settings.unknown():
        return ""
    what = "who they are, and scenes that no row shows, if there are any"
    who = f"{settings.unknown()} people who are in no split: {what}; for membership attacks"
    return f",\n`strangers.parquet` ({who})"


def _config(name: str, splits: dict[str, tuple[str, ...]]) -> str:
    lines = [f"- config_name: {name}"] + (["  default: true"] if name == "default" else [])
    lines.append("  data_files:")
    for split, cells in splits.items():
        lines += [f"  - split: {split}", "    path:", *(f"    - data/{cell}-*" for cell in cells)]
    return "\n".join(lines)
