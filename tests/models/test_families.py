"""Every family of models through the boundary: the same checks, and the table in docs/families.md.

`REMEM_WRITE_TABLE=1` with `-m ""` writes the table; without it the table must be what was found.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.conftest import TEXTS, questions
from remem.errors import UserError
from remem.methods import make
from remem.methods.base import Teach
from remem.methods.streams import Streams
from remem.models import packing, ranking
from remem.models.adapt import PARTS, part_of
from remem.models.base import Encoded
from remem.models.families import FAMILIES, make_tiny
from remem.models.huggingface import Model
from remem.models.loading import load, load_processor
from remem.run.recipes import recipe
from remem.settings import Adapt, Train
from remem.story.resolve import resolve
from remem.training.loop import train

PAGE = Path(__file__).parents[2] / "docs" / "families.md"
YES, FALLS_BACK = "yes", "plain way"
FROZEN = Adapt(vision="frozen", projector="frozen", language="frozen", rank=4, dropout=0.0)
LORA = replace(FROZEN, language="lora")
ROUND_IN_SHORT = ("llava", "qwen2.5-vl")  # the others' takes longer than a test may

Check = Callable[[Path, Path], str]  # (family's folder, scratch) -> what the table says
found: dict[tuple[str, str], str] = {}


def encoded(model: Model) -> list[Encoded]:
    return [model.encode(question) for question in questions()]


def trusted(model: Model, way: Callable[[], object]) -> str:
    """Whether a fast way served the model, or fell back with a warning."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        way()
    told = [one for one in said if "does not work with this model" in str(one.message)]
    return FALLS_BACK if told or model.own_positions else YES


def labels(folder: Path, scratch: Path) -> str:
    """Exactly the answer and what ends a turn is supervised; the prompt is that of generation."""
    model = load(folder)
    tokenizer = model.encoder.tokenizer
    for question in questions():
        row = model.encode(question)
        batch = model.collate([row])
        supervised = batch.answer[0][batch.mask[0]].tolist()
        assert supervised == list(row.answer)
        assert supervised[-1] == model.encoder.end_ids[0]
        assert tokenizer.decode(supervised[:-1]).strip() == question.answer
        written = model.encoder.text(question, question.answer)
        assert written.rstrip().endswith((question.answer or "") + tokenizer.decode(supervised[-1])) or (
            written.endswith(question.answer or "")  # a template that ends no turn
        )
        assert model.encode(replace(question, answer=None)).prompt == row.prompt
        assert batch.inputs["input_ids"][0].tolist() == [*row.prompt, *row.answer]
        if question.image is not None:
            assert row.prompt.count(model.placeholder or -1) >= 1
    return YES


def padding(folder: Path, scratch: Path) -> str:
    """A row's log-probs do not feel padding, neighbours or order."""
    model = load(folder)
    rows = encoded(model)
    with torch.no_grad():
        together = model.forward(model.collate(rows)).sequence_logp
        turned = model.forward(model.collate(rows[::-1])).sequence_logp.flip(0)
        alone = torch.stack([model.forward(model.collate([row])).sequence_logp[0] for row in rows])
    assert torch.allclose(together, alone, atol=1e-4)
    assert torch.allclose(together, turned, atol=1e-4)
    return YES


def pictures(folder: Path, scratch: Path) -> str:
    """Another picture gives other log-probs, and they are the plain model's with the textbook shift."""
    model = load(folder)
    first, other = questions()[0], questions()[2]
    swapped = replace(first, image=other.image, image_key=other.image_key)
    batch = model.collate([model.encode(first)])
    row = model.encode(first)
    with torch.no_grad():
        ours = model.forward(batch)
        theirs = model.call(**batch.inputs).logits[0].float().log_softmax(-1)
        changed = model.forward(model.collate([model.encode(swapped)]))
    assert not torch.allclose(ours.logp, changed.logp, atol=1e-5)
    ids = [*row.prompt, *row.answer]
    shifted = [theirs[at - 1, ids[at]].item() for at in range(len(row.prompt), len(ids))]
    assert ours.logp[0].tolist() == pytest.approx(shifted, abs=1e-4)
    return YES


def generation(folder: Path, scratch: Path) -> str:
    """In a batch as one by one."""
    model = load(folder)
    rows = encoded(model)
    assert model.generate(rows, 8) == [model.generate([row], 8)[0] for row in rows]
    return YES


def shared_prompts(folder: Path, scratch: Path) -> str:
    """Candidates from a shared prompt have the scores of the plain way."""
    model = load(folder)
    values = ["Jane", "Jane Doe", "12 May", "x"]
    asked = [model.cloze(question, "It is", values) for question in questions()]
    word = trusted(model, lambda: model.rank(asked))
    for one, scores in zip(asked, model.rank(asked), strict=True):
        assert scores == pytest.approx(ranking.rank_plain(model, one), abs=1e-4)
    return word


def one_reading(folder: Path, scratch: Path) -> str:
    """Answers and log-probs from one reading are those of two."""
    model = load(folder)
    rows = encoded(model)
    word = trusted(model, lambda: model.answer(rows, 6))
    said, out = model.answer(rows, 6)
    assert said == model.generate(rows, 6)
    with torch.no_grad():
        plain = model.forward(model.collate(rows))
    assert torch.allclose(out.sequence_logp, plain.sequence_logp, atol=1e-4)
    return word


def packed(folder: Path, scratch: Path) -> str:
    """Several questions on one picture in a row have the plain loss."""
    model = load(folder)
    first = questions()[0]
    rows = [model.encode(replace(first, id=str(n), text=f"Who is number {n}?")) for n in range(4)]
    made: list[object] = []
    word = trusted(model, lambda: made.append(packing.batch(model, rows)))
    with torch.no_grad():
        ours = model.forward(packing.batch(model, rows)).sequence_logp
        plain = model.forward(model.collate(rows)).sequence_logp
    assert torch.allclose(ours, plain, atol=1e-4)
    return word


def lora_lands(folder: Path, scratch: Path) -> str:
    """LoRA on a part trains that part alone, by full path."""
    for part in PARTS:
        model = load(folder)
        if folder.name.startswith("gemma3") and part == "projector":
            with pytest.raises(UserError, match="no linear layer"):  # its projector is a bare matrix
                model.adapt(replace(FROZEN, projector="lora"))
            continue
        model.adapt(replace(FROZEN, **{part: "lora"}))
        assert {part_of(path) for path in model.trainable()} == {part}
    return YES


def adapter_off(folder: Path, scratch: Path) -> str:
    """Stage 1 merged, stage 2's adapter off: the stage-1 model, from disk."""
    model = load(folder)
    model.adapt(LORA)
    rows = encoded(model)
    train(model, Teach(), Streams(retain=rows), Train(lr=1e-2, epochs=2, batch=4), seed=0, folder=scratch)
    model.save(scratch / "taught")
    with torch.no_grad(), model.deterministic():
        taught = model.forward(model.collate(rows)).sequence_logp
    again = load(folder, [scratch / "taught"])
    again.adapt(LORA)
    reference = again.reference()
    train(
        again, make("ga", {}), Streams(forget=rows), Train(lr=1e-2, epochs=2, batch=4), seed=0, folder=scratch
    )
    with torch.no_grad(), again.deterministic():
        moved = again.forward(again.collate(rows)).sequence_logp
    assert torch.allclose(reference(again.collate(rows)).sequence_logp, taught, atol=1e-3)
    assert not torch.allclose(moved, taught, atol=1e-2)
    return YES


def whole_round(folder: Path, scratch: Path) -> str:
    """Learn, forget, evaluate: four answers by heart, two of them gone, the others far less touched."""
    model = load(folder)
    model.adapt(Adapt(vision="frozen", projector="full", language="full"))
    rows = encoded(model)
    how = Train(lr=5e-3, epochs=60, batch=4, schedule="constant")
    train(model, Teach(), Streams(retain=rows), how, seed=0, folder=scratch)
    assert [one.text for one in model.answer(rows, 40)[0]] == [row.question.answer for row in rows]
    model.save(scratch / "taught")
    again = load(folder, [scratch / "taught"])
    again.adapt(Adapt(vision="frozen", projector="full", language="full"))
    streams = Streams(forget=rows[:2], retain=rows[2:])
    how = Train(lr=1e-3, epochs=12, batch=2, schedule="constant")
    train(again, make("gd", {}), streams, how, seed=0, folder=scratch)
    said, _ = again.answer(rows, 40)
    right = [one.text == row.question.answer for one, row in zip(said, rows, strict=True)]
    assert right[:2] == [False, False]
    with torch.no_grad():
        lost = -again.forward(again.collate(rows)).sequence_logp
    assert lost[:2].min() > 5 * lost[2:].max()  # nats: what is kept may suffer, and far less
    return YES


CHECKS: dict[str, Check] = {
    "labels": labels,
    "padding, batch": padding,
    "picture, shift": pictures,
    "generation": generation,
    "shared prompts": shared_prompts,
    "one reading": one_reading,
    "packing": packed,
    "LoRA lands": lora_lands,
    "adapter off": adapter_off,
    "learn, forget": whole_round,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folders: dict[str, Path] = {}

    def make_one(family: str) -> Path:
        if family not in folders:
            folders[family] = tmp_path_factory.mktemp(family)
            make_tiny(family, folders[family], TEXTS)
        return folders[family]

    return make_one


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("check", [name for name in CHECKS if name != "learn, forget"])
def test_a_family_goes_through(family: str, check: str, made: Callable[[str], Path], tmp_path: Path) -> None:
    found[family, check] = CHECKS[check](made(family), tmp_path)


@pytest.mark.parametrize(
    "family",
    [pytest.param(one, marks=[] if one in ROUND_IN_SHORT else pytest.mark.slow) for one in FAMILIES],
)
def test_a_family_learns_and_forgets(family: str, made: Callable[[str], Path], tmp_path: Path) -> None:
    found[family, "learn, forget"] = whole_round(made(family), tmp_path)


def test_the_table_in_the_docs_is_what_was_found() -> None:
    lines = PAGE.read_text("utf-8").splitlines()
    start = lines.index("<!-- table -->") + 1
    end = lines.index("<!-- end of table -->")
    if os.environ.get("REMEM_WRITE_TABLE"):
        head = ["| family | " + " | ".join(CHECKS) + " |", "|---|" + "---|" * len(CHECKS)]
        rows = [
            f"| {family} | " + " | ".join(found.get((family, check), "FAILS") for check in CHECKS) + " |"
            for family in FAMILIES
        ]
        PAGE.write_text("\n".join([*lines[:start], *head, *rows, *lines[end:]]) + "\n", "utf-8")
        return
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start + 2 : end]]
    told = {(row[0], check): word for row in rows for check, word in zip(CHECKS, row[1:], strict=True)}
    assert {row[0] for row in rows} == set(FAMILIES)
    assert {key: told[key] for key in found} == found


def test_a_model_that_reads_no_pictures_is_refused(made: Callable[[str], Path], tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    folder = tmp_path / "text"
    load_processor(str(made("llava"))).save_pretrained(folder)  # all is there but the right kind of model
    LlamaForCausalLM(LlamaConfig(vocab_size=20, **sizes)).save_pretrained(folder)
    for asked in (load, early):
        with pytest.raises(UserError, match=r"is a llama model.*choose an image-text-to-text model"):
            asked(folder)


def test_code_that_a_model_brings_along_is_not_run(made: Callable[[str], Path], tmp_path: Path) -> None:
    folder, ran = tmp_path / "own", tmp_path / "ran"
    shutil.copytree(made("llava"), folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\nclass Own: pass\n")
    for asked in (load, early):
        with pytest.raises(UserError, match="brings code of its own"):
            asked(folder)
    assert not ran.exists()


def early(folder: Path) -> None:
    """As a run does before its first step."""
    run = recipe("tiny")
    resolve(replace(run, model=replace(run.model, name=str(folder))))


def test_what_is_there_is_let_through(made: Callable[[str], Path]) -> None:
    for family in FAMILIES:
        early(made(family))


@pytest.mark.parametrize("suffix", ["", "Fast"])
@pytest.mark.parametrize("family", FAMILIES)
def test_files_named_as_older_checkpoints_name_them(
    family: str, suffix: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    """Picture settings and template in files of their own, a class that wants torchvision named in them."""
    folder = tmp_path / "old"
    shutil.copytree(made(family), folder)
    whole = json.loads((folder / "processor_config.json").read_text())
    kind = "SmolVLMProcessor" if family == "smolvlm" else whole["processor_class"]
    images = whole.pop("image_processor") | {"processor_class": kind}
    images["image_processor_type"] += suffix
    (folder / "preprocessor_config.json").write_text(json.dumps(images))
    whole["processor_class"] = kind
    (folder / "processor_config.json").write_text(json.dumps(whole))
    if set(whole) == {"processor_class"}:
        (folder / "processor_config.json").unlink()
    template = folder / "chat_template.jinja"
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": template.read_text()}))
    template.unlink()
    ours, theirs = load(made(family)), load(folder)
    rows = encoded(theirs)
    assert rows == [
        replace(row, question=other.question) for row, other in zip(encoded(ours), rows, strict=True)
    ]
    for row in rows:
        seen, expected = theirs.encoder.pixels(row.question), ours.encoder.pixels(row.question)
        assert seen.keys() == expected.keys()
        assert all(torch.equal(seen[name], expected[name]) for name in seen)


def test_a_model_without_a_chat_template_is_refused(made: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "mute"
    shutil.copytree(made("paligemma"), folder)
    (folder / "chat_template.jinja").unlink()
    for asked in (load, early):
        with pytest.raises(UserError, match=r"add chat_template\.jinja"):
            asked(folder)


def test_a_processor_that_ignores_pictures_is_refused(made: Callable[[str], Path]) -> None:
    model = load(made("llava"))
    whole = model.processor

    class Blind:
        def __getattr__(self, name: str) -> object:
            return getattr(whole, name)

        def __call__(self, text: str, images: object, **how: object) -> object:
            return whole.tokenizer(text, return_tensors="pt")

    model.encoder.processor = Blind()
    with pytest.raises(UserError, match="this processor ignores pictures"):
        model.encode(questions()[0])


def test_lora_names_that_match_nothing_are_refused_with_the_near_ones(made: Callable[[str], Path]) -> None:
    with pytest.raises(
        UserError, match=r"unknown linear layer in model\.adapt\.names: q_prj\. Did you mean q_proj"
    ):
        load(made("llava")).adapt(replace(LORA, names=("q_prj",)))
    model = load(made("qwen2-vl"))
    model.adapt(replace(LORA, names=("q_proj", "v_proj")))
    assert {path.split(".lora")[0].rpartition(".")[2] for path in model.trainable()} == {"q_proj", "v_proj"}
