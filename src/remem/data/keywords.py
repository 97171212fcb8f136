"""The `keywords` column: one string that may be a value, a comma list or a JSON list."""

from remem import jsonfile
from remem.errors import UserError
from remem.text import contains


def parse(text: str, answer: str) -> tuple[str, ...]:
    """The values that a correct answer must hold, in the order given, without blanks and repeats.

    A string that occurs whole in the answer is one value, commas and all: "12 Elm Road, Norvale" is one
    address. ValueError, which says why, for what is in none of the three forms.
    """
    text = text.strip()
    listed = _listed(text)
    if listed is not None:
        return _clean(listed)
    if contains(answer, text):
        return _clean([text])
    if text[:1] + text[-1:] in ("[]", "{}", "()") or text.startswith(("[", "{")):
        raise ValueError("it begins like a list but is no JSON list of texts")
    return _clean(text.split(","))


def _listed(text: str) -> list[str] | None:
    """The entries of a JSON list of texts and numbers, these as written (1.50); None for anything else."""
    if not text.startswith("["):
        return None
    try:
        return jsonfile.parse(text, list[str], "keywords", "", as_written=True)
    except UserError:
        return None


def _clean(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
