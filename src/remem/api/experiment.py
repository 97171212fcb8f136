"""A run from Python, step by step: the same folder, keys and numbers as the command line's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remem.api.results import Results, read
from remem.errors import UserError
from remem.run import files
from remem.run.overrides import override, pair
from remem.run.plugins import load as load_plugins
from remem.run.recipes import recipe as recipe_of
from remem.settings import Adapt, Train, Unlearn

if TYPE_CHECKING:
    from remem.data import Dataset
    from remem.models.huggingface import Model
    from remem.run.settings import Run
    from remem.scoring.gate import Gate
    from remem.steps.jobs import View


class Experiment:
    """One run in one folder. Each verb makes what is missing up to it; what is done is skipped.

    Killed and started again, the same script goes on where it was, to the same numbers. Steps are made in
    this process, one after the other; `remem run` shares them among several.
    """

    def __init__(
        self,
        folder: str | Path,
        recipe: str = "tiny",
        *,
        data: str | Path = "",
        model: str | Path = "",
        settings: Mapping[str, Any] | None = None,
        plugins: Sequence[str] = (),
        ignore_gate: bool = False,
        quiet: bool = True,
    ) -> None:
        """
        Args:
            folder: where the run is kept.
            recipe: what it is like otherwise: `remem list recipes`, or a file that ends in .toml. Its methods
                are left out: see `unlearn`.
            data: your own data set, a folder or hub id; "": the recipe's is built.
            model: a folder, hub id, "tiny", "embedded" or "smollm2"; "": the recipe's.
            settings: any other, by the names that --set takes, as {"learn.lr": 1e-3}.
            plugins: files (FILE.py) or names of installed ones.
            ignore_gate: go on when stage 1 failed; every table will say so.
            quiet: no lines about the steps.

        Raises:
            UserError: for what cannot be, before any work.
        """
        load_plugins([plugins] if isinstance(plugins, str) else plugins)
        if settings is not None and not isinstance(settings, Mapping):
            raise UserError('settings must be a dictionary, as {"learn.lr": 1e-3}')
        named = {"data": str(data), "model.name": str(model)}
        pairs = [f"{key}={value}" for key, value in named.items() if value]
        pairs += [pair(key, value) for key, value in (settings or {}).items()]
        run = files.run_of(Path(recipe)) if recipe.endswith(files.ENDING) else recipe_of(recipe)
        self._known = {one.method: one for one in run.forget.methods}
        run = replace(run, forget=replace(run.forget, methods=()), attacks=replace(run.attacks, each=()))
        self.folder, self._run = Path(folder), override(run, pairs)
        self._ignore_gate, self._quiet = ignore_gate, quiet
        self._examined = False

    def __repr__(self) -> str:
        methods = [one.name or one.method for one in self._run.forget.methods]
        return f"Experiment({self.folder}: {self._run.recipe}, {', '.join(methods) or 'no method yet'})"

    def build(self) -> Dataset:
        """The data set: built if the run builds one, and loaded."""
        if not self._run.data:
            self._make("build")
        return self._data()

    def teach(self) -> Gate:
        """Stage 1 and its gate.

        Raises:
            GateFailed: stage 1 did not teach the facts, unless the experiment ignores it.
        """
        from remem.scoring.gate import read_gate

        self._make("learn")
        return read_gate(self.folder / "gate" / "gate.json")

    def unlearn(
        self, method: str, *, name: str = "", seeds: Sequence[int] = (0,), **settings: Any
    ) -> Experiment:
        """Stage 2 by one method, and the Goal models that it is compared with; after what is missing before.

        Args:
            method: see `remem list methods`.
            name: tells apart several settings of one method.
            seeds: of the experiment: one arm for each; equal for all its methods.
            settings: the method's own (beta=0.1), of its training (lr=1e-4, epochs=4), or of what trains
                (language="lora"). What the recipe has for the method comes before them.
        """
        if not isinstance(method, str):
            raise UserError("unlearn takes one method by its name: call it once for each")
        known = self._known.get(method, Unlearn(method=method))
        sorted_ = {
            kind: {k: v for k, v in settings.items() if k in kind.__dataclass_fields__}
            for kind in (Train, Adapt)
        }
        own = {k: v for k, v in settings.items() if not any(k in some for some in sorted_.values())}
        one = replace(
            known,
            name=name,
            settings=known.settings | own,
            train=known.train | sorted_[Train],
            adapt=known.adapt | sorted_[Adapt],
        )
        called = name or method
        others = [it for it in self._run.forget.methods if (it.name or it.method) != called]
        forget = replace(self._run.forget, methods=(*others, one), seeds=tuple(seeds))
        self._run = _checked(replace(self._run, forget=forget))
        self._make("forget")
        return self

    def ask(self) -> Experiment:
        """Asks and scores every arm."""
        self._make("evaluate")
        return self

    def attack(self, *attacks: str, **settings: Any) -> Experiment:
        """Recovery attacks on every arm, beside those that were made before.

        Args:
            attacks: see `remem list attacks`; none: "quick".
            settings: of them, as relearn__lr=1e-3 or {"relearn.lr": 1e-3} by `**`.
        """
        names = [one.attack for one in self._run.attacks.each]
        names += [one for one in attacks or ("quick",) if one not in names]
        pairs = [f"attacks={','.join(names)}"]
        pairs += [pair(key.replace("__", "."), value) for key, value in settings.items()]
        self._run = _checked(override(self._run, pairs))
        self._make("evidence")
        return self

    def report(self) -> Results:
        """Whatever is missing, the report, and the results."""
        self._make("report")
        return self.results()

    def results(self) -> Results:
        """What there is, as tables."""
        return read(self.folder)

    def model(self, arm: str = "taught") -> Model:
        """A model of the run, opened: "base", "taught", "goal", "npo-s0".

        Raises:
            UserError: it is not there yet.
        """
        from remem.run.arms import arm_in
        from remem.run.context import open_run

        if not (self.folder / "run.json").exists():
            raise UserError(f"{self.folder} holds no model yet: call teach first")
        context, _ = open_run(self.folder)
        return context.model(*arm_in(self.folder, arm).chain)

    def _data(self) -> Dataset:
        from remem.run.context import opened

        return opened(self._run, self.folder)

    def _make(self, stage: str) -> None:
        from remem.run.beforehand import look_through
        from remem.story import pipeline

        own = self._data() if self._run.data else None
        if own is not None and not self._examined:
            look_through(self._run, own, self._ignore_gate)
            self._examined = True
        if not self._run.forget.methods and stage in ("evaluate", "evidence", "report"):
            raise UserError("nothing has been unlearnt yet: call unlearn first")
        pipeline.carry_out(
            self.folder,
            self._run,
            self._view(),
            ignore_gate=self._ignore_gate,
            fingerprint=own.fingerprint if own else "",
            stage=stage,
            examined=True,
        )

    def _view(self) -> View:
        from remem.steps.jobs import Nobody

        if self._quiet:
            return Nobody()
        from remem.cli.console import Lines, out

        return Lines(out, 0)


def _checked(run: Run) -> Run:
    """The run; UserError, and the experiment is as it was, for what cannot be."""
    from remem.story.resolve import resolve

    resolve(run)
    return run
