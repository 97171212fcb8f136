"""The gate's last lines name what is to blame."""

from fabricate import response
from remem.story.advice import advice
from remem.training import guards


def _response(tokens):
    return response("Ann", logp=(-1.0,) * tokens, id=f"i{tokens}")


def test_answers_that_are_cut_off_are_the_advice(tmp_path):
    folder = tmp_path / "taught" / "responses"
    folder.mkdir(parents=True)
    assert advice(tmp_path) == ""
    guards.write(folder, guards.answers([_response(20), _response(46)], {}, 24))
    said = advice(tmp_path)
    assert said.startswith("1 of 2 true answers fit into 24 new tokens")
    assert "--set evaluate.max_new_tokens=46" in said
    assert "however long it trains" in said
    guards.write(folder, guards.answers([_response(20), _response(46)], {}, 46))
    assert advice(tmp_path) == ""
