"""People in three dimensions: the pack, the kernels, and what pictures must not show."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from remem.data import images, invent, traits
from remem.data.images import rendered
from remem.data.images.rendered import arrays, garments, hair, identity, light, outfit, pack, rig
from remem.data.images.rendered.arrays import View
from remem.data.images.rendered.camera import expose
from remem.data.images.rendered.figure import Figure, look_at
from remem.data.images.rendered.geometry import fit, normals, pose
from remem.data.images.rendered.hair import mesh_of, strands_of
from remem.data.images.rendered.parts import Part, join, pack_textures, shrunk
from remem.data.images.rendered.plan import portrait_plan, view_plan
from remem.data.images.rendered.raster import project, visible
from remem.errors import UserError

PEOPLE = invent(6, 0)
LICENCES = (pack.PACK / "LICENCES.md").read_text("utf-8")


@pytest.fixture(scope="module")
def source():
    return rendered.Rendered()


def test_the_pack_is_small_and_every_file_has_a_licence_and_the_right_checksum():
    listed = dict(re.findall(r"^\| (\S+\.\w+) \|.*\| ([0-9a-f]{64}) \|$", LICENCES, re.MULTILINE))
    files = {str(p.relative_to(pack.PACK)): p for p in pack.PACK.rglob("*.*") if p.is_file()} | {}
    assert set(files) == {*listed, "LICENCES.md"}
    for name, digest in listed.items():
        assert hashlib.sha256(Path(files[name]).read_bytes()).hexdigest() == digest, name
    sizes = [path.stat().st_size for path in files.values()]
    assert max(sizes) <= 20e6
    assert sum(sizes) <= 40e6


def test_the_same_view_has_the_same_pixels_in_any_order(source):
    def pixels(made, person, number):
        return np.asarray(made.view(PEOPLE[person], number, 0, 32).image)

    first = [pixels(source, person, number) for person, number in ((0, 0), (0, 1), (1, 0))]
    other = rendered.Rendered()
    again = [pixels(other, person, number) for person, number in ((1, 0), (0, 1), (0, 0))][::-1]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[0] != first[1]).any()


def test_provenance_says_what_varies(source):
    picture = source.view(PEOPLE[0], 3, 0, 24)
    assert picture.image.size == (24, 24)
    assert {"source", "scene", "expression", "clothes", "colour", "hat", "shot", "pose", "turned"} == set(
        picture.provenance
    )


def test_identity_follows_the_profile():
    for person in PEOPLE:
        who = identity.identity(person, 0)
        born = int(person.attributes["date_of_birth"][-4:])
        assert who.age == 2024 - born
        assert who.woman == (person.appearance["gender"] == "woman")
        assert who.look == person.appearance
    african = {skin: identity._MIX[skin][0][0] for skin in ("pale", "dark")}
    assert african["dark"] > 0.8 > 0.1 > african["pale"]


def test_two_people_of_the_same_looks_have_different_faces():
    one, other = PEOPLE[0], replace(PEOPLE[1], appearance=PEOPLE[0].appearance)
    faces = [identity.body_shape(replace(identity.identity(p, 0), age=30))[: pack.BODY] for p in (one, other)]
    assert np.abs(faces[0] - faces[1]).max() > 0.05  # decimetres


def test_every_trait_leads_to_something_that_the_pack_has():
    names = pack.targets().place
    shapes = [*identity._SHAPES.values(), identity._WOMAN]
    assert {one for s in shapes for name in s for one in (name.replace("l-/r-", "l-"),)} <= set(names)
    assert {"face/" + unit for units in rig.EXPRESSIONS.values() for unit in units} <= set(names)
    bones = set(pack.body().bones)
    assert {bone for turned in rig.POSES.values() for bone in turned} <= bones
    who = identity.identity(PEOPLE[0], 0)
    for gender, styles in traits.HAIR_OF.items():
        for style in styles:
            look = who.look | {"hair": style, "facial_hair": "none"}
            made = replace(who, woman=gender == "woman", look=look)
            assert style == "bald" or mesh_of(made)[0] or strands_of(made), (gender, style)
    for options in outfit._WARDROBE.values():
        for top in (*options[0], *options[1]):
            assert top in garments.CUTS or pack.wear(top)


def test_faces_are_neither_blown_out_nor_black(source):
    figure = source.figure(PEOPLE[2], 0)  # pale
    for seed in range(6):
        plan = replace(
            view_plan(figure.who, np.random.default_rng(seed)), shot="face", azimuth=0.0, head=(0.0, 0.0, 0.0)
        )
        seen = source_pixels(figure, plan)
        assert (seen > 250).all(-1).mean() < 0.02
        assert 60 < seen.mean() < 235


def test_light_is_as_strong_everywhere(source):
    # Of a face from the front: the brightest of all panoramas is at most half as bright again as the darkest.
    figure, seen = source.figure(PEOPLE[2], 0), []
    plan = portrait_plan(figure.who, np.random.default_rng(0))
    for place in light.PLACES:
        for yaw in (0, 120, 240):
            shown = expose(figure, replace(plan, shot="face", place=place, yaw=yaw), 24)
            seen.append(np.median(shown[6:20, 7:17, :3].mean(-1)))
    assert max(seen) < 1.5 * min(seen)


def test_a_word_for_a_colour_means_the_same_on_all_hair():
    tint = {
        name: hair.evened(f"hair_{name}") for name in ("bob01", "bob02", "long01", "ponytail01", "braid01")
    }
    assert tint["bob02"] < 1 < tint["long01"]


def test_teeth_are_in_open_mouths_only(source):
    figure = source.figure(PEOPLE[0], 0)
    plan = portrait_plan(figure.who, np.random.default_rng(0))

    def names(expression):
        made, _ = figure.parts(plan.outfit, rig.turns("relaxed"), expression)
        return {part.texture for part in made}

    assert "teeth_teeth_base" in names("grin")
    assert "teeth_teeth_base" not in names("calm")


def test_a_portrait_is_bareheaded_and_always_the_same(source):
    plan = portrait_plan(source.figure(PEOPLE[0], 0).who, np.random.default_rng(1))
    assert (plan.outfit.hat, plan.azimuth, plan.expression) == ("", 0.0, "calm")
    one, again = (np.asarray(source.portrait(PEOPLE[0], 0, 32)) for _ in range(2))
    assert (one == again).all()


def source_pixels(figure, plan):
    from remem.data.images.rendered.camera import picture

    return np.asarray(picture(figure, plan, 48))[16:34, 18:30].astype(float)  # the middle of the face


def test_hair_is_cut_above_the_eyes_and_under_hats():
    figure = Figure(identity.identity(PEOPLE[0], 0))
    eye = figure.joints[pack.body().number["eye.L"]]
    before_the_eye = eye[None] + np.array([[0, 0.1, 0.5]], np.float32)
    on_top = np.array([[0, figure.head.top, figure.head.z]], np.float32)
    assert figure._trimmed(before_the_eye, "") < 0
    assert figure._trimmed(on_top, "") > 0
    assert figure._trimmed(on_top, "beanie") < 0


def test_the_person_stands_before_the_background(source):
    figure = source.figure(PEOPLE[0], 0)
    plan = replace(view_plan(figure.who, np.random.default_rng(0)), shot="bust", zoom=1.0, shift=(0.0, 0.0))
    alpha = expose(figure, plan, 32)[..., 3]
    assert alpha[16, 16] == 1
    assert alpha[0, 0] == alpha[0, -1] == 0


# The kernels, on one or two triangles.


def _triangles(depths, coverage=arrays.OPAQUE, texture=None):
    """Triangles that fill the view of `_seen`, at these distances from a camera on +z."""
    parts = [
        Part(
            points=np.array([[-90, -90, -d], [90, -90, -d], [0, 120, -d]], np.float32),
            normals=np.array([[0, 0, 1]] * 3, np.float32),
            faces=np.array([[0, 1, 2]], np.int32),
            kind=arrays.CLOTH,
            coverage=coverage,
            texture="t" if texture is not None else "",
        )
        for d in depths
    ]
    soup, surfaces = join(parts, {"t": 0})
    return soup, surfaces, pack_textures([shrunk(texture)] if texture is not None else [])


def _seen(soup, surfaces, textures, size=16):
    view = View(look_at(np.array([0, 0, 5.0]), np.zeros(3)), 20.0, size / 2)
    screen = project(soup.points, view, False)
    return visible(screen, soup, surfaces, textures, np.zeros(len(soup.faces), np.float32), size, False)[1]


def test_what_is_near_hides_what_is_far():
    assert (_seen(*_triangles([3, 1])) == 1).all()
    assert (_seen(*_triangles([1, 3])) == 0).all()


def test_backs_are_not_seen_unless_wanted():
    soup, surfaces, textures = _triangles([1])
    soup = soup._replace(faces=np.ascontiguousarray(soup.faces[:, ::-1]))
    assert (_seen(soup, surfaces, textures) == -1).all()
    assert (_seen(soup, surfaces._replace(both=np.ones(1, np.int32)), textures) == 0).all()


@pytest.mark.parametrize(("opacity", "samples"), [(0, 0), (64, 1), (128, 2), (191, 3), (255, 4)])
def test_opacity_becomes_coverage(opacity, samples):
    texture = np.full((8, 8, 4), opacity, np.uint8)
    seen = _seen(*_triangles([1], arrays.BY_TEXTURE, texture)) == 0
    assert (seen.reshape(8, 2, 8, 2).sum((1, 3)) == samples).all()


def test_posing_and_fitting_are_what_they_say():
    rest = np.array([[1, 0, 0]], np.float32)
    near, share = np.zeros((1, 4), np.int32), np.array([[1, 0, 0, 0]], np.float32)
    turn = rig.rotation((0, 0, 1), 90)[None]
    moved = pose(rest, near, share, turn, np.array([[0, 0, 2]], np.float32))
    assert moved[0] == pytest.approx([0, 1, 2], abs=1e-6)
    three = np.eye(3, dtype=np.float32)
    refs = np.array([[0, 1, 2]], np.int32)
    weights, offset = np.array([[0.5, 0.25, 0.25]], np.float32), np.array([[1, 1, 1]], np.float32)
    hung = fit(three, refs, weights, offset, np.array([2, 0, 1], np.float32))
    assert hung[0] == pytest.approx([2.5, 0.25, 1.25])
    assert normals(np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32), refs)[0] == pytest.approx(
        [0, 0, 1]
    )


def test_without_numba_the_user_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(rendered, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install numba"):
        images.source("rendered")


def test_people_without_looks_cannot_be_rendered(source):
    with pytest.raises(UserError, match="has no appearance to render"):
        source.view(replace(PEOPLE[0], appearance={}), 0, 0, 16)


def test_smaller_copies_of_a_texture_weigh_colours_by_opacity() -> None:
    dice = np.random.default_rng(0)
    picture = dice.integers(0, 256, (37, 90, 4), dtype=np.uint8)
    picture[4:8, 2:6] = (200, 100, 50, 0)  # clear: the mean of its colours, and clear
    copies = shrunk(picture)
    assert [copy.shape[:2] for copy in copies[:5]] == [(37, 90), (18, 45), (9, 22), (4, 11), (4, 11)]
    assert len(copies) == 8
    four = picture[:36, :90].astype(np.float64).reshape(18, 2, 45, 2, 4)
    weight = four[..., 3:] + 1e-3
    wanted = np.concatenate(
        [(four[..., :3] * weight).sum((1, 3)) / weight.sum((1, 3)), four[..., 3:].mean((1, 3))], -1
    )
    assert (
        np.abs(copies[1].astype(np.float64) - np.floor(wanted + 0.5)).max() <= 1
    )  # a half may fall either way
    assert (np.abs(copies[1] - np.floor(wanted + 0.5)) == 0).mean() > 0.999
    assert copies[1][2, 1].tolist() == [200, 100, 50, 0]
