from __future__ import annotations

import pytest
from PIL import Image

from attacks.knowing import Knowing, hits, run, scene
from fabricate import item
from remem.attacks import make
from remem.attacks.altering import ALTERATIONS, altered
from remem.errors import UserError
from remem.models.base import Question


def picture() -> Image.Image:
    """Darker to one side, reddish, with a white corner."""
    image = Image.linear_gradient("L").rotate(90).resize((40, 30))
    image.paste(255, (0, 0, 6, 6))
    return Image.merge("RGB", (image, image.point(lambda v: v // 2), image.point(lambda v: v // 3)))


QUESTION = Question("q", "Who is this?", image=picture, image_key="k")


def opened(question: Question) -> Image.Image:
    assert question.image is not None
    return question.image()


@pytest.mark.parametrize("how", ALTERATIONS)
def test_equal_bytes_on_repeat_and_a_key_of_its_own(how):
    one, two = (altered(QUESTION, how, seed=3) for _ in range(2))
    assert opened(one).tobytes() == opened(two).tobytes() != picture().tobytes()
    assert one.image_key == two.image_key != QUESTION.image_key
    assert (opened(one).size, opened(one).mode) == ((40, 30), "RGB")
    keys = {altered(QUESTION, other, seed=3).image_key for other in ALTERATIONS}
    assert len(keys) == len(ALTERATIONS)
    assert altered(Question("q", "?", image=picture, image_key="other"), how, 3).image_key != one.image_key
    assert altered(Question("q", "?", image=picture), how, 3).image_key == ""
    assert altered(Question("q", "?"), how, 3) == Question("q", "?")


def test_noise_is_another_by_seed_and_so_is_its_key():
    one, two = (altered(QUESTION, "noise", seed) for seed in (0, 1))
    assert opened(one).tobytes() != opened(two).tobytes()
    assert one.image_key != two.image_key
    flips = [altered(QUESTION, "flip", seed) for seed in (0, 1)]
    assert flips[0].image_key == flips[1].image_key


def test_what_alterations_do():
    seen = {how: opened(altered(QUESTION, how, 0)) for how in ALTERATIONS}
    red, green, blue = seen["grey"].split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()
    assert seen["flip"].transpose(Image.Transpose.FLIP_LEFT_RIGHT).tobytes() == picture().tobytes()
    dark, bright = sorted((picture().getpixel((1, 15))[0], picture().getpixel((38, 15))[0]))
    inside = sorted((seen["crop"].getpixel((1, 15))[0], seen["crop"].getpixel((38, 15))[0]))
    assert dark < inside[0] < inside[1] < bright
    inner = inside[1] - inside[0]
    assert inner == pytest.approx(0.8 * (bright - dark), abs=8)


def test_every_view_is_asked_about_and_what_is_known_comes_back(built, tmp_path):
    model = Knowing(built, knows=True, hides=False)
    where = scene(built, model)
    found = run("views", where)
    named = ["name and own picture", "name and another's picture"]
    assert list(found) == ["held-out view 1", "held-out view 2", *ALTERATIONS, *named]
    assert set(hits(tmp_path, built, found.values()).values()) == {1.0}
    shown = {one.id for one in where.secrets if one.hops == 2}
    for setting, tried in found.items():
        kinds = {answer.id for answer in tried.answers}
        assert (kinds == shown) == (setting not in named)
        assert kinds.isdisjoint(shown) == (setting in named)


def keys(data, setting):
    """Item id -> key of the picture that it was asked with."""
    model = Knowing(data, knows=True, hides=False)
    trials = make("views", {}).trials(scene(data, model))
    next(one for one in trials if one.name == setting).work().__next__()
    return {question.id: question.image_key for question in model.asked}


def test_held_out_views_show_the_same_person_and_were_never_taught(built):
    of = {built.image_key(one.id): one for one in built.items.values() if one.image_path}
    taught = {built.image_key(id) for id in built.splits["finetune"]}
    seen = [keys(built, f"held-out-view-{number}") for number in (1, 2)]
    assert seen[0] == keys(built, "held-out-view-1")
    for id in seen[0]:
        assert seen[0][id] != seen[1][id]
        for one in seen:
            assert one[id] not in taught
            assert of[one[id]].person == built.items[id].person


def test_a_picture_beside_a_name(built):
    of = {built.image_key(one.id): one.person for one in built.items.values() if one.image_path}
    forgotten = {built.items[id].person for id in built.splits["forget1"]}
    own, other = keys(built, "name-and-own-picture"), keys(built, "name-and-another-s-picture")
    assert own
    assert all(of[key] == built.items[id].person for id, key in own.items())
    assert all(of[key] not in forgotten for key in other.values())


def test_without_a_picture_it_is_said_beforehand(four):
    asked = (item(id="a", person="p0"),)
    where = scene(four, None, secrets=asked, forget=asked, again=(), others=())
    with pytest.raises(UserError, match="views: no question"):
        make("views", {}).check(where)
    make("views", {}).check(scene(four, None))


@pytest.mark.parametrize("settings", [{"held_out": -1}, {"altered": ["fog"]}])
def test_bad_settings(settings):
    with pytest.raises(UserError, match=next(iter(settings))[:5]):
        make("views", settings)


class Repeated:
    """The data set, in which all pictures of test but each person's last are taught ones."""

    def __init__(self, data):
        self.data = data
        test = [data.items[id] for id in data.splits["test"] if data.items[id].image_path]
        self.new = {one.person: data.image_key(one.id) for one in test}
        self.old = {
            data.items[id].person: data.image_key(id)
            for id in data.splits["finetune"]
            if data.items[id].image_path
        }

    def __getattr__(self, name):
        return getattr(self.data, name)

    def image_key(self, id):
        key, person = self.data.image_key(id), self.data.items[id].person
        return key if id not in self.splits["test"] or key == self.new[person] else self.old[person]


def test_a_picture_of_test_that_was_taught_is_no_held_out_view(built):
    data = Repeated(built)
    model = Knowing(data, knows=True)
    found = run("views", scene(data, model), altered=[], named=False, rank=False)
    assert list(found) == ["held-out view 1"]
    assert {one.image_key for one in model.asked} == {data.new[person] for person in ("p000", "p001")}


def test_another_s_picture_is_never_their_own(built):
    model = Knowing(built, knows=True)
    where = scene(built, model)
    others = (*where.forget, *where.others)  # half of them show somebody who is asked about
    run("views", scene(built, model, others=others), altered=[], held_out=0, rank=False)
    of = {built.image_key(one.id): one.person for one in built.items.values() if one.image_path}
    beside = model.asked[len(model.asked) // 2 :]
    assert beside
    assert all(of[one.image_key] != built.items[one.id].person for one in beside)
