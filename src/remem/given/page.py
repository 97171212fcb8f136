"""index.html: a page that anybody reads, then all the evidence behind it. It loads and runs nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from remem.formats import hundredths
from remem.given import chain, words
from remem.given.bar import bar
from remem.given.document import Document, Measure
from remem.outgoing import visible
from remem.report.template import breakable
from remem.report.words import count, seconds

MOST_SCOPE = 260  # letters of what was asked on the first page; it stands whole behind it
MOST_POINT = 100  # letters of one point of a list there
# Lines of these lists on the first page, and the letters of a line, were all of them as wide as a W.
WHY, UNTESTED = (5, 53), (11, 24)
MOST_LINES = 40  # of one text; from there on line breaks are written out
SHORT = 12  # digits of a digest on the first page


class Part(NamedTuple):
    """One line of the first page: a question, and the measure that answers it: the worst, but of what was
    known, where one measure is enough, the clearest."""

    question: str
    name: str
    measures: Sequence[Measure]
    section: int

    @property
    def worst(self) -> Measure | None:
        order = ("known", *words.WORST)
        return min(self.measures, key=lambda one: (order.index(one.word), -(one.share or 0)), default=None)


def render(document: Document) -> str:
    """The whole page. What was not measured or not stated is said to be so."""
    kinds = accesses(document)
    missing = document.verdict.untested or unmeasured(document)
    return environment().get_template("document.html").render(
        d=document,
        stated=document.stated,
        answer=words.OUTCOMES[document.verdict.outcome],
        parts=parts(document),
        roles={model.role: model for model in document.models},
        attacks=[(name, [one for one in document.attacks if one.access == name]) for name in kinds],
        entries=chain.until_page(document),
        words=words,
        why=first(document.verdict.because, *WHY),
        missing=missing,
        untested=first(missing, *UNTESTED),
        most_scope=MOST_SCOPE,
        running=f"subject {re.sub('[^0-9a-f]', '', document.subject.hash)[:SHORT]}",
    )  # fmt: skip


def index(rows: Sequence[tuple[Document, str]]) -> str:
    """The page over several documents: each with the name of its folder."""
    return (
        environment()
        .get_template("index.html")
        .render(rows=rows, words=words, running=count(len(rows), "request"))
    )


def parts(document: Document) -> list[Part]:
    return [
        Part("Did the model before know it?", "whether it was known", document.known, 5),
        Part("Does the model after say it?", "whether it says it", document.says, 7),
        Part(
            "Does the model after know it, though it does not say it?",
            "whether it knows it",
            document.knows,
            7,
        ),
        Part("Can it be told that the person was in the data?", "membership", document.membership, 8),
        Part("Does it come back under attack?", "recovery", [one.measure for one in document.attacks], 9),
        Part("Did everything else stay?", "what should stay", document.others, 10),
    ]


def unmeasured(document: Document) -> list[str]:
    """The parts and kinds of access of which there is nothing, for a document that names none itself."""
    tried = {one.access for one in document.attacks}
    found = [part.name for part in parts(document) if not part.measures]
    return found + [f"attacks with {name}" for name in words.ACCESS if name not in tried and tried]


def accesses(document: Document) -> list[str]:
    """Every kind of access that there is, and any other that was tried."""
    return [*words.ACCESS, *dict.fromkeys(a.access for a in document.attacks if a.access not in words.ACCESS)]


@cache
def environment() -> Environment:
    found = Environment(
        loader=PackageLoader("remem.given"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "said": said,
        "brief": brief,
        "digest": digest,
        "short": lambda text: visible(text[:SHORT]),
        "score": hundredths,
        "seconds": seconds,
        "breakable": breakable,
    }
    found.globals |= {"bar": bar, "span": span, "count": count}
    return found


def said(text: str | None, absent: str = "Not stated.") -> Markup:
    """A text that is not ours, to the letter: nothing in it steers the page. `absent` where there is none."""
    if text is None or not text.strip():
        return Markup('<span class="absent">{}</span>').format(absent)
    few = text.count("\n") <= MOST_LINES
    return Markup('<bdi class="said">{}</bdi>').format(breakable(visible(text, keep="\n" if few else "")))


def brief(text: str | None, most: int = MOST_POINT, absent: str = "Not stated.") -> Markup:
    """The beginning of such a text, on the first page."""
    if text is None or not text.strip():
        return said(None, absent)
    plain = visible(" ".join(text.split()))
    return Markup("<bdi>{}</bdi>").format(breakable(plain if len(plain) <= most else f"{plain[: most - 1]}…"))


def first(points: Sequence[str], lines: int, letters: int) -> Sequence[str]:
    """The first of some points: as many as certainly fit on so many lines, and one at least."""
    taken = 0
    for n, point in enumerate(points):
        taken += max(1, math.ceil(min(len(visible(point)), MOST_POINT) / letters))
        if n and taken > lines:
            return points[:n]
    return points


def digest(text: str) -> Markup:
    """A digest in groups of eight, between which a line may break."""
    groups = [escape(visible(text[start : start + 8])) for start in range(0, len(text), 8)]
    return Markup('<code class="digest">{}</code>').format(Markup("<wbr>").join(groups))


def span(one: Measure) -> str:
    """A measure's share with its interval, in hundredths: "66.7 (41.0 to 85.0)"."""
    if one.share is None or one.low is None or one.high is None:
        return hundredths(one.share)
    return f"{hundredths(one.share)} ({hundredths(one.low)} to {hundredths(one.high)})"
