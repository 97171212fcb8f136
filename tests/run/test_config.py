"""Settings are typed, and a mistake in one names the nearest right one."""

import pytest

from remem.errors import UserError
from remem.run.overrides import override
from remem.run.recipes import RECIPES, drawn, recipe, usual
from remem.settings import plain


def test_overrides_reach_every_depth_and_keep_types() -> None:
    run = override(
        drawn(),
        [
            "learn.lr=1",
            "build.people=7",
            "forget.seeds=0,1,2",
            "model.adapt.language=lora",
            "build.one_hop=0.5",
            "forget.split=forget2",
            "build.forget=[0.1, 0.2]",
        ],
    )
    assert run.learn.lr == 1.0
    assert isinstance(run.learn.lr, float)
    assert run.build.people == 7
    assert run.forget.seeds == (0, 1, 2)
    assert run.model.adapt.language == "lora"
    assert run.forget.split == "forget2"
    assert run.build.forget == (0.1, 0.2)
    assert drawn().learn.lr != 1.0


def test_methods_are_chosen_and_tuned() -> None:
    run = override(drawn(), ["methods=npo,ga", "npo.beta=0.5", "ga.lr=1e-5", "ga.language=lora", "ga.rank=4"])
    npo, ga = run.forget.methods
    assert (npo.adapt, ga.adapt) == ({}, {"language": "lora", "rank": 4})
    assert (npo.method, npo.settings) == ("npo", {"beta": 0.5})
    assert (ga.method, ga.train["lr"]) == ("ga", 1e-5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("learn.rl=1", "unknown setting: learn.rl. Did you mean learn.lr"),
        ("lern.lr=1", "Did you mean learn"),
        ("learn.lr=high", "learn.lr must be a number, not 'high'"),
        ("build.people=2.5", "build.people must be a whole number"),
        ("build.people=true", "build.people must be a whole number"),
        ("learn", "takes key=value"),
        ("learn=3", "group of settings"),
        ("seed.x=3", "single value"),
        ("learn.schedule=cosin", "Did you mean cosine"),
        ("methods=npo,gaa", "Did you mean ga"),
        ("methods=ga", ""),
        ("kl.retain_weight=2", ""),
    ],
)
def test_mistakes_are_named(setting: str, message: str) -> None:
    if not message:
        override(drawn(), [setting])
        return
    with pytest.raises(UserError, match=message.replace(".", r"\.").replace("(", r"\(")):
        override(drawn(), [setting])


def test_a_setting_of_a_method_that_is_not_used_is_refused() -> None:
    with pytest.raises(UserError, match="this run does not use npo"):
        override(drawn(), ["methods=ga", "npo.beta=0.2"])


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_values(name: str) -> None:
    assert plain(recipe(name)) == plain(recipe(name))
    assert recipe(name).recipe == name
    recipe(name).build.check()


def test_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean demo"):
        recipe("dmo")


@pytest.mark.parametrize(
    "setting",
    [
        "learn.lr=NaN", "learn.lr=-1", "learn.lr=0", "learn.batch=0", "learn.batch=-4", "learn.epochs=0",
        "learn.epochs=-1", "learn.epochs=Infinity", "learn.beta2=1.5", "learn.weight_decay=-1",
        "learn.warmup=2", "learn.clip=-1", "learn.micro_batch=-1", "evaluate.max_new_tokens=0",
        "evaluate.batch=0", "evaluate.exposure_people=-1", "model.adapt.rank=0", "model.adapt.dropout=2",
        "forget.seeds=[]", "forget.seeds=1,1", "methods=",
    ],
)  # fmt: skip
def test_a_setting_out_of_range_is_refused_before_any_work(setting: str) -> None:
    with pytest.raises(UserError):
        override(drawn(), [setting])


def test_the_usual_recipe_for_a_model_of_ones_own_needs_no_class_token() -> None:
    assert recipe(usual("")).learn.patch_dropout > 0
    assert recipe(usual("path/to/model")).learn.patch_dropout == 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("learn.lr=" + "[" * 100_000, "lists and objects lie 100,000 deep in each other"),
        ("learn.batch=" + "1" * 100_000, "a number has 100,000 digits in a row"),
        ("learn.batch=" + "9" * 90, "learn.batch must be a whole number of at most 18 digits"),
        ("learn.lr=1e99999", "the number 1e99999 is too large"),
        ("learn.lr=1e-400", "the number 1e-400 is too small: it would be read as 0"),
        ("learn.batch=1_000", "learn.batch must be a whole number, not '1_000'"),
        ("learn.batch=０１", "learn.batch must be a whole number, not '０１'"),
        ("data=a\x00b", "data holds '\\x00', which no text of a setting has"),
        ("data=\x1b[2J", "data holds '\\x1b'"),
        ("data=\ud800", "data holds '\\ud800'"),
        ("data=" + "n" * 100_000, "data is a text of 100,000 letters; 10,000 are taken"),
        ("k" * 100_000 + "=1", "unknown setting: kkk"),
        ("." * 100_000 + "=1", "unknown setting: ..."),
        ("=1", "--set takes key=value, not '=1'"),
        (" =1", "--set takes key=value, not ' =1'"),
        ("n" * 100_000, "--set takes key=value, not 'nnn"),
        ("recipe=demo", "unknown setting: recipe"),
        ("given=[]", "unknown setting: given"),
        ("build.forget=0.1,0.1", "build.forget: 0.1 is there twice"),
    ],
)
def test_what_no_setting_can_be_is_one_short_message(setting: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        override(drawn(), [setting])
    assert message in str(error.value)
    assert len(str(error.value)) < 3000


def test_zero_is_one_value() -> None:
    assert str(override(drawn(), ["learn.weight_decay=-0.0"]).learn.weight_decay) == "0.0"
