"""The page says all there is, says what is not there, and what others wrote steers nothing in it."""

import re
import shutil
import subprocess
from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest

from given.invented import STATED, digest, empty, full, hostile, in_the_clear
from remem.given import chain, page, words
from remem.given.bar import HEIGHT, WIDTH, bar
from remem.given.document import Measure, Stated, Word
from remem.given.page import environment, first, render

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
PDFTOTEXT = shutil.which("pdftotext")
VOID = {"meta", "link", "br", "wbr"}
TITLES = (
    "Request", "Inventory", "Subject", "Models", "It was known", "Method", "After unlearning", "Membership",
    "Recovery, by access", "Others, and general ability", "Guards", "Verdict", "In the clear",
    "How to make it again, and what it cost", "Chain of digests", "Sources",
)  # fmt: skip


class Read(HTMLParser):
    """The tags of a page, its text, and whether every tag is closed in its order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.words.append(" " if tag in ("td", "th") else "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def text(document):
    return Read(render(document)).text


def numbers(value):
    """Everything in a document, as the page writes it."""
    for one in (value.known, value.says, value.knows, value.membership, value.others):
        for measure in one:
            yield from (measure.name, words.WORDS[measure.word])
            yield from (
                f"{x * 100:.1f}".replace("-", "−") for x in (measure.before, measure.after) if x is not None
            )
            yield from (
                f"{x * 100:.1f}".replace("-", "−") for x in (measure.floor, measure.low) if x is not None
            )
    for attack in value.attacks:
        yield from (
            attack.setting,
            attack.knows,
            f"chosen of {attack.tried}",
            f"{attack.without * 100:.1f}",
            words.ACCESS[attack.access],
        )
    for model in value.models:
        yield from (model.content, model.weights, *model.adapters, model.tokenizer, model.template)
        yield from (model.processor, f"{model.parameters:,}", model.family, model.dtype)
    for guard in value.guards:
        yield from (guard.name, guard.what)
    for entry in chain.until_page(value):
        yield from (entry.name, entry.digest, entry.link)
    yield from (
        x for one in fields(value.stated) if (x := getattr(value.stated, one.name)) not in words.KINDS
    )
    yield from (*value.verdict.because, *value.verdict.untested, *value.verdict.rule, *words.NOT_PROVEN)
    yield from (*value.libraries.values(), value.version, value.made, value.command, value.cost.machine)
    yield from (value.subject.hash, *(f"{kind} {n}" for kind, n in value.subject.kinds.items()))
    yield from (name for name, _ in words.SOURCES)
    yield "no legal advice"


def test_everything_in_a_document_stands_in_its_page():
    found = text(full())
    assert [one for one in numbers(full()) if one not in found] == []
    assert "without the data" in found
    assert "FAILED" in found
    for attack in full().attacks:
        one = attack.measure
        assert found.count(f"{one.share * 100:.1f} ({one.low * 100:.1f} to {one.high * 100:.1f})") >= 1
    assert all(found.count(one) == 2 for one in words.NOT_PROVEN)
    assert "break-after: page" in render(full())
    assert [n for n, title in enumerate(TITLES, 1) if f"{n}{title}" not in found.replace(" ", " ")] == []
    assert "12 March" not in found
    assert "12 March 1980" in text(in_the_clear())


def test_what_is_absent_is_said_to_be(tmp_path):
    found = text(empty())
    for title in TITLES:
        assert title in found
    stated = len(fields(Stated))
    assert found.count("Not stated.") == stated
    assert found.count("Not tested.") == len(words.ACCESS)
    assert found.count("Not measured.") == 4
    assert "There is no model that was never taught" in found
    assert "The weights before and after are the same" in found
    for absence in (
        "No check was made",
        "No threshold",
        "No command",
        "Nothing was timed",
        "No model is named",
    ):
        assert absence in found
    untested = found[found.index("What was not tested") : found.index("What this does not prove")]
    assert "whether it says it" in untested
    assert "recovery" in untested


@pytest.mark.parametrize("outcome", words.OUTCOMES)
def test_every_outcome_has_its_words_and_no_other(outcome):
    document = replace(full(), verdict=replace(full().verdict, outcome=outcome))
    page = render(document)
    for one, answer in words.OUTCOMES.items():
        assert (answer.heading in page) == (one == outcome)


def test_every_word_is_known_and_is_weighed():
    assert set(words.WORDS) == set(words.WORST) == set(Word.__args__)
    assert len(words.WORST) == len(words.WORDS)


def test_the_first_page_has_the_worst_of_each_part():
    glance = text(full())
    glance = glance[glance.index("In one word") : glance.index("The number in brackets")]
    glance = " ".join(re.sub(r"\(\d+\)", "", glance).split())
    for told in (
        "know it? known before before 94.0, floor 2.0",
        "say it? not decided 11.6 (0.0 to 24.0)",
        "not say it? left 66.7 (41.0 to 85.0)",
        "in the data? can be told 64.0 (55.0 to 73.0)",
        "under attack? left 79.0 (55.0 to 96.0)",
        "stay? lost 84.0 (80.0 to 88.0)",
    ):
        assert told in glance


def test_of_measures_of_one_word_the_largest_share_is_the_worst():
    low, high = (replace(full().knows[0], share=share) for share in (0.61, 0.93))
    for knows in ([low, high], [high, low]):
        found = text(replace(full(), knows=knows))
        assert "not say it? (7) left 93.0" in " ".join(found.split())


def test_a_control_that_is_missing_is_told():
    attack = full().attacks[0]
    bare = replace(attack, measure=replace(attack.measure, floor=None))
    assert "none: proves nothing" in text(replace(full(), attacks=[bare]))
    assert "none: proves nothing" not in text(full())


def test_hostile_text_is_text():
    page = render(hostile())
    found = Read(page)
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "img", "iframe", "object", "form", "a", "base"}
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert "<script>alert('x')</script>" in found.text
    assert r"\u202egnp.exe\u2066 \x1b[2J {{ 7*7 }} & \"'>".replace('\\"', '"') in found.text
    assert not any(char in page for char in "\u202e\u2066\x1b")
    assert "W" * 10_000 in found.text


def test_what_passes_no_filter_is_escaped_too():
    assert environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


def test_it_needs_no_network_and_runs_nothing():
    page = render(full())
    policy = next(
        a["content"] for tag, a in Read(page).tags if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    addresses = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s]*)""", page)
    assert [one for one in addresses if not one.startswith("data:")] == []
    assert render(full()) == page


def test_points_of_the_first_page_fit_their_lines():
    assert first(["a" * 24] * 20, 13, 24) == ["a" * 24] * 13
    assert first(["a" * 25] * 20, 13, 24) == ["a" * 25] * 6
    assert first(["a" * 9_000] * 3, 1, 24) == ["a" * 9_000]
    assert first([], 1, 24) == []


def numbers_of(drawing, name):
    return [float(one) for one in re.findall(rf'\b{name}="(-?[\d.]+)"', str(drawing))]


def test_a_bar_is_as_long_as_its_share():
    whole, part = numbers_of(bar(0.25, 0.1, 0.4), "width")
    assert part / whole == pytest.approx(0.25, abs=0.005)
    drawn = bar(-3.0, -4.0, 7.0)
    assert all(0 <= x <= WIDTH for name in ("x", "x1", "x2") for x in numbers_of(drawn, name))
    assert all(0 <= y <= HEIGHT for name in ("y", "y1", "y2") for y in numbers_of(drawn, name))
    assert str(drawn).count("<polygon") == 2  # it goes on, to both sides
    assert str(bar(0.5, 0.4, 0.6)).count("<polygon") == 0
    assert bar(None, 0.1, 0.2) == ""
    assert "interval −5.0 to 4.0" in bar(0.0, -0.05, 0.04)


@pytest.mark.skipif(not BROWSER or not PDFTOTEXT, reason="needs chromium and pdftotext on the PATH")
def test_the_answer_stands_on_the_first_printed_page(tmp_path):
    """Also where every text is long: what is behind the first page begins on the second."""
    wide = "W" * 10_000
    long = replace(
        full(),
        stated=replace(STATED, id=wide, scope=wide, method="Short."),
        verdict=replace(full().verdict, because=[wide] * 9, untested=[wide] * 9),
    )
    page, printed = tmp_path / "index.html", tmp_path / "page.pdf"
    page.write_text(render(long), "utf-8")
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync")
    subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{one}" for one in quiet),
         f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer", f"--print-to-pdf={printed}",
         page.as_uri()], capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    pages = subprocess.run(
        [PDFTOTEXT, "-l", "2", printed, "-"], capture_output=True, text=True, timeout=60, check=True
    ).stdout.split("\f")
    assert "The request was not honoured:" in " ".join(pages[0].split())
    assert "no legal advice. Made on 2031-03-20" in " ".join(pages[0].split())
    assert digest("after content")[:12] in pages[0]
    assert "Stated by whoever answers" in pages[1]


def test_a_measure_without_numbers_has_dashes():
    row = render(replace(full(), says=[Measure(name="bare one")])).split("bare one")[1].split("</tr>")[0]
    assert row.count("–") == 5
    assert "not measured" in row


def test_one_measure_is_enough_to_know():
    measures = [
        Measure(name="exposure", before=1.0, floor=0.2, word="not-shown"),
        Measure(name="exact match", before=1.0, floor=0.0, share=1.0, word="known"),
    ]
    part = page.Part("?", "", measures, 5)
    assert part.worst is not None
    assert part.worst.name == "exact match"
    left = [Measure(name="a", word="gone"), Measure(name="b", word="left")]
    assert page.Part("?", "", left, 7).worst == left[1]
