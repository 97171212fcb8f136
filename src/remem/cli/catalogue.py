"""What there is: methods, metrics, recipes, models, picture sources; read from where they are defined."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path

from remem.cli.fields import fields

HEAD = """# Methods

Made from the files in `src/remem/methods/` by `python -m remem.cli.catalogue`: change it there.

A **loss** is minimised by the one training loop. An **edit** changes the taught model's weights directly, and
its result is saved whole. An **instruction** trains nothing. All work with LoRA and with full fine-tuning
(`model.adapt`) where nothing else is said. Any setting is changed with `--set NAME.SETTING=VALUE`; what
`remem tune` tries, with `--over`: its learning rates are for small models ([tuning](tuning.md))."""
ATTACKS_HEAD = """# Recovery attacks

Made from the files in `src/remem/attacks/` by `python -m remem.cli.catalogue`: change it there.

What an unlearnt model no longer says may come back: in other words, at four bits, after ten steps of
training, out of its hidden states. `remem run demo` tries a **quick** set on every arm; `remem attack
RUN_FOLDER` adds attacks to a run that is finished, `--attacks all` every one of them, `--set
relearn.shares=0.1,0.5` changes a setting. `remem run attacks` is the comparison in
[results](results/attacks.md).

Every attack is made on the base, the taught model and each **Goal model**, too. What it brings out of a
model that never saw the people is no memory, so that only the rest counts:

> recovered = (the arm after the attack - mean of the Goal models after it) / (taught - mean of the Goal
> models, both before it)

0 is a Goal model, 1 the taught model. The report gives it with an interval for exact match and for
exposure, and the **worst case** of each kind of attacker: the attack is chosen on some facts and measured
on the others, so that having looked many times does not make it look worse than it is. The verdict's part
"comes back" reads that. A guard stops an attack that is told what it is to find out."""
Rows = tuple[list[str], list[list[str]]]


def methods() -> Rows:
    """Kind, needs, what it does, paper and departure, from each method's own file; needs no torch."""
    from remem.methods import METHODS

    rows = [[name, *_kind(name), *_told(name)] for name in METHODS]
    return ["name", "kind", "needs", "what it does", "paper", "departure"], rows


def _kind(name: str) -> tuple[str, str]:
    """The kind of a method, and what it needs."""
    from remem.methods import kind, uses, works_with

    trained = {"lora": "LoRA", "full": "full fine-tuning"}
    only = [trained[one] for one in works_with(name)] if len(works_with(name)) == 1 else []
    return kind(name), ", ".join([*sorted(uses(name)), *only]) or "nothing"


def _told(name: str) -> tuple[str, str, str]:
    """What a method's docstring says: its first sentence, the paper, the departure from it."""
    from remem.methods import tree

    title, _, rest = (ast.get_docstring(tree(name)) or "").partition("\n\n")
    paper, _, departure = rest.partition("Departure from the paper:")
    return _line(title), _line(paper), _line(departure)


def _line(text: str, paragraphs: int = 0) -> str:
    """In one line; of so many paragraphs, 0: of all."""
    kept = text.split("\n\n")[:paragraphs] if paragraphs else [text]
    return " ".join(" ".join(kept).split())


def settings(name: str) -> list[tuple[str, str, str]]:
    """A method's settings as its file has them: name, default, comment."""
    from remem.methods import body, source

    return [(one.name, one.default, one.text) for one in fields(body(name), source(name))]


def methods_page() -> str:
    """docs/methods.md, made from the methods' files."""
    from remem.methods import METHODS, searched
    from remem.methods.needs import NEEDS

    overview = [[f"[{name}](#{name})", *_kind(name), _told(name)[0]] for name in METHODS]
    parts = [HEAD, _markdown(["name", "kind", "needs", "what it does"], overview), "## What methods need"]
    parts.append(_markdown(["need", "what it is"], [[need, what] for need, what in NEEDS.items()]))
    for name in METHODS:
        title, paper, departure = _told(name)
        parts += [f"## {name}", title, paper, f"*Departure from the paper:* {departure}"]
        found = [[f"`{setting}`", default, text] for setting, default, text in settings(name)]
        parts += [_markdown(["setting", "default", "what it is"], found)] if found else []
        grid = "; ".join(
            f"`{setting}` {', '.join(f'{value:g}' for value in values)}"
            for setting, values in searched(name).items()
        )
        parts.append(f"*What `remem tune` tries:* {grid or 'nothing'}.")
    return "\n\n".join(parts) + "\n"


def _markdown(headings: list[str], rows: list[list[str]]) -> str:
    from remem.outgoing import markdown

    return markdown([headings, ["---"] * len(headings), *rows])


def metrics() -> Rows:
    from remem.scoring.metrics import all_metrics

    rows = [
        [one.key, one.title, one.unit, f"{_end(one.low)} to {_end(one.high)}", one.goal, one.source]
        for one in all_metrics()
    ]
    return ["key", "title", "unit", "from, to", "goal", "source"], rows


def _end(value: float | None) -> str:
    return "open" if value is None else f"{value:g}"


def recipes() -> Rows:
    from remem.run.recipes import RECIPES

    return ["name", "what it runs"], [[name, inspect.getdoc(make) or ""] for name, make in RECIPES.items()]


def models() -> Rows:
    from remem.models import NAMED

    rows = [[name, text] for name, text in NAMED.items()]
    rows.append(["FOLDER or OWNER/NAME", "Any image-text-to-text model of transformers, with its processor."])
    return ["name", "what it is"], rows


def families() -> Rows:
    from remem.models.families import FAMILIES

    rows = [
        [name, (inspect.getdoc(inspect.getmodule(make)) or "").split("\n")[0]]
        for name, make in FAMILIES.items()
    ]
    return ["name", "of remem make-tiny-model"], rows


def sources() -> Rows:
    from remem.data.images.api import Api
    from remem.data.images.drawn import Drawn
    from remem.data.images.folder import Folder
    from remem.data.images.generated import Generated
    from remem.data.images.rendered import Rendered

    known = (Drawn, Rendered, Folder, Generated, Api)
    return ["name", "what it makes"], [[one.name, inspect.getdoc(one) or ""] for one in known]


def judges() -> Rows:
    from remem.scoring.judge import JUDGES

    return ["name", "what it is"], [[name, text] for name, text in JUDGES.items()]


def attacks() -> Rows:
    """What an attacker must have and is given, and what is tried, from each attack's own file."""
    from remem.attacks import ATTACKS, told, tree

    rows = [
        [name, told(name, "access"), told(name, "knows"), _line(ast.get_docstring(tree(name)) or "", 1)]
        for name in ATTACKS
    ]
    return ["name", "attacker has", "and is given", "what is tried"], rows


def attacks_page() -> str:
    """docs/attacks.md, made from the attacks' files."""
    from remem.attacks import ATTACKS, classes, told, tree

    headings, rows = attacks()
    overview = [[f"[{name}](#{name})", *rest] for name, *rest in rows]
    parts = [ATTACKS_HEAD, _markdown(headings, overview)]
    for name in ATTACKS:
        parts += [f"## {name}", (ast.get_docstring(tree(name)) or "").strip()]
        parts.append(f"*The attacker has* {told(name, 'access')}, *and is given* {told(name, 'knows')}.")
        every = (field for body, source in classes(name) for field in fields(body, source))
        found = [[f"`{one.name}`", one.default, one.text] for one in every]
        parts += [_markdown(["setting", "default", "what it is"], found)] if found else []
    return "\n\n".join(parts) + "\n"


LISTS: dict[str, Callable[[], Rows]] = {
    "methods": methods,
    "attacks": attacks,
    "metrics": metrics,
    "recipes": recipes,
    "models": models,
    "families": families,
    "sources": sources,
    "judges": judges,
}


if __name__ == "__main__":
    for page, text in ((Path("docs/methods.md"), methods_page()), (Path("docs/attacks.md"), attacks_page())):
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page}")
