"""Model folders and adapters with one thing changed: a value, a file's bytes, what the file is, a weight.

What is opened must say what the whole folder says, to the last bit, unless the change makes another model
that is as sound: another number in a number's place, a setting left to its default, a template's other text.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import math
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import torch
from hypothesis.strategies import SearchStrategy
from PIL import Image
from safetensors.torch import load_file, save_file

from fuzz.campaign import ACCEPTED, Case, Silent
from remem.models import apart, open_model
from remem.models.base import Question
from remem.models.families import make_tiny
from remem.models.loading import check_source, load
from remem.settings import Adapt

CASES = 2000
ADAPTER = "adapter"
WEIGHTS = {"base": "model.safetensors", ADAPTER: "adapter_model.safetensors"}
SETTINGS = {
    "base": ("config.json", "generation_config.json", "processor_config.json", "tokenizer_config.json"),
    ADAPTER: ("adapter_config.json",),
}
NUMBERS = (0, -1, 1, 2, 3, 7, 31, 10**6, 10**9, 10**12, 2**31, 2**63, 10**30, 0.5, -0.5, 1e-300, 1e308)
TEXTS = (
    "", "x", "nan", "../x", "/etc/passwd", "\x00", "\u202e\x1b[2J", "a" * 5000, "é" * 300, "llama", "cuda",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], {"a": 1}, [1, 2, 3], ["x"], [1e9], {"x": []},
)  # fmt: skip
ENDLESS = (
    "{% for i in range(10**12) %}x{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(90000) %}{% for b in range(90000) %}{{ a }}{% endfor %}{% endfor %}",
    "{{ 'a' * 10**10 }}",
    "{{ 'a' * 10**13 }}",
    "{% set n = namespace(x='aa') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
    "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(200) }}",
    "{{ 'x'.ljust(10**10) }}",
    "{{ 'x' | center(10**10) }}",
    "{{ '%10000000000d' % 1 }}",
    "{{ 10**10**9 }}",
    "{{ lipsum(n=10**7) }}",
    "{{ messages[0]['content'] | tojson(indent=10**9) }}",
    "{{ range(99999) | map('string') | join(range(99999) | join('x')) }}",
    "{% for x in messages | batch(10**9, 'x') %}{{ x }}{% endfor %}",
)
WRONG = (
    "", " ", "\x00\x01\x02", "{{", "{% for", "{% endfor %}", "{{ undefined.name.deep }}",
    "{{ raise_exception('no') }}", "{{ messages[7] }}", "{{ messages.x.y }}", "{% include 'x' %}",
    "{% extends '/etc/passwd' %}", "{{ 1 / 0 }}", "{{ ''.__class__.__mro__ }}", "{{ messages.append(1) }}",
    "{{ 1 + 'a' }}", "{{ messages | nofilter }}", "(" * 3000, "{{ " + "(" * 3000 + " }}",
    "{% if 1 %}" * 300, "a" * 10**6, "{{ messages }}", "Hello!", "{{ messages[0]['role'] }}",
    "{{ strftime_now('%') }}", "{{ self.x() }}", "{% block a %}{{ self.a() }}{% endblock %}",
    "{{ caller() }}", "{% set messages = 1 %}{{ messages | length }}", "{{ 'é' | urlize }}",
    "\ufeff{{ bos_token }}",
)  # fmt: skip

_NAMES = (
    "auto_map", "quantization_config", "dtype", "torch_dtype", "architectures", "model_type",
    "num_hidden_layers", "chat_template", "image_token_id", "eos_token_id", "vocab_size", "temperature",
    "max_length", "layer_types", "size", "patch_size", "image_mean", "model_max_length",
    "added_tokens_decoder", "pad_token", "rope_scaling", "attn_implementation", "_attn_implementation",
    "rank_pattern", "alpha_pattern", "megatron_config", "use_dora", "modules_to_save",
    "layers_to_transform", "auto_mapping", "trust_remote_code", "tokenizer_class", "tie_word_embeddings",
    "special_tokens_map", "video_processor", "feature_extractor_type", "image_processor_type",
    "processor_class",
)  # fmt: skip
_CHANGED: list[Any] = []  # of one case


def cases() -> SearchStrategy[Case]:
    _answers(True), _answers(False)  # made here, and not in the time of the first case
    value = st.sampled_from(NUMBERS) | st.sampled_from(TEXTS) | st.sampled_from(OTHERS)
    value |= st.integers(-(10**6), 10**10) | st.text(max_size=8) | st.just("NaN") | st.just("deep")
    where = st.sampled_from(("base", "base", ADAPTER))
    setting = where.flatmap(
        lambda kind: st.fixed_dictionaries(
            {
                "kind": st.just("setting"),
                "of": st.just(kind),
                "file": st.sampled_from(SETTINGS[kind]),
                "at": st.integers(0, 200),
                "how": st.sampled_from(("set", "set", "set", "set", "drop", "wrap", "new")),
                "value": value,
                "name": st.sampled_from(_NAMES),
            }
        )
    )
    tokenizer = st.fixed_dictionaries(
        {
            "kind": st.just("tokenizer"),
            "at": st.integers(0, 10**6),
            "how": st.sampled_from(("set", "set", "drop", "wrap")),
            "value": value,
        }
    )
    raw = st.fixed_dictionaries(
        {
            "kind": st.just("bytes"),
            "of": where,
            "file": st.integers(0, 20),
            "how": st.sampled_from(
                ("cut", "flip", "flip", "insert", "bom", "utf16", "empty", "zeros", "doubled", "deep", "null")
            ),
            "at": st.floats(0, 1),
            "byte": st.integers(0, 255),
        }
    )
    thing = st.fixed_dictionaries(
        {
            "kind": st.just("thing"),
            "of": where,
            "file": st.integers(0, 20),
            "how": st.sampled_from(("pipe", "folder", "gone", "loop", "dangling", "away", "huge")),
        }
    )
    template = st.fixed_dictionaries(
        {
            "kind": st.just("template"),
            "how": st.sampled_from(("before", "instead", "behind", "condition")),
            "text": st.sampled_from(ENDLESS) | st.sampled_from(WRONG) | st.text(max_size=30),
        }
    )
    weights = st.fixed_dictionaries(
        {
            "kind": st.just("weights"),
            "of": where,
            "at": st.integers(0, 200),
            "how": st.sampled_from(
                ("nan", "inf", "int8", "bool", "shape", "name", "drop", "swap", "extra", "empty", "float64")
            ),
        }
    )
    head = st.fixed_dictionaries(
        {
            "kind": st.just("head"),
            "of": where,
            "how": st.sampled_from(("length", "offsets", "shape", "dtype", "text", "metadata")),
            "value": value,
        }
    )
    index = st.fixed_dictionaries(
        {"kind": st.just("index"), "value": value, "how": st.sampled_from(("map", "file", "whole", "key"))}
    )
    pickled = st.fixed_dictionaries(
        {"kind": st.just("pickle"), "of": where, "how": st.sampled_from(("code", "garbage", "empty", "list"))}
    )
    often = (setting, setting, setting, raw, raw, weights, weights)
    return st.one_of(*often, tokenizer, thing, template, head, index, pickled)


def run(case: Case, folder: Path) -> str:
    """Opens what is left of the folder, and asks it one question."""
    whole = _whole()
    base, adapter = folder / "base", folder / ADAPTER
    shutil.copytree(whole / "base", base, copy_function=os.link)
    name = str(base)
    if case.get("of") == ADAPTER:
        shutil.copytree(whole / ADAPTER, adapter, copy_function=os.link)
        settings = adapter / "adapter_config.json"
        _dump(settings, _json(settings) | {"base_model_name_or_path": str(base)})
        name = str(adapter)
    sound = _change(case, adapter if case.get("of") == ADAPTER else base)
    with warnings.catch_warnings(record=True) as said, _soon():
        warnings.simplefilter("always")
        if case.get("of") != ADAPTER:
            check_source(name)
        found = _said(open_model(name, device="cpu"))
    told = any("remem" in str(one.filename) for one in said)
    expected = _answers(case.get("of") == ADAPTER)
    if found != expected and not sound and not told:
        raise Silent(f"{case['kind']}, {case.get('how')}, {_CHANGED}: another answer and not a word")
    for _, numbers in found:
        if not all(map(math.isfinite, numbers)):
            raise Silent("answers that are no numbers")
    return ACCEPTED


@contextlib.contextmanager
def _soon() -> Iterator[None]:
    """What has no end is given up sooner."""
    before, apart.SECONDS = apart.SECONDS, 2.0
    try:
        yield
    finally:
        apart.SECONDS = before


@functools.lru_cache
def _whole() -> Path:
    """A tiny model and an adapter on it."""
    place = Path(tempfile.mkdtemp(prefix="remem-fuzz-model-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    make_tiny("llava", place / "base")
    model = load(place / "base")
    model.adapt(Adapt(vision="frozen", projector="frozen", language="lora"))
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in model.trainable().values():
            weight += 0.05 * torch.randn_like(weight)
    model.save(place / ADAPTER)
    return place


@functools.lru_cache
def _answers(adapted: bool) -> list[tuple[str, list[float]]]:
    whole = _whole()
    return _said(load(whole / "base", [whole / ADAPTER] if adapted else []))


def _said(model: Any) -> list[tuple[str, list[float]]]:
    """What a model says to two questions, and how likely an answer is to it."""
    seen = Image.linear_gradient("L").resize((40, 30)).convert("RGB")
    asked = [
        Question("a", "Who is this?", "Ximena Zamora.", lambda: seen, "a"),
        Question("b", "Who?", "It is 12.", None),
    ]
    rows = [model.encode(question) for question in asked]
    said, out = model.answer(rows, 4)
    return [(one.text, logp[mask].tolist()) for one, logp, mask in zip(said, out.logp, out.mask, strict=True)]


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _dump(path: Path, value: Any) -> None:
    _write(path, json.dumps(value).encode("utf-8", "surrogatepass"))


def _write(path: Path, raw: bytes) -> None:
    path.unlink()  # it is a link to the whole folder's
    path.write_bytes(raw)


def _change(case: Case, folder: Path) -> bool:
    """Whether what comes out may be another sound model."""
    return bool(globals()[f"_{case['kind']}"](case, folder))


def _leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to every value inside, groups included."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, one in inside for way in ((*at, key), *_leaves(one, (*at, key)))]


def _setting(case: Case, folder: Path) -> bool:
    path = folder / case["file"]
    raw = _json(path)
    ways = _leaves(raw)
    return _altered(case, path, raw, ways[case["at"] % len(ways)])


def _tokenizer(case: Case, folder: Path) -> bool:
    path = folder / "tokenizer.json"
    raw = _json(path)
    ways = [way for way in _leaves(raw) if way[:2] != ("model", "vocab") and way[:2] != ("model", "merges")]
    ways += [("model", "vocab"), ("model", "merges")]
    vocab = [("model", "vocab", word) for word in raw["model"]["vocab"]]
    chosen = vocab[case["at"] % len(vocab)] if case["at"] % 7 == 0 else ways[case["at"] % len(ways)]
    return _altered(case, path, raw, chosen)


def _altered(case: Case, path: Path, raw: Any, way: tuple[Any, ...]) -> bool:
    _CHANGED[:] = [path.name, *way]
    value, inside = _value(case["value"]), raw
    for step in way[:-1]:
        inside = inside[step]
    old, key = inside[way[-1]], way[-1]
    if case["how"] == "drop":
        del inside[key]
    elif case["how"] == "wrap":
        inside[key] = [old]
    elif case["how"] == "new":
        raw[case["name"]] = value
    else:
        inside[key] = value
    if case["value"] == "deep":
        _write(path, json.dumps(raw).replace('"deep"', "[" * 100000 + "]" * 100000).encode())
    else:
        _dump(path, raw)
    if case["how"] in ("drop", "new"):
        return True
    if key in ("image_mean", "image_std", "size", "crop_size") and _kind(value) is float:
        return True  # one for all channels, or sides
    return case["how"] == "set" and (value is None or old is None or _kind(value) == _kind(old))


def _kind(value: Any) -> Any:
    """One for all numbers."""
    return float if type(value) is int else type(value)


def _value(value: Any) -> Any:
    return math.nan if value == "NaN" else value


def _file(case: Case, folder: Path) -> Path:
    files = sorted(path for path in folder.iterdir() if path.suffix != ".md")
    return files[case["file"] % len(files)]


def _bytes(case: Case, folder: Path) -> bool:
    path = _file(case, folder)
    raw, how = bytearray(path.read_bytes()), case["how"]
    at = int(case["at"] * (len(raw) - 1))
    if how == "cut":
        raw = raw[:at]
    elif how == "flip":
        raw[at] ^= case["byte"] or 1
    elif how == "insert":
        raw[at:at] = bytes([case["byte"]]) * 3
    elif how == "bom":
        raw[:0] = b"\xef\xbb\xbf"
    elif how == "utf16":
        raw = bytearray(raw.decode("latin-1").encode("utf-16"))
    elif how == "doubled":
        raw *= 2
    elif how == "deep":
        raw = bytearray(b'{"a":' * 50_000 + b"1" + b"}" * 50_000)
    elif how == "null":
        raw = bytearray(b"null")
    else:
        raw = bytearray(200 if how == "zeros" else 0)
    _write(path, bytes(raw))
    return True  # other letters, other numbers: what is another sound model cannot be told by bytes


def _thing(case: Case, folder: Path) -> bool:
    path, how = _file(case, folder), case["how"]
    raw = path.read_bytes()
    path.unlink()
    if how == "pipe":
        os.mkfifo(path)
    elif how == "folder":
        path.mkdir()
    elif how == "loop":
        path.symlink_to(path)
    elif how == "dangling":
        path.symlink_to(folder / "nothing")
    elif how == "away":  # as the hub's cache has it
        (folder.parent / "blob").write_bytes(raw)
        path.symlink_to(folder.parent / "blob")
    elif how == "huge":
        with path.open("wb") as file:
            file.truncate(300 << 20)
    return how == "gone"


def _template(case: Case, folder: Path) -> bool:
    path = folder / "chat_template.jinja"
    before, how = path.read_text(), case["how"]
    text = case["text"]
    if how == "condition":  # which the first prompt does not meet
        text = "{% if 'Who?' in messages[0]['content'][-1]['text'] %}" + text + "{% endif %}" + before
    else:
        text = {"before": text + before, "instead": text, "behind": before + text}[how]
    _write(path, text.encode("utf-8", "surrogatepass"))
    return True


def _weights(case: Case, folder: Path) -> bool:
    path = folder / WEIGHTS["base" if (folder / "config.json").exists() else ADAPTER]
    tensors, how = load_file(path), case["how"]
    names = sorted(tensors)
    name = names[case["at"] % len(names)]
    one = tensors[name]
    if how in ("nan", "inf"):
        tensors[name] = one.clone()
        tensors[name].view(-1)[case["at"] % one.numel()] = float(how)
    elif how in ("int8", "bool", "float64"):
        tensors[name] = one.to(getattr(torch, how))
    elif how == "shape":
        tensors[name] = one.reshape(-1)[: max(1, one.numel() // 2)].clone()
    elif how == "empty":
        tensors[name] = one.new_zeros(0)
    elif how == "name":
        tensors[f"{name}x"] = tensors.pop(name)
    elif how == "drop":
        del tensors[name]
    elif how == "extra":
        tensors["model.language_model.layers.9.mlp.up_proj.weight"] = one.clone()
    else:
        other = next((n for n in names if n != name and tensors[n].shape == one.shape), name)
        tensors[name], tensors[other] = tensors[other].clone(), one.clone()
    path.unlink()
    save_file(tensors, path, metadata={"format": "pt"})
    return how in ("swap", "float64")


def _head(case: Case, folder: Path) -> bool:
    path = folder / WEIGHTS["base" if (folder / "config.json").exists() else ADAPTER]
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    head, value = json.loads(raw[8 : 8 + length]), _value(case["value"])
    name = sorted(n for n in head if n != "__metadata__")[0]
    if case["how"] == "length":
        made = value if type(value) is int else 10**9
        _write(path, (made % 2**64).to_bytes(8, "little") + raw[8:])
        return made == length
    if case["how"] == "offsets":
        head[name]["data_offsets"] = value if value != head[name]["data_offsets"] else None
    elif case["how"] == "metadata":
        head["__metadata__"] = value
    elif case["how"] == "text":
        head = value
    else:
        head[name][case["how"]] = value
    text = json.dumps(head).encode("utf-8", "surrogatepass")
    _write(path, len(text).to_bytes(8, "little") + text + raw[8 + length :])
    return False


def _index(case: Case, folder: Path) -> bool:
    path, value, how = folder / "model.safetensors", _value(case["value"]), case["how"]
    shard = "model-00001-of-00001.safetensors"
    names = sorted(load_file(path))
    path.rename(folder / shard)
    index: Any = {"metadata": {"total_size": 1}, "weight_map": dict.fromkeys(names, shard)}
    if how == "map":
        index["weight_map"] = value
    elif how == "file":
        index["weight_map"][names[0]] = value
    elif how == "key":
        index["weight_map"][str(value)] = shard
        del index["weight_map"][names[0]]
    else:
        index = value
    (folder / "model.safetensors.index.json").write_bytes(json.dumps(index).encode("utf-8", "surrogatepass"))
    return False


class _Bomb:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["REMEM_FUZZ_BOMB"],)


def _pickle(case: Case, folder: Path) -> bool:
    whole = (folder / "config.json").exists()
    (folder / WEIGHTS["base" if whole else ADAPTER]).unlink()
    path = folder / ("pytorch_model.bin" if whole else "adapter_model.bin")
    if case["how"] == "code":
        os.environ["REMEM_FUZZ_BOMB"] = str(folder / "ran")
        torch.save(_Bomb(), path)
    elif case["how"] == "list":
        torch.save([1, {"a": torch.zeros(2)}], path)
    else:
        path.write_bytes(b"" if case["how"] == "empty" else b"\x80\x02garbage")
    return False
