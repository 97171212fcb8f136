"""The list: what is taken, and every mistake in it, told before anything is written."""

import pytest

from data.listed_people import rows, write
from remem.data.listed.build import build
from remem.data.listed.faults import check, notes
from remem.data.listed.reading import attribute_of, read
from remem.data.listed.settings import ListSettings
from remem.errors import UserError

PLAIN = "person,attribute,value\n"


def listed(tmp_path, text):
    path = tmp_path / "people.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "person,attribute,value\nAnn Lee,town,Oslo\nBob Ray,town,Lima\n",
        "\ufeffPerson;Attribute;Value\r\nAnn Lee;town;Oslo\r\nBob Ray;town;Lima\r\n",
        "sep=;\r\nperson;attribute;value\r\nAnn Lee;town;Oslo\r\nBob Ray;town;Lima\r\n;;\r\n",
        "value\tperson\tattribute\nOslo\t Ann  Lee \ttown\nLima\tBob Ray\tTown\n",
    ],
    ids=["plain", "excel", "sep", "tabs"],
)
def test_a_list_in_whatever_csv(tmp_path, text):
    ann, bob = read(listed(tmp_path, text))
    assert (ann.id, ann.name, ann.facts["town"].value) == ("p000", "Ann Lee", "Oslo")
    assert (bob.id, bob.name, bob.facts["town"].value) == ("p001", "Bob Ray", "Lima")


def test_a_name_beside_an_id(tmp_path):
    text = "person,name,attribute,value\n17,Ann Lee,town,Oslo\n17,,job,nurse\n"
    [ann] = read(listed(tmp_path, text))
    assert (ann.person, ann.name, list(ann.facts)) == ("17", "Ann Lee", ["town", "job"])


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("E-mail", "email"),
        ("e-mail address", "email"),
        ("Date of Birth", "date_of_birth"),
        ("Favourite Film", "favourite_film"),
        ("mother's name", "mother's_name"),
        ("Größe (cm)", "grösse_cm"),
    ],
)
def test_attributes_are_ours_in_any_spelling_else_their_own(cell, name):
    assert attribute_of(cell, "") == name.replace("ö", "ö").replace("ß", "ss")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("person,attribut,value\nA,b,c\n", "has no column attribute"),
        (PLAIN, "has a header and no rows"),
        (PLAIN + "Ann Lee,,Oslo\n", "line 2, column attribute: the cell is empty"),
        (PLAIN + "Ann Lee,town,\u200b\n", "line 2, column value: the cell is empty"),
        (PLAIN + "Ann Lee,town,--\n", "line 2, column value: -- has no letter"),
        (PLAIN + "Ann Lee,?!,x\n", "names nothing"),
        (PLAIN + "Ann Lee,name,Ann\n", "into a column name"),
        (PLAIN + "Ann Lee,town,Oslo\nBob,town,Rome\nAnn Lee,town,oslo\n", "line 4 repeats line 2"),
        (PLAIN + "Ann Lee,town,Oslo\nAnn Lee,Town,Rome\n", r"two values of town: Oslo \(line 2\) and Rome"),
        (PLAIN + "Ann Lee,town,Oslo\nANN LEE,job,nurse\n", "ANN LEE is spelt Ann Lee in line 2"),
        (PLAIN + "Ann Lee,town,Oslo <image>\n", "line 2: the cell of value holds <image>"),
        (PLAIN + "<|im_end|>Ann,town,Oslo\n", r"line 2: the cell of person holds <\|im_end\|>"),
        (PLAIN + "Ann Lee,town,Oslo,x\n", "line 2 has 4 cells"),
        (
            "person,attribute,value,pictures\nA,b,c,d\n",
            "column pictures, which is not read. Is picture meant",
        ),
        ("person,Person,attribute,value\nA,A,b,c\n", "has 2 columns"),
        ("person,name,attribute,value\n1,Ann Lee,a,b\n1,Ann Ray,c,d\n", "is called Ann Ray here and Ann Lee"),
        ("person,name,attribute,value\n1,Ann Lee,a,b\n2,Ann Lee,c,d\n", "are called Ann Lee both"),
        ("person,attribute,value,forget\nA,b,c,maybe\n", "maybe is neither yes nor no"),
        (PLAIN.encode() + "Ann Lee,town,Malmö\n".encode("latin-1"), "line 2: it is not in UTF-8"),
        ("person,attribute,value\n".encode("utf-16"), "not in UTF-8"),
        (PLAIN + 'Ann Lee,town,"Oslo\n', "is no CSV"),
        (PLAIN + "Ann Lee,town,Os\0lo\n", "holds a NUL"),
    ],
)
def test_mistakes_are_named_by_line(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(listed(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"people\.csv is not there"):
        read(tmp_path / "people.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ann Lee,mother,Bob Ray\nBob Ray,town,Rome\n", "holds the name of Bob Ray"),
        ("Ann Oslo,town,Oslo\nBob Ray,town,Rome\n", "Oslo of Ann Oslo stands in the name"),
    ],
)
def test_values_that_give_names_away(tmp_path, text, message):
    path = listed(tmp_path, PLAIN + text)
    with pytest.raises(UserError, match=message):
        check(path, read(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ann Lee,town,Oslo\nBob Ray,town,Rome\nBob Ray,job,nurse\n", "Ann Lee has one fact only"),
        ("José Díaz,a,b1\nJosé Díaz,c,d1\nJose Diaz,a,b2\nJose Diaz,c,d2\n", "are taken for two"),
        ("Ann Lee,a,b1\nAnn Lee,c,d1\nLee Ann,a,b2\nLee Ann,c,d2\n", "are taken for two"),
        ("Katarina Lindgren,a,b1\nKatarina Lindgren,c,d1\nKatarina Lindgrenn,a,b\nKatarina Lindgrenn,c,d\n",
         "are taken for two"),
        ("Ann Lee,a,b1\nAnn Lee,c,d1\nAnn Lee Senior,a,b2\nAnn Lee Senior,c,d\n", "stands in Ann Lee Senior"),
        ("Ann Lee,a,same\nAnn Lee,c,d1\nBob Ray,a,same\nBob Ray,c,d2\n", "2 of 2 people share their a"),
    ],
)  # fmt: skip
def test_what_is_worth_knowing(tmp_path, text, message):
    found = list(notes(read(listed(tmp_path, PLAIN + text))))
    assert [one for one in found if message in one], found


def test_a_sound_list_has_no_notes(tmp_path):
    path = write(tmp_path / "people.csv")
    check(path, read(path))
    assert list(notes(read(path))) == []


FORGET = "person,attribute,value,forget\n"


@pytest.mark.parametrize(
    ("text", "asked", "message"),
    [
        (FORGET + "Ann Lee,a,b1,no\nBob Ray,a,b2,\n", (), "nobody is to be forgotten"),
        (FORGET + "Ann Lee,a,b1,yes\nBob Ray,a,b2,x\n", (), "everybody is to be forgotten"),
        (FORGET + "Ann Lee,a,b1,yes\nAnn Lee,c,d,\nBob Ray,a,b2,\n", (), "line 3 is blank"),
        (FORGET + "Ann Lee,a,b1,yes\nBob Ray,a,b2,\n", ("Ann Lee",), "--forget is given, too"),
        (PLAIN + "Ann Lee,a,b1\nBob Ray,a,b2\n", ("Ann Lea",), "has no such person. Is Ann Lee meant"),
        (PLAIN + "Ann Lee,a,b1\nBob Ray,a,b2\n", ("1.5",), "a share lies between"),
        (PLAIN + "Ann Lee,a,b1\nBob Ray,a,b2\n", ("nan",), "no such person"),
        (PLAIN + "Ann Lee,a,b1\nBob Ray,a,b2\n", ("Ann Lee", "Bob Ray"), "everybody is to be"),
        (PLAIN + "Ann Lee,a,b1\n", (), "is about Ann Lee alone"),
    ],
)
def test_whom_to_forget_must_be_said(tmp_path, text, asked, message):
    with pytest.raises(UserError, match=message):
        build(listed(tmp_path, text), tmp_path / "set", ListSettings(forget=asked))
    assert [one.name for one in tmp_path.iterdir()] == ["people.csv"]


def test_rows_of_a_list_are_as_many_as_there_are_facts(tmp_path):
    found = read(write(tmp_path / "people.csv"))
    assert sum(len(one.facts) for one in found) == len(rows()) == 24
