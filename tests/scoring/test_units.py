"""What an interval counts."""

from fabricate import item
from remem.scoring.facts import fact
from remem.scoring.metrics import all_metrics
from remem.scoring.units import scale, unit


def test_a_fact_is_one_whatever_its_wording() -> None:
    one = item(question="Where does Ann live?", answer="In Oslo.", attribute="town", keywords=("Oslo",))
    other = item(question="Ann's town?", answer="Oslo it is.", attribute="Town", keywords=("oslo",))
    assert fact(one) == fact(other)
    assert fact(one) != fact(item(attribute="town", keywords=("Bergen",)))
    assert fact(one) != fact(item(attribute="birthplace", keywords=("Oslo",)))


def test_what_tells_no_single_fact_is_what_its_answer_must_hold() -> None:
    several = item(attribute="bio", keywords=("Oslo", "nurse"))
    assert fact(several) == fact(item(attribute="bio", keywords=("Nurse", "oslo")))
    assert fact(several) != fact(item(attribute="bio", keywords=("Oslo",)))
    bare = item(attribute="", keywords=(), answer="She paints.")
    assert fact(bare) == fact(item(attribute="", keywords=(), answer="she  paints."))
    assert fact(bare) != fact(item(attribute="", keywords=(), answer="She sings."))


def test_a_scene_is_one_fact_and_its_unit_is_the_event() -> None:
    scenes = [item(category="event", event="a fair", keywords=(word,)) for word in ("tent", "horse")]
    assert fact(scenes[0]) == fact(scenes[1])
    assert unit(scenes) == "events"
    assert unit([*scenes, item()]) == unit([]) == "people"


def test_every_metric_says_its_scale_and_a_judge_s_is_a_share() -> None:
    assert scale("em") == (0.0, 1.0)
    assert scale("logp_sum") == (None, 0)
    assert scale("exposure_bits") == (0.0, None)
    assert scale("g_eval/offline") == (0.0, 1.0)
    assert all(scale(metric.key) == (metric.low, metric.high) for metric in all_metrics())
