"""Whoever changes anything of what was handed out is found out, and what they changed is named."""

import hashlib
import json
import re
from dataclasses import replace

import pytest

from given.invented import digest, empty, full
from remem.errors import UserError
from remem.given import chain, schema


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "audit"
    found.mkdir()
    schema.write(full(), found)
    (found / chain.PAGE).write_text("<p>A page</p>", "utf-8")
    chain.seal(found)
    return found


def test_the_links_by_hand():
    zeros = "0" * 64
    first = hashlib.sha256(f"{zeros}\na\n1\n".encode()).hexdigest()
    second = hashlib.sha256(f"{first}\nb\n2\n".encode()).hexdigest()
    assert [one.link for one in chain.links([("a", "1"), ("b", "2")])] == [first, second]


def test_what_was_sealed_holds(folder):
    entries = json.loads((folder / chain.FILE).read_text("utf-8"))["entries"]
    steps = ["after", "attacks/after", "attacks/never", "before", "never"]
    assert [one["name"] for one in entries] == [
        *(f"evidence/{one}" for one in steps),
        "audit.json",
        "index.html",
    ]
    assert chain.verify(folder) == chain.seal(folder) == entries[-1]["link"]
    assert chain.until_page(full())[-1].link == entries[-2]["link"]


def test_a_document_without_evidence_has_a_chain(folder):
    schema.write(empty(), folder)
    assert chain.seal(folder) == chain.verify(folder)


@pytest.mark.parametrize("name", [schema.FILE, chain.PAGE])
def test_a_changed_byte_is_named(folder, name):
    path = folder / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(UserError, match=name):
        chain.verify(folder)


@pytest.mark.parametrize("name", [schema.FILE, chain.PAGE, chain.FILE])
def test_a_missing_file_is_named(folder, name):
    (folder / name).rename(folder.parent / name)
    with pytest.raises(UserError, match=name):
        chain.verify(folder)
    (folder / name).symlink_to(folder.parent / name)
    if name != chain.FILE:
        with pytest.raises(UserError, match=f"{name} is a link"):
            chain.verify(folder)


@pytest.mark.parametrize("name", ["notes.txt", "salt.txt", ".hidden"])
def test_an_added_file_is_named(folder, name):
    (folder / name).write_text("x")
    with pytest.raises(UserError, match=f"{name} was not handed out"):
        chain.verify(folder)
    with pytest.raises(UserError, match=f"{name} was not handed out"):
        chain.seal(folder)


def relinked(value):
    made = chain.links((one["name"], one["digest"]) for one in value["entries"])
    value["entries"] = [vars(one) for one in made]
    value["head"] = made[-1].link if made else chain.START


def swapped(value):
    value["entries"][1:3] = value["entries"][2:0:-1]


CHANGES = {
    "a removed step": (lambda v: v["entries"].pop(1), "entry 2 is evidence/attacks/never"),
    "the last one removed": (lambda v: v["entries"].pop(4), "entry 5 is audit.json"),
    "a removed file": (lambda v: v["entries"].pop(), "the entry index.html is missing"),
    "no entries": (lambda v: v["entries"].clear(), "the entry audit.json is missing"),
    "two swapped": (swapped, "entry 2 is evidence/attacks/never"),
    "a renamed one": (lambda v: v["entries"][0].update(name="evidence/aftr"), "entry 1 is evidence/aftr"),
    "one added": (lambda v: v["entries"].append(dict(v["entries"][0], name="more")), "more is one too many"),
    "one twice": (lambda v: v["entries"].append(v["entries"][-1]), "index.html is one too many"),
    "another digest": (
        lambda v: v["entries"][3].update(digest=digest("x")),
        "entry evidence/before has another",
    ),
}


@pytest.mark.parametrize("relink", [False, True])
@pytest.mark.parametrize(("change", "named"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_chain_is_named(folder, change, named, relink):
    """Whether or not whoever changed it also made all links anew."""
    value = json.loads((folder / chain.FILE).read_text("utf-8"))
    change(value)
    if relink:
        relinked(value)
    (folder / chain.FILE).write_text(json.dumps(value), "utf-8")
    with pytest.raises(UserError, match=re.escape(named)):
        chain.verify(folder)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda v: v["entries"][2].update(link=digest("x")), "link of the entry evidence/attacks/never"),
        (lambda v: v.update(head=digest("x")), "the head"),
        (lambda v: v.update(schema="remem-chain-2"), "$.schema"),
        (lambda v: v.pop("head"), "head is missing"),
    ],
)
def test_a_changed_link_is_named(folder, change, named):
    value = json.loads((folder / chain.FILE).read_text("utf-8"))
    change(value)
    (folder / chain.FILE).write_text(json.dumps(value), "utf-8")
    with pytest.raises(UserError, match=re.escape(named)):
        chain.verify(folder)


def test_half_a_chain_is_no_chain(folder):
    text = (folder / chain.FILE).read_text("utf-8")
    (folder / chain.FILE).write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(UserError, match=r"chain\.json is not readable"):
        chain.verify(folder)


def test_every_change_changes_the_head(folder):
    heads = {chain.seal(folder)}
    (folder / chain.PAGE).write_text("<p>Another page</p>", "utf-8")
    heads.add(chain.seal(folder))
    schema.write(replace(full(), seed=1), folder)
    heads.add(chain.seal(folder))
    schema.write(replace(full(), evidence={"after": digest("x")}), folder)
    assert len(heads | {chain.seal(folder)}) == 4


def test_what_is_no_digest_is_not_sealed(folder):
    schema.write(replace(full(), evidence={"after": "unknown"}), folder)
    with pytest.raises(UserError, match="digest of after is none"):
        chain.seal(folder)
