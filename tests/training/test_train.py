"""The loop: resumable to the byte, each item once an epoch, not silent when nothing moves or all is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from models.conftest import folders, questions  # noqa: F401
from remem.errors import UserError
from remem.methods import make
from remem.methods.base import Paired, Teach
from remem.methods.needs import Need
from remem.methods.streams import Streams
from remem.models.base import Encoded, Policy
from remem.models.huggingface import Model
from remem.models.loading import load
from remem.settings import Adapt, Train
from remem.training.loop import schedule, train
from remem.training.slices import balanced, order
from remem.types import Progress

SETTINGS = Train(lr=1e-3, epochs=4, batch=2, schedule="cosine")


@pytest.fixture
def model(folders: dict[str, Path]) -> Model:
    made = load(folders["llava"])
    made.adapt(Adapt(vision="frozen", projector="full", language="lora", dropout=0.1))
    return made


def weights(model: Model) -> dict[str, torch.Tensor]:
    return {path: p.detach().clone() for path, p in model.trainable().items()}


def run(model: Model, folder: Path, settings: Train = SETTINGS, **more: object) -> None:
    rows = [model.encode(question) for question in questions()]
    train(model, Teach(), Streams(retain=rows), settings, seed=3, folder=folder, **more)  # type: ignore[arg-type]


class Killed(Exception):
    pass


def die_at(stop: int) -> Progress:
    """Kills a training when it says that it has made so many steps."""

    def die(done: int, total: int, note: str = "") -> None:
        if done == stop:
            raise Killed

    return die


def test_killed_and_resumed_ends_in_the_same_weights(
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("remem.training.resume.CHECKPOINT_EVERY_S", 0.0)
    ends = []
    for stops in ((), (1,), (2, 5), (3, 4, 7)):
        folder = tmp_path / str(len(stops))
        folder.mkdir()
        for stop in [*stops, 10**6]:
            model = load(folders["llava"])
            model.adapt(Adapt(vision="frozen", projector="full", language="lora", dropout=0.1))
            try:
                run(model, folder, progress=die_at(stop))
            except Killed:
                continue
        ends.append((weights(model), (folder / "log.jsonl").read_bytes()))
        assert not (folder / "resume.pt").exists()
    for end, log in ends[1:]:
        assert log == ends[0][1]
        for path, value in end.items():
            assert torch.equal(value, ends[0][0][path]), path


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def of_another(path: Path) -> None:
    torch.save({"weights": {}, "good": {}}, path)


@pytest.mark.parametrize("torn", [halved, emptied, of_another])
@pytest.mark.parametrize("both", [False, True], ids=["the last", "both"])
def test_a_torn_resume_file_is_put_aside_and_the_one_before_it_used(
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    torn: Callable[[Path], None],
    both: bool,
) -> None:
    monkeypatch.setattr("remem.training.resume.Resumable.due", lambda state: True)
    ends, said, begun = [], [], []

    def told(done: int, total: int, note: str = "") -> None:
        if "put aside" in note:
            said.append(note)
        elif not begun:
            begun.append(done)

    for stop in (None, 4):
        folder = tmp_path / str(stop)
        folder.mkdir()
        for at in [4, None] if stop else [None]:
            model = load(folders["llava"])
            model.adapt(Adapt(vision="frozen", projector="full", language="lora", dropout=0.1))
            if at is None:
                begun.clear()
                run(model, folder, progress=told)
                continue
            with pytest.raises(Killed):
                run(model, folder, progress=die_at(at))
            for path in [folder / "resume.pt", *([folder / "resume-before.pt"] if both else [])]:
                torn(path)
        ends.append((weights(model), (folder / "log.jsonl").read_bytes()))
        assert not list(folder.glob("resume*"))
    assert len(said) == (2 if both else 1)
    assert "resume.pt was damaged" in said[0]
    assert begun == [1 if both else 3]  # the first step that was made: none was kept, or two
    assert ends[1][1] == ends[0][1]
    assert all(torch.equal(value, ends[0][0][path]) for path, value in ends[1][0].items())


def test_slices_of_a_step_end_in_the_same_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    ends = []
    for micro in (0, 1, 3):
        model = load(folders["llava"])
        model.adapt(Adapt(vision="frozen", projector="full", language="full"))
        rows = [model.encode(question) for question in questions()]
        streams = Streams(forget=rows[:3], retain=rows)
        # Plain descent in effect: one step, so that Adam's sign does not amplify rounding.
        train(
            model,
            make("npo", {}),
            streams,
            replace(SETTINGS, batch=3, epochs=1, micro_batch=micro),
            seed=0,
            folder=tmp_path,
        )
        ends.append(json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0]))
    for end in ends[1:]:
        assert end["loss"] == pytest.approx(ends[0]["loss"], abs=1e-5)
        assert end["grad_norm"] == pytest.approx(ends[0]["grad_norm"], rel=1e-4)


def test_teaching_teaches(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    model.adapt(Adapt())
    run(model, tmp_path, replace(SETTINGS, lr=5e-3, epochs=60))
    rows = [model.encode(question) for question in questions()]
    assert [said.text for said in model.generate(rows, 40)] == [question.answer for question in questions()]


def test_a_method_s_memory_survives_a_kill(
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PDU's multiplier: resumed without it, the log and the weights would differ."""
    monkeypatch.setattr("remem.training.resume.CHECKPOINT_EVERY_S", 0.0)
    ends = []
    for stop in (10**6, 3):

        def die(done: int, total: int, note: str = "", at: int = stop) -> None:
            if done == at:
                raise Killed

        folder = tmp_path / str(stop)
        folder.mkdir()
        for heard in (die, lambda done, total, note="": None):
            model = load(folders["llava"])
            model.adapt(Adapt())
            rows = [model.encode(question) for question in questions()]
            streams = Streams(forget=rows[:2], retain=rows[2:])
            try:
                method = make("pdu", {})
                train(model, method, streams, SETTINGS, seed=0, folder=folder, progress=heard)  # type: ignore[arg-type]
                break
            except Killed:
                assert torch.load(folder / "resume.pt")["memory"]["multiplier"] > 1
        ends.append((weights(model), (folder / "log.jsonl").read_text()))
    assert ends[0][1] == ends[1][1]
    assert all(torch.equal(value, ends[1][0][path]) for path, value in ends[0][0].items())
    multipliers = [json.loads(line)["multiplier"] for line in ends[0][1].splitlines()]
    assert multipliers == sorted(multipliers)
    assert multipliers[-1] > multipliers[0] > 1  # the untaught model breaks the bound at every step


@dataclass(frozen=True)
class Watches:
    """Keeps what it is given."""

    uses: ClassVar[frozenset[Need]] = frozenset({"retain", "refusal", "balance"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
        SEEN.append(batch)
        return policy(batch.forget).nll  # type: ignore[arg-type]


SEEN: list[Paired] = []


def test_stand_ins_are_row_for_row_and_concepts_weigh_alike(model: Model, tmp_path: Path) -> None:
    SEEN.clear()
    rows = [model.encode(question) for question in questions()]
    rows = [
        replace(row, question=replace(row.question, concept="one" if i else "other"))
        for i, row in enumerate(rows)
    ]
    # The shortest question gets the longest refusal: sorted apart, the rows would not match.
    streams = Streams(
        forget=rows,
        retain=rows,
        stand_ins={"refusal": lambda row, epoch: model.with_answer(row, "No. " * (40 - len(row) // 8))},
    )
    train(
        model,
        Watches(),
        streams,
        replace(SETTINGS, batch=4, micro_batch=2, epochs=1),
        seed=0,
        folder=tmp_path,
    )
    assert len(SEEN) == 2
    for batch in SEEN:
        assert batch.forget.ids == batch.refusal.ids
        assert batch.step.total == 1
    total = {"one": 0.0, "other": 0.0}
    for batch in SEEN:
        assert batch.forget.balance is not None
        for i, item in enumerate(batch.forget.ids):
            total["other" if item == "a" else "one"] += (
                batch.forget.balance[i] * batch.forget.mask[i].sum()
            ).item()
    assert total == pytest.approx({"one": 0.5, "other": 0.5})


def concepts_of(model: Model, counts: dict[str, int]) -> list[Encoded]:
    row = model.encode(questions()[0])
    named = [f"{concept}{n}" for concept, count in counts.items() for n in range(count)]
    return [replace(row, question=replace(row.question, id=one, concept=one[0])) for one in named]


@pytest.mark.parametrize(("size", "of_a"), [(4, [2] * 12), (3, [2, 1] * 6), (1, [1, 0] * 6)])
def test_every_step_holds_as_many_of_each_concept(model: Model, size: int, of_a: list[int]) -> None:
    """The rare concept comes round more often; each has all of its rows before any comes again."""
    rows = concepts_of(model, {"a": 3, "b": 9})
    steps = [[row.question.id for row in balanced(rows, step, size, 0, "forget")] for step in range(12)]
    assert [len(step) for step in steps] == [size] * 12
    assert [sum(id[0] == "a" for id in step) for step in steps] == of_a
    for concept, count in (("a", 3), ("b", 9)):
        drawn = [id for step in steps for id in step if id[0] == concept]
        for start in range(0, len(drawn) - count + 1, count):
            assert len(set(drawn[start : start + count])) == count


def test_both_streams_of_a_balanced_training_are_fed_by_concept(model: Model, tmp_path: Path) -> None:
    """Two of one kind and ten of the other: a shuffled step of four would often hold one kind only."""
    SEEN.clear()
    streams = Streams(
        forget=concepts_of(model, {"a": 2, "b": 10}),
        retain=concepts_of(model, {"a": 10, "b": 2}),
        stand_ins={"refusal": lambda row, epoch: model.with_answer(row, "No.")},
    )
    train(model, Watches(), streams, replace(SETTINGS, batch=4, epochs=2), seed=0, folder=tmp_path)
    assert len(SEEN) == 6
    for batch in SEEN:
        for rows in (batch.forget, batch.retain, batch.refusal):
            assert sorted(id[0] for id in rows.ids) == ["a", "a", "b", "b"]


def test_every_item_once_an_epoch() -> None:
    for epoch in range(3):
        assert sorted(order(17, 0, "forget", epoch)) == list(range(17))
    assert order(17, 0, "forget", 0) != order(17, 0, "forget", 1)


def test_schedules_start_and_end_where_they_say() -> None:
    for name in ("constant", "linear", "cosine"):
        settings = Train(schedule=name, warmup=0.1)  # type: ignore[arg-type]
        shares = [schedule(settings, step, 100) for step in range(100)]
        assert shares[0] == pytest.approx(1 / 11)
        assert max(shares) == pytest.approx(1.0)
        assert shares[-1] == (1.0 if name == "constant" else pytest.approx(0.0, abs=0.02))


@dataclass(frozen=True)
class Explodes:
    """A loss that is not finite after so many steps."""

    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})
    after: int = 3

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
        loss = policy(batch.retain).nll  # type: ignore[arg-type]
        return loss * float("nan") if batch.step.number >= self.after else loss


def test_divergence_stops_keeps_the_last_good_weights_and_is_said(model: Model, tmp_path: Path) -> None:
    rows = [model.encode(question) for question in questions()]
    outcome = train(model, Explodes(), Streams(retain=rows), SETTINGS, seed=0, folder=tmp_path)
    assert outcome.diverged
    assert outcome.steps == 2  # of the weights that are kept: after the third, the loss was not finite
    assert all(torch.isfinite(value).all() for value in weights(model).values())
    said = json.loads((tmp_path / "outcome.json").read_text())
    assert said["diverged"]
    assert "step 3" in said["why"]
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])["diverged"]


def test_divergence_after_a_resumption_keeps_the_same_weights(
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("remem.training.resume.CHECKPOINT_EVERY_S", 0.0)
    monkeypatch.setattr("remem.training.loop.SMALL", 0)
    ends = []
    for stops in ((), (6,)):
        folder = tmp_path / str(len(stops))
        folder.mkdir()
        for stop in [*stops, 10**6]:
            model = load(folders["llava"])
            model.adapt(Adapt())
            rows = [model.encode(question) for question in questions()]
            try:
                settings = replace(SETTINGS, epochs=6)
                train(
                    model,
                    Explodes(after=8),
                    Streams(retain=rows),
                    settings,
                    seed=0,
                    folder=folder,
                    progress=die_at(stop),
                )
            except Killed:
                continue
        ends.append(
            (weights(model), (folder / "outcome.json").read_bytes(), (folder / "log.jsonl").read_bytes())
        )
    assert ends[0][1:] == ends[1][1:]
    assert json.loads(ends[0][1])["steps"] == 5  # copied every fifth step here
    for path, value in ends[0][0].items():
        assert torch.equal(value, ends[1][0][path]), path


@dataclass(frozen=True)
class Idle:
    uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

    def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
        return policy(batch.retain).nll * 0.0  # type: ignore[arg-type]


def test_nothing_moved_is_an_error(model: Model, tmp_path: Path) -> None:
    rows = [model.encode(question) for question in questions()]
    with pytest.raises(UserError, match="nothing moved"):
        train(model, Idle(), Streams(retain=rows), replace(SETTINGS, warmup=0.0), seed=0, folder=tmp_path)


def test_nothing_to_train_on_and_nothing_that_trains(folders: dict[str, Path], tmp_path: Path) -> None:
    model = load(folders["llava"])
    with pytest.raises(UserError, match="nothing to train on"):
        train(model, Teach(), Streams(), SETTINGS, seed=0, folder=tmp_path)
    model.adapt(Adapt(vision="frozen", projector="frozen", language="frozen"))
    with pytest.raises(UserError, match="nothing trains"):
        run(model, tmp_path)


def test_a_method_that_hides_its_need_of_a_reference_is_caught(model: Model, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Sly:
        uses: ClassVar[frozenset[Need]] = frozenset({"retain"})

        def loss(self, policy: Policy, reference: Policy, batch: Paired) -> torch.Tensor:
            return reference(batch.retain).nll  # type: ignore[arg-type]

    rows = [model.encode(question) for question in questions()]
    with pytest.raises(RuntimeError, match="does not name"):
        train(model, Sly(), Streams(retain=rows), SETTINGS, seed=0, folder=tmp_path)
