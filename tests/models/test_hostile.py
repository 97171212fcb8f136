"""Model folders and adapters that are broken, or mean harm: one message that names what is wrong."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.conftest import picture
from remem.errors import UserError
from remem.models import apart, foreign, open_model, templates
from remem.models.base import Question
from remem.models.loading import check_source, load
from remem.settings import Adapt

Change = Callable[[Path], None]
EVER = "{% for a in range(90000) %}{% for b in range(90000) %}{{ a }}{% endfor %}{% endfor %}"
NESTED = (
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}"
)
ASKED = "{{ messages[0]['content'][-1]['text'] }}"


@pytest.fixture
def folder(folders: dict[str, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(folders["llava"], tmp_path / "model"))


@pytest.fixture(scope="module")
def lora(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, place = load(folders["llava"]), tmp_path_factory.mktemp("lora")
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora"))
    model.save(place)
    return place


@pytest.fixture
def adapter(folder: Path, lora: Path, tmp_path: Path) -> Path:
    place = Path(shutil.copytree(lora, tmp_path / "adapter"))
    put("adapter_config.json", "base_model_name_or_path", str(folder))(place)
    return place


def put(file: str, *way: Any) -> Change:
    """The last of the way is put where the others lead."""

    def change(folder: Path) -> None:
        raw = json.loads((folder / file).read_text())
        inside = raw
        for key in way[:-2]:
            inside = inside[key]
        inside[way[-2]] = way[-1]
        (folder / file).write_text(json.dumps(raw))

    return change


def written(file: str, raw: bytes) -> Change:
    return lambda folder: (folder / file).write_bytes(raw) and None


def kept(file: str, share: float) -> Change:
    def change(folder: Path) -> None:
        raw = (folder / file).read_bytes()
        (folder / file).write_bytes(raw[: int(share * len(raw))])

    return change


def weights(change: Callable[[dict[str, torch.Tensor]], object], file: str = "model.safetensors") -> Change:
    def changed(folder: Path) -> None:
        tensors = load_file(folder / file)
        change(tensors)
        (folder / file).unlink()
        save_file(tensors, folder / file, metadata={"format": "pt"})

    return changed


def lying(folder: Path) -> None:
    raw = (folder / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8 : 8 + length])
    head[first(head)]["shape"] = "many"
    text = json.dumps(head).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + length :])


def sharded(shard: object) -> Change:
    def change(folder: Path) -> None:
        names = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").rename(folder / "one.safetensors")
        index = {"weight_map": dict.fromkeys(names, "one.safetensors") | {min(names): shard}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    return change


def piped(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    os.mkfifo(folder / "tokenizer.json")


def first(tensors: dict[str, Any], part: str = "up_proj") -> str:
    return next(name for name in sorted(tensors) if part in name)


def no_number(tensors: dict[str, torch.Tensor]) -> None:
    tensors[first(tensors)][0, 0] = float("nan")


def whole(tensors: dict[str, torch.Tensor]) -> None:
    tensors[first(tensors)] = tensors[first(tensors)].to(torch.int8)


CONFIG, IMAGES = "config.json", "processor_config.json"
# What is changed of a folder, and what the message must say.
TOLD_AT_ONCE: dict[str, tuple[Change, str]] = {
    "a text for a number": (
        put(CONFIG, "text_config", "hidden_size", "x"),
        "config.json does not load: .*'hidden_size'",
    ),
    "a list for a group": (put(CONFIG, "text_config", [1]), "config.json does not load: .*text_config"),
    "no object": (written(CONFIG, b"null"), "config.json, at .*expected an object"),
    "NaN": (
        put(CONFIG, "text_config", "rms_norm_eps", float("nan")),
        "config.json, at text_config.rms_norm_eps: NaN",
    ),
    "layers without end": (
        put(CONFIG, "vision_config", "num_hidden_layers", 10**9),
        "vision_config.num_hidden_layers: 1000000000 are more layers",
    ),
    "nested without end": (written(CONFIG, b'{"a":' * 90_000), "config.json is not readable JSON.*deep"),
    "UTF-16": (written(CONFIG, '{"model_type": "llava"}'.encode("utf-16")), "config.json.*no UTF-8"),
    "an unknown family": (put(CONFIG, "model_type", "wug"), "config.json does not load: .*wug"),
    "a pipe": (piped, "tokenizer.json is a pipe"),
    "a tokenizer cut off": (kept("tokenizer.json", 0.5), "tokenizer .tokenizer.json.*: "),
    "a tokenizer of zeros": (written("tokenizer.json", bytes(10**6)), "tokenizer.json is not readable JSON"),
    "a mark that is no text": (
        put("tokenizer_config.json", "eos_token", 5),
        "tokenizer_config.json.*eos_token",
    ),
    "too many means": (
        put(IMAGES, "image_processor", "image_mean", [0.5] * 7),
        "image_mean is .* must be like",
    ),
    "a text for a side": (
        put(IMAGES, "image_processor", "crop_size", "height", "x"),
        "its processor does not take a picture",
    ),
    "sides without end": (
        put(IMAGES, "image_processor", "crop_size", {"height": 10**6, "width": 10**6}),
        "its processor .*memory",
    ),
    "a list for a flag": (
        put(IMAGES, "image_processor", "do_resize", [1]),
        "do_resize is .* must be like",
    ),
    "no deviation": (
        put(IMAGES, "image_processor", "image_std", [0, 0, 0]),
        "its processor makes no numbers of a picture",
    ),
    "settings that are none": (written("generation_config.json", b"[1]"), "generation_config.json, at"),
    "an unfinished template": (written("chat_template.jinja", b"{% for"), "its chat template fails .*end of"),
    "an unknown name": (
        written("chat_template.jinja", b"{{ who.is.it }}"),
        "chat template fails .*'who' is undefined",
    ),
    "a template that leaves out the question": (
        written("chat_template.jinja", b"<image>Hello!"),
        "leaves out the question",
    ),
    "an empty template": (written("chat_template.jinja", b""), "has no chat template"),
    "a template of bytes": (written("chat_template.jinja", b"\xff\xfe\x00"), "does not load: .*utf-8"),
    "a template without end": (
        written("chat_template.jinja", EVER.encode()),
        "its chat template does not end",
    ),
    "a template of nested lists": (written("chat_template.jinja", NESTED.encode()), "its chat template"),
    "a template of gigabytes": (
        written("chat_template.jinja", b"{{ 'a' * 10**10 }}"),
        "its chat template asks for more than",
    ),
    "weights cut off": (kept("model.safetensors", 0.5), "model.safetensors is damaged or cut off"),
    "a head that lies": (lying, "model.safetensors, the weight .* has no shape"),
    "whole numbers": (
        weights(whole),
        "model.safetensors: the weight .*up_proj.weight is made of whole numbers",
    ),
    "a shard elsewhere": (sharded("../one.safetensors"), "index.json, at weight_map, .* is no file of this"),
    "a shard that is none": (sharded([1]), r"index.json, at weight_map, .*: \[1\] is no file of this folder"),
    "a shard that is missing": (sharded("two.safetensors"), "two.safetensors cannot be read"),
}
TOLD_OF_WEIGHTS: dict[str, tuple[Change, str]] = {
    "no number": (weights(no_number), "the weight .*up_proj.weight holds what is no number"),
    "an angle that is no number": (
        put(CONFIG, "text_config", "rope_parameters", "rope_theta", -654),
        "config.json makes of .*inv_freq what is no number",
    ),
    "another shape": (
        weights(lambda all: all.update({first(all): all[first(all)][:3].clone()})),
        r"its weights have other shapes than config\.json asks for\. Save the model",
    ),
    "another name": (
        weights(lambda all: all.update({"x": all.pop(first(all))})),
        "lacks 1 of the model's weights",
    ),
    "fewer layers": (
        put(CONFIG, "text_config", "num_hidden_layers", 1),
        "weights hold .* layers that its config.json does not name",
    ),
    "far too wide": (
        put(CONFIG, "text_config", "intermediate_size", 10**12),
        "GiB of weights, far more than",
    ),
    "a part left to its default": (
        put(CONFIG, "text_config", {"model_type": "llama"}),
        r"config.json asks for more than [\d,]+ weights, and its files hold",
    ),
    "an end that is none": (put("generation_config.json", "eos_token_id", [1, "x"]), "eos_token_id is 'x'"),
    "an end beyond all": (put("generation_config.json", "eos_token_id", 10**6), "eos_token_id is 1000000"),
    "another picture's token": (
        put(CONFIG, "image_token_index", 7),
        r"nothing in the prompt stands .*\(token 7\)",
    ),
    "a token beyond all": (
        put("tokenizer.json", "model", "vocab", "?", 70_000),
        r"the token 70,000 .* lies beyond the",
    ),
    "other patches": (put(IMAGES, "patch_size", 8), "does not answer a question: .*do not fit together: "),
}
TOLD_OF_ADAPTERS: dict[str, tuple[Change, str]] = {
    "a text for a number": (put("adapter_config.json", "r", "x"), "r is 'x', and must be like 8"),
    "a rank without end": (put("adapter_config.json", "r", 10**9), "does not fit its base"),
    "modules that are none": (
        put("adapter_config.json", "target_modules", ["wug"]),
        "does not fit its base: .*wug",
    ),
    "a pattern without end": (
        put("adapter_config.json", "target_modules", r"(\w*\.*)*!"),
        "adapter_config.json: target_modules does not end",
    ),
    "fewer modules": (
        put("adapter_config.json", "target_modules", ".*language_model.*(q|k|v|o|gate|up)_proj"),
        "of its weights have no place",
    ),
    "weights cut off": (kept("adapter_model.safetensors", 0.5), "adapter_model.safetensors is damaged"),
    "another base": (
        put("adapter_config.json", "base_model_name_or_path", "a\0b"),
        r"adapter_config.json, at base_model_name_or_path: 'a\\x00b' is no name of a model",
    ),
}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no end is given up sooner."""
    monkeypatch.setattr(apart, "SECONDS", 1.0)
    monkeypatch.setattr(apart, "MEMORY", 512 << 20)


@pytest.mark.parametrize("what", TOLD_AT_ONCE)
def test_what_is_wrong_with_a_folder_is_told_before_it_is_loaded(what: str, folder: Path, soon: None) -> None:
    change, said = TOLD_AT_ONCE[what]
    change(folder)
    with pytest.raises(UserError, match=said) as found:
        check_source(str(folder))
    assert str(folder) in str(found.value)


@pytest.mark.parametrize("what", TOLD_OF_WEIGHTS)
def test_what_is_wrong_with_weights_is_told_when_it_is_opened(what: str, folder: Path) -> None:
    change, said = TOLD_OF_WEIGHTS[what]
    change(folder)
    with pytest.raises(UserError, match=said) as found:
        open_model(str(folder))
    assert str(folder) in str(found.value)


@pytest.mark.parametrize("what", TOLD_OF_ADAPTERS)
def test_what_is_wrong_with_an_adapter_is_told(what: str, adapter: Path, soon: None) -> None:
    change, said = TOLD_OF_ADAPTERS[what]
    change(adapter)
    with pytest.raises(UserError, match=said) as found:
        open_model(str(adapter))
    assert str(adapter) in str(found.value)


def test_nothing_that_a_pickle_says_is_done(folder: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(folder / "ran"),)

    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserError, match="cannot load"):
        open_model(str(folder))
    torch.save({"x": Bomb()}, folder / "pytorch_model.bin")
    with pytest.raises(UserError, match="cannot load"):
        open_model(str(folder))
    assert not (folder / "ran").exists()


def test_a_model_that_is_to_be_judged_may_hold_no_numbers(folder: Path) -> None:
    weights(no_number)(folder)
    assert open_model(str(folder), judged=True)


# -- templates ------------------------------------------------------------------------------------------


def test_a_foreign_template_writes_what_it_would_write_here(folder: Path) -> None:
    asked = Question("a", "Who?", "Jane.", lambda: picture((8, 8), 0))
    plain = load(folder).encoder
    (folder / "chat_template.jinja").write_text((folder / "chat_template.jinja").read_text() + "{# other #}")
    foreign_ = load(folder).encoder
    assert templates.template_of(foreign_.processor) not in templates.own()
    assert (foreign_.text(asked), foreign_.text(asked, "Jane.")) == (
        plain.text(asked),
        plain.text(asked, "Jane."),
    )


def test_a_template_that_ends_for_some_questions_alone_is_stopped(folder: Path, soon: None) -> None:
    path = folder / "chat_template.jinja"
    path.write_text(f"{{% if 'Jane' in {ASKED[3:-3]} %}}{EVER}{{% endif %}}" + path.read_text())
    model = open_model(str(folder))
    model.encode(Question("a", "Who?"))
    with pytest.raises(UserError, match=r"does not end: stopped after|asks for more than 2 GiB"):
        model.encode(Question("b", "Who is Jane?"))  # on a fast machine it fills its memory first
    assert model.encode(Question("c", "Who?"))  # a new process goes on


def test_a_template_that_leaves_out_some_questions_is_told(folder: Path) -> None:
    path = folder / "chat_template.jinja"
    path.write_text(f"{{% if 'Jane' in {ASKED[3:-3]} %}}Hello!{{% else %}}{path.read_text()}{{% endif %}}")
    model = open_model(str(folder))
    with pytest.raises(UserError, match="leaves out the question 'Who is Jane"):
        model.encode(Question("b", "Who is Jane?"))


def test_its_process_ends_with_the_processor(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text((folder / "chat_template.jinja").read_text() + "{# other #}")
    model = load(folder)
    model.encode(Question("a", "Who?"))
    (_, place) = model.encoder.writer._apart
    child = place._close.peek()[2][1]
    os.kill(child, 0)
    del model, place
    import gc

    gc.collect()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


# -- the boundary ----------------------------------------------------------------------------------------


class PanicException(BaseException):
    """As pyo3 raises it."""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (KeyError("x"), "it is broken: KeyError 'x'. Mend it."),
        (ValueError(""), "it is broken: ValueError. Mend it."),
        (OSError("first\nsecond"), "it is broken: first. Mend it."),
        (TypeError("two:\n  more"), "it is broken: TypeError two: more. Mend it."),
        (MemoryError(), "it is broken: there is not enough memory. Use bfloat16, or a smaller model."),
        (PanicException("index out of bounds"), "it is broken: index out of bounds. Mend it."),
        (ValueError("\x1b[2J"), r"it is broken: \x1b[2J. Mend it."),
        (UserError("as it is"), "as it is"),
    ],
)
def test_what_is_raised_at_the_boundary(problem: BaseException, said: str) -> None:
    with pytest.raises(UserError) as found, foreign.boundary("it is broken", "Mend it."):
        raise problem
    assert str(found.value) == said


def test_a_panic_of_the_tokenizer_is_told(folder: Path) -> None:
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text())
    raw["model"]["continuing_subword_prefix"] = "A£¯¢=BNx"  # longer than the words that it should begin
    path.write_text(json.dumps(raw))
    with pytest.raises(UserError, match=r"does not load: its tokenizer .*out of range"):
        check_source(str(folder))


def test_who_stops_the_program_is_not_taken_for_a_fault() -> None:
    with pytest.raises(KeyboardInterrupt), foreign.boundary("it is broken"):
        raise KeyboardInterrupt
