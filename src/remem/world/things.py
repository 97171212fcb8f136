"""What there is in the world besides people: things that lie about, and places."""

from dataclasses import dataclass

from remem.data.words import a


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that can be pasted into a picture."""

    word: str
    plural: str
    symbol: str  # of the pack of props
    theme: str  # things of one theme are found together: what an adversarial question asks about
    colour: str  # "" where one would not name a single colour


def _thing(word: str, symbol: str, theme: str, colour: str = "", plural: str = "") -> Thing:
    return Thing(word=word, plural=plural or f"{word}s", symbol=symbol, theme=theme, colour=colour)


_LIST = (
    _thing("cow", "🐄", "animals"), _thing("sheep", "🐑", "animals", "white", "sheep"),
    _thing("hen", "🐓", "animals"), _thing("dog", "🐕", "animals"),
    _thing("elephant", "🐘", "animals", "grey"),
    _thing("lion", "🦁", "animals"), _thing("giraffe", "🦒", "animals"), _thing("parrot", "🦜", "animals"),
    _thing("deer", "🦌", "animals", "brown", "deer"), _thing("butterfly", "🦋", "animals", "", "butterflies"),
    _thing("tree", "🌳", "plants", "green"), _thing("fir", "🌲", "plants", "green"),
    _thing("palm", "🌴", "plants"), _thing("flower", "🌼", "plants"), _thing("pot plant", "🪴", "plants"),
    _thing("rock", "🪨", "plants", "grey"),
    _thing("bicycle", "🚲", "traffic", "red"), _thing("car", "🚗", "traffic", "red"),
    _thing("tractor", "🚜", "traffic", "green"), _thing("steam train", "🚂", "traffic"),
    _thing("scooter", "🛴", "traffic", "blue"), _thing("traffic light", "🚦", "traffic"),
    _thing("plane", "✈", "traffic"), _thing("sailing boat", "⛵", "traffic"),
    _thing("apple", "🍎", "food", "red"), _thing("cake", "🎂", "food"), _thing("croissant", "🥐", "food"),
    _thing("broccoli", "🥦", "food", "green", "broccoli"), _thing("cheese", "🧀", "food", "yellow"),
    _thing("corn cob", "🌽", "food"), _thing("coffee cup", "☕", "food"), _thing("baguette", "🥖", "food"),
    _thing("guitar", "🎸", "leisure"), _thing("drum", "🥁", "leisure"),
    _thing("balloon", "🎈", "leisure", "red"), _thing("boxing glove", "🥊", "leisure", "red"),
    _thing("telescope", "🔭", "leisure"), _thing("present", "🎁", "leisure"),
    _thing("suitcase", "🧳", "household", "blue"), _thing("candle", "🕯", "household"),
    _thing("clock", "🕰", "household", "brown"), _thing("sofa", "🛋", "household"),
    _thing("bucket", "🪣", "household", "blue"), _thing("light bulb", "💡", "household", "yellow"),
    _thing("laptop", "💻", "household"), _thing("camera", "📷", "household", "grey"),
    _thing("box", "📦", "household", "brown", "boxes"), _thing("star", "⭐", "household", "yellow"),
)  # fmt: skip

THINGS: dict[str, Thing] = {thing.word: thing for thing in _LIST}

# backdrop of images/backdrops.py -> (where one is, the panorama that lights people there)
PLACES: dict[str, tuple[str, str]] = {
    "beach": ("on a beach", "sky"), "park": ("in a park", "park"), "street": ("in a street", "city"),
    "office": ("in an office", "lab"), "kitchen": ("in a kitchen", "apartment"),
    "mountains": ("in the mountains", "dawn"), "snow": ("in the snow", "dawn"),
    "night city": ("in a city at night", "night"), "living room": ("in a living room", "apartment"),
    "desert": ("in a desert", "sunrise"), "farm": ("on a farm", "sunrise"), "gym": ("in a gym", "warehouse"),
    "stage": ("on a stage", "studio"), "museum": ("in a museum", "hall"), "grocery": ("in a shop", "lobby"),
    "train": ("in a train", "bridge"), "lake": ("by a lake", "venice"), "forest": ("in a forest", "forest"),
    "sea": ("by the sea", "sky"), "school": ("in a classroom", "lab"),
}  # fmt: skip

# What a backdrop shows by itself: such things are neither put there nor asked about.
PAINTED: dict[str, tuple[str, ...]] = {
    "park": ("tree", "fir"), "forest": ("tree", "fir"), "snow": ("fir", "tree"), "kitchen": ("apple",),
    "office": ("pot plant", "tree"),
}  # fmt: skip


def some(word: str, count: int) -> str:
    """So many of a thing, in words: "a dog", "two dogs"."""
    if count == 1:
        return "a piece of broccoli" if word == "broccoli" else a(word)
    return f"{NUMBERS[count]} {THINGS[word].plural}"


NUMBERS = ("no", "one", "two", "three", "four")
