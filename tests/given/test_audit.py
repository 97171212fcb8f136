"""A person's document from a run whose answers are made up: every outcome, and what it holds."""

import json
from dataclasses import replace

import jsonschema
import pytest

from given.fabricated import KNOWS, NEVER, PEOPLE, Mind, data_set, fabricate, facts, model
from remem.data.forgetting import find
from remem.given import schema, subject
from remem.given.audit import WITHHELD, document, values_of
from remem.given.document import Stated
from remem.scoring.honoured import THRESHOLDS

ANN = PEOPLE[0]
ACCESS = ("gradients", "hidden states", "weights")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return data_set(tmp_path_factory.mktemp("audited"))


def told(run, given=None, show=False):
    """The document of a run; `given`: what differs in an arm's given.json."""
    root, record, data = run
    arms = dict(record.arms)
    for name, other in (given or {}).items():
        was = arms[name].given
        sound = replace(was.sound, **other.get("sound", {}))
        arms[name] = replace(arms[name], given=replace(was, **other | {"sound": sound}))
    hash = subject.hash_of(ANN, "ab" * 32)
    about = replace(record, arms=arms)
    return document(root, about, data, find(data, ANN), Stated(), hash, "remem audit", show)


def made(place, folder, *minds, show=False, **more):
    return told(fabricate(place, folder, *minds, **more), show=show)


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """All is forgotten, and an attack brings nothing back."""
    return fabricate(tmp_path_factory.mktemp("run") / "run", folder, model(NEVER), attacked=lambda _: 0.0)


@pytest.fixture(scope="module")
def forgot(run):
    return told(run)


def test_what_was_forgotten_leaves_no_trace(forgot):
    assert forgot.verdict.outcome == "no-trace", forgot.verdict.because
    assert forgot.verdict.untested == [
        *(f"attacks with access to {one}" for one in ACCESS),
        "questions on pictures",
    ]
    assert forgot.verdict.rule == THRESHOLDS
    assert not forgot.same


def test_whom_it_is_about_in_numbers(forgot):
    about = forgot.subject
    assert (about.facts, about.questions, about.pictures) == (5, 15, 0)
    assert about.kinds == {"date": 1, "email": 1, "employer": 1, "name": 1, "phone": 1}
    assert (about.others, about.strangers) == (2, 4)
    assert [one.role for one in forgot.models] == ["before", "after"]
    assert forgot.floor == "strangers"


def test_every_finished_step_of_the_models_is_evidence(forgot):
    steps = ("model", "responses", "strangers", "scores")
    attacks = {"after-s0/attack-prefill", "after-s0/control-prefill"}
    of_arms = {f"{arm}/{step}" for arm in ("taught", "after-s0") for step in steps}
    assert forgot.evidence.keys() == of_arms | attacks


def test_it_is_what_the_schema_says(forgot):
    jsonschema.validate(json.loads(schema.text(forgot)), schema.schema())


def test_nothing_of_the_person_stands_in_it(forgot):
    text = schema.text(forgot)
    for name, _, value in facts():
        assert name not in text
        assert value not in text
    assert forgot.shown == []


def test_what_is_asked_for_is_shown_and_of_nobody_else(folder, tmp_path):
    found = made(tmp_path, folder, model(KNOWS), show=True)
    own = {value for name, _, value in facts() if name == ANN}
    assert {one.value for one in found.shown} == own
    assert len(found.shown) == 15
    assert all(one.value in one.before and one.value in one.after for one in found.shown)
    text = schema.text(found)
    assert not any(value in text for name, _, value in facts() if name != ANN)


def test_an_answer_about_somebody_else_is_not_shown(run):
    """A model that has forgotten one person answers with what it knows of another."""
    root, record, data = run
    person = find(data, ANN)
    own = [id for id in data.splits["forget1"] if data.items[id].person == person]
    said = (f"It is {facts()[7][2].upper()}.", f"Ask {PEOPLE[2]}.", "I do not know.")
    after = record.arms["after-s0"]
    answers = after.answers | dict(zip(own, said, strict=False))
    other = replace(record, arms=record.arms | {"after-s0": replace(after, answers=answers)})
    found = told((root, other, data), show=True)
    assert [one.after for one in found.shown[:3]] == [WITHHELD, WITHHELD, "I do not know."]
    assert ANN in found.shown[0].before


def test_checks_speak_of_the_model_before(forgot):
    assert not any("taught" in one.what for one in forgot.guards)
    assert any("of the model before" in one.what for one in forgot.guards)


def test_what_is_still_known_is_not_honoured(folder, tmp_path):
    found = made(tmp_path, folder, model(KNOWS))
    assert found.verdict.outcome == "not-honoured"
    assert "It still says it (exact match)" in found.verdict.because


def test_what_an_attack_brings_back_is_not_honoured(folder, tmp_path):
    found = made(tmp_path, folder, model(NEVER), attacked=lambda _: 1.0)
    assert found.verdict.outcome == "not-honoured"
    assert found.verdict.because == ["It comes back under attack (queries, exact match)"]


def test_without_an_attack_it_is_not_decided(folder, tmp_path):
    found = made(tmp_path, folder, model(NEVER))
    assert found.verdict.outcome == "undecided"
    assert found.verdict.because == ["Not measured: whether it comes back"]
    assert found.verdict.untested == ["whether it comes back", "questions on pictures"]


def test_the_same_weights_are_not_honoured_whatever_was_measured(run):
    found = told(run, {"after-s0": {"weights": "weights of taught"}})
    assert (found.same, found.verdict.outcome) == (True, "not-honoured")
    assert len(found.verdict.because) == 1


def test_nothing_to_forget_where_it_was_not_known(folder, tmp_path):
    nobody = model(NEVER)
    never = fabricate(tmp_path, folder, nobody, before=nobody)
    found = told(never, {"after-s0": {"weights": "weights of taught"}})
    assert found.verdict.outcome == "nothing-to-forget"
    assert {one.word for one in found.known} == {"unknown-to-it"}


BREAKS = {"nan": {"finite": False}, "noise": {"perplexity": 2000.0}, "beyond": {"perplexity": None}}


@pytest.mark.parametrize("how", BREAKS)
def test_a_broken_model_proves_nothing(run, how):
    found = told(run, {"after-s0": {"sound": BREAKS[how]}})
    assert found.verdict.outcome == "unsound"
    assert len(found.verdict.because) == 1
    assert [one.role for one in found.guards if not one.passed] == ["after"]


def test_what_was_broken_before_is_no_fault_of_what_was_done_since(run):
    found = told(run, {arm: {"sound": {"finite": False}} for arm in ("taught", "after-s0")})
    assert found.verdict.outcome == "no-trace"


def test_measures_by_token_need_one_tokenizer(run):
    found = told(run, {"after-s0": {"tokenizer": "another"}})
    words = {one.name: one.word for one in found.knows}
    assert words == {"exposure": "gone", "probability of the answers": "unknown"}


def test_beside_models_that_were_never_taught(folder, tmp_path):
    never = (model(NEVER), model(NEVER))
    found = made(tmp_path / "gone", folder, model(NEVER), never=never, attacked=lambda _: 0.0)
    assert {one.word for one in (*found.says, *found.knows)} == {"gone"}
    assert found.verdict.outcome in ("no-trace", "undecided")  # of so few strangers membership is not decided
    assert found.floor == "never"
    assert [one.role for one in found.models].count("never") == 2
    found = made(tmp_path / "told", folder, model(Mind(likely=0.9)), never=never[:1])
    assert found.verdict.outcome == "not-honoured"


def test_one_fact_decides_nothing(tmp_path):
    from given import fabricated
    from remem.data.listed.build import build

    rows = [one for one in facts() if one[1] == "e-mail"]
    build(fabricated.write(tmp_path / "one.csv", rows), tmp_path / "set", fabricated.SMALL)
    for n, mind in enumerate((KNOWS, NEVER)):
        found = made(tmp_path / str(n), tmp_path / "set", model(mind), attacked=lambda _: 0.0)
        assert found.verdict.outcome == "undecided"
        assert not {one.word for one in (*found.says, *found.knows)} & {"left", "gone"}


def test_values_and_names_are_all_that_must_not_leave(forgot, folder):
    from remem.data import load

    data = load(str(folder))
    found = values_of(data, find(data, ANN))
    assert {value for name, _, value in facts() if name == ANN} < set(found)
    assert {ANN, "ann", "leeway"} <= set(found)
    assert not any(value in found for name, _, value in facts() if name != ANN)
