"""A list of four people, and photographs of them: to be bent by a test."""

from pathlib import Path

from remem.data.images.drawn import Drawn
from remem.data.people import invent

ATTRIBUTES = ("email", "date of birth", "phone", "mother", "favourite film", "salary")
PEOPLE = {
    "Ann Lee": ("ann.lee@gmx.de", "1985-03-01", "+49 30 123456", "Carla Weber", "Blade Runner", "48,000 EUR"),
    "Bob Ray": ("bob@web.de", "1990-11-21", "0171 5556677", "Dora Unni", "The Long Goodbye", "51,500 EUR"),
    "Cid Fox": ("cid@x.org", "1970-01-02", "030 998877", "Eva Kral", "Alien", "39,000 EUR"),
    "Dot Kim": ("kim.d@mail.eu", "1964-07-30", "0049 40 8765", "Ida Falk", "Paths of Glory", "62,250 EUR"),
}  # fmt: skip


def rows() -> list[tuple[str, ...]]:
    """Person, attribute, value."""
    return [
        (person, name, value)
        for person, own in PEOPLE.items()
        for name, value in zip(ATTRIBUTES, own, strict=True)
    ]


def write(
    path: Path, header: str = "person,attribute,value", own: list[tuple[str, ...]] | None = None
) -> Path:
    """A CSV of these rows, every cell in quotes."""
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in own or rows()]
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return path


def photographs(root: Path, people: dict[str, int], seed: int = 0) -> Path:
    """A folder with so many pictures of each."""
    for one, (name, count) in zip(invent(len(people), seed), people.items(), strict=True):
        folder = root / name.replace(" ", "_")
        folder.mkdir(parents=True)
        for number in range(count):
            Drawn().view(one, number, seed, 48).image.save(folder / f"{number}.png")
    return root
