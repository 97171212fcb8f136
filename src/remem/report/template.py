"""The templates of all pages, and what they write text with."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape


@cache
def environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("remem.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = breakable
    return environment


def breakable(text: str) -> Markup:
    """Escaped text that may break after the joints of long words such as e-mail addresses."""
    return Markup("<wbr>").join(escape(piece) for piece in re.split(r"(?<=[@._/-])(?=\w{3})", text))
