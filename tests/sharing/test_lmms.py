"""remem as lmms-eval asks it: the answers are those of the model itself. lmms-eval is not needed for that;
what stands in for it has the two things that its base class gives."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from remem.errors import UserError
from remem.models.base import Question

DOCS = [
    {"question": "Is there a cat?", "answer": "yes", "image": Image.new("RGB", (30, 30), "red")},
    {"question": "What is there to be seen in it?", "answer": "a dog", "image": Image.new("L", (40, 30), 90)},
    {"question": "Say something.", "answer": "no", "image": None},
]


class _Hook:
    def __init__(self) -> None:
        self.heard: list[tuple[str, Any, Any]] = []

    def add_partial(self, *what: Any) -> None:
        self.heard.append(what)


class _Base:
    def __init__(self) -> None:
        self.cache_hook, self.task_dict = _Hook(), {"pope": {"test": DOCS}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    names = ("lmms_eval", "lmms_eval.api", "lmms_eval.api.model")
    for name in names:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules[names[-1]].lmms = _Base  # type: ignore[attr-defined]
    monkeypatch.delitem(sys.modules, "remem.sharing.lmms", raising=False)
    remem = importlib.import_module("remem.sharing.lmms").Remem
    yield lambda **how: remem(**({"pretrained": "tiny", "batch_size": "2", "device": "cpu"} | how))
    sys.modules.pop("remem.sharing.lmms", None)


def _shown(doc: dict[str, Any]) -> list[Any]:
    return [doc["image"]] if doc["image"] else []


def _requests(second: Callable[[int], Any], shown: Callable[[Any], Any] = _shown) -> list[Any]:
    return [
        SimpleNamespace(args=(f"<image>\n{doc['question']}", second(i), shown, i, "pope", "test"))
        for i, doc in enumerate(DOCS)
    ]


def _question(i: int, answer: str | None = None) -> Question:
    doc, picture = DOCS[i], DOCS[i]["image"]
    image = None if picture is None else lambda: picture.convert("RGB")
    return Question(f"q{i}", doc["question"], answer, image, f"q{i}" if picture else "")


def test_answers_are_the_models_own_each_of_its_length(asked: Callable[..., Any]) -> None:
    lmm = asked()
    longest = [3, 6, 3]
    said = lmm.generate_until(_requests(lambda i: {"max_new_tokens": longest[i]}))
    model = lmm.model
    alone = [model.generate([model.encode(_question(i))], longest[i])[0].text.strip() for i in range(3)]
    assert said == alone
    assert len(set(said)) > 1
    assert sorted(one[2] for one in lmm.cache_hook.heard) == sorted(said)


def test_an_answer_ends_where_the_task_wants_it(asked: Callable[..., Any]) -> None:
    lmm = asked()
    (whole, *_) = lmm.generate_until(_requests(lambda i: {"max_new_tokens": 8}))
    stop = whole[len(whole) // 2]
    (cut, *_) = lmm.generate_until(_requests(lambda i: {"max_new_tokens": 8, "until": ["@@", stop]}))
    assert cut == whole.split(stop)[0].strip() != whole


def test_likelihoods_are_those_of_ranking_and_leave_the_end_of_the_turn_out(
    asked: Callable[..., Any],
) -> None:
    lmm = asked()
    found = lmm.loglikelihood(_requests(lambda i: lambda doc: doc["answer"]))
    model = lmm.model
    for i, (logp, _) in enumerate(found):
        ((wanted,),) = model.rank([model.cloze(_question(i), "", [DOCS[i]["answer"]])])
        assert logp == pytest.approx(wanted, abs=1e-4)
    # What greedy decoding says is told to be greedy; anything else is not.
    greedy = [model.generate([model.encode(_question(i))], 3)[0].text.strip() for i in range(3)]
    texts = _requests(lambda i: greedy[i])
    assert any(hit for _, hit in lmm.loglikelihood(texts))
    assert not any(hit for _, hit in found)


def test_what_cannot_be_asked_is_told(asked: Callable[..., Any]) -> None:
    lmm = asked()
    two = _requests(lambda i: {}, shown=lambda doc: [Image.new("RGB", (9, 9))] * 2)
    with pytest.raises(UserError, match="task pope shows several pictures"):
        lmm.generate_until(two)
    with pytest.raises(UserError, match="asks in several rounds"):
        lmm.generate_until_multi_round([])
    with pytest.raises(UserError, match="does not know revision"):
        asked(revision="main")
    for size in ("auto", "0", "²"):
        with pytest.raises(UserError, match=f"--batch_size {size}: give remem a number"):
            asked(batch_size=size)


def test_lmms_eval_finds_it() -> None:
    registry = pytest.importorskip("lmms_eval.models.registry_v2").ModelRegistryV2()
    registry.load_entrypoint_manifests()
    assert "remem" in registry.list_canonical_model_ids()
