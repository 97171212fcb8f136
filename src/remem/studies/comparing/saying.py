"""Differences in words: what was tested and how, a table for each arm that methods are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remem.formats import NONE, hundredths
from remem.outgoing import in_markdown, markdown
from remem.report import words
from remem.scoring.differences import MARGIN, Difference
from remem.studies.comparing.apart import ALPHA, Result

Key = tuple[str, str, str]  # a method, the arm that it is compared with, the measure


def differences(found: Mapping[Key, Result], seeds: set[int]) -> str:
    """All sections of differences; "" where there is nothing to compare with."""
    others = list(dict.fromkeys(other for _, other, _ in found))
    return "\n\n".join(_section(found, other, first=other == others[0], seeds=seeds) for other in others)


def _section(found: Mapping[Key, Result], other: str, first: bool, seeds: set[int]) -> str:
    here = {(name, title): one for (name, to, title), one in found.items() if to == other}
    titles = list(dict.fromkeys(title for _, title in here))
    names = list(dict.fromkeys(name for name, _ in here))
    heading = "the goal model" if other == "goal" else other
    lines = [["", *titles, "differs in", "alike in"], ["---", *["---:"] * len(titles), "---", "---"]]
    for name in names:
        row = {title: here[name, title] for title in titles}
        cells = [_cell(one) for one in row.values()]
        differs = ", ".join(title for title, one in row.items() if one.differs)
        alike = ", ".join(title for title, one in row.items() if one.alike)
        lines.append([in_markdown(name), *cells, differs or NONE, alike or NONE])
    said = [
        f"## Against {in_markdown(heading)}",
        _method(found, seeds) if first else "",
        _counted(list(here.values())),
    ]
    return "\n\n".join(part for part in (*said, markdown(lines)) if part)


def _cell(one: Result) -> str:
    """ "+3.1 (-2.0 to 8.2), p 0.04"."""
    found = one.found
    if found.mean is None:
        return NONE
    ends = found.ends()
    text = hundredths(found.mean) if found.mean <= 0 else f"+{hundredths(found.mean)}"
    text += f" ({hundredths(ends[0])} to {hundredths(ends[1])})" if ends else ""
    return text + (f", p {_p(one.p)}" if one.p is not None else "")


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _method(found: Mapping[Key, Result], seeds: set[int]) -> str:
    family = sum(one.p is not None for one in found.values())
    said = [
        "The method less the other, in hundredths, with 95 % intervals: paired by question, over what varies."
    ]
    if family:
        said.append(
            f"*p* is two-sided, from t quantiles of each part of the variance, and corrected by Holm for all "
            f"{words.count(family, 'test')} of this page; *differs* means p below {ALPHA:g}. With "
            f"{words.count(len(seeds), 'seed')} a difference must be many times the spread over seeds."
        )
    elif len(seeds) == 1:
        said.append(
            "There are no p-values: with one seed nothing says what another seed would give. Run more seeds "
            "(`--set forget.seeds=0,1,2`) to test."
        )
    else:
        said.append("There are no p-values: nothing that was measured has a spread to tell them by.")
    said.append(
        f"*Alike* means shown to be within {hundredths(MARGIN, 0)} hundredths, by two one-sided tests at "
        f"{ALPHA:g} each, not corrected. What is in neither column this run "
        "cannot say: more people and seeds would."
    )
    return " ".join(said)


def _counted(tests: Sequence[Result]) -> str:
    """What varies and is counted, and what is not."""
    found = [one.found for one in tests if one.found.items]
    over = list(dict.fromkeys(name for one in found for name in one.over))
    unknown = list(dict.fromkeys(name for one in found for name in one.unknown))
    said = [f"Counted: {words.listing(over)}."] if over else []
    if unknown:
        said.append(
            f"Not counted, as there is only one: {words.listing(unknown)}. What another would change is not "
            "in the intervals."
        )
    return " ".join(said + _left_out(found))


def _left_out(found: Sequence[Difference]) -> list[str]:
    most = max((one.missing for one in found), default=0)
    return (
        [f"Up to {words.count(most, 'question')} without a value in some run are left out."] if most else []
    )
