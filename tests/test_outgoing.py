"""Text of a data set steers neither a terminal nor a spreadsheet."""

import ast
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import remem
from remem.outgoing import code, csv_text, in_latex, in_markdown, markdown, quoted, terminal, text_table

SRC = Path(remem.__file__).parent


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


def test_a_table_of_plain_text_shows_its_cells_to_the_letter():
    assert text_table(("a", "b|"), [("*x*", 3)], " r").split("\n") == [
        "| a | b\\| |",
        "| --- | ---: |",
        "| \\*x\\* | 3 |",
    ]
    assert code("a`b\n\u202e") == "`a'b \\u202e`"


def test_a_text_of_very_many_lines_is_cut():
    assert terminal("x\n" * 5000).split("\n")[-1] == "… (4,001 more lines)"


# -- nothing goes round it ------------------------------------------------------------------------------

SOURCES = {
    path.relative_to(SRC).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(SRC.rglob("*.py"))
}
# What prints where it is made by hand for the documentation, in a process of its own.
MADE_BY_HAND = {"cli/catalogue.py", "given/schema.py"}
READERS = {  # of JSON that is ours or a library's, and is looked at by whoever calls them
    "jsonfile.py", "data/cells.py", "data/drawing.py", "data/imagefolder.py", "data/images/pipelines.py",
    "data/tablefile.py", "given/listing.py", "given/schema.py", "models/apart.py",
    "models/families/published.py", "models/graft.py",
    "models/saving.py", "settings.py", "steps/digests.py", "steps/store.py",
    "world/pictures.py",
}  # fmt: skip


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)


def test_csv_is_written_in_one_place() -> None:
    writing = {
        name
        for name, tree in SOURCES.items()
        for call in _calls(tree)
        if _name(call) in ("csv.writer", "csv.DictWriter", "DictWriter")
    }
    assert writing == {"outgoing.py"}


def test_no_table_row_is_built_by_hand() -> None:
    rows = {
        f"{name}:{node.lineno}"
        for name, tree in SOURCES.items()
        if name not in ("outgoing.py", *MADE_BY_HAND)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\|\s*:?-{3}|^\| ", node.value, re.MULTILINE)
    }
    assert not rows


def test_a_console_is_told_a_line_and_values_apart() -> None:
    """What is put into a line may be a name that looks like a style: `say` shows it as it is."""
    for name, tree in SOURCES.items():
        for call in _calls(tree):
            where = f"{name}:{call.lineno}"
            if _name(call).endswith(("out.print", "err.print", "progress.print", "console.print")):
                made = [one for one in call.args if not isinstance(one, ast.Constant | ast.Name)]
                assert not made, f"{where}: use say"
            if isinstance(call.func, ast.Attribute) and call.func.attr == "say":
                form = call.args[0]
                assert isinstance(form, ast.Constant | ast.Name), f"{where}: values come after the line"
            if _name(call) == "print":
                assert name in MADE_BY_HAND, f"{where}: print to a console of cli.console"
            if _name(call) == "Console":
                raise AssertionError(f"{where}: a console that is not safe")
            if _name(call) in ("sys.stdout.write", "sys.stderr.write"):
                assert name == "cli/tables.py", where


def test_html_is_escaped_by_the_template() -> None:
    for name, tree in SOURCES.items():
        for call in _calls(tree):
            if _name(call) == "Environment":
                told = {one.arg: ast.unparse(one.value) for one in call.keywords}
                assert told.get("autoescape") == "True", f"{name}:{call.lineno}"


def test_json_and_toml_are_read_in_one_place() -> None:
    reading = {
        name
        for name, tree in SOURCES.items()
        for call in _calls(tree)
        if _name(call) in ("json.loads", "json.load", "tomllib.loads", "tomllib.load")
    }
    assert reading == READERS | {"tomlfile.py"}
