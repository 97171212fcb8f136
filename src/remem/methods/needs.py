"""What methods may ask for: words that files, lists and the training loop share. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Trained = Literal["lora", "full"]  # LoRA in any part of the model, or in none
# What `remem tune` tries: a method's setting, or a field of Train (lr, epochs) -> its values. A literal.
Space = Mapping[str, tuple[float, ...]]
StandIn = Literal["refusal", "mismatch", "substitute"]
Other = Literal["base", "second"]  # further models, whole and frozen
Need = Literal["retain", "reference", "reference_logp", "hidden", "balance", "goal", Other, StandIn]
NEEDS: dict[Need, str] = {
    "retain": "as many questions to keep as are forgotten in a step",
    "reference": "the model before unlearning",
    "reference_logp": "log-probs of answers under the model before unlearning; of true ones from the record",
    "hidden": "hidden states of a layer",
    "balance": "steps with as many questions of each kind to forget or to keep",
    "goal": "the Goal model",
    "base": "the model before it was taught",
    "second": "a model that its setting `second` names: a folder or a hub id",
    "refusal": "a refusal in place of each answer",
    "mismatch": "an answer to another question in place of each answer",
    "substitute": "each answer with another value in place of the true one",
}
