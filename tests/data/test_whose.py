"""Whose rows they are: what is told holds, what is recovered is said, and nobody is merged by a guess."""

import time
import unicodedata

import pytest

from data.four import NAMES as FOUR
from data.four import VALUES, row, sets, tell, write
from remem.data import expectations, load, recover
from remem.data.spoken import Names, runs
from remem.errors import UserError


def _named(names, path="{n}.png"):
    """The sets with other names, the pictures flat in one folder under file names by `path`."""
    splits = sets()
    count = 0
    for rows in splits.values():
        for one in rows:
            for column in ("question", "answer", "cloze_prompt"):
                for old, new in zip(FOUR, names, strict=True):
                    one[column] = one[column].replace(old, new)
            if one["image_path"]:
                count += 1
                who = int(one["image_path"][8])
                one["image_path"] = path.format(n=f"{count:04d}", who=who, camera=("IMG", "DSC")[who % 2])
    return splits


def _told(letter):
    """Rows of rows.parquet for all but test."""
    splits = [name for name in sets() if name != "test"]
    return [
        (split, n, f"{letter}{n // 4 + (split == 'retain')}")
        for split in splits
        for n in range(len(sets()[split]))
    ]


def _true(data):
    """person as found -> the people whose values their rows ask for."""
    value = {one: n for values in VALUES.values() for n, one in enumerate(values)}
    found = {}
    for item in data.items.values():
        found.setdefault(item.person, set()).add(value[item.keywords[0]])
    return found


SIBLINGS = ("Ann Lee", "Mary Ann Lee", "Ann Lee Fox", "Lee Ann Fox")
INITIALS = ("J. Roe", "K. Roe", "A. B. Lee", "A. C. Lee")
ACCENTS = ("Élodie Roux", "Ève Roux", "Łukasz Nowak", "Šárka Nowak")
PARTICLES = ("Ana de la Cruz", "Eva de la Cruz", "Jan van der Berg", "Tom O’Hara")
HYPHENS = ("Jean-Luc Roy", "Jean-Paul Roy", "Mary-Ann Roy", "Ann Roy")
CAPITALS = ("ANN LEE", "BOB LEE", "ANN FOX", "BOB FOX")


@pytest.mark.parametrize("path", ["{n}.png", "IMG_{n}.jpg", "{camera}_{n}.jpg", "images/{camera}{n}.jpg", ""])
@pytest.mark.parametrize("names", [SIBLINGS, INITIALS, ACCENTS, PARTICLES, HYPHENS, CAPITALS])
def test_four_people_are_four(tmp_path, names, path):
    data = load(write(tmp_path / "set", _named(names, path)))
    assert sorted(map(sorted, _true(data).values())) == [[0], [1], [2], [3]]
    assert set(data.people) == set(names)


def test_two_unicode_forms_of_a_name_are_one_person(tmp_path):
    splits = _named(ACCENTS)
    for one in splits["test"]:
        one["question"] = unicodedata.normalize("NFD", one["question"])
    assert len(load(write(tmp_path / "set", splits)).people) == 4


def test_folders_and_told_people_in_two_unicode_forms_are_one(tmp_path):
    splits = sets()
    for name, rows in splits.items():
        form = "NFD" if name == "test" else "NFC"
        for one in rows:
            one["image_path"] = unicodedata.normalize(
                form, one["image_path"].replace("images/p", "images/Zoé-")
            )
    root = write(tmp_path / "set", splits)
    assert load(root).people == tuple(f"Zoé-{n}" for n in range(4))
    tell(root, [(split, n, unicodedata.normalize("NFD", who)) for split, n, who in _told("Zoé-")])
    assert load(root).people == tuple(f"Zoé-{n}" for n in range(4))


def test_what_is_recovered_is_told_by_name_and_count(tmp_path):
    root = write(tmp_path / "set", sets())
    [said] = [one for one in expectations(load(root)) if "rows.parquet" in one]
    assert "Whom 48 rows are about" in said
    assert "p0 (Ann Lee): 12, p1 (Bob Fox): 12" in said
    tell(root, _told("p"))
    [said] = [one for one in expectations(load(root)) if "rows.parquet" in one]
    assert "Whom 16 rows are about" in said


@pytest.mark.parametrize("path", ["images/p{who}/{n}.png", "{n}.png", "shots/{n}.png"])
def test_what_is_told_holds_and_the_rest_is_tied_to_it(tmp_path, path):
    splits = _named(FOUR, path)
    root = write(tmp_path / "set", splits)
    told = _told("X")
    tell(root, told)
    data = load(root)
    assert data.people == ("X0", "X1", "X2", "X3")
    assert _true(data) == {f"X{n}": {n} for n in range(4)}
    assert data.names == {f"X{n}": FOUR[n] for n in range(4)}
    tell(root, told[1:])  # one row is not told of
    assert load(root).people == data.people


@pytest.mark.parametrize("told", [[0], [0, 2], [1], [1, 3], [0, 1, 2, 3]])
def test_pictures_of_whom_rows_are_told_are_theirs_though_the_folder_has_another_name(tmp_path, told):
    root = write(tmp_path / "set", sets())
    tell(root, [("finetune", n, "ann") for n in told])
    data = load(root)
    assert data.people == ("ann", "p1", "p2", "p3")
    assert {data.items[id].person for id in data.splits["forget1"]} == {"ann"}
    tell(root, [("finetune", n, "ann") for n in (0, 2)] + [("finetune", 4, "bob"), ("finetune", 8, "cid")])
    assert load(root).people == ("ann", "bob", "cid", "p3")


def test_told_people_whose_pictures_cannot_be_told_are_refused_with_the_row(tmp_path):
    splits = sets()
    for rows in splits.values():  # the pictures of the first ask for something else
        for one in rows:
            if one["image_path"].startswith("images/p0"):
                one.update(answer="It is a cat.", keywords="cat", attribute="pet", cloze_prompt="")
    root = write(tmp_path / "set", splits)
    tell(root, [("finetune", 0, "ann")])
    with pytest.raises(UserError, match=r"whether ann, of whom .* pictures are p0 \(finetune row 1\)"):
        load(root)
    tell(write(root, sets()), [("finetune", 0, "ann"), ("finetune", 4, "ann")])  # two people's values
    with pytest.raises(UserError, match=r"cannot tell whether ann, of whom rows.parquet tells"):
        load(root)


def test_a_row_that_nobody_could_place_is_mended_by_telling_it(tmp_path):
    splits = sets()
    riddle = {"question": "Who is the tallest of all?", "answer": "That is a riddle.", "keywords": "riddle"}
    splits["finetune"].append(row(0, "job", 1, 9) | riddle)
    root = write(tmp_path / "set", splits)
    with pytest.raises(UserError, match=r"cannot tell who 1 of 49 rows are about \(first: finetune row 16\)"):
        load(root)
    tell(root, [("finetune", 16, "p0")])
    data = load(root)
    assert data.items[data.splits["finetune"][16]].person == "p0"
    assert len(data.people) == 4


def test_told_rows_may_name_friends_and_former_names(tmp_path):
    splits = sets()
    about = row(0, "town", 1, 0)
    splits["finetune"] += [
        about | {"question": "Who is Bob Fox to her?", "answer": "A friend.", "keywords": "friend"},
        about | {"question": "What is the town of Ann Fox?", "answer": "Ann Fox lives in Oslo."},
        about | {"question": "Where is Ann Fox?", "answer": "Ann Fox is in Oslo."},
    ]
    root = write(tmp_path / "set", splits)
    tell(root, [*_told("X"), ("finetune", 16, "X0"), ("finetune", 17, "X0")])
    data = load(root)
    assert data.people == ("X0", "X1", "X2", "X3")
    assert [data.items[id].person for id in data.splits["finetune"][-3:]] == ["X0"] * 3


def test_a_relative_in_an_answer_is_not_whom_it_is_about(tmp_path):
    splits = _named(FOUR)
    kin = {"question": "Who is that?", "answer": "Ann Lee’s brother, a baker.", "attribute": "kin"}
    splits["retain"].append(row(1, "job", 2, 0) | kin | {"keywords": "Ann Lee", "image_path": ""})
    with pytest.raises(UserError, match=r"cannot tell who 1 of .* \(first: retain row 12\)"):
        load(write(tmp_path / "set", splits))
    splits = sets()
    splits["retain"].append(row(1, "job", 2, 0) | {"answer": "Ann Lee’s brother, a baker."})
    data = load(write(tmp_path / "again", splits))
    assert data.items[data.splits["retain"][-1]].person == "p1"


def test_two_names_in_one_folder_are_refused_with_both(tmp_path):
    splits = sets()
    for rows in splits.values():
        for one in rows:
            one["image_path"] = one["image_path"].replace("images/p1/", "images/p0/1")
    with pytest.raises(UserError, match=r"Ann Lee and Bob Fox would be one person, p0\..*rows\.parquet"):
        load(write(tmp_path / "set", splits))


def test_one_name_in_two_folders_is_refused_with_both_and_the_rows(tmp_path):
    splits = sets()
    for n, folder in enumerate(("p0", "p2")):
        shown = {"image": row(0, "job", 2, n)["image"], "image_path": f"images/{folder}/x{n}.png"}
        splits["finetune"].append(row(0, "town", 1, 0) | shown)
    with pytest.raises(
        UserError, match=r"Ann Lee would be two people, p0 \(finetune row 16\) and p2 \(finet"
    ):
        load(write(tmp_path / "set", splits))


def test_a_first_name_of_two_people_ties_nobody(tmp_path):
    splits = sets()
    for n in (0, 2):
        who = {"question": "Who is that?", "answer": "That is Ann.", "keywords": "Ann", "attribute": "name"}
        splits["finetune"].append(row(n, "job", 2, 40) | who)
    data = load(write(tmp_path / "set", splits))
    assert [data.items[id].person for id in data.splits["finetune"][-2:]] == ["p0", "p2"]
    assert len(data.people) == 4


def test_one_name_in_two_stretches_of_file_names_is_refused_with_both(tmp_path):
    splits = sets()
    for rows in splits.values():
        for n, one in enumerate(rows):
            who, what = one["image_path"][8:9], one["attribute"]
            stretch = f"holiday {what}" if who == "0" else f"p{who}"
            one["image_path"] = who and f"{stretch}_{n}.png"
    with pytest.raises(UserError, match=r"Ann Lee would be two people: .*holiday .*holiday"):
        load(write(tmp_path / "set", splits))


def test_a_folder_of_each_split_is_no_person(tmp_path):
    splits = _named(FOUR)
    for name, rows in splits.items():
        for one in rows:
            one["image_path"] = one["image_path"] and f"{name}/{one['image_path']}"
    assert set(load(write(tmp_path / "set", splits)).people) == set(FOUR)


def test_places_and_friends_in_a_question_are_not_whom_it_is_about(tmp_path):
    splits = _named(FOUR)
    about = row(1, "town", 1, 0)
    splits["finetune"] += [
        about | {"question": "Did Bob Fox move to Lima from New York?", "answer": "Yes, to Lima."},
        about | {"question": "Does New York know Cid Ray?", "answer": "Kyiv does.", "keywords": "Kyiv"},
    ]
    data = load(write(tmp_path / "set", splits))
    assert set(data.people) == set(FOUR)
    friends = {"question": "Is Ann Lee a friend of Bob Fox?", "answer": "Yes.", "keywords": "Yes"}
    splits["finetune"].append(about | friends)
    with pytest.raises(UserError, match=r"cannot tell who 1 of .* \(first: finetune row 18\)"):
        load(write(tmp_path / "again", splits))


def test_a_name_search_is_linear():
    started = time.monotonic()
    for text in ("A" * 100_000, "A-" * 50_000, "Ab " * 33_000, "A. " * 33_000, "de " * 33_000, "A'" * 50_000):
        list(runs(text))
        Names([text]).of(text)
        recover._stem(f"{text[:99_000].replace(' ', '.')}.png")
        recover._stem("." * 100_000 + "x")
    assert time.monotonic() - started < 5  # the pattern that was here took minutes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What is the town of Ann Lee?", ["ann lee"]),
        ("Could Ann Lee sing?", ["ann lee"]),
        ("What Is The Town Of Ann Lee?", ["ann lee"]),
        ("Will Smith sings. Is Will Smith here?", ["will smith"]),
        ("It is Ann Lee's; ask “Bob Fox”, or J. R. Roe.", ["ann lee", "bob fox", "j. r. roe"]),
        ("Dr. Ann Lee met Professor Bob Fox", ["ann lee", "bob fox"]),
        ("ann lee", []),
        ("", []),
    ],
)
def test_names_in_running_text(text, names):
    assert Names(["Where does Will Smith live?"]).of(text) == names


def test_people_told_by_people_json_are_known_by_their_names(tmp_path):
    root = write(tmp_path / "set", _named(FOUR))
    people = ", ".join(f'{{"id": "h{n}", "name": "{name}"}}' for n, name in enumerate(FOUR))
    (root / "people.json").write_text(f"[{people}]", encoding="utf-8")
    assert load(root).people == ("h0", "h1", "h2", "h3")


# -- the tables beside the data ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"split": ["finetune"], "row": ["0"], "person": ["p0"]}, "column row: it holds string, and must"),
        ({"split": ["finetune"], "row": [0.0], "person": ["p0"]}, "column row: it holds double"),
        ({"split": [1], "row": [0], "person": ["p0"]}, "column split: it holds int64, and must hold text"),
        ({"split": ["finetune"], "row": [0], "person": [b"p0"]}, "column person: it holds binary"),
        ({"split": ["finetune"], "row": [0], "person": [1.5]}, "column person: it holds double"),
        ({"split": ["finetune"], "row": [0], "person": [{"id": "p0"}]}, "column person: it holds struct"),
        ({"split": ["finetune"], "row": [0], "person": [["p0"]]}, "column person: it holds list"),
        ({"split": [None], "row": [0], "person": ["p0"]}, "row 0, column split: the cell is empty"),
        ({"split": ["finetune"], "row": [None], "person": ["p0"]}, "row 0, column row: the cell is empty"),
        ({"split": ["finetune"], "row": [99], "person": ["p0"]}, "of finetune row 99, but finetune has 16"),
        ({"split": ["finetune"], "row": [-1], "person": ["p0"]}, "speaks of finetune row -1"),
        ({"split": ["finetun"], "row": [0], "person": ["p0"]}, "split finetun, .* Is finetune meant"),
        ({"split": ["finetune"] * 2, "row": [0, 0], "person": ["p0", "p1"]}, "p1, and another row says p0"),
        ({"split": ["finetune"], "row": [0]}, "has no column person; it has: split, row"),
        ({"split": ["finetune"], "row": [0], "person": ["p0"], "event": [3]}, "column event: it holds int64"),
    ],
)  # fmt: skip
def test_rows_of_other_types_are_one_error(tmp_path, rows, says):
    import pyarrow as pa
    import pyarrow.parquet as pq

    root = write(tmp_path / "set", sets())
    pq.write_table(pa.table(rows), root / "rows.parquet")
    with pytest.raises(UserError, match=rf"rows\.parquet.*{says}"):
        load(root)


def test_numbered_people_and_splits_that_were_left_out_are_read(tmp_path):
    root = write(tmp_path / "set", sets())
    import pyarrow as pa
    import pyarrow.parquet as pq

    told = [
        (split, n, n // 4 + (split == "retain")) for split, rows in sets().items() for n in range(len(rows))
    ]
    told.append(("forget2", 7, 3))
    split, number, who = (list(column) for column in zip(*told, strict=True))
    pq.write_table(pa.table({"split": split, "row": number, "person": who}), root / "rows.parquet")
    assert load(root).people == ("0", "1", "2", "3")


def test_two_people_of_one_id(tmp_path):
    root = write(tmp_path / "set", sets())
    (root / "people.json").write_text('[{"id": "p0", "name": "Ann Lee"}, {"id": "p0", "name": "Eve Roe"}]')
    with pytest.raises(UserError, match=r"people\.json has two people of the id p0: Ann Lee and Eve Roe"):
        load(root)
