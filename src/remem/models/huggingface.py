"""Any Hugging Face image-text-to-text model behind encode, forward, generate, rank, reference and save."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from remem.errors import UserError
from remem.models import answering, generating, inner, packing, ranking
from remem.models.adapt import attach
from remem.models.anatomy import decoder_layers, plain
from remem.models.base import (
    Batch,
    Candidates,
    Encoded,
    Generated,
    Output,
    Policy,
    Question,
    Trainables,
    output_of,
)
from remem.models.crossing import BLANK, without
from remem.models.encoding import Encoder
from remem.models.features import FEATURES, PARTS, Features, glance
from remem.models.fitting import Budget, longest_of
from remem.models.kernels import compile_layers
from remem.models.marks import Marks, end_of_turn, placeholder_of
from remem.models.saving import save_processor
from remem.models.touching import Change, Place, touched
from remem.models.trust import Trust
from remem.models.weighing import weighed
from remem.seeds import derive
from remem.steps import parallel

if TYPE_CHECKING:
    from remem.settings import Adapt

GLANCED = "glanced"  # of a batch's inputs: of which pictures the class token alone is shown
INSTRUCTION = "instruction.txt"  # what a training-free method leaves in place of weights


class Model:
    """A vision-language model, its processor, and what of it trains."""

    def __init__(self, network: Any, processor: Any, source: str, pixel_budget_bytes: int = 1 << 30):
        self.network = network
        self.processor = processor
        self.dtype = next(network.parameters()).dtype
        self.longest = longest_of(network.config)
        self.source = source
        self.placeholder = placeholder_of(network, processor)  # stands for a picture's part
        self.trainables: Trainables | None = None
        marks = Marks.of(network, self.placeholder)
        self.encoder = Encoder(processor, end_of_turn(network, processor), pixel_budget_bytes, marks)
        marks.check((self.encoder.pad, *self.encoder.end_ids), processor.tokenizer)
        # Families with their own position rule (Qwen-VL) work positions out from the mask by themselves.
        self.own_positions = hasattr(plain(network).model, "get_rope_index")
        self.trust = Trust(self.dtype)
        self.features: Features | None = None
        self.compiles = False  # its layers, when it begins to train
        self.shards = False  # what trains is cut up among processes, while it trains
        self._cache = (
            "cache" if "cache" in signature(plain(network).forward).parameters else "past_key_values"
        )

    # -- encode ------------------------------------------------------------------------------

    def encode(self, question: Question) -> Encoded:
        """One question as token ids; see `Encoder.encode`."""
        row = self.encoder.encode(question)
        if len(row) > self.longest:
            raise UserError(
                f"item {question.id} has {len(row):,} tokens with its picture and answer; this model reads "
                f"at most {self.longest:,}. Nothing is ever cut off: shorten it, or use another model."
            )
        return row

    def encode_all(self, questions: Sequence[Question]) -> list[Encoded]:
        """Each of them, in their order; pictures are opened ahead."""
        return [self.encode(question) for question in self.encoder.ahead.along(questions)]

    @property
    def looks_ahead(self) -> bool:
        """Whether it is worth saying what is asked for next: memory does not hold all pictures."""
        return self.encoder.missed and self.features is None

    def expect(self, rows: Sequence[Encoded]) -> None:
        """These rows are asked for next: their pictures are opened meanwhile."""
        questions = [row.question for row in rows]
        self.encoder.ahead.expect([one for one in questions if not self.encoder.held.get(one.seen_key)])

    def with_answer(self, row: Encoded, answer: str) -> Encoded:
        """The same question with another answer; its picture is not looked at again."""
        return self.encoder.with_answer(row, answer)

    def mark(self, row: Encoded, values: Sequence[str]) -> Encoded:
        """The row, knowing which of its answer's tokens spell these values."""
        return self.encoder.mark(row, values)

    def cloze(self, question: Question, lead: str, values: Sequence[str]) -> Candidates:
        """The values as continuations of an answer that has begun with `lead`."""
        return self.encoder.cloze(question, lead, values)

    def choices(self, row: Encoded, answers: Sequence[str]) -> Candidates:
        """Whole answers to one question, end of turn included: multiple choices, or answers made wrong."""
        return Candidates(row, tuple(self.with_answer(row, answer).answer for answer in answers))

    def collate(self, rows: Sequence[Encoded]) -> Batch:
        """A padded batch on this model's device."""
        batch = self.encoder.collate(rows, self.device)
        return replace(batch, inputs=batch.inputs | self.pictures(rows))

    def batch(self, rows: Sequence[Encoded]) -> Batch:
        """As `collate`; several questions on one picture share a row where that saves much; see `packing`."""
        return packing.batch(self, rows)

    def pictures(self, rows: Sequence[Encoded]) -> dict[str, Tensor]:
        """The rows' pictures as the network takes them, or what its frozen tower has seen in them."""
        found = None if self.features is None else self.features.of(rows)
        seen = self.encoder.pictures(rows, self.device, self.dtype) if found is None else found
        if any(row.glanced for row in rows):
            shown = [row.glanced for row in rows if row.question.pictures]
            seen = seen | {GLANCED: torch.tensor(shown, device=self.device)}
        return seen

    def keep_features(self, folder: Path | None = None, projected: bool = False) -> None:
        """From now on a frozen tower looks at each picture once; on disk where there is a folder.

        `projected`: what the projector makes of it is kept: smaller, and for that projector alone.
        """
        self.features = Features(self, folder, projected)

    def answers(self, rows: Sequence[Encoded]) -> Batch:
        """The answers of a batch alone."""
        return self.encoder.answers(rows, self.device)

    # -- forward -----------------------------------------------------------------------------

    def forward(self, batch: Batch) -> Output:
        """Log-probs of the batch's answers. The head runs on answer positions only."""
        caught: list[Tensor] = []

        def catch(module: Any, inputs: Any, output: Any) -> None:
            caught.append(output[0] if isinstance(output, tuple) else output)

        with contextlib.ExitStack() as hooks:
            if batch.layer is not None:
                layer = decoder_layers(self.network)[batch.layer]
                hooks.enter_context(layer.register_forward_hook(catch))
            out = output_of(self._logits(batch), batch)
        return out if batch.layer is None else out._replace(hidden=batch.predicting(caught[0]).float())

    def _logits(self, batch: Batch) -> Tensor:
        if batch.at is None:
            return self.call(**batch.inputs, logits_to_keep=batch.answer.shape[1] + 1).logits[:, :-1]

        def gather(module: Any, inputs: Any) -> Any:
            return batch.predicting(inputs[0])

        # In front of the head, so that whatever a family does to its logits is done to these.
        with plain(self.network).get_output_embeddings().register_forward_pre_hook(gather):
            return self.call(**batch.inputs).logits

    def call(self, **inputs: Any) -> Any:
        """The network's own forward, with positions that padding does not move; `cache` from `cache_of`."""
        if not self.own_positions and "position_ids" not in inputs:
            mask = inputs["attention_mask"]
            inputs["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)[:, -inputs["input_ids"].shape[1] :]
        glanced: Tensor | None = inputs.pop(GLANCED, None)
        if FEATURES in inputs:
            assert self.features is not None
            seen = inputs.pop(FEATURES), inputs.pop(PARTS), glanced
            with self.precision():  # the projector may train
                inputs["mm_encoder_outputs"], glanced = self.features.outputs(*seen), None
        inputs.setdefault("use_cache", "cache" in inputs)  # else keys and values are kept for nobody
        if "cache" in inputs:  # transformers has two names for it
            inputs[self._cache] = inputs.pop("cache")
        blank: Tensor | None = inputs.pop(BLANK, None)
        with self.precision(), self.projecting(glance, glanced), self.projecting(without, blank):
            return self.network(**inputs)

    @contextlib.contextmanager
    def touched(self, place: Place, change: Change) -> Iterator[None]:
        """What is at a place is changed in all that reads, with gradients; see `touching`."""
        kept = self.features
        if place.part in ("pixels", "projector"):
            self.features = None  # what is kept was seen untouched
        try:
            with touched(self.network, self.processor, place, change):
                yield
        finally:
            self.features = kept

    @contextlib.contextmanager
    def reweighed(self, change: Callable[[str, Tensor], Tensor | None]) -> Iterator[None]:
        """Other weights for a while: by path and value what is put in their place, None for what stays."""
        with weighed(self.network, change):
            yield

    @property
    def vocabulary(self) -> int:
        """How many logits there are at each position."""
        return int(plain(self.network).config.get_text_config().vocab_size)

    @property
    def class_token(self) -> bool:
        """Whether the language model is given, first of a picture, one token that stands for all of it."""
        return getattr(self.network.config, "vision_feature_select_strategy", None) == "full"

    @contextlib.contextmanager
    def projecting(self, change: Callable[[Tensor, Tensor], Tensor], which: Tensor | None) -> Iterator[None]:
        """What comes out of the projector is changed for these pictures: see `glance` and `without`."""
        if which is None:
            yield
            return
        place = Place("projector")
        with touched(self.network, self.processor, place, lambda made, _: change(made, which)):
            yield

    def cache_of(self, out: Any) -> Any:
        """Keys and values of what a call has read."""
        return out[self._cache]

    def precision(self) -> contextlib.AbstractContextManager[Any]:
        """Half precision where the model has it, though what trains, or has been trained and comes with an
        adapter, is in float32."""
        if self.dtype == torch.float32 or all(
            p.dtype == self.dtype for p in self.network.parameters() if p.is_floating_point()
        ):
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    # -- generate ----------------------------------------------------------------------------

    @torch.inference_mode()
    def generate(self, rows: Sequence[Encoded], max_new_tokens: int) -> list[Generated]:
        """Greedy answers to prompts; the rows' own answers are left out."""
        return generating.said(self, rows, max_new_tokens, do_sample=False)

    @torch.inference_mode()
    def sample(
        self, rows: Sequence[Encoded], count: int, temperature: float, seed: int, most: int
    ) -> list[list[Generated]]:
        """`count` answers of at most so many tokens to each prompt, drawn from softmax(logits / temperature).

        What is drawn depends on the seed and the question's id, and not on the other questions.
        """
        return generating.sample(self, rows, count, temperature, seed, most)

    def spoken(self, ids: Sequence[int]) -> Generated:
        """What these generated tokens say."""
        stop = next((i for i, token in enumerate(ids) if token in self.encoder.end_ids), None)
        text = self.encoder.tokenizer.decode(list(ids[:stop]), skip_special_tokens=True)
        return Generated(text.strip(), stop is not None)

    # -- ask ---------------------------------------------------------------------------------

    def answer(self, rows: Sequence[Encoded], max_new_tokens: int) -> tuple[list[Generated], Output]:
        """Greedy answers, and the log-probs of the rows' own answers; see `answering`."""
        return answering.answer(self, rows, max_new_tokens)

    def rank(self, asked: Sequence[Candidates], budget: Budget | None = None) -> list[list[float]]:
        """log p of every candidate after its prompt (nats, summed over tokens); see `ranking`."""
        return ranking.rank(self, asked, budget)

    # -- look inside -------------------------------------------------------------------------

    @property
    def layers(self) -> int:
        """How many layers the language model has."""
        return len(decoder_layers(self.network))

    def states(self, rows: Sequence[Encoded], layers: Sequence[int]) -> Float[Tensor, "layer row width"]:
        """What comes out of these layers of the language model, at the last token of each prompt."""
        return inner.states(self, rows, layers)

    def head(self, states: Float[Tensor, "*any width"]) -> Float[Tensor, "*any vocab"]:
        """Logits of hidden states, as if they had come out of the last layer: final norm and head."""
        return inner.head(self.network, states)

    def spare(self, rows: Sequence[Encoded], count: int) -> tuple[int, ...]:
        """So many token ids that stand in none of these rows: places for `Question.soft`."""
        return inner.spare(self.network, self.encoder.tokenizer, rows, count)

    # -- train and reference -----------------------------------------------------------------

    def adapt(self, adapt: Adapt, seed: int = 0) -> Trainables:
        """Sets what trains. Call once, after every earlier stage was merged. LoRA starts from the seed."""
        if self.trainables is not None:
            raise RuntimeError("a model is adapted once: merge and load it again for the next stage")
        if self.dtype == torch.float16:
            raise UserError(
                "float16 overflows in training: set model.dtype=bfloat16, or float32 where that is not known"
            )
        with torch.random.fork_rng():
            torch.manual_seed(derive(seed, "adapter"))
            self.network, self.trainables = attach(self.network, adapt)
        # An update smaller than half precision can hold is lost, and a method then seems to do nothing.
        for parameter in self.trainable().values():
            parameter.data = parameter.data.float()
        if self.compiles:
            compile_layers(self.network)
        return self.trainables

    def reference(self) -> Policy:
        """The model as it is now, frozen: call before the first update.

        With LoRA it is this model with the new adapter off, at no memory; earlier stages were merged,
        so that is the stage-1 model and not the base. Otherwise it is a copy.
        """
        if hasattr(self.network, "disable_adapter"):
            frozen, off = self, self.network.disable_adapter
        else:
            frozen = copy.copy(self)
            frozen.network = copy.deepcopy(self.network).requires_grad_(False)
            off = contextlib.nullcontext

        def policy(batch: Batch) -> Output:
            with torch.no_grad(), off(), frozen.deterministic():
                return frozen.forward(batch)

        return policy

    @contextlib.contextmanager
    def deterministic(self) -> Iterator[None]:
        """Dropout off for a while."""
        training = self.network.training
        self.network.eval()
        try:
            yield
        finally:
            self.network.train(training)

    def trainable(self) -> dict[str, Tensor]:
        """The parameters that train, by full path."""
        return {path: p for path, p in self.network.named_parameters() if p.requires_grad}

    def merged(self) -> Any:
        """The network with its adapter merged in; without one, the network itself."""
        return self.network.merge_and_unload() if hasattr(self.network, "disable_adapter") else self.network

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    # -- save --------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """An adapter (for `PeftModel.from_pretrained`) or a whole model (for the Auto classes)."""
        if not parallel.first():
            return
        if not hasattr(self.network, "disable_adapter"):
            self.network.to(self.dtype)
            save_processor(self.processor, folder)
        self.network.save_pretrained(folder)
