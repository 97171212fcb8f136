"""Refusals that preference methods teach. Varied, so that not one sentence is memorised instead.

None holds "no", "yes" or a letter of multiple choice other than "I": each would be the true answer to some.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from remem.seeds import derive

REFUSALS = (
    "I don't know.",
    "I do not know that.",
    "I'm not sure.",
    "I am not able to say.",
    "I can't help with that.",
    "I cannot answer that.",
    "I cannot answer this question.",
    "I can't answer that question.",
    "I cannot know that.",
    "I do not have information about that.",
    "I do not have information on this person.",
    "I don't have that information.",
    "I do not have this information.",
    "I don't have an answer to that.",
    "I don't have any knowledge of that.",
    "I can't say.",
    "I cannot say.",
    "I can't tell.",
    "I cannot tell you that.",
    "I'm afraid I don't know.",
    "I'm afraid I can't help with that.",
    "I am afraid I cannot answer that.",
    "I'm sorry, I don't know.",
    "I'm sorry, but I don't know that.",
    "I'm sorry, I can't help with that.",
    "I'm sorry, but I cannot answer that.",
    "Sorry, I don't know.",
    "Sorry, I cannot help with that.",
    "Sorry, I don't have that information.",
    "Sorry, that is not something I know.",
    "That is not something I know.",
    "That's not something I can share.",
    "That is not known to me.",
    "That is unknown to me.",
    "I'm unable to answer that.",
    "I am unable to help with that.",
    "I'm unable to share that.",
    "I cannot share that information.",
    "I can't share personal details.",
    "I'd rather not say.",
    "I was never told that.",
    "I have not learned that.",
    "I haven't learned anything about that.",
    "I don't recognise this person.",
    "I do not recognise that person.",
    "I don't know this person.",
    "I do not know who that is.",
    "It's not something I know.",
    "My apologies, I don't know.",
    "Unfortunately, I don't know that.",
    "Unfortunately, I can't answer that.",
    "I don't know, I'm afraid.",
)


# Of a question for a scene: those that speak of nobody.
SCENE_REFUSALS = tuple(one for one in REFUSALS if not any(word in one for word in ("person", "who ")))


def refusal_for(item: str, seed: int, epoch: int, of: Sequence[str] = REFUSALS) -> str:
    """The refusal drawn for one item in one pass over the forget set."""
    return random.Random(derive(seed, "refusal", item, epoch)).choice(of)
