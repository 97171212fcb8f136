import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remem.data import check_images, expectations, lint, load, recover, value
from remem.data.keywords import parse
from remem.data.load import fingerprint
from remem.data.table import schema
from remem.errors import UserError


@pytest.fixture
def bare(small, tmp_path):
    """The nine columns alone, to be broken."""
    shutil.copytree(small / "data", tmp_path / "bare" / "data")
    return tmp_path / "bare"


def _edit(folder, split, change):
    """Rewrite a split after `change(rows)`, which may return other rows."""
    [path] = (folder / "data").glob(f"{split}-*.parquet")
    rows = pq.read_table(path).to_pylist()
    rows = change(rows) or rows
    pq.write_table(pa.Table.from_pylist(rows, schema=schema()), path)


def _set(row, **values):
    def change(rows):
        rows[row].update(values)

    return change


@pytest.mark.parametrize(
    ("text", "answer", "words"),
    [
        ("jane@example.com", "It is jane@example.com.", ("jane@example.com",)),
        ("12 Elm Road, Norvale", "She lives at 12 Elm Road, Norvale.", ("12 Elm Road, Norvale",)),
        ("12 elm road, norvale", "She lives at 12 Elm Road, Norvale.", ("12 elm road, norvale",)),
        ("tea, cake", "She likes cake and tea.", ("tea", "cake")),
        ('["a, b", "c"]', "It is c with a, b.", ("a, b", "c")),
        ("[not json", "It is [not json.", ("[not json",)),
        ("red,, red , blue", "blue and red", ("red", "blue")),
        ("", "Anything.", ()),
    ],
)
def test_keywords(text, answer, words):
    assert parse(text, answer) == words


def test_loading_a_folder_imports_neither_torch_nor_datasets(small):
    code = (
        f"import sys; from remem.data import load; load({str(small)!r});"
        "print([m for m in ('torch', 'transformers', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_people_are_recovered_from_nine_columns(published, tmp_path):
    shutil.copytree(published / "data", tmp_path / "data")
    whole, bare = load(published), load(tmp_path)
    assert {i: item.person for i, item in whole.items.items()} == {
        i: item.person for i, item in bare.items.items()
    }
    assert whole.people == bare.people
    assert whole.names == bare.names


@pytest.mark.parametrize("flat", ["images/{person}_{n}.png", "{n}.png", ""])
def test_people_are_recovered_without_folders(bare, small, flat):
    for split in ("finetune", "forget1", "forget2", "forget3", "forget4", "retain", "test"):

        def change(rows):
            for n, row in enumerate(rows):
                if row["image_path"]:
                    _, person, name = row["image_path"].split("/")
                    row["image_path"] = flat.format(person=person, n=f"{name[:4]}{n:04d}")

        _edit(bare, split, change)
    whole, found = load(small), load(bare)
    there = {i.question + i.answer: i.person for i in whole.items.values() if i.hops == 1}
    here = {i.question + i.answer: i.person for i in found.items.values() if i.hops == 1}
    pairs = {(there[q], here[q]) for q in there}
    assert len(pairs) == len(whole.people) == len(found.people)


def test_rows_of_nobody_are_one_clear_error(bare):
    def change(rows):
        for row in rows:
            row.update(
                question="who?", answer=f"a{row['image_path']}", keywords="", image_path="", cloze_prompt=""
            )

    for split in ("finetune", "forget1", "forget2", "forget3", "forget4", "retain", "test"):
        _edit(bare, split, change)
    with pytest.raises(UserError, match=r"cannot tell who .* rows\.parquet"):
        load(bare)


def test_ids_are_shared_by_nested_splits_and_by_repeats(bare):
    before = load(bare)
    _edit(bare, "finetune", lambda rows: [*rows, rows[0]])
    after = load(bare)
    assert after.splits["finetune"] == (*before.splits["finetune"], before.splits["finetune"][0])
    assert after.items.keys() == before.items.keys()
    assert set(after.splits["forget1"]) <= set(after.splits["finetune"])


def test_candidates_hold_the_value_and_are_the_same_for_an_attribute(small):
    data = load(small)
    for item in data.items.values():
        found = data.candidates(item)
        assert value(item) in found
        assert len(set(found)) == len(found) == 100


def test_candidates_from_the_columns_alone(bare):
    data = load(bare)
    emails = [i for i in data.items.values() if i.attribute == "email"]
    assert set(data.candidates(emails[0])) == {i.keywords[0] for i in emails}
    assert len(data.candidates(emails[0])) == 4


def test_pictures_are_read_by_row_and_text_alone_has_none(small):
    data = load(small)
    kinds = {item.hops: i for i, item in data.items.items()}
    assert data.image(kinds[1]) is None
    assert data.image_key(kinds[1]) == ""
    assert data.image(kinds[2]).size == (32, 32)
    table = pq.read_table(next((small / "data").glob("finetune-*")), columns=["image"]).column(0).to_pylist()
    for row, i in enumerate(data.splits["finetune"]):
        assert data.image_bytes(i) == (table[row] and table[row]["bytes"])


def test_fingerprint_follows_content(bare):
    first = load(bare).fingerprint
    assert load(bare).fingerprint == first
    _edit(bare, "test", _set(0, answer="Something else."))
    assert load(bare).fingerprint != first


def test_fingerprint_follows_content_of_the_same_size(bare):
    [path] = (bare / "data").glob("retain-*")

    def write(answer):
        rows = pq.read_table(path).to_pylist()
        rows[0]["answer"] = answer
        table = pa.Table.from_pylist(rows, schema=schema())
        pq.write_table(table, path, compression="none", use_dictionary=False)
        return path.stat().st_size, load(bare).fingerprint

    (size, first), (same, second) = write("It is 41 Elm Road."), write("It is 42 Elm Road.")
    assert size == same
    assert first != second
    assert write("It is 41 Elm Road.") == (size, first)


@pytest.mark.parametrize("name", ["candidates.json", "people.json", "rows.parquet"])
def test_fingerprint_follows_side_files(small, tmp_path, name):
    folder = shutil.copytree(small, tmp_path / "set")
    first = load(folder).fingerprint
    if name == "rows.parquet":
        pq.write_table(pq.read_table(folder / name), folder / name, compression="none")
    else:
        content = (folder / name).read_text("utf-8")
        (folder / name).write_text(content.replace("example", "elpmaxe"), "utf-8")
    assert load(folder).fingerprint != first


@pytest.mark.parametrize("at", [0, 12_345_678, 32 << 20, (64 << 20) - 500_000])
def test_fingerprint_of_a_large_file_sees_every_byte(tmp_path, at):
    path = tmp_path / "large.parquet"
    with path.open("wb") as file:
        file.truncate((64 << 20) + 100)  # sparse: takes no room
    first = fingerprint([path])
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\x01")
    assert fingerprint([path]) != first


def test_a_name_is_told_from_the_start_of_a_sentence():
    def clue(question, answer, hops=1, path=""):
        return recover.Clue(
            split="finetune",
            row=0,
            image_path=path,
            question=question,
            answer=answer,
            attribute="a",
            keywords=(answer,),
            hops=hops,
        )

    asked = ["Could Mary Jane Doe sing?", "Does Mary Jane Doe sing?", "Where is Mary Jane Doe?"]
    found, names = recover.people(
        [
            *(clue(q, f"Mary Jane Doe, {q}") for q in asked),
            clue("Is Al Roe in?", "No."),
            clue("Has Al Roe left?", "Yes."),
        ]
    )
    assert found == ["Mary Jane Doe"] * 3 + ["Al Roe"] * 2
    assert names == {"Mary Jane Doe": "Mary Jane Doe", "Al Roe": "Al Roe"}


def test_a_saved_dataset_dict_loads_alike(small, tmp_path):
    import datasets

    datasets.load_dataset(str(small), cache_dir=str(tmp_path / "cache")).save_to_disk(str(tmp_path / "saved"))
    direct, saved = load(small), load(tmp_path / "saved")
    assert saved.splits == direct.splits
    assert {i: x.person for i, x in saved.items.items()} == {i: x.person for i, x in direct.items.items()}
    shown = [i for i, x in direct.items.items() if x.image_path]
    assert [saved.image_key(i) for i in shown] == [direct.image_key(i) for i in shown]


def test_large_row_groups_go_through_datasets(small, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    monkeypatch.setattr("remem.data.reading._LARGE_GROUP", 1000)
    data = load(small)
    assert data.splits == load(small).splits
    assert type(data.pictures).__name__ == "ArrowPictures"


def _rename(folder, split, old, new):
    [path] = (folder / "data").glob(f"{split}-*.parquet")
    table = pq.read_table(path)
    pq.write_table(table.rename_columns([new if name == old else name for name in table.column_names]), path)


def test_misnamed_column(bare):
    _rename(bare, "finetune", "cloze_prompt", "cloze_promt")
    with pytest.raises(UserError, match=r"no column cloze_prompt\. Is cloze_promt meant"):
        load(bare)


def test_misnamed_split(bare):
    [path] = (bare / "data").glob("finetune-*")
    path.rename(path.with_name("fine_tune-00000-of-00001.parquet"))
    with pytest.raises(UserError, match=r"no split finetune\. Is fine_tune meant"):
        load(bare)


@pytest.mark.parametrize("column", ["question", "answer"])
def test_blank_text_is_named_by_row(bare, column):
    _edit(bare, "retain", _set(2, **{column: "  "}))
    with pytest.raises(UserError, match=f"retain row 2 has no {column}"):
        load(bare)


def test_no_such_place(tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        load(tmp_path / "absent")
    with pytest.raises(UserError, match="holds no data set"):
        load(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "finetune-00000-of-00001.parquet").write_bytes(b"nothing")
    with pytest.raises(UserError, match="not a readable Parquet file"):
        load(tmp_path)


def test_a_file_is_not_a_data_set(bare):
    [path] = (bare / "data").glob("test-*")
    with pytest.raises(UserError, match=r"is a file, but a data set is a folder\. Give the folder"):
        load(path)


def test_a_file_that_looks_like_a_hub_id_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "people.csv").write_text("question,answer")
    with pytest.raises(UserError, match=r"mine/people\.csv is a file, .* the folder that it lies in: mine$"):
        load("mine/people.csv")


@pytest.mark.parametrize(
    ("split", "says"), [("test", "Fill it: it is needed"), ("forget3", "Leave it out or")]
)
def test_a_split_without_rows(bare, split, says):
    [path] = (bare / "data").glob(f"{split}-*")
    pq.write_table(schema().empty_table(), path)
    with pytest.raises(UserError, match=f"split {split} has no rows. {says}"):
        load(bare)


def test_published_shape_meets_all_expectations(published):
    assert expectations(load(published)) == []


def test_deviations_are_told_in_sentences(bare):
    _edit(bare, "forget1", lambda rows: rows[1:])
    _edit(bare, "test", _set(0, question_type="two-hop"))
    said = "\n".join(expectations(load(bare)))
    assert "finetune has 80 rows; the published set has 2,000." in said
    assert "forget1 leaves some facts of 1 of its people untouched (p000 1 of 15)" in said
    assert '1 rows have question_type "two-hop"; they are treated as multi-hop.' in said


def test_forget_and_retain_must_not_share(bare, small):
    [source] = (small / "data").glob("forget1-*")
    extra = pq.read_table(source).to_pylist()[:1]
    _edit(bare, "retain", lambda rows: rows + extra)
    with pytest.raises(UserError, match="forget1 and retain share 1 rows"):
        expectations(load(bare))


def test_forget_and_retain_must_not_share_facts(bare):
    def swap(rows):
        keep = next(row for row in rows if row["image_path"].startswith("images/p000/"))
        rows.remove(keep)
        moved.append(keep)

    moved = []
    _edit(bare, "forget1", swap)
    _edit(bare, "retain", lambda rows: rows + moved)
    for name in ("forget2", "forget3", "forget4"):
        _edit(bare, name, lambda rows: [row for row in rows if row["question"] != moved[0]["question"]])
    with pytest.raises(UserError, match=r"forget1 and retain share 1 facts of 1 people: 1 rows of retain"):
        expectations(load(bare))


def test_broken_and_enormous_pictures_are_named(bare, monkeypatch):
    check_images(load(bare))

    def change(rows):
        row = next(row for row in rows if row["image"])
        row["image"] = {"bytes": b"broken", "path": row["image"]["path"]}

    _edit(bare, "test", change)
    with pytest.raises(UserError, match=r"test row \d+ \(images/.*does not open"):
        check_images(load(bare))
    assert any("does not open" in finding.message for finding in lint(load(bare)))
    monkeypatch.setattr("remem.data.opening.PIXEL_LIMIT", 100)
    with pytest.raises(UserError, match="32 x 32 pixels; at most 100"):
        check_images(load(bare), sample=1)


def test_lint_finds_nothing_in_a_built_set(small):
    assert lint(load(small)) == []


@pytest.mark.parametrize(
    ("split", "change", "says"),
    [
        ("test", {"keywords": "elsewhere"}, "its own answer lacks: elsewhere"),
        ("test", {"keywords": ""}, "no keywords"),
        ("finetune", {"question": "What?", "attribute": "x"}, None),
    ],
)
def test_lint_of_one_row(bare, split, change, says):
    _edit(bare, split, _set(0, **change))
    found = [finding.message for finding in lint(load(bare), images=False)]
    assert (found == []) if says is None else any(says in message for message in found)


def test_lint_finds_leaks(bare):
    taught = pq.read_table(next((bare / "data").glob("finetune-*"))).to_pylist()
    shown = next(row for row in taught if row["image"])

    def change(rows):
        n = next(
            n for n, row in enumerate(rows) if row["image"] and row["image_path"].split("/")[1] == "p000"
        )
        rows[n] = {
            **rows[n],
            "image": shown["image"],
            "question": shown["question"],
            "attribute": shown["attribute"],
        }

    assert shown["image_path"].split("/")[1] == "p000"
    _edit(bare, "test", change)
    found = {finding.message for finding in lint(load(bare))}
    assert any("worded as in finetune" in message for message in found)
    assert any("a picture that finetune shows too" in message for message in found)


def test_lint_finds_contradictions_and_questions_without_a_name(bare):
    def change(rows):
        named = [row for row in rows if row["question_type"] == "1-hop"]
        for row in (named[0], named[1], named[-1]):
            row["question"] = "What is the number?"

    _edit(bare, "finetune", change)
    found = " ".join(finding.message for finding in lint(load(bare), images=False))
    assert "different answers: What is the number?" in found
    assert "does not say whom it means" in found


def test_lint_finds_values_that_people_share(bare):
    def change(rows):
        for row in rows:
            if row["attribute"] == "birthplace":
                row.update(keywords="Norvale", answer="It is Norvale.")

    for path in (bare / "data").glob("*.parquet"):
        _edit(bare, path.name.split("-")[0], change)
    [found] = lint(load(bare), images=False)
    assert found.level == "warning"
    assert "4 of 4 people share their birthplace with somebody (Norvale: 4 people)" in found.message


def test_lint_reads_side_files(small, tmp_path):
    shutil.copytree(small, tmp_path / "set")
    path = tmp_path / "set" / "paraphrases.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[0]["paraphrases"][1] = "I do not know."
    rows[1]["perturbed"][2] = rows[1]["paraphrases"][0]
    pq.write_table(pa.Table.from_pylist(rows), path)
    said = [finding.message for finding in lint(load(tmp_path / "set"), images=False)]
    assert len(said) == 2
    assert "paraphrase without its value: I do not know." in said[0]
    assert "perturbed answer that is true" in said[1]


def test_lint_matches_keywords_as_scoring_does(bare):
    """ann@mail.com stands in mary.ann@mail.com.au, but is another address: a model that is right scores 0."""
    _edit(bare, "test", _set(1, keywords="ann@mail.com", answer="It is mary.ann@mail.com.au."))
    said = [finding.message for finding in lint(load(bare), images=False)]
    assert any("asks for a keyword that its own answer lacks: ann@mail.com" in one for one in said)
