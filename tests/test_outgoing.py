"""Text of a data set steers neither a terminal nor a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remem.outgoing import csv_text, in_latex, in_markdown, markdown, quoted, terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2J\x1b[Hno errors", r"a\x1b[2J\x1b[Hno errors"),
        ("a\rno errors", r"a\rno errors"),
        ("bell\x07, back\x08, delete\x7f", r"bell\x07, back\x08, delete\x7f"),
        ("C1 \x9b2J", r"C1 \x9b2J"),
        ("turned \u202egnp.exe\u2066", r"turned \u202egnp.exe\u2066"),
        ("a\u2028b\u200fc", r"a\u2028b\u200fc"),
        ("日本\u3000語, a\u00a0b, \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645, 👩\u200d🔬, é", None),
        ("two\nlines\tand a tab", None),
    ],
)
def test_a_terminal_is_shown_codes_and_not_steered(text, shown):
    assert terminal(text) == (text if shown is None else shown)


def test_what_is_quoted_stays_on_its_line_and_is_short():
    assert quoted("Who?\nno errors\t!") == r"Who?\nno errors\t!"
    assert quoted("a" * 60_000) == "a" * 300 + " … (59,700 more letters)"
    assert len(terminal("short\n" + "a" * 60_000)) < 2_100


@given(st.text(max_size=40))
def test_no_control_character_gets_through(text):
    assert not any(ord(c) < 32 and c != "\n" for c in terminal(text).replace("\t", ""))
    assert "\x9b" not in terminal(text)
    assert "\n" not in quoted(text)


def _read(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+SUM(A1)", "-2+3", "@cmd", " =1", "\t=1", "\r=1", "=HYPERLINK(1)", "＝1+1", "-", "+1 555"],
)  # fmt: skip
def test_no_text_is_a_formula(cell):
    [[got]] = _read(csv_text([cell], []))
    assert not got.lstrip().startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize(
    "cell", ["-0.5", "-1e-5", "+3", "1,200", "-12.5%", "Ann - Lee", "a=b", "npo-s0", "3-4"]
)
def test_numbers_and_other_texts_stay(cell):
    assert _read(csv_text(["x", "y"], [[cell, 1]])) == [["x", "y"], [cell, "1"]]


def test_values_stay_values():
    assert csv_text(["a", "b", "c"], [[-0.5, None, True], [1, 'say "hi", Ann', "two\nlines"]]) == (
        'a,b,c\n-0.5,,True\n1,"say ""hi"", Ann","two\nlines"\n'
    )
    assert csv_text(["a"], [["x\x1b[2J\x00"]]) == "a\nx\\x1b[2J\\x00\n"


def test_markdown_and_latex_show_a_text_to_the_letter():
    assert in_markdown("[a](http://x) <b> `c`\n| *d*") == r"\[a\](http://x) \<b\> \`c\` | \*d\*"
    assert markdown([["a|b", "c\nd"], ["---", "---"]]) == "| a\\|b | c d |\n| --- | --- |"
    assert in_latex("[2cm] 5% of_x\n{y} a|b") == r"{[}2cm{]} 5\% of\_x \{y\} a\textbar{}b"
