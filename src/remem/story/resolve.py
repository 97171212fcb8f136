"""A run with every default written out: an error, before any work, for what cannot be."""

from __future__ import annotations

from dataclasses import fields, replace

from remem.data.pebench.settings import PEBenchSettings
from remem.errors import UserError, unknown
from remem.run import amounts
from remem.run.settings import Run
from remem.run.tasks import check as check_tasks
from remem.run.tasks import check_methods
from remem.scoring.judge import check as check_judges
from remem.settings import Adapt, Attacking, Train, plain
from remem.steps import parallel


def resolve(run: Run) -> Run:
    """The run with every method's own defaults written out; an error for what cannot be run."""
    from remem.methods import check_trained, kind, make
    from remem.methods.base import Choosy
    from remem.models import EMBEDDED, find
    from remem.models.anatomy import anatomy
    from remem.models.kernels import attention, compiler
    from remem.models.loading import check_source, pick_device

    if isinstance(run.build, PEBenchSettings) and run.build.data:
        raise UserError(
            f"build.data={run.build.data}: cut the set first, with remem build pebench FOLDER --data "
            f"{run.build.data}, and then run it: remem run {run.recipe} --data FOLDER"
        )
    if not run.data:
        check_tasks(run, run.build.splits(), "the data set to be built")
    check_methods(run)
    amounts.check(run)
    if run.given:
        check_given(run)
    if run.forget.tasks:
        check_judges(run.judge)
    place = pick_device(run.model.device)
    attention(run.model.attention, run.model.dtype, place)
    if run.model.compile:
        compiler(place)
    parallel.check(run.model.shard)
    source, body = find(run.model.name), None
    for name in dict.fromkeys((run.model.name, *(one.source for one in run.given))):
        if name not in EMBEDDED:
            check_source(find(name))
    whole = []
    for one in run.forget.methods:
        for part, group in ((Train, one.train), (Adapt, one.adapt)):
            known = [f.name for f in fields(part)]
            for name in group:
                if name not in known:
                    raise unknown(f"training setting of {one.method}", name, known)
        method = make(one.method, one.settings)
        replace(run.forget.train, **one.train)  # an error for a value out of range
        adapt = replace(run.model.adapt, **one.adapt)
        check_trained(one.method, plain(adapt).values())
        if run.model.quantise != "none" and (adapt.language == "full" or kind(one.method) == "edit"):
            raise UserError(
                f"{one.method} changes the language model's own weights, and these have four bits: leave it "
                "out, or set model.quantise=none"
            )
        if isinstance(method, Choosy):
            body = body or anatomy(source, adapt)
            method.check(replace(body, how={part: getattr(adapt, part) for part in body.how}))
        whole.append(replace(one, settings=plain(method)))
    tried = tuple(_attacking(one, run) for one in run.attacks.each)
    return replace(
        run,
        forget=replace(run.forget, methods=tuple(whole)),
        attacks=replace(run.attacks, each=tried),
    )


def check_given(run: Run) -> None:
    """UserError for what is not judged of models that were made elsewhere."""
    if not run.data:
        raise UserError("models that were made elsewhere are judged on a data set: give it with --data")
    if run.forget.tasks or len(run.forget.splits) > 1:
        raise UserError(
            "models that were made elsewhere are judged on one set of people to forget: name one split, as "
            "in --forget forget1"
        )
    _check_unlearnt(run, {one.role for one in run.given})
    if run.model.quantise != "none":
        raise UserError("models that were made elsewhere are judged as they were saved: leave model.quantise")
    tried = [one.attack for one in run.attacks.each]
    for one in run.attacks.each:
        older = one.settings.get("towards", "base") if one.attack == "merge" else ""
        if older and older not in {given.role for given in run.given}:
            rest = ",".join(name for name in tried if name != "merge") or "none"
            raise UserError(
                f"the attack merge goes towards the {older} model, and none was given: give it with "
                f"--{older}, or leave the attack out: --attacks {rest}"
            )


def _check_unlearnt(run: Run, roles: set[str]) -> None:
    """UserError for methods that miss what nobody gave."""
    from remem.methods import uses

    if run.forget.methods and "taught" not in roles:
        raise UserError(
            "methods unlearn from the model that knew: give it with --taught, or leave out methods"
        )
    for one in run.forget.methods:
        for role in ("goal", "base"):
            lacks = role in uses(one.method) or one.settings.get("second") == role
            if lacks and role not in roles:
                raise UserError(
                    f"{one.method} needs the {role} model, and there is none where nothing is taught: leave "
                    "it out of methods"
                )


def _attacking(one: Attacking, run: Run) -> Attacking:
    """An attack with its own defaults written out; an error for what cannot be run."""
    from remem.attacks import changes_weights
    from remem.attacks import make as attack_of

    made = attack_of(one.attack, one.settings)
    if run.model.quantise != "none" and changes_weights(one.attack):
        raise UserError(
            f"{one.attack} puts other weights into the model, and these have four bits: leave it out, or set "
            "model.quantise=none"
        )
    return replace(one, settings=plain(made))
