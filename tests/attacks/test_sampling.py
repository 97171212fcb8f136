import pytest

from attacks.knowing import Knowing, hits, run, scene
from remem.attacks import make
from remem.errors import UserError


@pytest.mark.parametrize("knows", [True, False])
def test_any_of_the_drawn_answers_counts(four, tmp_path, knows):
    """It declines each time but the last."""
    found = run("sampling", scene(four, Knowing(four, knows)), count=8)
    (setting,) = found
    assert setting == "8 answers at temperature 1"
    assert hits(tmp_path, four, found.values()) == {setting: float(knows)}
    assert all(len(answer.texts) == 2 for answer in found[setting].answers)  # equal ones once


@pytest.mark.parametrize(
    "settings",
    [
        {"count": 0},
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"temperature": 1e-40},
        {"temperature": 1e9},
        {"temperature": float("nan")},
    ],
)
def test_bad_settings(settings):
    with pytest.raises(UserError, match="sampling"):
        make("sampling", settings)
