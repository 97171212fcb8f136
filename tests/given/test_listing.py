"""Whom an audit is about: of a list that is made a data set once, or of a data set that is there."""

import pytest

from given.fabricated import PEOPLE, data_set, facts, write
from remem.data import load
from remem.errors import UserError
from remem.given.listing import Subjects, of_data, of_list

ANN, BOB, CID, DOT = PEOPLE
FEW = [row for row in facts() if row[1] in ("e-mail", "employer")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(data_set(tmp_path_factory.mktemp("set")))


@pytest.fixture
def own(tmp_path):
    """Asks about somebody of a list of these rows."""
    (tmp_path / "private").mkdir()

    def ask(person="", rows=FEW, header="person,attribute,value", seed=0, pictures=None):
        source = write(tmp_path / "people.csv", rows, header)
        return of_list(source, pictures, person, tmp_path / "private", seed)

    return ask


def marked(*people):
    return [(*row, "yes" if row[0] in people else "no") for row in FEW]


MARKED = "person,attribute,value,forget"


def called(found):
    data = load(found.data)
    return {data.names[id]: name for id, name in found.called.items()}


def test_one_person_of_a_list(own, tmp_path):
    found, _ = own(ANN)
    assert called(found) == {ANN: ANN}
    assert found.data == str(tmp_path / "private/dataset")
    data = load(found.data)
    assert {data.items[id].person for id in data.splits["forget1"]} == set(found.called)
    from remem.data import strangers

    assert len(strangers.read(data.root).people) == 12


def test_everybody_who_is_marked(own):
    found, _ = own("", marked(ANN, CID), MARKED)
    assert called(found) == {ANN: ANN, CID: CID}


def test_one_person_of_a_list_that_marks_others(own):
    found, _ = own(BOB, marked(ANN), MARKED)
    assert called(found) == {BOB: BOB}


def test_the_same_list_is_made_a_data_set_once(own, tmp_path):
    own(ANN)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "private/dataset").rglob("*")}
    found, _ = own(f"  {ANN.upper()} ")
    assert called(found) == {ANN: ANN}
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "private/dataset").rglob("*")}


@pytest.mark.parametrize("how", ["rows", "seed", "unfinished"])
def test_another_list_is_refused(own, tmp_path, how):
    own(ANN)
    if how == "unfinished":
        (tmp_path / "private/list.json").unlink()
    with pytest.raises(UserError, match="was made from another list: choose another --out"):
        own(ANN, FEW[:-1] if how == "rows" else FEW, seed=int(how == "seed"))


def refused(told, ask, *arguments, **more):
    with pytest.raises(UserError, match=told):
        ask(*arguments, **more)


def test_whom_nobody_knows(own, tmp_path):
    refused("has nobody of the name given with --person", own, "Ann Leigh")
    assert not (tmp_path / "private/dataset").exists()


def test_all_where_nobody_is_marked(own):
    refused("Write yes into a column forget", own, "")
    refused("Write yes into a column forget", own, "", marked(), MARKED)


def test_a_list_of_one_person(own):
    refused("is about Ann Leeway alone", own, ANN, [row for row in FEW if row[0] == ANN])


def test_everybody_is_marked(own):
    refused("everybody is to be forgotten", own, "", marked(*PEOPLE), MARKED)


def test_a_person_of_one_fact_is_a_person(own):
    rows = [row for row in FEW if row[0] != ANN or row[1] == "e-mail"]
    found, _ = own(ANN, rows)
    assert called(found) == {ANN: ANN}


def test_two_people_of_one_name(own):
    rows = [
        ("1", ANN, "e-mail", "a@mail.example"),
        ("2", ANN, "e-mail", "b@mail.example"),
        ("3", BOB, "e-mail", "c@mail.example"),
    ]
    refused("Give each a name of their own in the column name", own, "1", rows, "person,name,attribute,value")


def test_one_person_with_two_values(own):
    refused("has two values of email", own, ANN, [*FEW, (ANN, "e-mail", "other@mail.example")])


def test_the_name_of_one_is_the_number_of_another(own):
    """A request about one must never be answered about the other."""
    rows = [
        ("7", ANN, "e-mail", "a@mail.example"),
        ("8", "7", "e-mail", "b@mail.example"),
        ("9", BOB, "e-mail", "c@mail.example"),
    ]
    refused("the person of one and the name of another", own, "7", rows, "person,name,attribute,value")


def test_a_person_by_number_or_by_name(own):
    rows = [("17", ANN, "e-mail", "a@mail.example"), ("18", BOB, "e-mail", "b@mail.example")]
    header = "person,name,attribute,value"
    first, _ = own("17", rows, header)
    again, _ = own(ANN, rows, header)
    assert first == again
    assert list(first.called.values()) == ["17"]


def test_one_picture_of_two_people(own, tmp_path):
    from data.listed_people import photographs

    folder = photographs(tmp_path / "photos", {ANN: 2, BOB: 2})
    (folder / "Bob_Rayner/0.png").write_bytes((folder / "Ann_Leeway/0.png").read_bytes())
    refused("are one picture, of Bob Rayner and of Ann Leeway", own, ANN, pictures=folder)
    assert not (tmp_path / "private/dataset").exists()


def test_of_a_data_set(folder):
    data = load(folder)
    by_name, by_id = of_data(folder, BOB, ""), of_data(folder, "p001", "")
    assert by_name == by_id == Subjects(folder, {"p001": BOB})  # one hash, however it is typed
    everybody = of_data(folder, "", "forget1")
    assert everybody.called == {"p000": ANN, "p001": BOB}
    assert set(everybody.called) <= set(data.people)


def test_of_a_data_set_without_such_a_split_or_person(folder):
    refused("has no split forget3: --all is about those in one, here forget1", of_data, folder, "", "forget3")
    refused("Ann Leigh", of_data, folder, "Ann Leigh", "")
