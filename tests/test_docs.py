"""What the documentation promises: links lead somewhere, settings exist, examples run."""

import ast
import re
import sys
import types
from pathlib import Path

import pytest

from remem.cli.catalogue import attacks_page, methods_page
from remem.cli.catalogue import settings as settings_of
from remem.data.shapes import SHAPES
from remem.methods import METHODS
from remem.run.overrides import change, override
from remem.run.recipes import recipe

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
SETTING = re.compile(r"--set ([a-z][\w.]*=[^\s`;)]+)")


def of_pages(pattern):
    return [
        pytest.param(page, found, id=f"{page.name}-{found[-1] if isinstance(found, tuple) else found}")
        for page in PAGES
        for found in pattern.findall(page.read_text("utf-8"))
    ]


@pytest.mark.parametrize(("page", "target"), of_pages(LINK))
def test_links_lead_somewhere(page, target):
    assert (page.parent / target).exists()


DECISION = re.compile(r"\[decision\s+(\d+)\]\(\S*?(\d{4})-", re.IGNORECASE)


def test_decisions_are_called_by_their_own_numbers():
    for page in PAGES:
        for told, leads in DECISION.findall(page.read_text("utf-8")):
            assert int(told) == int(leads), f"{page.name}: decision {told} leads to {leads}"


def settings():
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            for setting in SETTING.findall(line):
                built, run = (
                    re.search(r"remem build (\w+)", line),
                    re.search(r"remem run ([a-z][\w-]*)", line),
                )
                yield ("build", built[1]) if built else ("run", run[1] if run else "demo"), setting


@pytest.mark.parametrize(("of", "setting"), sorted(set(settings())))
def test_settings_exist(of, setting):
    if "ceiling" in setting:
        pytest.skip("the method that the reader is shown how to write")
    verb, what = of
    if verb == "run":
        override(recipe(what), [setting])
    else:
        change(SHAPES[what], [setting])


BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


def ceiling(page):
    """The method that a page shows how to write: its first block of Python, as a module."""
    made = types.ModuleType("ceiling")
    exec(compile(BLOCK.findall((ROOT / page).read_text("utf-8"))[0], page, "exec"), vars(made))
    return made


def test_the_test_in_the_tutorial_passes_and_can_fail(monkeypatch):
    page = "docs/tutorials/method.md"
    made = ceiling(page)
    monkeypatch.setitem(sys.modules, "ceiling", made)
    names = {}
    exec(compile(BLOCK.findall((ROOT / page).read_text("utf-8"))[1], page, "exec"), names)
    tests = [test for name, test in names.items() if name.startswith("test_")]
    for test in tests:
        test()
    right = made.Ceiling.loss
    monkeypatch.setattr(made.Ceiling, "loss", lambda *given: -right(*given))  # a sign flipped
    for test in tests:
        with pytest.raises(AssertionError):
            test()


@pytest.mark.parametrize("page", ["README.md", "docs/tutorials/method.md"])
def test_the_method_in_the_readme_is_one(page):
    import torch

    from remem.models.base import Output

    names = vars(ceiling(page))

    def policy(batch):
        logp, mask = batch
        return Output(logp, mask, torch.empty(0), torch.empty(0), len(logp), int(mask.sum()))

    from remem.methods.base import Paired

    mask = torch.tensor([[True, True], [False, True]])
    retain = (torch.tensor([[-1.0, -2.0], [0.0, -3.0]]), mask)  # 2 nats per token
    forget = (torch.tensor([[-9.0, -2.0], [0.0, -3.0]]), mask)  # held at 4: 3 nats per token
    loss = names["Ceiling"]().loss(policy, policy, Paired(forget=forget, retain=retain))
    assert loss.item() == pytest.approx(2 - 3)


def test_the_page_of_methods_is_current():
    """Made again with: python -m remem.cli.catalogue"""
    assert (ROOT / "docs" / "methods.md").read_text("utf-8") == methods_page()


def test_the_page_of_attacks_is_current():
    """Made again with: python -m remem.cli.catalogue"""
    assert (ROOT / "docs" / "attacks.md").read_text("utf-8") == attacks_page()


@pytest.mark.parametrize("name", METHODS)
def test_settings_in_the_page_are_those_of_the_class(name):
    from dataclasses import fields

    from remem.methods import make

    made = make(name, {})
    found = {setting: ast.literal_eval(default) for setting, default, _ in settings_of(name)}
    assert found == {field.name: getattr(made, field.name) for field in fields(made)}


def test_the_forty_lines_stand_in_the_tutorial():
    script = (ROOT / "docs" / "tutorials" / "unlearn.py").read_text("utf-8")
    assert len(script.splitlines()) == 40
    assert "remem" not in re.sub(r'""".*?"""', "", script, flags=re.DOTALL)
    assert script.rstrip() in (ROOT / "docs" / "assess.md").read_text("utf-8")
    request = (ROOT / "docs" / "tutorials" / "request.toml").read_text("utf-8")
    assert request.rstrip() in (ROOT / "docs" / "audit.md").read_text("utf-8")


def commands(page, begins):
    """The shell lines of a page's block that begins so."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
    block = next(one for one in blocks if one.startswith(begins))
    return block.replace("\\\n", " ").strip().splitlines()


@pytest.mark.slow
def test_both_tutorials_run(tmp_path):
    import shutil
    import subprocess
    import sys

    shutil.copytree(ROOT / "docs" / "tutorials", tmp_path / "docs" / "tutorials")
    for line in (*commands("assess.md", "remem learn tiny"), *commands("audit.md", "remem people docs")):
        words = line.replace("remem ", f"{sys.executable} -m remem ", 1) if line.startswith("remem") else line
        words = words.replace("python docs", f"{sys.executable} docs", 1)
        done = subprocess.run(words, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, line + done.stderr[-2000:]
    assert (tmp_path / "audit" / "1" / "document" / "index.html").is_file()
    text = (ROOT / "docs" / "assess.md").read_text("utf-8")
    by_hand = next(one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "by-hand" in one)
    assert len([line for line in by_hand.splitlines() if line.strip()]) <= 15
    done = subprocess.run(
        [sys.executable, "-c", by_hand], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "'em'" in done.stdout


def cells():
    import json

    notebook = json.loads((ROOT / "docs" / "tutorials" / "python.ipynb").read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_was_executed_from_top_to_bottom():
    assert [cell["execution_count"] for cell in cells()] == list(range(1, len(cells()) + 1))
    kinds = {kind for cell in cells() for one in cell["outputs"] for kind in one.get("data", {})}
    assert {"image/jpeg", "image/svg+xml", "text/html"} <= kinds
    assert all(cell["outputs"] for cell in cells())
    assert not [one for cell in cells() for one in cell["outputs"] if one["output_type"] == "error"]


@pytest.mark.slow
def test_the_notebook_and_the_readme_s_lines_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = []
    names = {"__name__": "notebook", "display": shown.append}
    for cell in cells():
        code = "".join(cell["source"]).replace(
            "from IPython.display import SVG", "SVG = lambda filename: open(filename)"
        )
        exec(compile(code, "python.ipynb", "exec"), names)
    assert shown
    assert (names["items"].arm == "npo-s0").any()
    readme = (ROOT / "README.md").read_text("utf-8")
    code = next(
        one for one in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "import remem\n" in one
    )
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
