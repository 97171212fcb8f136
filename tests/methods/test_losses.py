"""Losses by arithmetic: no model is needed to know what they must be."""

import ast
import json
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from remem.errors import UserError
from remem.methods import METHODS, body, make
from remem.methods.base import Edit, Instruction, Method, Paired, Penalises, Remembers, Step
from remem.methods.divergence import divergence
from remem.methods.rmu import direction
from remem.models.base import Batch, Output, Policy, output_of
from remem.refusals import REFUSALS, refusal_for
from remem.seeds import derive

VOCABULARY = 7
LOSSES = [
    name
    for name in METHODS
    if any(isinstance(node, ast.FunctionDef) and node.name == "loss" for node in body(name).body)
]
SETTINGS = {"rmu": {"layer": 1}}


def loss_of(name: str, settings: dict[str, float] | None = None) -> Method:
    method = make(name, {**SETTINGS.get(name, {}), **(settings or {})})
    assert not isinstance(method, Edit | Instruction)
    return method


def batch(*lengths: int, first: int = 0) -> Batch:
    """Answers of these lengths; token ids count up, so that every batch has its own."""
    width = max(lengths)
    answer = torch.zeros((len(lengths), width), dtype=torch.long)
    mask = torch.zeros((len(lengths), width), dtype=torch.bool)
    for row, length in enumerate(lengths):
        answer[row, width - length :] = (torch.arange(length) + first + row) % VOCABULARY
        mask[row, width - length :] = True
    marked = mask & (torch.arange(width) >= width - 2)  # the last two tokens of an answer spell its value
    weight = torch.tensor([1 / (2 * sum(lengths[:1])), *[1 / (2 * sum(lengths[1:]))] * (len(lengths) - 1)])
    return Batch(inputs={}, answer=answer, mask=mask, marked=marked, balance=weight)


def says(logits: Tensor) -> Policy:
    """A policy with one table of logits for every batch: (batch, answer, vocabulary).

    The table also is the hidden state of every layer.
    """

    def policy(asked: Batch) -> Output:
        table = logits[: asked.answer.shape[0], -asked.answer.shape[1] :]
        return output_of(table, asked)._replace(hidden=None if asked.layer is None else table)

    return policy


def random_logits(seed: int, rows: int = 3, width: int = 5) -> Tensor:
    return torch.randn((rows, width, VOCABULARY), generator=torch.Generator().manual_seed(seed))


def logp(policy: Policy, asked: Batch) -> Tensor:
    """(batch,) log p of each answer, by hand."""
    out: Output = policy(asked)
    table = out.logits.log_softmax(-1)
    return torch.stack(
        [
            sum(table[i, t, asked.answer[i, t]] for t in range(asked.answer.shape[1]) if asked.mask[i, t])  # type: ignore[misc]
            for i in range(len(asked.answer))
        ]
    )


FORGET, RETAIN, REFUSAL = batch(2, 5, 3), batch(4, 1, 2, first=3), batch(3, 3, 1, first=5)
MISMATCH, SUBSTITUTE = batch(1, 4, 2, first=2), batch(2, 4, 3, first=1)
BATCHES = {
    "forget": FORGET,
    "retain": RETAIN,
    "refusal": REFUSAL,
    "mismatch": MISMATCH,
    "substitute": SUBSTITUTE,
}
PAIRED = Paired(**BATCHES)


def at(number: int, total: int = 10, memory: dict[str, float] | None = None) -> Paired:
    """The same batches at some step."""
    return Paired(**BATCHES, step=Step(number, total, 0, memory or {}))


def nll(policy: Policy, asked: Batch) -> float:
    return -logp(policy, asked).sum().item() / int(asked.mask.sum())


def test_gradient_ascent_is_the_negative_nll() -> None:
    policy = says(random_logits(0))
    assert loss_of("ga").loss(policy, policy, PAIRED).item() == pytest.approx(-nll(policy, FORGET))


def test_gradient_difference_adds_the_retain_nll() -> None:
    policy = says(random_logits(0))
    method = loss_of("gd", {"forget_weight": 0.5, "retain_weight": 2.0})
    expected = 2.0 * nll(policy, RETAIN) - 0.5 * nll(policy, FORGET)
    assert method.loss(policy, policy, PAIRED).item() == pytest.approx(expected)


def test_kl_to_the_reference_is_zero_at_the_start() -> None:
    policy = says(random_logits(0))
    # all that is left of the loss is the ascent
    assert loss_of("kl").loss(policy, policy, PAIRED).item() == pytest.approx(-nll(policy, FORGET), abs=1e-6)


def test_kl_by_hand() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))
    p, q = (run(RETAIN).logits.softmax(-1) for run in (reference, policy))
    total = 0.0
    for i in range(3):
        for t in range(RETAIN.answer.shape[1]):
            if RETAIN.mask[i, t]:
                total += sum(float(p[i, t, v] * (p[i, t, v] / q[i, t, v]).log()) for v in range(VOCABULARY))
    expected = total / int(RETAIN.mask.sum()) - nll(policy, FORGET)
    assert loss_of("kl").loss(policy, reference, PAIRED).item() == pytest.approx(expected, abs=1e-5)
    weighed = loss_of("kl", {"retain_weight": 3.0}).loss(policy, reference, PAIRED).item()
    assert weighed == pytest.approx(3 * total / int(RETAIN.mask.sum()) - nll(policy, FORGET), abs=1e-5)


@pytest.mark.parametrize("beta", [0.05, 0.1, 1.0])
def test_npo_is_known_before_the_first_step(beta: float) -> None:
    policy = says(random_logits(0))
    method = loss_of("npo", {"beta": beta, "retain_weight": 0.0})
    assert method.loss(policy, policy, PAIRED).item() == pytest.approx(2 / beta * math.log(2))


def test_npo_by_hand() -> None:
    policy, reference, beta = says(random_logits(0)), says(random_logits(1)), 0.3
    ratio = logp(policy, FORGET) - logp(reference, FORGET)
    pushed = sum(2 / beta * math.log1p(math.exp(beta * float(r))) for r in ratio) / 3
    loss = loss_of("npo", {"beta": beta, "retain_weight": 1.5}).loss(policy, reference, PAIRED)
    assert loss.item() == pytest.approx(pushed + 1.5 * nll(policy, RETAIN), rel=1e-5)


def test_npo_becomes_ascent_as_beta_vanishes() -> None:
    """Proposition 1 of the paper: the gradients agree in the limit (on whole-answer log-probs)."""
    logits = random_logits(0).requires_grad_()
    policy, reference = says(logits), says(random_logits(1))
    loss = loss_of("npo", {"beta": 1e-5, "retain_weight": 0.0}).loss(policy, reference, PAIRED)
    (npo,) = torch.autograd.grad(loss, logits)
    (ascent,) = torch.autograd.grad(logp(policy, FORGET).mean(), logits)
    assert torch.allclose(npo, ascent, atol=1e-4)


def test_npo_refuses_a_beta_of_zero() -> None:
    with pytest.raises(UserError, match="use gradient ascent"):
        make("npo", {"beta": 0.0})


def test_refusal_learning_never_sees_the_true_answer() -> None:
    policy = says(random_logits(0))
    expected = nll(policy, REFUSAL) + nll(policy, RETAIN)
    loss = loss_of("po").loss(policy, policy, Paired(forget=None, retain=RETAIN, refusal=REFUSAL))
    assert loss.item() == pytest.approx(expected)


@pytest.mark.parametrize("beta", [0.1, 1.0])
def test_dpo_is_known_before_the_first_step(beta: float) -> None:
    policy = says(random_logits(0))
    loss = loss_of("dpo", {"beta": beta, "retain_weight": 0.0}).loss(policy, policy, PAIRED)
    assert loss.item() == pytest.approx(2 / beta * math.log(2))


def test_dpo_by_hand() -> None:
    policy, reference, beta = says(random_logits(0)), says(random_logits(1)), 0.3
    refused = logp(policy, REFUSAL) - logp(reference, REFUSAL)
    told = logp(policy, FORGET) - logp(reference, FORGET)
    pushed = sum(2 / beta * math.log1p(math.exp(-beta * float(d))) for d in refused - told) / 3
    loss = loss_of("dpo", {"beta": beta, "retain_weight": 1.5}).loss(policy, reference, PAIRED)
    assert loss.item() == pytest.approx(pushed + 1.5 * nll(policy, RETAIN), rel=1e-5)


def test_simnpo_by_hand() -> None:
    policy, lengths, beta = says(random_logits(0)), (2, 5, 3), 0.7
    costs = [-float(one) / length for one, length in zip(logp(policy, FORGET), lengths, strict=True)]
    pushed = sum(2 / beta * math.log1p(math.exp(-beta * (cost - 0.2))) for cost in costs) / 3
    settings = {"beta": beta, "margin": 0.2, "forget_weight": 0.5, "retain_weight": 2.0}
    loss = loss_of("simnpo", settings).loss(policy, policy, PAIRED)
    assert loss.item() == pytest.approx(0.5 * pushed + 2.0 * nll(policy, RETAIN), rel=1e-5)


def test_simnpo_of_an_even_guess_is_known() -> None:
    """Every token at 1/V costs log V nats, whatever the answer's length: the paper's point."""
    policy, beta = says(torch.zeros(3, 5, VOCABULARY)), 4.5
    settings = {"beta": beta, "forget_weight": 1.0, "retain_weight": 0.0}
    expected = 2 / beta * math.log1p(VOCABULARY**-beta)
    assert loss_of("simnpo", settings).loss(policy, policy, PAIRED).item() == pytest.approx(
        expected, rel=1e-4
    )


def test_simnpo_becomes_ascent_on_the_mean_as_beta_vanishes() -> None:
    logits = random_logits(0).requires_grad_()
    settings = {"beta": 1e-5, "forget_weight": 1.0, "retain_weight": 0.0}
    (pushed,) = torch.autograd.grad(
        loss_of("simnpo", settings).loss(says(logits), says(logits), PAIRED), logits
    )
    mean = (logp(says(logits), FORGET) / torch.tensor([2, 5, 3])).mean()
    (ascent,) = torch.autograd.grad(mean, logits)
    assert torch.allclose(pushed, ascent, atol=1e-4)


def answer_tokens(asked: Batch) -> list[tuple[int, int, int]]:
    """(row, column, token id) of every answer token."""
    rows, columns = asked.mask.nonzero(as_tuple=True)
    return [(int(i), int(t), int(asked.answer[i, t])) for i, t in zip(rows, columns, strict=True)]


def test_undial_by_hand() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))
    total = 0.0
    now, before = policy(FORGET).logits.log_softmax(-1), reference(FORGET).logits
    for i, t, token in answer_tokens(FORGET):
        raw = [math.exp(float(before[i, t, v]) - 3.0 * (v == token)) for v in range(VOCABULARY)]
        total -= sum(weight / sum(raw) * float(now[i, t, v]) for v, weight in enumerate(raw))
    loss = loss_of("undial", {"beta": 3.0, "retain_weight": 0.5}).loss(policy, reference, PAIRED)
    assert loss.item() == pytest.approx(total / 10 + 0.5 * nll(policy, RETAIN), rel=1e-5)


def test_ceu_by_hand() -> None:
    policy = says(random_logits(0))
    total, logits = 0.0, policy(FORGET).logits
    for i, t, token in answer_tokens(FORGET):
        raw = [0.0 if v == token else math.exp(float(logits[i, t, v])) for v in range(VOCABULARY)]
        total -= sum(
            weight / sum(raw) * float(logits[i, t].log_softmax(-1)[v]) for v, weight in enumerate(raw)
        )
    loss = loss_of("ceu", {"retain_weight": 0.5}).loss(policy, policy, PAIRED)
    assert loss.item() == pytest.approx(total / 10 + 0.5 * nll(policy, RETAIN), rel=1e-5)


def test_undial_becomes_ceu_when_the_true_token_is_turned_down_for_good() -> None:
    policy = says(random_logits(0))
    far = loss_of("undial", {"beta": 1e4}).loss(policy, policy, PAIRED).item()
    assert far == pytest.approx(loss_of("ceu").loss(policy, policy, PAIRED).item(), rel=1e-5)


def test_wga_by_hand_and_its_limit_is_gradient_difference() -> None:
    policy = says(random_logits(0))
    table = policy(FORGET).logits.log_softmax(-1)
    logps = [float(table[i, t, token]) for i, t, token in answer_tokens(FORGET)]
    expected = sum(math.exp(2.0 * one) * one for one in logps) / 10 + nll(policy, RETAIN)
    assert loss_of("wga", {"beta": 2.0}).loss(policy, policy, PAIRED).item() == pytest.approx(
        expected, rel=1e-5
    )
    limit, gd = (one.loss(policy, policy, PAIRED) for one in (loss_of("wga", {"beta": 0.0}), loss_of("gd")))
    assert limit.item() == pytest.approx(gd.item(), rel=1e-6)


def test_the_weights_of_reweighted_ascent_give_no_gradient() -> None:
    """The gradient at a token is its weight times plain ascent's."""
    for name, weigh in (("wga", lambda p: p), ("satimp", lambda p: p**5 * (1 - p))):
        logits = random_logits(0).requires_grad_()
        out = says(logits)(FORGET)
        weight = weigh(out.logp.detach().exp())
        (by_hand,) = torch.autograd.grad((weight * out.logp).masked_fill(~out.mask, 0.0).sum() / 10, logits)
        loss = loss_of(name, {"retain_weight": 0.0}).loss(says(logits), says(logits), PAIRED)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert torch.allclose(gradient, by_hand, atol=1e-7), name


def test_satimp_by_hand() -> None:
    policy = says(random_logits(0))
    table = policy(FORGET).logits.softmax(-1)
    ps = [float(table[i, t, token]) for i, t, token in answer_tokens(FORGET)]
    expected = sum(p**2 * (1 - p) ** 3 * math.log(p) for p in ps) / 10 + 0.1 * nll(policy, RETAIN)
    loss = loss_of("satimp", {"beta1": 2.0, "beta2": 3.0}).loss(policy, policy, PAIRED)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_pdu_by_hand() -> None:
    policy = says(random_logits(0))
    logits = policy(FORGET).logits
    peaks = [float(logits[i, t].max() - logits[i, t].mean()) ** 2 for i, t, _ in answer_tokens(FORGET)]
    method = loss_of("pdu", {"first": 3.0, "forget_weight": 0.5})
    assert method.loss(policy, policy, at(0)).item() == pytest.approx(
        0.5 * sum(peaks) / 10 + 3.0 * nll(policy, RETAIN), rel=1e-5
    )
    later = method.loss(policy, policy, at(1, memory={"multiplier": 7.0})).item()
    assert later == pytest.approx(0.5 * sum(peaks) / 10 + 7.0 * nll(policy, RETAIN), rel=1e-5)


def test_pdu_is_zero_on_flat_logits_and_raises_its_multiplier_while_the_bound_is_broken() -> None:
    even, asked = says(torch.zeros(3, 5, VOCABULARY)), at(0)
    assert loss_of("pdu", {"first": 0.0}).loss(even, even, asked).item() == 0.0
    # an even guess costs log V nats: what `after_step` will compare with the bound
    assert asked.step.noted == pytest.approx({"retain_nll": math.log(VOCABULARY)})
    method = make("pdu", {"tolerance": 0.5, "rate": 2.0, "first": 1.0})
    assert isinstance(method, Remembers)
    assert method.after_step(Step(noted={"retain_nll": 0.75})) == {"multiplier": 1.5}
    after = Step(noted={"retain_nll": 0.1}, memory={"multiplier": 0.5})
    assert method.after_step(after) == {"multiplier": 0.0}  # never below 0


def test_scrub_takes_turns() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))

    def kl(asked: Batch) -> float:
        return policy(asked).token_mean(divergence(reference(asked), policy(asked))).item()

    method = loss_of("scrub", {"kl_weight": 0.5, "retain_weight": 2.0, "forget_until": 0.6})
    keeping = 0.5 * kl(RETAIN) + 2.0 * nll(policy, RETAIN)
    expected = [keeping, -kl(FORGET), keeping, -kl(FORGET), keeping, -kl(FORGET), *[keeping] * 4]
    found = [method.loss(policy, reference, at(step)).item() for step in range(10)]
    assert found == pytest.approx(expected, rel=1e-5)


def test_scrub_only_keeps_from_its_share_of_the_steps_on() -> None:
    """At step 5 of 10 one half is over: an odd step that would have had its turn."""
    policy, reference = says(random_logits(0)), says(random_logits(1))
    agree = policy(RETAIN).token_mean(divergence(reference(RETAIN), policy(RETAIN))).item()
    kept = loss_of("scrub", {"forget_until": 0.5}).loss(policy, reference, at(5)).item()
    assert kept == pytest.approx(agree + nll(policy, RETAIN), rel=1e-5)


def test_llmu_by_hand() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))
    kept = policy(RETAIN).token_mean(divergence(reference(RETAIN), policy(RETAIN))).item()
    settings = {"forget_weight": 0.5, "mismatch_weight": 2.0, "retain_weight": 3.0}
    expected = 3.0 * kept + 2.0 * nll(policy, MISMATCH) - 0.5 * nll(policy, FORGET)
    assert loss_of("llmu", settings).loss(policy, reference, PAIRED).item() == pytest.approx(
        expected, rel=1e-5
    )
    # at the start the divergence is 0
    start = loss_of("llmu", settings).loss(policy, policy, PAIRED).item()
    assert start == pytest.approx(2.0 * nll(policy, MISMATCH) - 0.5 * nll(policy, FORGET), abs=1e-5)


def test_siu_by_hand() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))
    q, p = (run(SUBSTITUTE).logits.softmax(-1) for run in (policy, reference))
    true = [
        {token for i, t, token in answer_tokens(FORGET) if i == row and FORGET.marked[i, t]}
        for row in range(3)
    ]
    held = 0.0
    for i, t, _ in answer_tokens(SUBSTITUTE):
        if not SUBSTITUTE.marked[i, t]:
            kept = [v for v in range(VOCABULARY) if v not in true[i]]
            held += sum(float(p[i, t, v] * (p[i, t, v] / q[i, t, v]).log()) for v in kept)
    settings = {"learn_weight": 0.5, "hold_weight": 2.0, "retain_weight": 3.0}
    expected = 0.5 * (nll(policy, SUBSTITUTE) + 3.0 * nll(policy, RETAIN)) + 2.0 * held / 9
    assert loss_of("siu", settings).loss(policy, reference, PAIRED).item() == pytest.approx(
        expected, rel=1e-4
    )
    # at the start nothing has moved: only the cross entropy is left
    start = loss_of("siu").loss(policy, policy, PAIRED).item()
    assert start == pytest.approx(0.9 * (nll(policy, SUBSTITUTE) + nll(policy, RETAIN)), rel=1e-5)


def test_siu_says_when_nobody_marked_the_values() -> None:
    bare = Paired(**BATCHES | {"substitute": replace(SUBSTITUTE, marked=None)})
    policy = says(random_logits(0))
    with pytest.raises(RuntimeError, match="nobody marked"):
        loss_of("siu").loss(policy, policy, bare)


def test_rmu_by_hand() -> None:
    policy, reference = says(random_logits(0)), says(random_logits(1))
    to = 5.0 * direction(0, torch.zeros(VOCABULARY))
    table, before, away, moved = random_logits(0), random_logits(1), 0.0, 0.0
    for i, t, _ in answer_tokens(FORGET):
        away += float((table[i, t] - to).square().sum())
    for i, t, _ in answer_tokens(RETAIN):  # its table is the right-hand end of the wider one
        moved += float((table[i, t + 1] - before[i, t + 1]).square().sum())
    method = loss_of("rmu", {"steering": 5.0, "retain_weight": 2.0})
    assert method.loss(policy, reference, PAIRED).item() == pytest.approx(
        away / 10 + 2.0 * moved / 7, rel=1e-5
    )


def test_rmu_pushes_every_training_its_own_way() -> None:
    one, other = direction(0, torch.zeros(64)), direction(1, torch.zeros(64))
    assert one.norm().item() == pytest.approx(1.0)
    # The vector belongs to the seed and to nothing else, in this version and in the next.
    drawn = torch.rand(64, generator=torch.Generator().manual_seed(derive(0, "rmu")))
    assert torch.equal(one, drawn / drawn.norm())
    assert not torch.allclose(one, other)


def test_l1_adds_the_adapter_once_and_nothing_else() -> None:
    weights = {
        "a.lora_A": torch.tensor([1.0, -2.0]),
        "b.lora_B": torch.tensor([[3.0]]),
        "c": torch.tensor(9.0),
    }
    method = make("l1", {"l1_weight": 0.5})
    assert isinstance(method, Penalises)
    assert method.penalty(weights).item() == pytest.approx(3.0)
    policy = says(random_logits(0))
    plain = loss_of("gd").loss(policy, policy, PAIRED).item()
    assert loss_of("l1").loss(policy, policy, PAIRED).item() == pytest.approx(plain)


def test_mmunlearner_is_gradient_difference_under_a_mask() -> None:
    policy = says(random_logits(0))
    weights = {"forget_weight": 0.5, "retain_weight": 2.0}
    one, other = (
        loss_of(name, weights).loss(policy, policy, PAIRED).item() for name in ("mmunlearner", "gd")
    )
    assert one == pytest.approx(other)


def test_bgd_weighs_concepts_alike() -> None:
    """Row 0 is one concept, rows 1 and 2 another: the mean of two means, however many tokens each has."""
    policy = says(random_logits(0))

    def balanced(asked: Batch) -> float:
        sums, sizes = (-logp(policy, asked)).tolist(), asked.mask.sum(-1).tolist()
        return (sums[0] / sizes[0] + (sums[1] + sums[2]) / (sizes[1] + sizes[2])) / 2

    loss = loss_of("bgd", {"forget_weight": 0.5, "retain_weight": 2.0}).loss(policy, policy, PAIRED)
    assert loss.item() == pytest.approx(2.0 * balanced(RETAIN) - 0.5 * balanced(FORGET), rel=1e-5)


def test_balanced_kl_is_known_in_advance() -> None:
    """The model before says the same: no divergence. Apart, each concept's mean divergence counts alike."""
    policy, before = says(random_logits(0)), says(random_logits(1))
    ascent = loss_of("bgd", {"retain_weight": 0.0}).loss(policy, policy, PAIRED).item()
    method = loss_of("bgd_kl", {"retain_weight": 3.0})
    assert method.loss(policy, policy, PAIRED).item() == pytest.approx(ascent, abs=1e-5)
    apart = divergence(before(RETAIN), policy(RETAIN)).masked_fill(~RETAIN.mask, 0.0).sum(-1).tolist()
    sizes = RETAIN.mask.sum(-1).tolist()
    kept = (apart[0] / sizes[0] + (apart[1] + apart[2]) / (sizes[1] + sizes[2])) / 2
    assert method.loss(policy, before, PAIRED).item() == pytest.approx(ascent + 3 * kept, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_a_step_down_forgets_and_does_not_hurt_what_is_kept(name: str) -> None:
    logits = {key: random_logits(i).requires_grad_() for i, key in enumerate(BATCHES)}
    frozen = {key: table.detach() + 0.1 * random_logits(9) for key, table in logits.items()}

    def find(asked: Batch) -> str:  # a batch that asks for a layer is a copy with the same answers
        return next(key for key, one in BATCHES.items() if one.answer is asked.answer)

    def policy(asked: Batch) -> Output:
        return says(logits[find(asked)])(asked)

    def reference(asked: Batch) -> Output:
        return says(frozen[find(asked)])(asked)

    def state() -> dict[str, float]:
        kl = {
            f"kl {key}": divergence(reference(one), policy(one))[one.mask].sum().item()
            for key, one in BATCHES.items()
        }
        return {key: logp(policy, one).sum().item() for key, one in BATCHES.items()} | kl

    method = loss_of(name)
    optimiser = torch.optim.SGD(logits.values(), lr=0.5 if name != "rmu" else 0.01)
    before = state()
    for step in range(2):
        optimiser.zero_grad()
        method.loss(policy, reference, at(step)).backward()
        optimiser.step()
    after = state()
    if name == "scrub":  # moves away from what it said, in whatever direction
        assert after["kl forget"] > before["kl forget"]
    elif name == "rmu":
        to = 20.0 * direction(0, torch.zeros(VOCABULARY))
        apart = [
            (table - to).square().sum(-1)[FORGET.mask].sum() for table in (logits["forget"], random_logits(0))
        ]
        assert apart[0] < apart[1]
    elif name == "pdu":  # flattens; a token that was unlikely becomes likelier
        flat = [(t.amax(-1) - t.mean(-1))[FORGET.mask].sum() for t in (logits["forget"], random_logits(0))]
        assert flat[0] < flat[1]
    for stand_in in ("refusal", "mismatch", "substitute"):
        if stand_in in method.uses:
            assert after[stand_in] > before[stand_in]
    if name not in ("scrub", "rmu", "pdu", "po", "siu"):
        assert after["forget"] < before["forget"]
    if "retain" in method.uses and name not in ("kl", "bgd_kl", "llmu", "rmu"):
        assert after["retain"] >= before["retain"] - 1e-5
    if name in ("kl", "bgd_kl", "llmu", "scrub"):
        assert after["kl retain"] < before["kl retain"] + 1e-5 or name == "scrub"


@pytest.mark.parametrize("name", LOSSES)
def test_padding_and_slices_change_nothing(name: str) -> None:
    method = loss_of(name)

    def part(asked: Batch, rows: slice) -> Batch:
        # one column of padding more than it needs
        answer, mask, marked = (
            torch.nn.functional.pad(one[rows], (1, 0)) for one in (asked.answer, asked.mask, asked.marked)
        )
        cut = Batch({}, answer, mask, marked=marked, balance=asked.balance[rows])
        return cut.within(len(asked.answer), int(asked.mask.sum()))

    def sliced(tables: Tensor, rows: slice) -> Policy:
        return says(torch.nn.functional.pad(tables[rows], (0, 0, 1, 0), value=9.0))

    for number in (0, 1):  # methods that take turns
        step = Step(number, 10)
        whole = method.loss(
            says(random_logits(0)), says(random_logits(1)), Paired(**BATCHES, step=step)
        ).item()
        noted, step.noted = step.noted, {}
        total = 0.0
        for rows in (slice(0, 1), slice(1, 3)):
            parts = Paired(**{key: part(one, rows) for key, one in BATCHES.items()}, step=step)
            total += method.loss(sliced(random_logits(0), rows), sliced(random_logits(1), rows), parts).item()
        assert total == pytest.approx(whole, abs=1e-4, rel=1e-5)
        assert step.noted == pytest.approx(noted)


OUT_OF_RANGE = [
    ("bgd", "forget_weight", -1),
    ("ceu", "retain_weight", -1),
    ("dpo", "beta", 0),
    ("gd", "forget_weight", -1),
    ("kl", "retain_weight", -1),
    ("l1", "l1_weight", -1),
    ("llmu", "mismatch_weight", -0.1),
    ("manu", "share", 0),
    ("manu", "share", 1.5),
    ("mmunlearner", "threshold", 0),
    ("npo", "retain_weight", -1),
    ("pdu", "rate", -1),
    ("pdu", "tolerance", math.nan),
    ("po", "retain_weight", math.inf),
    ("rmu", "layer", -1),
    ("rmu", "steering", 0),
    ("satimp", "beta1", -1),
    ("scrub", "forget_until", 0),
    ("simnpo", "beta", 0),
    ("siu", "hold_weight", -1),
    ("smfa", "ratio", -1),
    ("task_vector", "scale", 0),
    ("undial", "beta", -10),
    ("wga", "beta", -1),
]


@pytest.mark.parametrize(("name", "setting", "value"), OUT_OF_RANGE)
def test_a_setting_out_of_range_is_named(name: str, setting: str, value: float) -> None:
    with pytest.raises(UserError, match=rf"{name}\.{setting} "):
        make(name, {setting: value})


@pytest.mark.parametrize("name", METHODS)
def test_no_setting_of_any_method_may_be_negative(name: str) -> None:
    for field in fields(make(name, {})):
        with pytest.raises(UserError, match=rf"{name}\.{field.name} "):
            make(name, {field.name: -1})


@pytest.mark.parametrize(("name", "setting"), [("manu", "share"), ("scrub", "forget_until")])
def test_a_share_may_be_all(name: str, setting: str) -> None:
    assert getattr(make(name, {setting: 1.0}), setting) == 1.0


def test_a_layer_is_a_whole_number() -> None:
    with pytest.raises(UserError, match=r"rmu\.layer must be a whole number"):
        make("rmu", {"layer": 1.5})


PARITY = json.loads((Path(__file__).parent / "parity.json").read_text())


@pytest.mark.parametrize("known", PARITY["values"], ids=lambda known: known["method"])
def test_values_are_those_of_public_code(known: dict[str, Any]) -> None:
    """How the values were made is in parity.json, with the commit."""
    forget = batch(5, 5, 5) if known["answers"] == "full" else FORGET
    asked = Paired(**BATCHES | {"forget": forget})
    loss = loss_of(known["method"], known["settings"]).loss(
        says(random_logits(0)), says(random_logits(1)), asked
    )
    assert loss.item() == pytest.approx(known["value"], rel=1e-5)


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean npo"):
        make("nop", {})
    with pytest.raises(UserError, match="Did you mean beta"):
        make("npo", {"betta": 1.0})
    with pytest.raises(UserError, match="must be a number"):
        make("npo", {"beta": "high"})


def test_refusals_are_many_and_drawn_with_a_seed() -> None:
    assert len(set(REFUSALS)) == len(REFUSALS) >= 50
    drawn = [refusal_for("item", 0, epoch) for epoch in range(40)]
    assert drawn == [refusal_for("item", 0, epoch) for epoch in range(40)]
    assert len(set(drawn)) > 10


def test_what_slices_note_adds_up() -> None:
    step = Step()
    for share in (1.5, -0.5, 3.0):
        step.note("kl", torch.tensor(share))
    assert step.noted == {"kl": 4.0}


def test_batches_are_the_same_in_another_step() -> None:
    some, step = Paired(forget=FORGET, refusal=REFUSAL), Step(3, 10)
    assert some.there() == [FORGET, REFUSAL]
    assert some.at(step).there() == [FORGET, REFUSAL]
    assert some.at(step).step is step
    assert some.step.number == 0
    with pytest.raises(RuntimeError, match="reads the retain batch"):
        _ = some.retain
