"""Nothing of the person leaves in any of the usual disguises, and innocent text is left alone."""

import base64
import html
import unicodedata
from urllib.parse import quote, quote_plus

import pytest

from remem.errors import UserError
from remem.given.document import Stated
from remem.given.redact import Secrets, guard

SECRETS = Secrets(
    values=("zoë.quill@mail.example", "12 March 1980", "555-0142", "7", "Ennsbrück"),
    names=("Zoë Quillfeather", "p042"),
    paths=("/home/me/people", "runs/zq", "/", "."),
)
VALUE = "zoë.quill@mail.example"


def in_hex(text):
    return text.encode().hex()


@pytest.mark.parametrize(
    "said",
    [
        VALUE.upper(),
        unicodedata.normalize("NFD", VALUE),
        "z\u200bo\u00adë.quill@mail.example",
        "ＺＯË.quill@mail.example",
        "12\n  March\t1980",
        "12March1980",
        "5550142",
        "zoequillfeather.pdf",
        "/data/zoë_quillfeather/x.png",
        quote(VALUE),
        quote(quote(VALUE)),
        quote_plus("Zoë Quillfeather"),
        html.escape("Zoë Quillfeather").replace("ë", "&#235;"),
        "&#" + "; &#".join(str(ord(c)) for c in "555-0142").replace(" ", "") + ";",
        quote(VALUE.replace("ë", "&euml;")),
        in_hex(VALUE),
        ":".join(f"{byte:02X}" for byte in VALUE.encode()),
        "a" + in_hex("Zoë Quillfeather"),
        "".join(f"\\x{byte:02x}" for byte in VALUE.encode()),
        "seed 7, twice",
        "of Ennsbrück.",
        "row p042",
        "--out /home/me/people/x",
        "--run ../runs/zq",
    ],
)
def test_what_is_disguised_is_found(said):
    assert SECRETS.found_in(said)
    assert SECRETS.found_in(f"It was said: ({said}) and so on.")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("coded", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("secret", ["Zoë Quillfeather", "ennsBRÜCK", "12 march 1980"])
def test_base64_at_all_alignments(before, coded, secret):
    said = coded(f"{before}{secret}, ÿÿÿ".encode()).decode()
    assert SECRETS.found_in(f"token {said}.") in ("a name, in base64", "a value, in base64")
    assert SECRETS.found_in("\n".join(said[i : i + 9] for i in range(0, len(said), 9)))
    assert SECRETS.found_in(said.rstrip("="))
    for front in ("k", "id", "key", "sig-", "key_1"):
        assert SECRETS.found_in(f"{front}{said}")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Preference optimisation, 40 steps at 1e-4, seed 17, 0.7 of the rows; 2031-03-20.",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        base64.b64encode(bytes(range(200))).decode(),
        "https://example.org/a/b?q=%20c&d=&amp;7z",
        "row p0421 of runs/zqx and /home/me/peoples, n/a.",
        "March 1980 and 12 March 1981",
    ],
)
def test_innocent_text_is_left_alone(said):
    assert SECRETS.found_in(said) is None


def test_short_and_plain_words_count_as_whole_words_alone():
    secrets = Secrets(values=("a", "42", "Paris", "Ann", "Marigold"), paths=("data", "my_runs/zq_1"))
    assert secrets.found_in("a comparison of 420 annual tables, 142 datasets") == "a value"
    assert secrets.found_in("six marigolds, xmy_runs/zq_1, my_runs/zq_12") is None
    assert secrets.found_in("comparison of 420 annual tables, 142 datasets") is None
    assert secrets.found_in("Made in paris_run") == "a value"
    assert secrets.found_in("--data data/x --run MY_RUNS\\zq_1/y") == "a path"
    assert secrets.found_in("--data data/x") is None


def test_the_guard_names_the_field_and_not_the_value():
    stated = Stated(id="2031-7", scope="All of ZOË  QUILLFEATHER.", method="none")
    with pytest.raises(UserError, match=r"scope: it holds a name.*--show-values") as told:
        guard(stated, Secrets(names=("Zoë Quillfeather",)))
    assert "quill" not in str(told.value).lower()
    guard(stated, Secrets(names=("Ann",)))
