"""What comes back, on the page and in tables, from attacks on an invented run."""

import copy
import csv
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from fabricate import Questions, item
from remem.attacks.base import Answer, Tried
from remem.attacks.records import write_tried
from remem.errors import UserError
from remem.report import words, write
from remem.report.alone import of_size
from remem.report.attacked import Attacked, Key
from remem.report.findings import findings, story
from remem.report.read import read_run
from remem.report.returning import returning, works
from remem.types import Ranking
from report.invented_attacks import attack
from report.invented_run import Invented, run

Made = tuple[Path, Invented]
SURE = Key("quick", "sure")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("attacked") / "run"
    data = run(folder, forget=3)
    attack(folder, data)
    return folder, data


@pytest.fixture
def attacked(whole: Made, tmp_path: Path) -> Made:
    return shutil.copytree(whole[0], tmp_path / "run"), copy.deepcopy(whole[1])


@pytest.fixture(scope="module")
def report(whole: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(whole[0], tmp_path_factory.mktemp("report"), whole[1]).parent


def table(report: Path, name: str) -> list[dict[str, str]]:
    with (report / "tables" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def only(rows: list[dict[str, str]], **wanted: str) -> dict[str, str]:
    [row] = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return row


def test_where_nothing_was_attacked_it_is_not_tested(made: Made, tmp_path: Path) -> None:
    page = write(made[0], tmp_path / "out", made[1]).read_text("utf-8")
    assert "No attack was run, so nothing is known of whether it comes back." in page
    assert "not tested" in page
    assert not (tmp_path / "out" / "tables" / "recovered.csv").exists()


def test_every_number_can_be_made_again_from_the_answers(whole: Made, report: Path) -> None:
    folder, data = whole
    found = read_run(folder, data)
    hits = {name: Attacked(found, data).outcomes[name][SURE].hits for name in ("po-s0", "goal", "taught")}
    means = {name: sum(values.values()) / len(values) for name, values in hits.items()}
    row = only(table(report, "recovered"), method="po", setting="prefill: sure", measure="exact match")
    assert float(row["after"]) == pytest.approx(means["po-s0"])
    assert float(row["goal"]) == pytest.approx(means["goal"])
    em = {name: found.arms[name].values("em") for name in ("po-s0", "goal", "taught")}
    before = {name: sum(values[id] or 0.0 for id in hits["goal"]) / 30 for name, values in em.items()}
    added = before["taught"] - before["goal"]
    share = (means["po-s0"] - means["goal"]) / added
    assert float(row["added"]) == pytest.approx(added)
    assert float(row["recovered"]) == pytest.approx(share)
    assert float(row["brought_back"]) == pytest.approx(share - (before["po-s0"] - before["goal"]) / added)
    assert float(row["recovered_low"]) < share < float(row["recovered_high"])
    assert (row["over"], row["unknown"], row["items"]) == ("people", "seeds goal models", "30")
    lens = only(table(report, "attacks"), arm="taught", setting="lens: layer 4 of 4", measure="exposure")
    assert (float(lens["mean"]), lens["items"], lens["access"]) == (1.0, "5", "hidden states")


def test_before_an_attack_a_value_is_that_of_the_same_fact() -> None:
    """Without attributes a person's facts differ in their values alone, and one of them was ranked."""
    facts = {"first": ("a",), "again": ("a",), "second": ("b",)}
    items = {id: item(id=id, person="ann", attribute="", keywords=value) for id, value in facts.items()}
    arm = SimpleNamespace(values=lambda metric: {"first": 0.9})
    found = Attacked(SimpleNamespace(), Questions(items, {}))  # type: ignore[arg-type]
    found.__dict__["ids"] = tuple(items)
    assert found.before(arm, "exposure") == {"first": 0.9, "again": 0.9}  # type: ignore[arg-type]


def test_what_has_no_keywords_is_not_counted_as_not_said(attacked: Made) -> None:
    """Exact match cannot tell of it; as 0 it would draw what is brought out towards the Goal models."""
    folder, data = attacked
    ids = sorted(Attacked(read_run(folder, data), data).outcomes["po-s0"][SURE].hits)
    data.items[ids[0]] = replace(data.items[ids[0]], keywords=())
    found = Attacked(read_run(folder, data), data)
    assert sorted(found.outcomes["po-s0"][SURE].hits) == ids[1:]
    assert found.recovered([found.run.arms["po-s0"]], SURE, "exact match").excess.items == len(ids) - 1


def test_verdicts_read_the_worst_attack(whole: Made) -> None:
    folder, data = whole
    found = read_run(folder, data)
    judged = findings(found, data)
    parts = {one.method: one.verdict.parts[-1] for one in judged}
    assert parts["po"].kind == "returns"
    assert parts["po"].said.startswith("queries (prefill: sure): exact match 90.0 (goal 0.0), recovered 9")
    assert parts["po"].said.endswith("not tried: gradients")
    assert parts["ga"].kind == "near"
    assert all(one.evidence.untried == ("gradients",) for one in judged)
    told = story(found, data, judged)
    assert "silent on attacks with access to gradients, which were not tried" in told
    assert "was not tested" not in told


def test_what_works_on_the_goal_models_is_marked_and_recovers_nothing(whole: Made, report: Path) -> None:
    found = read_run(*whole)
    attacks = Attacked(found, whole[1])
    assert works(found, attacks, Key("choice", "4 options"), "exact match")
    assert not works(found, attacks, SURE, "exact match")
    rows = table(report, "recovered")
    for row in rows:
        assert (row["works_on_goal"] == "True") == (row["setting"] == "choice: 4 options")
    page = (report / "index.html").read_text("utf-8")
    assert page.count("†</span></th>") == 1
    assert abs(float(only(rows, method="npo", setting="choice: 4 options")["recovered"])) < 0.2


def test_controls_stand_apart_and_are_never_the_worst(whole: Made, report: Path) -> None:
    found = read_run(*whole)
    back = returning(found, Attacked(found, whole[1]))
    shown = {row.setting.label for one in back.tables for row in one.rows}
    controls = {row.setting.label for one in back.tables for row in one.controls}
    assert controls == {"relearn: shuffled labels"}
    # Of a curve its last step.
    assert shown == {"prefill: sure", "choice: 4 options", "lens: layer 4 of 4", "relearn: 10 %, step 10"}
    chosen = {name for line in back.most for cell in line.cells if cell for name in cell.labels.values()}
    assert not chosen & controls
    assert {row["settings_looked_at"] for row in table(report, "worst") if row["access"] == "weights"} == {
        "3"
    }
    assert back.unpaired == ()


def test_a_curve_starts_where_the_arm_stands_and_has_the_goal_models_beside_it(report: Path) -> None:
    drawing = (report / "figures" / "recovery.svg").read_text("utf-8")
    assert "relearn: 10 %" in drawing
    for name in ("NPO", "PO", "Goal"):
        assert f"{name}, 0: 0.0" in drawing
    assert "<title>Goal: 0.0 (no interval)</title>" in drawing


def test_a_person_s_page_has_the_words_before_and_after_and_the_goal_model_s(report: Path) -> None:
    page = (report / "index.html").read_text("utf-8")
    person = page.split('id="person-p000"')[1].split("</details>")[0]
    assert "<b>PO <span>before</span></b>" in person
    assert "<b>PO <span>prefill: sure</span></b>" in person
    assert "<b>Goal <span>the same attack</span></b>&lt;it&gt; is not 0" in person
    other = page.split('id="person-p005"')[1]
    assert "<span>before</span>" not in other


def test_costs_are_told_and_equal_runs_give_equal_pages(whole: Made, report: Path, tmp_path: Path) -> None:
    row = only(table(report, "attack-cost"), arm="po-s0", attack="choice")
    assert (row["seconds"], row["attacker_has"]) == ("3.5", "values to choose from")
    again = write(whole[0], tmp_path, whole[1]).parent
    for path in report.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(report)).read_bytes()


def test_what_one_arm_lacks_is_not_set_beside_the_others(attacked: Made, tmp_path: Path) -> None:
    folder, data = attacked
    shutil.rmtree(folder / "goal" / "attack-choice")
    found = read_run(folder, data)
    back = returning(found, Attacked(found, data))
    assert back.unpaired == ("choice: 4 options",)
    [queries] = [line for line in back.most if line.access == "queries"]
    assert {cell.worst.looked for cell in queries.cells if cell} == {1}
    shutil.rmtree(folder / "goal" / "attack-quick")
    found = read_run(folder, data)
    judged = findings(found, data)
    assert {one.verdict.parts[-1].said for one in judged} == {"attacked, but no Goal model was"}
    assert "it is silent on whether it comes back." in story(found, data, judged)
    assert "No Goal model was attacked" in write(folder, tmp_path / "out", data).read_text("utf-8")


def test_exposure_before_is_that_of_the_same_value(attacked: Made) -> None:
    """Attacks may ask another question about it than was ranked."""
    folder, data = attacked
    first = data.items[data.splits["forget1"][0]]
    data.items["twin"] = replace(first, id="twin", question="And her mail?")
    ranking = Ranking(id="twin", candidates=("a", "b"), truth=0, logp=(-1.0, -2.0), tokens=(1, 1))
    for arm in ("po-s0", "goal", "taught"):
        write_tried(folder / arm / "attack-choice", data, [Tried(setting="lens", rankings=[ranking])])
        shutil.rmtree(folder / arm / "attack-quick")
    found = read_run(folder, data)
    taught = found.arms["taught"]
    scored = taught.values("exposure_norm")
    same = [id for id in scored if data.items[id].attribute == first.attribute and id.startswith("p000")]
    whom = Attacked(found, data)
    known = {scored[id] for id in same if data.items[id].question_type == first.question_type}
    assert whom.before(taught, "exposure")["twin"] in known
    shutil.rmtree(folder / "taught" / "scores")
    [taught] = [arm for arm in read_run(folder, data).arms.values() if arm.role == "taught"]
    assert whom.before(taught, "exposure") == {}


def test_arms_that_several_forget_sets_share_have_an_attack_for_each(attacked: Made) -> None:
    folder, data = attacked
    for name in ("base", "taught"):
        shutil.move(folder / name / "attack-quick", folder / name / "attack-quick-forget1")
        shutil.copytree(folder / name / "attack-quick-forget1", folder / name / "attack-quick-forget5")
    found = read_run(folder, data)
    alone = of_size(found, "forget1")
    steps = Attacked(alone, data).steps
    assert set(steps["taught"]) == {"quick"}
    assert steps["taught"]["quick"].name == "attack-quick-forget1"
    assert set(steps["po-s0"]) == {"quick", "choice"}


def test_one_kind_of_question_at_a_time(whole: Made) -> None:
    folder, data = whole
    every = Attacked(read_run(folder, data), data)
    some = every.asking("multi-hop")
    assert {data.items[id].question_type for id in some.ids} == {"multi-hop"}
    assert len(some.ids) < len(every.ids)
    assert every.named("exact match") == "exact match"
    assert every.asking("scene").named("exact match") == "keywords"


def test_labels_tell_two_steps_of_one_attack_apart(attacked: Made) -> None:
    folder, data = attacked
    for arm in ("po-s0", "goal", "taught"):
        shutil.copytree(folder / arm / "attack-choice", folder / arm / "attack-choice-2")
    labels = [one.label for one in Attacked(read_run(folder, data), data).settings.values()]
    assert len(set(labels)) == len(labels)
    assert {"choice: 4 options", "choice-2: 4 options"} <= set(labels)


def test_of_drawn_answers_that_which_holds_the_value_is_shown(attacked: Made, tmp_path: Path) -> None:
    folder, data = attacked
    item = data.items[data.splits["forget1"][0]]
    for arm in ("po-s0", "goal", "taught"):
        step = folder / arm / "attack-choice"
        texts = ("no", item.answer) if arm != "goal" else ("no", "never")
        answers = [
            Answer(id, texts if id == item.id else (data.items[id].answer,)) for id in data.splits["forget1"]
        ]
        write_tried(step, data, [Tried(setting="32", attack="sampling", answers=answers)])
        shutil.rmtree(folder / arm / "attack-quick")
    page = write(folder, tmp_path / "out", data).read_text("utf-8")
    assert "(2 answers were drawn)" in page


def test_a_damaged_file_is_one_clear_error(attacked: Made, tmp_path: Path) -> None:
    folder, data = attacked
    (folder / "po-s0" / "attack-quick" / "answers.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"answers\.parquet"):
        write(folder, tmp_path / "out", data)


def test_methods_are_written_as_their_papers_write_them() -> None:
    assert words.method("simnpo") == "SimNPO"
    assert words.method("npo") == "NPO"
    assert words.method("task_vector") == "task vector"
