"""What is handed out is whole or not there, and holds nothing of the person."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from given.invented import digest, full, in_the_clear
from remem.errors import UserError
from remem.given import chain, handing, page, schema, signing
from remem.given.redact import Secrets

OWN = handing.fence(
    ["ann.leeway@mail.example", "Quarrow Glassworks", "Oslo"], ["Ann Leeway"], ["/home/me/people"]
)
FILES = ["audit.json", "chain.json", "index.html"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_of_three_files_that_hold(tmp_path):
    written = handing.write(full(), tmp_path / "audit/document", OWN)
    assert names(written.folder) == FILES
    assert names(tmp_path / "audit") == ["document"]
    assert signing.verify(written.folder).signer is None
    assert schema.read(written.folder / "audit.json") == full()
    assert written.folder.stat().st_mode & 0o777 == 0o755


def test_it_takes_the_place_of_what_was_there(tmp_path):
    for n in (1, 2):
        handing.write(replace(full(), seed=n), tmp_path / "document", OWN)
    assert schema.read(tmp_path / "document/audit.json").seed == 2
    assert names(tmp_path / "document") == FILES


HELD = ("of Ann Leeway", "Quarrow  glassworks", "--set x=/home/me/people/y", "616e6e204c6565776179")


@pytest.mark.parametrize("text", HELD)
@pytest.mark.parametrize("where", ["command", "guard", "reason"])
def test_what_holds_something_of_the_person_is_not_written_and_the_former_one_stays(tmp_path, text, where):
    handing.write(full(), tmp_path / "document", OWN)
    made = full()
    bad = {
        "command": replace(made, command=text),
        "guard": replace(made, guards=[replace(made.guards[0], what=text)]),
        "reason": replace(made, verdict=replace(made.verdict, because=[text])),
    }[where]
    with pytest.raises(UserError, match=r"audit.json would hold something of the person \(a ") as told:
        handing.write(bad, tmp_path / "document", OWN)
    assert "Ann" not in str(told.value)
    assert schema.read(tmp_path / "document/audit.json") == full()
    assert names(tmp_path) == ["document"]


def test_a_page_that_alone_holds_it_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "render", lambda document: "<p>Ann Leeway</p>")
    with pytest.raises(UserError, match=r"index.html would hold .* \(a "):
        handing.write(full(), tmp_path / "document", OWN)
    assert names(tmp_path) == []


def test_with_show_values_nothing_is_looked_for(tmp_path):
    made = in_the_clear()
    assert "12 March 1980" in (handing.write(made, tmp_path / "d", None).folder / "index.html").read_text(
        "utf-8"
    )
    with pytest.raises(UserError):
        handing.write(made, tmp_path / "e", Secrets(values=("12 March 1980",)))


def test_words_that_pages_of_ours_use_are_let_through():
    """A value of one plain word is looked for in what the user states, not in our own sentences."""
    own = handing.fence(["nurse", "left", "7", "44021", "Lee"], ["model"], [])
    assert own.found_in(page.render(full())) is None
    assert own.found_in(schema.text(full())) is None


def test_what_cannot_be_signed_is_not_there(tmp_path):
    (tmp_path / "key.pem").write_text("no key")
    with pytest.raises(UserError, match="no private key"):
        handing.write(full(), tmp_path / "out/document", OWN, tmp_path / "key.pem")
    assert names(tmp_path / "out") == []


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.tags = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [value for name, value in attrs if name == "href" and tag == "a"]


def test_the_index_leads_to_every_document_and_loads_nothing(tmp_path):
    written = []
    for n in range(3):
        made = replace(full(), subject=replace(full().subject, hash=digest(str(n))))
        written.append(handing.write(made, tmp_path / digest(str(n))[: handing.SHORT], OWN))
    text = handing.index(written, tmp_path).read_text("utf-8")
    read = Links(text)
    assert read.found == [f"{one.folder.name}/index.html" for one in written]
    assert all((tmp_path / link).is_file() for link in read.found)
    assert not read.tags & {"script", "img", "iframe", "object"}
    assert text.count("The request was not honoured") == 3
    for one in written:
        assert chain.verify(one.folder)


def test_who_stands_behind_a_hash_is_told_beside_the_salt(tmp_path):
    handing.private(tmp_path / "private")
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700
    handing.private(tmp_path / "private")
    handing.lookup(tmp_path / "private", {"ab": "Zoë"})
    assert json.loads((tmp_path / "private" / handing.LOOKUP).read_text("utf-8")) == {"ab": "Zoë"}
