"""What is read from a method's file without importing it is what the class has; small helpers by hand."""

from __future__ import annotations

import pytest

from remem.methods import METHODS, body, kind, make, searched, uses, works_with
from remem.methods.base import Edit, Instruction
from remem.methods.streams import picture_tokens
from remem.models.base import Encoded, Question

KINDS = {"npo": "loss", "rmu": "loss on hidden states", "manu": "edit", "prompt": "instruction"}


@pytest.mark.parametrize(("name", "known"), KINDS.items())
def test_the_kinds_are_told_by_their_verbs(name: str, known: str) -> None:
    assert kind(name) == known


@pytest.mark.parametrize("name", METHODS)
def test_the_file_says_what_the_class_says(name: str) -> None:
    method = make(name, {})
    assert body(name).name == type(method).__name__ == METHODS[name]
    assert sorted(uses(name)) == sorted(method.uses)
    assert set(works_with(name)) == getattr(method, "works_with", {"lora", "full"})
    assert searched(name) == getattr(method, "search", {})
    assert (kind(name) == "edit") == isinstance(method, Edit)
    assert (kind(name) == "instruction") == isinstance(method, Instruction)


def test_a_method_that_does_not_say_how_it_trains_works_with_both() -> None:
    assert works_with("npo") == ("lora", "full")
    assert works_with("l1") == ("lora",)


def test_without_names_the_instruction_speaks_of_the_people_in_question() -> None:
    method = make("prompt", {})
    assert isinstance(method, Instruction)
    assert method.instruction([]).startswith("You know nothing about the people in question. ")
    assert method.instruction(["Ann", "Ben"]).startswith("You know nothing about Ann, Ben. ")


def test_the_tokens_of_a_picture_are_those_of_its_placeholder() -> None:
    row = Encoded(Question("q", ""), (1, 7, 7, 2), (3,))
    assert picture_tokens(row, 7) == 2
    assert picture_tokens(row, None) == 4  # nothing marks a picture: the whole prompt
