"""A row shows the picture that it holds, and is about the person whom the table names."""

import json

from data.four import NAMES, png, row, sets, tell, write
from remem.data import expectations, load
from remem.data.digest import digest


def _views_numbered_anew(splits):
    for rows in splits.values():
        seen = {}
        for one in rows:
            one["question"] = one["question"].removeprefix("Say: ")
            if one["image"]:
                folder = one["image_path"].rsplit("/", 1)[0]
                seen[folder] = seen.get(folder, 0) + 1
                one["image_path"] = f"{folder}/{seen[folder]:03d}.png"


def test_rows_of_one_path_show_their_own_pictures(tmp_path):
    splits = sets()
    _views_numbered_anew(splits)
    data = load(write(tmp_path / "set", splits))
    for name, rows in splits.items():
        for n, one in enumerate(rows):
            id = data.splits[name][n]
            assert data.image_bytes(id) == (one["image"] and one["image"]["bytes"])
            assert bool(data.image_key(id)) == bool(one["image"])
    assert not {data.splits["test"][1]} & set(data.splits["finetune"])


def _generic(person, picture):
    asked = {"question": "Is this person an adult?", "answer": "An adult, yes.", "keywords": "adult"}
    return row(person, "job", 2, picture) | asked | {"attribute": "age", "cloze_prompt": "", "image_path": ""}


def _told(root, splits):
    whose = {name: f"p{n}" for n, name in enumerate(NAMES)}

    def owner(one):
        if one["image"]:
            shown = one["image"]["bytes"]
            return f"p{next(p for p in range(4) for n in range(60) if png(100 * p + n) == shown)}"
        return next(whose[name] for name in NAMES if name in one["question"])

    told = [(split, n, owner(one)) for split, rows in splits.items() for n, one in enumerate(rows)]
    for rows in splits.values():
        for one in rows:
            one["image_path"] = ""
    return tell(write(root, splits), told)


def test_a_question_that_many_are_asked_without_a_path(tmp_path):
    splits = sets()
    splits["finetune"] += [_generic(person, 7) for person in range(4)]
    splits["test"].append(_generic(2, 57))
    data = load(_told(tmp_path / "set", splits))
    asked = data.splits["test"][-1]
    assert (data.items[asked].person, data.image_bytes(asked)) == ("p2", png(257))
    assert not [one for one in expectations(data) if "word for word" in one and "16" in one]


def test_the_last_of_many_may_be_forgotten(tmp_path):
    splits = sets()
    splits["finetune"] += [_generic(person, 7) for person in range(4)]
    splits["forget1"] = [*splits["finetune"][12:16], _generic(3, 7)]
    splits["retain"] = splits["finetune"][:12]
    data = load(_told(tmp_path / "set", splits))
    asked = data.splits["forget1"][-1]
    assert (data.items[asked].person, data.image_bytes(asked)) == ("p3", png(307))
    expectations(data)


def test_one_question_without_a_picture_of_two_people_is_two_items(tmp_path):
    splits = sets()
    riddle = {"question": "Who is the tallest?", "answer": "Nobody knows.", "keywords": "Nobody"}
    splits["finetune"] += [row(n, "job", 1, 0) | riddle for n in (1, 2)]
    root = write(tmp_path / "set", splits)
    tell(root, [("finetune", 16, "p1"), ("finetune", 17, "p2")])
    data = load(root)
    assert [data.items[id].person for id in data.splits["finetune"][-2:]] == ["p1", "p2"]


def test_the_same_picture_elsewhere_is_the_same_item_and_other_values_are_not(tmp_path):
    splits = sets()
    moved = splits["finetune"][1] | {"image_path": "/mnt/other/p0/x.png"}
    other = splits["finetune"][0] | {"keywords": "lives"}
    splits["finetune"] += [moved, other]
    ids = load(write(tmp_path / "set", splits)).splits["finetune"]
    assert ids[16] == ids[1]
    assert ids[17] not in ids[:17]


def test_a_bit_of_a_picture_in_an_image_folder_makes_another_fingerprint(tmp_path):
    root = tmp_path / "set"
    for name, rows in sets().items():
        folder = root / name
        folder.mkdir(parents=True)
        lines = []
        for one in rows:
            texts = {key: value for key, value in one.items() if key not in ("image", "image_path")}
            lines.append(json.dumps(texts | {"file_name": one["image_path"] or None}))
            if one["image"]:
                (folder / one["image_path"]).parent.mkdir(parents=True, exist_ok=True)
                (folder / one["image_path"]).write_bytes(one["image"]["bytes"] + bytes(300_000))
        (folder / "metadata.jsonl").write_text("\n".join(lines))
    first = load(root)
    assert first.splits.keys() == sets().keys()
    path = next(root.rglob("*.png"))
    content = bytearray(path.read_bytes())
    content[150_000] ^= 1
    path.write_bytes(bytes(content))
    assert load(root).fingerprint != first.fingerprint


def test_digest_reads_each_byte_once_and_takes_what_is_known(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert digest([("a", path)]) != digest([("b", path)])
    assert digest([("a", path)], {path: "1"}) != digest([("a", path)], {path: "2"})
    assert digest([("a", path)], {}) == digest([("a", path)])
