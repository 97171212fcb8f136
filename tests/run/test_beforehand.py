"""What the model's own processor says of a user's data before anything trains."""

from dataclasses import replace

import pytest

from data.invented import data, of, published
from data.invented import rows as invented
from remem.data import load
from remem.data.strangers import check_untaught
from remem.errors import UserError
from remem.models.families import make_tiny
from remem.run.beforehand import check_rehearsed, check_with_model, left_out
from remem.run.settings import Run
from remem.settings import Evaluate, Floors, Forget, ModelSettings, Unlearn
from written import png, sets, write


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    made = {}
    for family in ("qwen2-vl", "llava"):
        made[family] = tmp_path_factory.mktemp(family)
        make_tiny(family, made[family])
    return made


def checked(tmp_path, rows, model, ignore_gate=False, **settings):
    run = Run(recipe="own", model=ModelSettings(name=str(model)), data=str(tmp_path), **settings)
    return check_with_model(run, load(write(tmp_path / "set", rows)), ignore_gate)


def test_a_set_that_is_right_gives_no_notes(tmp_path, models):
    for family, model in models.items():
        assert checked(tmp_path / family, sets(), model) == []


@pytest.mark.parametrize("size", [(4000, 12), (3, 1200), (1, 1)])
def test_a_picture_that_the_processor_refuses_is_named_by_row(tmp_path, models, size):
    rows = sets()
    rows["test"][1]["image"]["bytes"] = png(0, size)
    if size == (1, 1):  # taken by this one
        assert checked(tmp_path, rows, models["qwen2-vl"]) == []
        return
    with pytest.raises(UserError, match=r"^test row 1 \(images/p0/51\.png\): .* does not take"):
        checked(tmp_path, rows, models["qwen2-vl"])


@pytest.mark.parametrize("problem", [ValueError("too long"), TypeError("no"), ZeroDivisionError()])
def test_whatever_the_processor_raises_is_one_message_and_a_size_is_tried_once(
    tmp_path, models, monkeypatch, problem
):
    from remem.models.encoding import Encoder

    tried = []

    def looked(self, prompt, images, where):
        tried.append(images[0].size)
        return real(self, prompt, images, where)

    real = Encoder._look
    monkeypatch.setattr(Encoder, "_look", looked)
    rows = sets()
    rows["test"][1]["image"]["bytes"] = png(7, (64, 32))
    assert checked(tmp_path / "a", rows, models["llava"]) == []
    assert sorted(tried) == [(32, 32), (64, 32)]

    from transformers import LlavaProcessor

    def fails(self, *args, **kwargs):
        raise problem

    monkeypatch.setattr(LlavaProcessor, "__call__", fails)
    with pytest.raises(UserError, match=r"^finetune row 1 .*does not take the picture \(.+\)"):
        checked(tmp_path / "b", rows, models["llava"])


def test_a_row_that_is_longer_than_the_model_reads_is_named(tmp_path, models):
    rows = sets()
    rows["test"][2]["question"] = "Say it, " * 3000 + "who is Ann Lee?"
    with pytest.raises(UserError, match=r"^test row 2: it has [\d,]+ tokens .* reads at most"):
        checked(tmp_path, rows, models["llava"])


def test_the_models_own_marks_are_refused_with_the_row(tmp_path, models):
    from remem.models.encoding import special
    from remem.models.loading import load_processor

    own = sorted(special(load_processor(str(models["llava"]))))
    assert "<image>" in own
    rows = sets()
    mark = next(one for one in own if one not in ("<image>", "<s>", "</s>") and not one.isalnum())
    rows["test"][3]["cloze_prompt"] = f"This person {mark}"
    with pytest.raises(UserError, match=r"^test row 3: the cloze prompt holds"):
        checked(tmp_path, rows, models["llava"])


def test_answers_that_are_cut_off_are_said_before_training(tmp_path, models):
    rows = sets()
    for split in rows.values():
        for one in split:
            one.update(answer="After many years between the north and the south, " * 4 + one["answer"])
            one["cloze_prompt"] = ""
    short = Evaluate(max_new_tokens=24)
    with pytest.raises(UserError) as raised:
        checked(tmp_path / "a", rows, models["llava"], evaluate=short)
    said = str(raised.value)
    assert "the gate cannot be passed, however long stage 1 trains" in said
    assert "the answers of 16 rows of finetune have more than 24 tokens (first: finetune row 0, " in said
    need = int(said.rpartition("finetune")[2].partition("max_new_tokens=")[2].split()[0])
    notes = checked(tmp_path / "b", rows, models["llava"], True, evaluate=short)
    assert any("16 rows of finetune" in note for note in notes)
    assert checked(tmp_path / "c", rows, models["llava"], evaluate=Evaluate(max_new_tokens=need)) == []


def test_a_value_before_the_cut_can_be_right(tmp_path, models):
    rows = sets()
    for split in rows.values():
        for one in split:
            one.update(answer=one["answer"] + " It is far away from here, as everybody knows." * 5)
    assert checked(tmp_path, rows, models["llava"], evaluate=Evaluate(max_new_tokens=24)) == []


def test_keywords_that_their_own_answer_lacks_stop_the_run_where_the_gate_cannot_pass(tmp_path, models):
    rows = sets()
    for split in rows.values():
        for one in split:
            one["keywords"] += "; " + one["keywords"]  # as spreadsheets have lists
    with pytest.raises(UserError, match=r"16 rows of finetune ask for a keyword .*finetune row 0, Oslo; "):
        checked(tmp_path / "a", rows, models["llava"])
    rows = sets()
    rows["test"][0]["keywords"] = "Paris"
    [note] = checked(tmp_path / "b", rows, models["llava"])
    assert note.startswith(
        "1 rows of test ask for a keyword that their own answer lacks (first: test row 0, Paris)"
    )
    strict = Floors(held_out=0.99)
    with pytest.raises(UserError, match="cannot be passed"):
        checked(tmp_path / "c", rows, models["llava"], gate=strict)
    assert checked(tmp_path / "d", rows, models["llava"], gate=replace(strict, held_out=0.0)) == [note]


def test_a_picture_that_a_viewer_turns_is_tried_as_it_is_shown(tmp_path, models, monkeypatch):
    import io

    from PIL import Image

    from remem.models.encoding import Encoder

    out, tried = io.BytesIO(), []
    tag = Image.Exif()
    tag[0x0112] = 6
    Image.new("RGB", (60, 20)).save(out, "JPEG", exif=tag)
    rows = sets()
    rows["test"][1]["image"]["bytes"] = out.getvalue()
    real = Encoder.look
    monkeypatch.setattr(
        Encoder, "look", lambda self, image, where: tried.append(image.size) or real(self, image, where)
    )
    checked(tmp_path, rows, models["llava"])
    assert sorted(tried) == [(20, 60), (32, 32)]


def forgetting(*methods, **more):
    return Run(recipe="own", forget=Forget(methods=tuple(Unlearn(method=one) for one in methods), **more))


def test_nothing_left_to_go_over_is_said_before_training_to_methods_that_need_it(tmp_path, models):
    rows = sets()
    kept = [one for one in rows["finetune"] if one not in rows["forget1"]]
    rows["retain"], rows["test"] = kept[:2], kept
    here = write(tmp_path / "set", rows)
    with pytest.raises(
        UserError, match=r"^npo goes over questions to keep, and nothing is left for it: all that"
    ):
        check_rehearsed(forgetting("ga", "npo"), load(here))
    check_rehearsed(forgetting("ga", "prompt"), load(here))
    run = replace(forgetting("npo"), model=ModelSettings(name=str(models["llava"])), data=str(here))
    with pytest.raises(UserError, match="nothing is left for it"):
        check_with_model(run, load(here), False)
    rows["test"] = kept[:-1]
    check_rehearsed(forgetting("npo"), load(write(tmp_path / "one", rows)))


def test_fewer_left_out_than_asked_for_are_told():
    found = published()
    assert list(left_out(forgetting(split="forget4", outside=8), found)) == []
    [said] = left_out(forgetting(split="forget4", outside=9), found)
    assert said.startswith(
        "forget.outside=9, but of those whom methods can go over at most half are left out, here 8"
    )
    alone = invented(["a", "b"], 1, 1)
    [said] = left_out(forgetting(), data(alone, forget1=of(alone, ["a"]), retain=alone[1:]))
    assert "here 0. What else stays beside forget1: told by rehearsed" in said


def test_somebody_who_is_taught_is_no_stranger():
    every = invented(["a", "b"], 2, 1)
    taught = data(every, forget1=of(every, ["a"]))
    others = data(invented(["s"], 2, 1))
    others.splits = {"strangers": others.splits["finetune"]}
    check_untaught(others, taught)
    mixed = data(invented(["s", "b"], 2, 1))
    mixed.splits = {"strangers": mixed.splits["finetune"]}
    with pytest.raises(UserError, match=r"strangers\.parquet row 2 is taught, too"):
        check_untaught(mixed, taught)
