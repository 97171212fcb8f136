"""What tracing must give where the answer is known, on tiny random models of real classes."""

import pytest
import torch

from models.conftest import folders, model, picture, questions  # noqa: F401
from remem.models.base import Question
from remem.models.huggingface import Model
from remem.studies.tracing.groups import groups
from remem.studies.tracing.patching import KINDS, Effects, Patch, effects
from remem.studies.tracing.swaps import matched

TEXT, ANSWER = "Who is the person in this picture?", "Ximena Zamora."


def asked(colour: int) -> Question:
    return Question("a", TEXT, ANSWER, lambda: picture((48, 40), colour), f"picture {colour}")


def traced(
    model: Model, ours: int, theirs: int, wanted: list[tuple[str, int, torch.Tensor | None]]
) -> Effects:
    clean, corrupted = model.encode(asked(ours)), model.encode(asked(theirs))
    every = torch.ones(len(clean), dtype=torch.bool)
    patches = [Patch(kind, layer, every if tokens is None else tokens) for kind, layer, tokens in wanted]
    return effects(model, clean, corrupted, patches, rows_at_once=3)


@pytest.fixture(autouse=True)
def sharp(model: Model) -> None:
    """Random models hardly look at pictures: larger weights, so that every effect is far from rounding."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.network.parameters():
            if parameter.dim() > 1:
                parameter.mul_(4)


def test_everything_restored_is_clean_and_nothing_restored_is_corrupted(model: Model) -> None:
    last = model.layers - 1
    nothing = torch.zeros(5, dtype=torch.bool)
    found = traced(
        model, 0, 120, [("hidden", last, None), *((kind, 0, nothing) for kind in KINDS), ("hidden", 0, None)]
    )
    assert abs(found.clean - found.corrupted) > 0.05  # else this test could not fail
    assert found.restored[0] == pytest.approx(found.clean, abs=1e-3)
    assert found.restored[4] == pytest.approx(found.clean, abs=1e-3)
    for restored in found.restored[1:4]:
        assert restored == pytest.approx(found.corrupted, abs=1e-3)


def test_attention_and_mlp_are_pieces_of_the_hidden_state(model: Model) -> None:
    """Alone in one layer each leaves the rest corrupted, and none does what another does."""
    found = traced(model, 0, 120, [("attention", 0, None), ("mlp", 0, None), ("hidden", 0, None)])
    attention, mlp, hidden = (value - found.corrupted for value in found.restored)
    assert min(abs(attention - mlp), abs(attention - hidden), abs(mlp - hidden)) > 1e-3


def test_the_same_picture_has_no_effect(model: Model) -> None:
    layers = range(model.layers)
    found = traced(model, 7, 7, [(kind, layer, None) for kind in KINDS for layer in layers])
    assert found.corrupted == found.clean
    assert found.restored == pytest.approx([found.clean] * len(found.restored), abs=1e-3)


def test_restoring_after_the_last_token_that_sees_it_gives_nothing(model: Model) -> None:
    """At the last layer only positions that predict the answer count: not the picture's."""
    clean = model.encode(asked(0))
    shown = torch.tensor([t == model.network.config.image_token_id for t in clean.prompt])
    last = model.layers - 1
    found = traced(model, 0, 120, [("hidden", last, shown), ("hidden", 0, shown)])
    assert found.restored[0] == pytest.approx(found.corrupted, abs=1e-3)
    assert abs(found.restored[1] - found.corrupted) > 1e-3


def test_rows_at_once_change_nothing(model: Model) -> None:
    clean, corrupted = model.encode(asked(0)), model.encode(asked(120))
    tokens = torch.arange(len(clean.prompt)) % 2 == 0
    patches = [Patch(kind, layer, tokens) for kind in KINDS for layer in (0, 1)]
    one, many = (effects(model, clean, corrupted, patches, rows_at_once=n).restored for n in (1, 6))
    assert one == pytest.approx(many, abs=1e-3)


def test_prompts_of_unlike_length_are_matched(model: Model) -> None:
    """A longer name before the question: all of it put back, the clean answer comes back."""
    clean, corrupted = (
        model.encode(Question("a", f"Where does {name} live?", "Norvale.", None))
        for name in ("Jo Li", "Ximena Zamora")
    )
    tokenizer = model.encoder.tokenizer
    ours, theirs = (
        groups(row.prompt, tokenizer, None, (row.question.text,), name)
        for row, name in ((clean, "Jo Li"), (corrupted, "Ximena Zamora"))
    )
    assert len(clean.prompt) != len(corrupted.prompt)
    fellows = matched(clean.prompt, corrupted.prompt, ours, theirs)
    assert fellows is not None
    last = model.layers - 1
    every = Patch("hidden", last, torch.ones(len(corrupted), dtype=torch.bool))
    found = effects(model, clean, corrupted, [every], fellows)
    assert abs(found.clean - found.corrupted) > 1e-3
    assert found.restored[0] == pytest.approx(found.clean, abs=1e-3)


def test_other_answers_cannot_be_compared(model: Model) -> None:
    rows = [model.encode(Question("a", "Who?", answer, None)) for answer in ("Jo.", "Li.")]
    with pytest.raises(ValueError, match="same answer"):
        effects(model, *rows, [])
