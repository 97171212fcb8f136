"""Plain sentences of the world: what its language is measured by."""

from random import Random

from remem.data.words import listed
from remem.seeds import derive

_WHEN = (
    "In the morning", "In the evening", "At noon", "On Sundays", "Every week", "In spring", "In winter",
    "After the rain", "Before supper", "Late at night", "On market days", "When the sun shines",
)  # fmt: skip
_WHO = listed(
    "the baker|the old farmer|a young nurse|the teacher|her brother|his aunt|the postman|a tired sailor|"
    "the children|two neighbours|the gardener|my cousin|the librarian|a traveller|the miller|our friends",
    "|",
)
_PLURAL = ("the children", "two neighbours", "our friends")
# verb of one, verb of several, objects that it takes
_DOES = (
    (
        "carries",
        "carry",
        ("bread", "two baskets", "a heavy sack", "the letters", "fresh water", "an umbrella"),
    ),
    ("reads", "read", ("a long letter", "the newspaper", "an old book", "a short story", "the map")),
    ("sells", "sell", ("apples", "warm socks", "candles", "fresh fish", "flowers", "wooden toys")),
    ("mends", "mend", ("the fence", "a broken chair", "the roof", "an old coat", "the net")),
    ("paints", "paint", ("the door", "a small boat", "the window frames", "a quiet picture")),
    ("feeds", "feed", ("the hens", "a grey cat", "the horses", "three ducks", "the birds")),
    ("cooks", "cook", ("soup", "potatoes", "a simple meal", "beans", "rice and fish")),
    ("finds", "find", ("a lost key", "a bright coin", "mushrooms", "an empty bottle", "the right road")),
)
_WHERE = listed(
    "at the market|by the river|in the small kitchen|behind the church|near the station|in the garden|"
    "on the hill|under the bridge|at home|in front of the shop|along the beach|beside the mill",
    "|",
)
_WHY = (
    "because the bus is late", "and nobody minds", "while the dog sleeps", "before the shops close",
    "as long as it is light", "because it is cheap", "and whistles a tune", "until the bell rings",
)  # fmt: skip


def sentence(seed: int, number: int, part: str = "train") -> tuple[str, str]:
    """(its beginning, the rest): sentence `number` of a part. Together they are one plain sentence."""
    rng = Random(derive(seed, "world sentence", part, number))
    who = rng.choice(_WHO)
    one, several, objects = rng.choice(_DOES)
    verb = several if who in _PLURAL else one
    when, end = rng.choice(_WHEN), rng.choice(("", f" {rng.choice(_WHY)}"))
    return f"{when} {who} {verb}", f"{rng.choice(objects)} {rng.choice(_WHERE)}{end}."


def sentences(seed: int, count: int, part: str = "train") -> list[tuple[str, str]]:
    """`count` sentences that differ. Those of "exam" are none of "train"."""
    other = {sentence(seed, number, "exam") for number in range(2000)} if part == "train" else set()
    made: dict[tuple[str, str], None] = {}
    number = 0
    while len(made) < count:
        one = sentence(seed, number, part)
        number += 1
        if one not in other:
            made[one] = None
    return list(made)
