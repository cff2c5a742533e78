"""What of a notebook belongs to an answer, and what does not."""

from __future__ import annotations

import pytest

from dlex.batch.notebooks import Part, from_texts, parts_of


def kept(*cells: str, functions: tuple[str, ...] = ("f",)) -> str:
    """What is run of a notebook with these cells, without the comments that number them."""
    content = from_texts("a.ipynb", list(cells)).answering(functions).decode()
    return "\n".join(line for line in content.split("\n") if line and not line.startswith("# cell"))


DEF = "def f(x):\n    return torch.exp(x)"


@pytest.mark.parametrize(
    "trial",
    [
        "f(torch.ones(2))",
        "print(f(1), f(2))",
        "y = f(torch.ones(3))",
        "while True:\n    y = f(1)",
        "assert f(1) == 2",
        "import matplotlib.pyplot as plt\nplt.plot(f(1))",
        "from IPython.display import display\ndisplay(f)",
        "X = torch.load('x.pt')\nX.requires_grad_()",
        "def g(x):\n    return f(x)",
        "check(f)",
        "for i in range(10):\n    with torch.no_grad():\n        print(f(i))",
        "'just text'",
    ],
)
def test_trials_are_left_out(trial: str) -> None:
    assert kept("import torch", DEF, trial) == f"import torch\n{DEF}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch", ""),
        ("from torch import *", ""),
        ("import torch\ntorch.set_default_dtype(torch.float64)", ""),
        ("", "import torch"),
        ("import torch as t", "torch = t"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", ""),
        ("if True:\n    import torch", ""),
        ("import torch", "f = wrap(f)\ndef wrap(g):\n    return g"),
    ],
)
def test_what_an_answer_uses_is_kept(before: str, after: str) -> None:
    found = kept(before, DEF, after)
    for line in (before + "\n" + after).split("\n"):
        assert line in found


@pytest.mark.parametrize(
    "change",
    [
        "names.append(2)",
        "names[0] = 2",
        "names += [2]",
        "del names[0]",
        "random.shuffle(names)",
        "for name in 'ab':\n    names.append(name)",
        "def fill():\n    global names\n    names = []\nfill()",
        "def fill():\n    names[0] = 3\nfill()",
        "globals()['names'] = 3",
        "exec('names = 3')",
        "left = names.pop()",
    ],
)
def test_what_changes_a_value_that_is_used_is_kept(change: str) -> None:
    found = kept(
        "import random\nnames = [1]\nother = [1]\nother.append(2)", "def f(x):\n    return names", change
    )
    for line in change.split("\n"):
        assert line in found
    assert "other" not in found


def test_parameters_are_not_globals() -> None:
    """A trial's X is not the X of the answer."""
    assert "load" not in kept("X = load('data')", "def f(X):\n    Y = X\n    return [x for x in Y]")


def test_one_import_of_several_modules_is_taken_apart() -> None:
    assert kept("import matplotlib.pyplot as plt, torch, os.path", DEF) == f"import torch\n{DEF}"


def test_lines_keep_their_numbers() -> None:
    cell = "import os\n\nprint(os)\nimport torch\n@str\ndef f(x):\n    return torch.exp(\n        x)\nf(1)"
    content = from_texts("a.ipynb", [cell]).answering(["f"]).decode().split("\n")
    assert content[:2] == ["# cell 1", ""] and content[4] == "import torch" and content[6] == "def f(x):"
    assert len(content) == 10 and content[-1] == ""


def test_calls_of_modules_that_fail_are_no_reason_to_fail() -> None:
    content = from_texts("a.ipynb", ["import os\nos.no_such_function()\ndef f():\n    return os.sep"])
    names: dict = {}
    exec(content.answering(["f"]), names)
    assert names["f"]() == "/"


def test_without_the_function_every_definition_is_kept() -> None:
    assert kept("def ff(x):\n    return x\nff(1)") == "def ff(x):\n    return x"


def test_deep_nesting_is_kept_whole() -> None:
    deep = "x = " + "f(" * 80 + ")" * 80
    assert kept("import torch", DEF, deep) == f"import torch\n{DEF}"


def test_long_chains_take_no_time() -> None:
    """A notebook whose statements all depend on each other, in the worst order."""
    count = 2_000
    values = [f"a{k} = a{k + 1}" for k in range(count)]
    functions = [f"def g{k}():\n    g{k + 1}()\n    global b{k}\n    b{k} = 1" for k in range(count)]
    content = from_texts("a.ipynb", ["def f():\n    return a0", *values, *functions, "g0()"]).answering(["f"])
    assert f"a{count - 1} = a{count}".encode() in content


# Notebooks that say which cell answers which exercise: what comes later changes nothing.

STUB = 'def f(x):\n    """Text."""\n    raise NotImplementedError("write me")'
LATER = "def f(x):\n    return x"


def answer(*cells: str, end: int = 1, others: tuple[int, ...] = ()) -> str:
    """What is run for an exercise that asks for `f` and ends with code cell `end`."""
    made = from_texts("a.ipynb", list(cells), {"ch03/f": Part(1, end)})
    return made.answering(["f"], "ch03/f", others).decode()


@pytest.mark.parametrize("late", [LATER, "f = f(1)", "f.cache = 1", "import math as f", "f.clear()"])
def test_what_comes_later_does_not_change_an_answer(late: str) -> None:
    found = answer("import torch", DEF, "x = 1", late, end=3)
    assert late not in found and DEF in found


def test_what_comes_later_may_help() -> None:
    helper = "import math, numpy as torch_\ndef g(x):\n    return math.exp(x)"
    found = answer("import math\ndef f(x):\n    return g(x)", helper)
    assert "def g" in found and "import math" in found
    assert "return x" in answer(DEF, LATER, end=2), "what stands below an answer, before the next exercise"


@pytest.mark.parametrize("cells", [(STUB, LATER), (LATER, STUB), (STUB, "pass", LATER)])
def test_a_stub_is_no_answer_where_there_is_one(cells: tuple[str, ...]) -> None:
    assert "Text" not in answer(*cells) and LATER in answer(*cells)
    assert LATER in kept(*cells) and "Text" not in kept(*cells)


def test_a_stub_stays_where_only_another_exercise_has_its_name() -> None:
    assert "Text" in answer(STUB, LATER, others=(2,)) and LATER not in answer(STUB, LATER, others=(2,))


def test_parts_end_where_something_else_begins() -> None:
    cells = [
        ("markdown", "dlex-ch03-f-statement"), ("code", "dlex-ch03-f-answer"), ("code", ""),
        ("code", "dlex-ch03-f"), ("markdown", ""), ("code", ""), ("markdown", "dlex-ch03-g-statement"),
        ("code", ""), ("code", "dlex-ch03-g-answer"), ("code", "own"), ("code", ""),
    ]  # fmt: skip
    assert parts_of(cells) == {"ch03/f": Part(1, 4), "ch03/g": Part(6, 6)}
    assert parts_of([("code", ""), ("code", "dlex-ch03-f")]) == {}


def test_what_a_cell_imports_from_the_future_comes_first() -> None:
    late = "from __future__ import annotations\nimport torch"
    made = from_texts("a.ipynb", ["x = 1", late, "def f(x: No) -> No:\n    return torch.exp(x)"])
    names: dict[str, object] = {}
    exec(compile(made.answering(["f"]), "a", "exec", dont_inherit=True), names)
    assert made.answering(["f"]).startswith(b"from __future__") and callable(names["f"])
