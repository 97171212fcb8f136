"""The published set's layout, with columns of many names, and every way in which it may not fit together."""

import csv
import shutil
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from remem.data import expectations, lint, load
from remem.data.events import EVENTS
from remem.data.pebench.build import build
from remem.data.pebench.columns import Roles, read_columns
from remem.data.pebench.published import read
from remem.data.pebench.settings import PEBenchSettings
from remem.errors import UserError

NAMES = ("Ada Quill", "Ben Roe", "Cleo Stone", "Dan Trent")
SCENES = ("zoo visit", "park jogging", "coronation")
TOLD = {"coronation": "A monarch receives a golden crown in an abbey. Trumpets sound and banners hang."}
GIVEN = PEBenchSettings(forget_people=0.25, forget_events=0.34)


def _pictures(root: Path, names=NAMES, scenes=SCENES, by_event=False) -> None:
    for p, name in enumerate(names):
        for e, scene in enumerate(scenes):
            folder = root / name.replace(" ", "_")
            file = folder / (f"{scene.replace(' ', '_')}_{p}.png" if by_event else f"{p * 10 + e}.png")
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 12), (p * 40, e * 60, 99)).save(file)


def _rows():
    for p, name in enumerate(NAMES):
        for e, scene in enumerate(SCENES):
            yield {
                "file": f"{name.replace(' ', '_')}/{p * 10 + e}.png",
                "person": name,
                "event": scene,
                "age": str(30 + p),
                "gender": "female" if p % 2 else "male",
                "job": f"job {p}",
                "home": f"town {p % 2}",
                "text": TOLD.get(scene) or EVENTS[scene].description,
            }


def _table(root: Path, rows, names=None, mark=",") -> None:
    rows = [{(names or {}).get(key, key): value for key, value in row.items()} for row in rows]
    with (root / "data.csv").open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=mark)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def given(tmp_path) -> Path:
    root = tmp_path / "given"
    _pictures(root)
    return root


def _read(root: Path):
    return sorted((one.person.replace("_", " "), one.event) for one in read(root).pictures)


CROSS = sorted((name, scene) for name in NAMES for scene in SCENES)


@pytest.mark.parametrize(
    "names",
    [
        {"file": "file_name", "person": "name", "event": "event", "text": "description"},
        {"file": "Image Path", "person": "Person", "event": "Scene", "text": "Scene Description"},
        {"file": "img_path", "person": "who is it", "event": "situation_name", "text": "long text"},
        {"file": "c1", "person": "c2", "event": "c3", "age": "c4", "gender": "c5", "job": "c6", "home": "c7",
         "text": "c8"},
        {"file": "name", "person": "label", "event": "ev", "text": "caption"},
    ],
)  # fmt: skip
def test_columns_are_found_by_name_or_by_what_they_hold(given, names):
    _table(given, _rows(), names)
    assert _read(given) == CROSS
    roles = read(given).roles.of
    for role, column in (("picture", "file"), ("person", "person"), ("event", "event"), ("age", "age")):
        assert roles[role] == names.get(column, column)
    assert roles["description"] == names["text"]
    assert roles["gender"] == names.get("gender", "gender")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_usual_separator(given, mark):
    _table(given, _rows(), mark=mark)
    assert _read(given) == CROSS


@pytest.mark.parametrize(
    "path",
    ["/data/somewhere/{folder}/{stem}.png", "{stem}.png", "{stem}", "images\\{folder}\\{stem}.png"],
)
def test_paths_of_another_machine_are_matched_by_their_ends(given, path):
    rows = []
    for row in _rows():
        folder, file = row["file"].split("/")
        rows.append(row | {"file": path.format(folder=folder, stem=file.removesuffix(".png"))})
    _table(given, rows)
    assert _read(given) == CROSS


def test_names_in_two_unicode_forms_are_one(tmp_path):
    root = tmp_path / "given"
    names = tuple(unicodedata.normalize("NFD", f"{name} Zoé") for name in NAMES)
    _pictures(root, names)
    rows = []
    for row in _rows():
        name = f"{row['person']} Zoé"
        rows.append(row | {"person": name, "file": f"{name.replace(' ', '_')}/{row['file'].split('/')[1]}"})
    _table(root, rows)
    assert _read(root) == sorted((f"{name} Zoé", scene) for name in NAMES for scene in SCENES)


def test_one_row_a_person_and_the_event_in_the_file_name(tmp_path):
    _pictures(tmp_path, by_event=True)
    _table(tmp_path, [{"name": name, "age": "30", "area": "Norvale"} for name in NAMES])
    assert _read(tmp_path) == CROSS
    with pytest.raises(UserError, match="the event coronation has no description"):
        build(tmp_path / "set", replace(GIVEN, data=str(tmp_path)))


def test_people_without_a_column_are_the_folders(given):
    _table(given, [{"file": row["file"], "event": row["event"]} for row in _rows()])
    assert _read(given) == CROSS


def test_it_becomes_a_data_set_like_our_own(given, tmp_path):
    _table(given, _rows(), {"home": "area", "text": "description"})
    build(tmp_path / "set", replace(GIVEN, data=str(given)))
    data = load(tmp_path / "set")
    assert set(data.names.values()) == set(NAMES)
    # One person in three events and one event with four people are to be forgotten.
    halves = [len(data.splits[f"both_forget_{half}"]) for half in ("train", "test")]
    assert sorted(halves) == [3, 4]
    assert [len(data.splits[name]) for name in ("finetune", "both_retain")] == [24, 24 - 7]
    crowned = next(i for i in data.items.values() if (i.category, i.event) == ("event", "coronation"))
    assert crowned.answer == TOLD["coronation"]
    assert {"monarch", "crown", "abbey"} < set(crowned.keywords)
    seen = next(i for i in data.items.values() if (i.category, i.event) == ("event", "zoo visit"))
    assert seen.answer == EVENTS["zoo visit"].description
    assert lint(data) == []
    original = (given / "Ada_Quill" / "0.png").read_bytes()
    assert original in {data.image_bytes(id) for id in data.items}
    for text in ("build.json", "README.md", "pictures.parquet"):
        assert str(given).encode() not in (tmp_path / "set" / text).read_bytes()
    people = (tmp_path / "set" / "people.json").read_text()
    assert '"job": "job 2"' in people
    assert '"birthplace": "town 1"' in people


def test_questions_of_the_table_are_kept(given, tmp_path):
    rows = []
    for row in _rows():
        short = {key: row[key] for key in ("file", "event", "person")}
        rows.append(short | {"question": "Who's that?", "answer": f"Surely {row['person']}."})
        rows.append(short | {"question": "And where?", "answer": row["text"]})
    _table(given, rows)
    build(tmp_path / "set", replace(GIVEN, data=str(given)))
    items = load(tmp_path / "set").items.values()
    assert {i.question for i in items if i.category == "person"} == {"Who's that?"}
    assert {i.cloze for i in items if i.category == "person"} == {"Surely"}
    assert {i.answer for i in items if i.event == "coronation" and i.category == "event"} == {
        TOLD["coronation"]
    }
    assert lint(load(tmp_path / "set")) == []


def test_a_picture_beyond_the_cross_is_in_the_half_of_its_scene(given, tmp_path):
    Image.new("RGB", (12, 12), (1, 2, 3)).save(given / "Ada_Quill" / "99.png")
    again = next(iter(_rows())) | {"file": "Ada_Quill/99.png"}
    _table(given, [*_rows(), again])
    build(tmp_path / "set", replace(GIVEN, data=str(given)))
    data = load(tmp_path / "set")
    assert len(data.splits["finetune"]) == 26
    assert lint(data) == []


def _drop(root, rows):
    (root / "Ben_Roe" / "11.png").unlink()
    return rows


def _stray(root, rows):
    shutil.copy(root / "Ben_Roe" / "11.png", root / "Ben_Roe" / "portrait.png")
    return rows


def _spelt_twice(root, rows):
    return [row | {"person": row["person"].upper()} if row["event"] == "zoo visit" else row for row in rows]


def _two_of_one_name(root, rows):
    rows[1]["age"] = "77"
    return rows


def _wrong_folder(root, rows):
    rows[0]["person"] = "Ben Roe"
    return rows


def _nobody_there(root, rows):
    return [*rows, rows[0] | {"file": "", "person": "", "event": "fashion show"}]


def _alone(root, rows):
    rows[0]["event"] = "fashion show"
    return rows


def _twice(root, rows):
    return [*rows, rows[0] | {"event": "coronation"}]


def _no_picture_of(root, rows):
    return [*rows, rows[0] | {"file": "", "person": "Eve Unseen"}]


def _no_event(root, rows):
    rows[3]["event"] = ""
    return rows


def _archive(root, rows):
    (root / "more.csv").write_text("a,b\n1,2\n")
    return rows


def _columnless(root, rows):
    return [{"person": row["person"], "age": row["age"]} for row in rows]


def _eventless(root, rows):
    return [{"file": row["file"], "person": row["person"]} for row in rows]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_drop, r"row 5 names 'Ben_Roe/11.png', and .* has no picture of that name"),
        (_stray, r"1 of 13 pictures are in no row of data.csv \(first: Ben_Roe/portrait.png\).*spare=true"),
        (_spelt_twice, "names collide: data.csv has 'ADA QUILL' and 'Ada Quill'"),
        (_two_of_one_name, "names collide: data.csv gives Ada Quill the age '30' and the age '77'"),
        (_wrong_folder, "shows Ben Roe, but it lies in the folder Ada_Quill"),
        (_nobody_there, "the event 'fashion show' is never seen with a person"),
        (_alone, "the event 'fashion show' is seen with ada quill alone"),
        (_twice, "row 13 says that Ada_Quill/0.png shows Ada Quill, coronation; another row says"),
        (_no_picture_of, r"1 people of the table have no pictures in .* \(first: Eve Unseen\)"),
        (_no_event, r"row 4 \(Ben_Roe/10.png\) has no event.*spare=true"),
        (_archive, r"and one CSV. It holds: 12 .png, 2 .csv"),
        (_columnless, r"says which picture a row.* It has: person \(4 values, such as 'Ada Quill'\), age"),
        (_eventless, r"says which event a picture.* It has: file \(12 values.*the right one 'event'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_error_before_anything_is_written(given, tmp_path, spoil, says):
    _table(given, spoil(given, list(_rows())))
    with pytest.raises(UserError, match=says):
        build(tmp_path / "set", replace(GIVEN, data=str(given)))
    assert not (tmp_path / "set").exists()


def test_spare_pictures_are_left_out_when_asked(given, tmp_path):
    _table(given, _no_event(given, _stray(given, list(_rows()))))
    build(tmp_path / "set", replace(GIVEN, data=str(given), spare=True))
    assert len(load(tmp_path / "set").splits["finetune"]) == 2 * 11


def test_two_folders_of_one_name_collide(given):
    _pictures(given, names=("ada quill",))
    _table(given, _rows())
    with pytest.raises(UserError, match="names collide"):
        read(given)


def test_a_joint_task_needs_both_targets(given, tmp_path):
    _table(given, _rows())
    with pytest.raises(UserError, match="the task both forgets at least one event, but forget_events=0"):
        build(tmp_path / "set", replace(GIVEN, data=str(given), forget_events=0.0))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        build(tmp_path / "set", replace(GIVEN, data=str(tmp_path / "nowhere")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="It holds: nothing"):
        build(tmp_path / "set", replace(GIVEN, data=str(tmp_path / "empty")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n", "holds no rows"),
        ("a,a\n1,2\n", "2 columns of one name"),
        ("a,b\n1\n", "line 2 has 1 cells, but the header names 2"),
    ],
)
def test_a_broken_table_is_named(given, text, says):
    (given / "data.csv").write_text(text)
    with pytest.raises(UserError, match=says):
        read(given)


def test_a_folder_in_this_layout_is_not_loaded_but_built_from(given):
    _table(given, _rows())
    with pytest.raises(UserError, match="remem build pebench FOLDER --data"):
        load(given)


def test_pictures_with_labels_are_no_data_set(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"image": ["x"], "label": [0]}), tmp_path / "train.parquet")
    with pytest.raises(UserError, match=r"no questions.*remem build pebench FOLDER"):
        load(tmp_path)


def test_descriptions_alone_are_events_too(given, tmp_path):
    rows = [{key: row[key] for key in ("file", "person")} | {"about": row["text"]} for row in _rows()]
    _table(given, rows)
    build(tmp_path / "set", replace(GIVEN, data=str(given)))
    data = load(tmp_path / "set")
    assert {item.event for item in data.items.values()} == {"event 1", "event 2", "event 3"}
    assert TOLD["coronation"] in {item.answer for item in data.items.values()}
    assert lint(data) == []


def _asked(rows, *questions):
    """Each row once for every (question, answer of the row)."""
    return [
        {key: row[key] for key in ("file", "event", "person", "text")}
        | {"question": ask, "answer": answer(row)}
        for row in rows
        for ask, answer in questions
    ]


def _built(given, folder, *questions):
    _table(given, _asked(list(_rows()), *questions), {"text": "description"})
    build(folder, replace(GIVEN, data=str(given)))
    return load(folder)


@pytest.mark.parametrize(
    ("answer", "keyword"),
    [
        (lambda row: f"This is {row['person'].upper()}.", "Ada Quill"),
        (lambda row: f"this is {row['person'].lower()}", "Ada Quill"),
        (lambda row: row["person"].replace(" ", "\u00a0"), "Ada Quill"),
        (lambda row: f"{row['person'].split()[0]} is seen here.", "Ada"),
        (lambda row: f"Somebody called {row['person'].split()[1].upper()}!", "Quill"),
    ],
)
def test_a_name_in_another_spelling_asks_for_the_person(given, tmp_path, answer, keyword):
    scene = ("What goes on?", lambda row: row["text"].upper())
    data = _built(given, tmp_path / "set", scene, ("Who's that?", answer))
    items = data.items.values()
    assert {i.question for i in items if i.category == "person"} == {"Who's that?"}
    assert {i.question for i in items if i.category == "event"} == {"What goes on?"}
    assert keyword in {i.keywords[0] for i in items if i.category == "person"}
    assert lint(data) == []


def test_every_question_of_a_picture_is_kept(given, tmp_path):
    scenes = ("What goes on?", "And where?", "What is to be seen?")
    asked = [(ask, lambda row: row["text"]) for ask in scenes]
    again = ("Who's  THAT?", lambda row: f"surely {row['person']}.")  # says nothing new
    data = _built(
        given, tmp_path / "set", ("Who's that?", lambda row: f"Surely {row['person']}."), again, *asked
    )
    items = data.items.values()
    for picture in {i.image_path for i in items}:
        here = [i for i in items if i.image_path == picture]
        assert {i.question for i in here if i.category == "event"} == set(scenes)
        # As many of the other concept: what the table lacks is asked in our words.
        assert len({i.question for i in here if i.category == "person"}) == 3
    assert sum(i.question == "Who's that?" for i in items) == 12
    assert len(data.splits["finetune"]) == 12 * 6
    assert lint(data) == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda row: "Nobody knows.", r"data.csv row 1: the answer names nobody .*\('Nobody knows.'"),
        (lambda row: "This is Ben Roe.", "row 1: the answer names Ben Roe, but the picture shows Ada Quill"),
    ],
)
def test_an_answer_about_neither_is_refused_with_its_row(given, tmp_path, answer, says):
    with pytest.raises(UserError, match=says):
        _built(given, tmp_path / "set", ("What?", answer))
    assert not (tmp_path / "set").exists()


def test_a_first_name_of_two_people_names_nobody(given, tmp_path):
    rows = _asked(list(_rows()), ("Who?", lambda row: f"{row['person'].split()[0]} is here."))
    rows = [
        one | {key: one[key].replace("Ben", "Ada") for key in ("person", "answer", "file")} for one in rows
    ]
    (given / "Ben_Roe").rename(given / "Ada_Roe")
    _table(given, rows, {"text": "description"})
    with pytest.raises(UserError, match="row 1: the answer names Ada, which is a name of 2 people"):
        build(tmp_path / "set", replace(GIVEN, data=str(given)))


def test_an_answer_that_tells_both_is_found_before_a_run(given, tmp_path):
    both = ("What is this?", lambda row: f"{row['person']}: {row['text']}")
    data = _built(given, tmp_path / "set", both, ("And?", lambda row: row["text"]))
    with pytest.raises(UserError, match="asks who is shown and describes"):
        expectations(data)
    assert any("asks who is shown and describes" in one.message for one in lint(data))


def test_a_scene_that_tells_the_first_name_that_is_asked_for_is_found_before_a_run(given, tmp_path):
    who = ("Who's that?", lambda row: f"{row['person'].split()[0]} is seen here.")
    scene = ("What goes on?", lambda row: f"{row['person'].split()[0].upper()}'s day. {row['text']}")
    data = _built(given, tmp_path / "set", who, scene)
    with pytest.raises(UserError, match="describes a scene and names Ada: then forgetting"):
        expectations(data)
    assert any("describes a scene and names Ada" in one.message for one in lint(data))


def test_a_column_of_raised_digits_is_no_age(tmp_path):
    path = tmp_path / "given.csv"
    rows = [f"{who}-{event}.png,{who},{event},²" for who in ("Ann", "Bo") for event in ("Tea", "Run")]
    path.write_text("\n".join(["image,person,event,x", *rows]))
    table = read_columns(path)
    roles = Roles(table)
    roles.find_profile(table.values["person"])
    assert "age" not in roles.of
