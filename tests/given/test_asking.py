"""remem audit and remem verify, as they are typed: what is handed out, what it holds, and what is refused."""

import base64
import html
import json
import re
import shutil
from urllib.parse import quote

import jsonschema
import pytest

from given.audited import QUICK, Said, content, remem
from given.fabricated import PEOPLE, facts
from remem.attacks.base import ACCESS
from remem.given import schema


def documents(folder):
    return sorted(path.parent for path in (folder / "document").glob("*/audit.json"))


def read(folder):
    return json.loads((folder / "audit.json").read_text("utf-8"))


@pytest.fixture
def copied(audited, tmp_path):
    """What the audit wrote, to be bent; and the command that goes on with it."""
    out = shutil.copytree(audited.out, tmp_path / "out")
    command = [out if one == audited.out else one for one in audited.command]
    return out, command


def test_a_document_for_everybody_who_is_marked_and_an_index_over_them(audited):
    assert audited.said.status == 0, audited.said.err
    found = documents(audited.out)
    page = (audited.out / "document/index.html").read_text("utf-8")
    assert len(found) == 2
    for folder in found:
        assert re.fullmatch("[0-9a-f]{16}", folder.name)
        assert f'href="{folder.name}/index.html"' in page
        assert sorted(one.name for one in folder.iterdir()) == ["audit.json", "chain.json", "index.html"]
        assert str(folder / "index.html") in audited.said.out
    assert sorted(json.loads((audited.out / "private/lookup.json").read_text("utf-8")).values()) == list(
        PEOPLE[:2]
    )


def test_a_model_that_was_taught_anew_without_them_is_not_blamed(audited):
    for folder in documents(audited.out):
        found = read(folder)
        assert {one["word"] for one in found["known"]} == {"known"}
        assert {one["word"] for one in found["says"]} == {"gone"}
        assert found["verdict"]["outcome"] in ("undecided", "no-trace")
        assert "whether it comes back" in found["verdict"]["untested"]


def test_it_is_what_its_schema_says_and_holds(audited):
    for folder in documents(audited.out):
        jsonschema.validate(read(folder), schema.schema())
        said = remem("verify", folder)
        assert said.status == 0, said.err
        head = json.loads((folder / "chain.json").read_text("utf-8"))["head"]
        assert head in said.out
        assert read(folder)["stated"]["id"] == "2031-0142"


@pytest.mark.parametrize("name", ["audit.json", "chain.json", "index.html"])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
def test_a_changed_byte_is_told(audited, tmp_path, name, place):
    folder = shutil.copytree(documents(audited.out)[0], tmp_path / "document")
    raw = bytearray((folder / name).read_bytes())
    raw[int(place * len(raw))] ^= 1
    (folder / name).write_bytes(bytes(raw))
    said = remem("verify", folder)
    assert said.status == 1
    assert name in said.err


def test_what_is_kept_is_for_its_owner_alone(audited):
    assert (audited.out / "private").stat().st_mode & 0o077 == 0
    assert not list((audited.out / "document").rglob("salt*"))


def test_a_second_time_asks_no_model_and_hands_out_the_same(copied):
    out, command = copied
    before = content(out / "document")
    said = remem(*command)
    assert said.status == 0, said.err
    assert "nothing to do" in said.out
    assert content(out / "document") == before


def test_what_is_gone_of_the_document_is_written_again(copied):
    out, command = copied
    before = content(out / "document")
    shutil.rmtree(out / "document")
    assert remem(*command).status == 0
    assert content(out / "document") == before


def test_other_settings_are_refused_and_nothing_is_lost(copied):
    out, command = copied
    before = content(out / "document")
    said = remem(*command, "--set", "evaluate.max_new_tokens=33")
    assert said.status == 1
    assert "max_new_tokens: 32 → 33" in said.err
    assert content(out / "document") == before


def test_one_person_and_several_do_not_share_a_folder(copied, tmp_path):
    out, command = copied
    one = [part for part in command if part != "--all"]
    said = remem(*one, "--person", PEOPLE[0])
    assert said.status == 1
    assert "several people" in said.err
    alone = tmp_path / "alone"
    shutil.copytree(documents(out)[0], alone / "document")
    (alone / "private").mkdir()
    said = remem(*[alone if part == out else part for part in command])
    assert said.status == 1
    assert "one person" in said.err


# Nothing of the person.


def disguises(text):
    """A text as it may slip out: plain, in another case, coded."""
    yield text
    yield text.lower()
    yield text.upper()
    yield html.escape(text)
    yield quote(text)
    yield text.encode().hex()
    for before in ("", "a", "ab") if len(text) > 8 else ():
        whole = base64.b64encode(f"{before}{text}".encode()).decode()
        yield whole[4 if before else 0 :].rstrip("=")[:-2]


def secrets(audited):
    own = [cell for name, _, value in facts() for cell in (name, value)]
    pieces = [name.split()[1] for name in PEOPLE]  # "undecided" has a Cid in it
    places = [str(audited.root), str(audited.out), str(audited.out.parent), str(audited.root / "after")]
    return [*own, *pieces, *places]


def test_no_value_name_or_path_stands_in_what_is_handed_out(audited):
    held = content(audited.out / "document")
    assert held
    for name, raw in held.items():
        text = raw.decode("utf-8")
        for secret in secrets(audited):
            for said in disguises(secret):
                assert said not in text, (name, secret)
                assert said not in name, (name, secret)
        assert not re.search(r"\bp00\d\b", text), name  # ids of the data set
        assert "img src" not in text
    assert "evaluate.world=PATH" in read(documents(audited.out)[0])["command"]


def test_whom_it_is_about_cannot_be_tried_out_with_the_data_set(audited):
    """Its digest with the people who are asked about would tell: whoever has the set could try each."""
    from remem.data import load
    from remem.data.forgetting import forgetting

    data = load(str(audited.root / "set"))
    told = [
        data.fingerprint,
        forgetting(data, PEOPLE[:2]).fingerprint,
        *(forgetting(data, [one]).fingerprint for one in PEOPLE),
    ]
    for raw in content(audited.out / "document").values():
        assert not any(one[:12] in raw.decode("utf-8") for one in told)


def test_the_terminal_names_nobody_where_all_goes_well(audited):
    """It may be a log that others read; who is told of a mistake in their list needs the name."""
    for secret in [cell for name, _, value in facts() for cell in (name, value)]:
        assert secret.lower() not in (audited.said.out + audited.said.err).lower()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("scope", f"All about {PEOPLE[0]}."),
        ("method", f"rows of {PEOPLE[1].upper()} taken out"),
        ("caches", "at ann.leeway@mail.example"),
    ],
)
def test_a_request_that_names_the_person_is_refused_by_its_field(copied, tmp_path, field, text):
    out, command = copied
    before = content(out / "document")
    request = tmp_path / "other.toml"
    request.write_text(f"{field} = {json.dumps(text)}\n", "utf-8")
    said = remem(*[request if str(one).endswith("request.toml") else one for one in command])
    assert said.status == 1
    assert f"the request file, {field}:" in said.err
    assert not any(name.lower() in said.err.lower() for name in PEOPLE)
    assert content(out / "document") == before


def test_such_a_request_is_refused_before_a_model_is_asked(audited, tmp_path):
    request = tmp_path / "r.toml"
    request.write_text(f"scope = {json.dumps(PEOPLE[0])}\n", "utf-8")
    command = [tmp_path / "out" if one == audited.out else one for one in audited.command]
    said = remem(*[request if str(one).endswith("request.toml") else one for one in command])
    assert (said.status, said.err.count("remem:")) == (1, 1)
    assert not (tmp_path / "out/private/run").exists()


def test_a_setting_that_holds_something_of_the_person_is_withheld():
    from remem.given.asking import _harmless
    from remem.given.redact import Secrets

    own = Secrets(values=("Leeway", "ann.leeway@mail.example"))
    assert _harmless("evaluate.world=leeway", own) == "evaluate.world=WITHHELD"
    assert _harmless("evaluate.world=/home/me/x", own) == "evaluate.world=PATH"
    assert _harmless("evaluate.world=~me", None) == "evaluate.world=PATH"
    assert _harmless("learn.lr=0.1", own) == "learn.lr=0.1"


def test_with_show_values_everything_stands_in_it_as_text(copied):
    out, command = copied
    said = remem(*command, "--show-values")
    assert said.status == 0, said.err
    shown = [{one["value"] for one in read(folder)["shown"]} for folder in documents(out)]
    own = [{value for name, _, value in facts() if name == who} for who in PEOPLE[:2]]
    assert sorted(map(sorted, shown)) == sorted(map(sorted, own))
    assert remem(*command).status == 0
    assert not any(read(folder)["shown"] for folder in documents(out))


def test_a_name_that_means_harm_is_text(audited, tmp_path):
    """What stands in a document of the person's is text there, whatever it is."""
    from dataclasses import replace

    from given.invented import full
    from remem.given.document import Shown
    from remem.given.page import render

    for name in ("<script>alert(1)</script>", "\u202eAnn\u2066", "A" * 10_000, "../../x", ""):
        one = Shown(question=f"Where does {name} live?", value=name, before=name, after=name)
        page = render(replace(full(), shown=[one]))
        assert "<script" not in page
        assert "\u202e" not in page
        assert "\u2066" not in page


# One error each, before any work.


def refused(said: Said, *words: str):
    assert said.status == 1, said
    assert said.err.count("remem:") == 1, said.err
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err, said.err


BASIC = ("--before", "{before}", "--after", "{after}", "--out", "{out}")
WHOM = ("--data", "{set}", "--person", PEOPLE[0])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--person", "x"), "either --people LIST or --data FOLDER"),
        ((*WHOM, "--people", "{csv}"), "either --people LIST or --data FOLDER"),
        (("--data", "{set}"), "either --person, or --all"),
        ((*WHOM, "--all"), "either --person, or --all"),
        ((*WHOM, "--pictures", "{set}"), "--pictures goes with --people"),
        (("--data", "{set}", "--person", "Ann Leigh"), "Ann Leigh"),
        (("--data", "{set}", "--all", "--forget", "forget9"), "forget1"),
        (("--people", "{csv}", "--person", "Nobody"), "has nobody of the name given"),
        (("--people", "{csv}", "--all"), "nobody is. Write yes into a column forget"),
        (("--people", "{missing}", "--person", "x"), "missing.csv"),
        ((*WHOM, "--request", "{missing}"), "missing.csv"),
        ((*WHOM, "--request", "{key}"), "recieved"),
        ((*WHOM, "--request", "{date}"), "is no date. Write it as 2031-03-20"),
        ((*WHOM, "--sign", "{missing}"), "missing.csv"),
        ((*WHOM, "--sign", "{csv}"), "no private key in PEM form"),
        ((*WHOM, "--never", "{after}"), "is the model of --after"),
        ((*WHOM, "--never", "{before}"), "is the model of --before"),
        ((*WHOM, "--attacks", "prefil"), "prefill"),
        ((*WHOM, "--set", "evaluate.batchh=1"), "Did you mean"),
        (("--data", "{missing}", "--person", "x"), "missing.csv"),
    ],
)
def test_one_error_before_any_work(taught, tmp_path, more, told):
    (tmp_path / "key.toml").write_text("recieved = 2031-03-03")
    (tmp_path / "date.toml").write_text('received = "3 March"')
    places = {name: taught / name for name in ("before", "after", "set")}
    places |= {"csv": taught / "people.csv", "out": tmp_path / "out", "missing": tmp_path / "missing.csv"}
    places |= {name: tmp_path / f"{name}.toml" for name in ("key", "date")}
    said = remem("audit", *(str(one).format(**places) for one in (*BASIC, *more)))
    refused(said, told)
    assert not (tmp_path / "out/private/run").exists()
    assert not (tmp_path / "out/document").exists()


@pytest.mark.parametrize("which", ["--before", "--after"])
def test_a_model_that_is_not_there(taught, tmp_path, which):
    places = {"--before": taught / "before", "--after": taught / "after", which: tmp_path / "none"}
    models = [part for pair in places.items() for part in pair]
    refused(
        remem(
            "audit",
            *models,
            *(str(one).format(set=taught / "set") for one in WHOM),
            "--out",
            tmp_path / "out",
        ),
        "none",
    )
    assert not (tmp_path / "out").exists()


def test_out_with_other_content_stays_as_it_is(taught, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")
    places = {
        "before": taught / "before",
        "after": taught / "after",
        "set": taught / "set",
        "out": tmp_path / "out",
    }
    refused(remem("audit", *(str(one).format(**places) for one in (*BASIC, *WHOM))), "holds something else")
    assert content(tmp_path / "out") == {"thesis.txt": b"mine"}


@pytest.mark.parametrize(
    ("place", "says"), [("file", "file is no folder"), ("file/below/it", "file is a file")]
)
def test_out_in_place_of_a_file(taught, tmp_path, place, says):
    (tmp_path / "file").write_text("mine")
    places = {"before": taught / "before", "after": taught / "after", "set": taught / "set"}
    places["out"] = tmp_path / place
    refused(remem("audit", *(str(one).format(**places) for one in (*BASIC, *WHOM))), says)


def test_verify_of_the_folder_above_says_where_the_document_is(audited):
    refused(remem("verify", audited.out), "document")


# Minutes.


def command(taught, out, *more):
    return ("audit", "--before", taught / "before", "--out", out, *QUICK, *more)


@pytest.mark.slow
def test_the_model_itself_under_another_name(taught, tmp_path):
    shutil.copytree(taught / "before", tmp_path / "copy")
    (tmp_path / "copy/notes.txt").write_text("other files, the same weights")
    one = ("--data", taught / "set", "--person", PEOPLE[0])
    said = remem(*command(taught, tmp_path / "out", "--after", tmp_path / "copy", *one))
    assert said.status == 0, said.err
    found = read(tmp_path / "out/document")
    assert (found["same"], found["verdict"]["outcome"]) == (True, "not-honoured")
    said = remem(
        *command(taught, tmp_path / "x", "--after", taught / "after", "--never", tmp_path / "copy", *one)
    )
    refused(said, "has the weights of the model of --before")
    assert not (tmp_path / "x/document").exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["nan", "noise"])
def test_a_model_that_is_broken(taught, tmp_path, how):
    import torch
    from safetensors.torch import load_file, save_file

    shutil.copytree(taught / "after", tmp_path / "broken")
    path = tmp_path / "broken/model.safetensors"
    weights = load_file(path)
    for name, one in weights.items():
        if one.is_floating_point() and one.ndim > 1:
            weights[name] = one * float("nan") if how == "nan" else torch.randn_like(one)
    save_file(weights, path, metadata={"format": "pt"})
    said = remem(
        *command(
            taught,
            tmp_path / "out",
            "--after",
            tmp_path / "broken",
            "--data",
            taught / "set",
            "--person",
            PEOPLE[0],
        )
    )
    assert said.status == 0, said.err
    assert read(tmp_path / "out/document")["verdict"]["outcome"] == "unsound"


@pytest.mark.slow
def test_a_list_the_model_before_never_saw(taught, tmp_path):
    """Made a data set first; resumed after a kill; another list in the same folder is refused."""
    from given.fabricated import write

    others = [
        (name[::-1].title(), attribute, value[::-1])
        for name, attribute, value in facts()
        if attribute == "employer"
    ]
    others += [(name, "phone", f"+1 555 019{n}") for n, (name, _, _) in enumerate(others)]
    own = write(tmp_path / "people.csv", others)
    person = others[0][0]
    typed = command(
        taught, tmp_path / "out", "--after", taught / "after", "--people", own, "--person", person
    )
    said = remem(*typed)
    assert said.status == 0, said.err
    found = read(tmp_path / "out/document")
    assert found["verdict"]["outcome"] in ("nothing-to-forget", "undecided")
    assert not {one["word"] for one in found["known"]} & {"known"}
    write(own, others[:-1])
    refused(remem(*typed), "was made from another list")


@pytest.mark.slow
def test_it_goes_on_where_it_was_killed(taught, tmp_path):
    import os
    import signal
    import subprocess
    import sys
    import time

    typed = command(
        taught, tmp_path / "out", "--after", taught / "after", "--data", taught / "set", "--person", PEOPLE[0]
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "remem", *map(str, typed)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (tmp_path / "out/private/run/taught/strangers").exists():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out/document").exists()
    done = (tmp_path / "out/private/run/taught/strangers/step.json").stat().st_mtime_ns
    said = remem(*typed)
    assert said.status == 0, said.err
    assert (tmp_path / "out/private/run/taught/strangers/step.json").stat().st_mtime_ns == done
    assert remem("verify", tmp_path / "out/document").status == 0


@pytest.mark.slow
def test_with_attacks_and_two_models_that_were_never_taught(taught, tmp_path):
    from given.audited import teach

    never = [teach(taught / f"never{n}", taught / "set", without=("forget1",), seed=n) for n in (1, 2)]
    typed = command(
        taught, tmp_path / "out", "--after", taught / "after", "--data", taught / "set", "--person", PEOPLE[0]
    )
    said = remem(*typed, "--attacks", "quick", *(part for one in never for part in ("--never", one)))
    assert said.status == 0, said.err
    found = read(tmp_path / "out/document")
    assert found["floor"] == "never"
    assert {one["access"] for one in found["attacks"]} <= set(ACCESS)
    assert found["attacks"]
    assert found["verdict"]["outcome"] in ("undecided", "no-trace")
