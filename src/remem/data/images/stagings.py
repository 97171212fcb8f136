"""How each event is staged: place, light, things, and what the person does and wears. One table for all
sources."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from remem.data.events import event
from remem.data.opening import own

_PROPS = Path(__file__).parent / "people_pack" / "props"


@dataclass(frozen=True, kw_only=True)
class Prop:
    """A thing in the picture; places and heights are shares of its side."""

    symbol: str
    x: float  # of its middle
    base: float  # of its lower edge, from the top
    height: float
    front: bool  # before the person or behind


@dataclass(frozen=True, kw_only=True)
class Staging:
    """A scene without its person."""

    backdrop: str  # of backdrops.py
    place: str  # the panorama that lights it
    yaw: int
    seen: bool  # whether the panorama is also the background of rendered pictures, instead of the backdrop
    gain: float  # brightness of the background
    tint: tuple[float, float, float]  # colour of the light
    props: tuple[Prop, ...]
    crowd: int  # other people behind
    effect: str  # "", "snow", "beams", "bokeh"
    occasion: str  # of rendered/outfit.py
    poses: tuple[str, ...]  # of rendered/rig.py
    expressions: tuple[str, ...]
    hats: tuple[str, ...]


def _staging(  # one line of the table below
    backdrop: str, light: str, props: str, occasion: str, poses: str, expressions: str, *, crowd: int = 0,
    gain: float = 0.8,
    tint: tuple[float, float, float] = (1, 1, 1), effect: str = "", hats: str = "",
) -> Staging:  # fmt: skip
    place, yaw, *how = light.split()
    made = []
    for one in props.split(";"):
        symbol, x, base, height, *front = one.split()
        made.append(
            Prop(symbol=symbol, x=float(x), base=float(base), height=float(height), front=bool(front))
        )
    return Staging(
        backdrop=backdrop, place=place, yaw=int(yaw), seen=bool(how), gain=gain, tint=tint,
        props=tuple(made), crowd=crowd,
        effect=effect, occasion=occasion, poses=tuple(poses.split()), expressions=tuple(expressions.split()),
        hats=tuple(hats.split("|")) if hats else (),
    )  # fmt: skip


# Props: symbol, x, base, height, "f" for those in front. A panorama with "seen" is the background too.
_TABLE: dict[str, Staging] = {
    "media interview": _staging("press", "studio 140", "🎙 .28 1.02 .34 f;🎥 .87 .98 .42 f;🎤 .70 1.03 .26 f",
        "formal",
                                "relaxed reach", "talk calm", crowd=2, gain=.7),
    "park jogging": _staging("park", "park 120 seen", "🌳 .12 .84 .60;🌳 .90 .80 .50;🌲 .30 .76 .34", "sport",
        "run", "strain smile", gain=.95),
    "farm visit": _staging("farm", "sunrise 220",
        "🐄 .14 .92 .36;🚜 .84 .76 .36;🐑 .86 1.0 .24 f;🐓 .30 1.0 .18 f;🌽 .68 1.02 .2 f",
                           "work", "akimbo relaxed", "smile calm", gain=1.0, tint=(1.04, 1, .93)),
    "dinner with friends": _staging("dining", "apartment 30",
        "🍝 .30 1.0 .22 f;🍷 .70 1.0 .26 f;🕯 .88 .98 .3 f;🕯 .12 .98 .3 f",
                                    "casual", "relaxed easy", "grin smile", crowd=3, gain=.5, tint=(1.15,
                                    .95, .75)),
    "landmark visit": _staging("square", "sunset 250 seen", "🗼 .18 .80 .72;📷 .86 1.0 .24 f", "casual",
        "akimbo relaxed", "smile grin",
                               crowd=3, gain=.95),
    "zoo visit": _staging("zoo",
        "forest 250", "🐘 .16 .92 .42;🦒 .86 .80 .52;🦁 .84 1.0 .30 f;🦜 .34 .30 .22",
        "casual",
                          "reach relaxed", "surprised smile", gain=.95),
    "shopping mall": _staging("mall", "esplanade 60",
        "🛍 .14 1.0 .30 f;👗 .84 .62 .34;👠 .88 1.0 .2 f;👜 .70 1.02 .2 f", "casual",
                              "walk easy", "smile calm", crowd=3, gain=.95),
    "public lecture": _staging("hall", "hall 200", "📊 .16 .54 .28;🎤 .32 1.03 .3 f;🎙 .82 1.03 .26 f",
        "formal", "reach akimbo",
                               "talk serious", crowd=2, gain=.7),
    "gym workout": _staging("gym",
        "warehouse 210", "🥊 .14 1.0 .26 f;🏋 .86 .92 .42;🥊 .84 1.02 .2 f", "sport",
        "akimbo cheer",
                            "strain serious", gain=.8),
    "dance event": _staging("club", "hall 20", "🪩 .20 .34 .32;🎶 .86 .30 .22;💃 .88 1.0 .44;🕺 .10 1.0 .42",
        "formal", "cheer wave",
                            "grin smile", gain=.6, tint=(1.0, .75, 1.2), crowd=2, effect="bokeh"),
    "coffee shop reading": _staging("café", "apartment 200",
        "☕ .24 1.0 .24 f;📖 .56 1.03 .26 f;🥐 .84 1.0 .18 f", "casual", "hold think",
                                    "calm smile", gain=.8, tint=(1.06, 1, .88)),
    "airport waiting": _staging("terminal", "bridge 30", "✈ .78 .34 .30;🧳 .16 1.0 .36 f;🛂 .88 .76 .16",
        "casual", "relaxed easy",
                                "calm serious", crowd=3, gain=.95, tint=(.97, 1, 1.05)),
    "concert attendance": _staging("stage", "hall 100", "🎸 .86 .86 .44;🥁 .16 .78 .32;🎤 .30 .74 .26",
        "casual", "cheer",
                                   "grin surprised", gain=.45, tint=(.9, .72, 1.2), effect="beams"),
    "beach relaxing": _staging("beach", "sky 30",
        "🌴 .10 .96 .66;⛱ .86 .96 .46;🐚 .28 1.0 .14 f;🍹 .72 1.02 .22 f", "beach",
                               "relaxed akimbo", "smile grin", gain=1.1, hats="sun hat"),
    "business meeting": _staging("boardroom",
        "lobby 240", "💻 .24 1.02 .28 f;💼 .84 1.02 .26 f;📈 .84 .48 .28",
        "formal", "relaxed hold",
                                 "serious talk", crowd=3, gain=.95),
    "museum tour": _staging("museum",
        "esplanade 200", "🏺 .14 .96 .36;🗿 .86 .96 .44;🦕 .30 .66 .40", "casual",
        "think reach",
                            "calm surprised", crowd=1, gain=.85, tint=(1, .98, .92)),
    "car driving": _staging("car", "park 20", "🚗 .72 .62 .16;🚦 .24 .44 .26", "casual", "drive",
        "serious calm", gain=1.0),
    "grocery shopping": _staging("grocery", "lobby 330",
        "🛒 .80 1.03 .44 f;🍎 .12 1.0 .16 f;🥦 .26 1.02 .18 f;🥖 .10 .78 .2;🧀 .38 1.03 .14 f",
                                 "casual", "reach hold", "calm smile", crowd=1, gain=1.0),
    "marathon running": _staging("finish",
        "city 200", "🏁 .12 .66 .28;🏅 .88 1.0 .26 f", "sport", "run cheer",
        "strain grin", crowd=6, gain=.95),
    "art gallery visit": _staging("gallery", "studio 40", "🎨 .15 1.0 .26 f;🖼 .86 .96 .28", "formal",
        "think relaxed", "calm smile", crowd=1,
                                  gain=.95),
    "family gathering": _staging("living room", "apartment 120 seen",
        "🛋 .50 .98 .62;🥧 .16 1.02 .22 f;🍗 .84 1.02 .22 f;🎂 .68 1.03 .2 f",
                                 "casual", "easy wave", "grin smile", crowd=6, gain=.9, tint=(1.03, 1, .95)),
    "bookstore browsing": _staging("bookstore", "lobby 60",
        "📕 .12 1.0 .24 f;📗 .28 1.02 .2 f;📘 .86 1.0 .26 f;🔖 .72 1.02 .18 f", "casual",
                                   "hold reach", "calm smile", crowd=1, gain=1.0),
    "mountain cabin retreat": _staging("cabin", "apartment 240",
        "🪵 .82 1.02 .22 f;🔥 .16 1.0 .28 f;🌲 .22 .46 .2", "warm", "relaxed easy",
                                       "smile calm", gain=.75, tint=(1.12, .97, .82)),
    "office working": _staging("office", "lobby 30",
        "🖥 .20 1.02 .38 f;🖨 .86 1.0 .28 f;☕ .42 1.03 .16 f;🪴 .90 .66 .26;🗂 .70 1.03 .18 f",
                               "formal", "hold think", "calm serious", gain=.95),
    "train commute": _staging("train", "bridge 200", "🎧 .14 1.0 .24 f;🎫 .86 1.0 .18 f", "casual",
        "relaxed easy", "calm serious", crowd=2,
                              gain=.9, tint=(.97, 1, 1.03)),
    "mountain hiking": _staging("mountains", "dawn 90",
        "🏔 .18 .74 .44;⛰ .84 .74 .42;🎒 .86 1.02 .32 f;🥾 .14 1.0 .2 f;🧭 .30 1.02 .14 f", "warm",
                                "akimbo walk", "smile calm", gain=1.05, hats="cap"),
    "school presentation": _staging("school", "lab 90", "🌍 .14 1.0 .30 f;📐 .86 1.0 .24 f;✏ .72 1.02 .2 f",
        "casual", "reach wave",
                                    "talk smile", gain=.95),
    "restaurant dining": _staging("restaurant", "hall 300",
        "🍽 .50 1.04 .24 f;🥩 .24 1.02 .2 f;🥗 .76 1.02 .2 f;🍷 .90 1.0 .28 f", "formal", "relaxed hold",
                                  "smile calm", crowd=1, gain=.7, tint=(1.1, .95, .82)),
    "night sky stargazing": _staging("stars", "night 10",
        "🔭 .82 1.0 .46 f;🌙 .16 .28 .2;🪐 .80 .24 .18;⭐ .44 .14 .09;⭐ .62 .34 .07", "warm",
                                     "relaxed think", "surprised calm", gain=.6, tint=(.62, .72, 1.05),
                                     hats="beanie"),
    "snowshoeing": _staging("snow", "dawn 200",
        "🌲 .10 .84 .5;🌲 .92 .80 .42;⛄ .82 1.0 .32 f;🎿 .16 1.02 .36 f", "warm", "walk wave",
                            "smile grin", gain=1.1, tint=(.96, 1, 1.08), effect="snow", hats="beanie"),
    "city bike ride": _staging("street", "city 40", "🚲 .76 1.04 .46 f;🚦 .12 .70 .42;🏢 .90 .58 .4", "sport",
        "relaxed drive", "smile calm", gain=.95,
                               hats="helmet"),
    "fashion show": _staging("runway", "studio 200",
        "👗 .13 .78 .36;👠 .86 1.0 .24 f;📸 .90 .66 .2;📸 .10 1.0 .2 f", "formal", "akimbo walk",
        "serious calm",
                             crowd=2, gain=.9, tint=(1.04, .98, 1.04), effect="bokeh"),
    "fishing trip": _staging("lake", "venice 40",
        "🎣 .82 .92 .50;🐟 .14 1.0 .2 f;🪣 .30 1.02 .22 f;🛶 .80 1.04 .28 f", "warm", "hold relaxed",
        "calm smile",
                             gain=.95, hats="sun hat|cap"),
    "train station waiting": _staging("platform", "workshop 90",
        "🚂 .20 .76 .48;🧳 .86 1.02 .34 f;🕰 .84 .34 .24", "warm", "relaxed easy",
                                      "serious calm", crowd=4, gain=.85),
    "charity event": _staging("charity", "lobby 20",
        "🎁 .15 1.02 .28 f;📦 .85 1.02 .32 f;🎗 .86 .54 .2;🎈 .12 .48 .32;💝 .70 1.03 .2 f", "casual",
                              "wave reach", "smile grin", crowd=3, gain=1.0, tint=(1.04, .99, .99)),
    "nature photography": _staging("forest", "forest 20 seen",
        "🦌 .16 .92 .40;🦋 .84 .40 .18;🌿 .12 1.03 .24 f;🌼 .86 1.02 .24 f;📷 .56 1.0 .22 f", "casual",
                                   "look", "calm smile", gain=.9, tint=(.98, 1.03, .95), hats="sun hat"),
    "library studying": _staging("library", "workshop 200",
        "📚 .15 1.02 .36 f;📝 .62 1.03 .2 f;💡 .88 .92 .26;📚 .84 1.04 .26 f", "warm", "think hold",
                                 "calm serious", gain=.8, tint=(1.08, .96, .82)),
    "boat trip": _staging("sea", "sky 220", "⛵ .84 .56 .34;⚓ .14 1.0 .24 f;🛟 .86 1.0 .22 f;🌊 .28 .74 .14",
        "casual", "relaxed reach", "smile grin",
                          gain=1.05, hats="cap"),
    "biking trail": _staging("trail", "forest 130",
        "🚵 .84 .78 .26;🪨 .14 1.02 .24 f;🌲 .10 .80 .5;🚲 .76 1.06 .40 f;🪨 .40 1.04 .14 f", "sport",
        "drive relaxed",
                             "strain smile", gain=.9, tint=(1.0, 1, .92), hats="helmet"),
    "city walk": _staging("sunset", "city 300", "🐕 .18 1.02 .30 f;🛴 .84 1.0 .32 f;🚏 .92 .76 .4", "casual",
        "walk easy", "smile calm", crowd=3, gain=.85,
                          tint=(1.12, .93, .84)),
}  # fmt: skip


def staging(name: str) -> Staging:
    """The staging of an event. UserError for a name that is none."""
    return _TABLE[event(name).name]


def symbols() -> list[str]:
    """All props of all stagings: what the pack of pictures must hold."""
    return sorted({prop.symbol for staged in _TABLE.values() for prop in staged.props})


@lru_cache(None)
def prop_picture(symbol: str) -> Image.Image:
    """A thing, as a 160-pixel picture with transparency."""
    return own(_PROPS / f"{ord(symbol[0]):x}.webp", "RGBA")
