from types import SimpleNamespace

from fabricate import item, ranking
from remem.attacks.base import Answer, Tried
from remem.attacks.records import read_outcomes, write_tried


def test_every_setting_says_whose_it_is_and_what_its_attacker_must_have(tmp_path):
    one = item(id="q")
    data = SimpleNamespace(items={"q": one}, splits={})
    found = [
        Tried(setting="prefill sure", answers=(Answer("q", (one.answer,)),), attack="prefill"),
        Tried(
            setting="4 bit", rankings=(ranking([-1.0, -2.0], id="q"),), access="weights", attack="quantise"
        ),
        Tried(setting="own", at=3.0, curve="steps", control=True, answers=(Answer("q", ("no", "never")),)),
    ]
    write_tried(tmp_path, data, found)
    prefill, own, bits = read_outcomes(tmp_path)
    assert (prefill.attack, prefill.access, prefill.hits) == ("prefill", "", {"q": 1.0})
    assert (bits.attack, bits.access, bits.exposure) == ("quantise", "weights", {"q": 1.0})
    assert (own.attack, own.access, own.at, own.curve, own.control) == ("", "", 3.0, "steps", True)
    assert own.texts == {"q": ("no", "never")}
    assert own.hits == {"q": 0.0}
