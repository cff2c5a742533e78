"""How hidden checks are cut out of a grader, and their names out of a reference."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dlex.errors import CourseError
from dlex.release.cut import without_hidden_checks
from dlex.release.loses import without_names

HERE = Path("graders/ch01/thing.py")
ONLY_CHECK = "from dlex.grading import check"

GRADER = '''"""Checks of thing."""

import math

import torch
from dlex.grading import (
    assert_close,  # the comparison
    check,
    sizes,  # how large
)

LIMIT = 10**6
"""How large is large."""
SMALL = 2  # stays


# the easy ones


def compare(submission, reference, value):
    assert_close(submission.thing(value), reference.thing(value))


@check()
def test_one(submission, reference):
    """one"""
    LIMIT = SMALL  # a name of its own
    compare(submission, reference, torch.ones(LIMIT))


# the hard ones: beware of overflow


@check(points=2, hidden=True, hint="What is a large number?")
def test_large(submission, reference):
    """large numbers"""
    compare(submission, reference, large())
    # no more than that


def large():
    return torch.full((3,), float(LIMIT + math.floor(0.5)))


@check()
def test_two(submission, reference):
    """two"""
    compare(submission, reference, torch.ones(2))
'''


def test_comments_layout_and_used_names_stay() -> None:
    cut = without_hidden_checks(GRADER, HERE)
    assert cut.hidden == ["test_large"]
    assert (
        cut.text
        == '''"""Checks of thing."""

import torch
from dlex.grading import (
    assert_close,  # the comparison
    check,
    sizes,  # how large
)

SMALL = 2  # stays


# the easy ones


def compare(submission, reference, value):
    assert_close(submission.thing(value), reference.thing(value))


@check()
def test_one(submission, reference):
    """one"""
    LIMIT = SMALL  # a name of its own
    compare(submission, reference, torch.ones(LIMIT))


@check()
def test_two(submission, reference):
    """two"""
    compare(submission, reference, torch.ones(2))
'''
    )


def test_a_comment_right_below_a_hidden_check_goes_with_it() -> None:
    hidden = "@check(hidden=True)\ndef test_a(s, r):\n    pass\n"
    visible = "# about b\n@check()\ndef test_b(s, r):\n    pass\n"
    cut = without_hidden_checks(f"{ONLY_CHECK}\n\n\n{hidden}# about a\n\n\n{visible}", HERE)
    assert cut.text == f"{ONLY_CHECK}\n\n\n{visible}"


def test_a_grader_without_hidden_checks_stays_as_it_is() -> None:
    text = GRADER.replace("hidden=True", "hidden=False")
    assert without_hidden_checks(text, HERE).text == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from dlex.grading import check, sizes, tensors", ONLY_CHECK),
        ("from dlex.grading import sizes, check, tensors", ONLY_CHECK),
        ("from dlex.grading import (sizes,\n    check, tensors)", "from dlex.grading import (check)"),
        (
            "from dlex.grading import (\n    check,  # é\n    sizes,  # é\n    tensors,  # é\n)",
            "from dlex.grading import (\n    check,  # é\n)",
        ),
        (f"import os, math as sizes, sys as tensors\n{ONLY_CHECK}", f"import os\n{ONLY_CHECK}"),
        (f"{ONLY_CHECK}\nsizes = tensors = 1", ONLY_CHECK),
        (f"{ONLY_CHECK}\nsizes, tensors = {{}}, []\nsizes[1] = 2\ntensors.append(3)", ONLY_CHECK),
        (f"{ONLY_CHECK}\n\n\nclass sizes:\n    a = 1\n\n\ndef tensors():\n    return sizes.a", ONLY_CHECK),
        (f"{ONLY_CHECK}\nsizes = [1]\nfor tensors in sizes:\n    sizes[0] = tensors", ONLY_CHECK),
    ],
)
def test_what_goes_with_a_hidden_check(before: str, after: str) -> None:
    checks = "@check()\ndef test_a(s, r):\n    pass\n"
    hidden = "\n\n@check(hidden=True)\ndef test_b(s, r):\n    sizes, (lambda: tensors)\n"
    assert without_hidden_checks(f"{before}\n\n\n{checks}{hidden}", HERE).text == f"{after}\n\n\n{checks}"


@pytest.mark.parametrize(
    ("head", "decorator"),
    [
        ("from dlex.grading import check", "@check(1, hidden=True)"),
        ("from dlex.grading import check as scored", "@scored(hidden=True, points=2)"),
        ("from dlex.grading import *", "@check(hidden=True)"),
        ("import dlex.grading", "@dlex.grading.check(hidden=True)"),
        ("from dlex import grading as g", "@g.check(hidden=True)"),
        ("from dlex.grading.checks import check", "@check(\n    hidden=True,\n)"),
    ],
)
def test_ways_to_hide_a_check(head: str, decorator: str) -> None:
    text = f"{head}\n\n\ndef test_a(s, r):\n    pass\n\n\n{decorator}\ndef test_b(s, r):\n    pass\n"
    cut = without_hidden_checks(text, HERE)
    assert cut.hidden == ["test_b"] and "test_b" not in cut.text and "def test_a" in cut.text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("SECRET = True\n@check(hidden=SECRET)\ndef test_a(s, r): ...\n", 3, "hidden=SECRET"),
        ("@check(hidden=not False)\ndef test_a(s, r): ...\n", 2, "hidden=not False"),
        ("@check(**{'hidden': True})\ndef test_a(s, r): ...\n", 2, "does not say whether"),
        ("hide = check(hidden=True)\n@hide\ndef test_a(s, r): ...\n", 2, "something else than decorating"),
        ("alias = check\n@alias(hidden=True)\ndef test_a(s, r): ...\n", 2, "something else than decorating"),
        ("if 1:\n    @check(hidden=True)\n    def test_a(s, r): ...\n", 4, "inside of another block"),
        ("@check(hidden=True)\ndef test_a(s, r): ...\n@check()\ndef test_b(s, r):\n    test_a(s, r)\n", 4,
         "uses the hidden check test_a"),
        ("def f(:\n", 2, "is no Python"),
    ],
)  # fmt: skip
def test_refuses_what_the_text_does_not_tell(text: str, line: int, said: str) -> None:
    with pytest.raises(CourseError) as refused:
        without_hidden_checks(f"{ONLY_CHECK}\n{text}", HERE)
    assert f"{HERE}:{line}" in refused.value.message and said in refused.value.message


# How a reference is stripped -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('("a", "b")', '("a",)'),
        ('("b", "a")', '("a")'.replace(")", ",)")),
        ('("b",)', "()"),
        ('("a", "b", "c")', '("a", "c")'),
        ('("a", "b",)', '("a",)'),
        ('(*MORE, "b")', "(*MORE,)"),
        ('["a", "b"]', '["a"]'),
        ('("a",) + ("b",)', '("a",) + ()'),
        ('(\n    "a",  # why\n    "b",  # why not\n)', '(\n    "a",  # why\n)'),
        ('(\n    "b",  # why not\n    "a",  # why\n)', '(\n    "a",  # why\n)'),
    ],
)
def test_names_taken_out(before: str, after: str) -> None:
    text = '@mistake("…", loses={})\ndef f(X): ...\n\n\nMORE = ("c", "b")\nOTHER = ("b",)\n'
    stripped = without_names(text.format(before), {"b"}, HERE)
    ast.parse(stripped)
    more = '("c",)' if "MORE" in before else '("c", "b")'
    assert stripped == text.format(after).replace('MORE = ("c", "b")', f"MORE = {more}")


def test_a_name_outside_of_a_list_is_refused() -> None:
    text = 'NAMES = "a b".split()\n@mistake("…", loses=[n for n in ALL if n != "b"])\ndef f(X): ...\n'
    with pytest.raises(CourseError, match=r"thing.py:2 names the hidden check 'b'"):
        without_names(text, {"b"}, HERE)
