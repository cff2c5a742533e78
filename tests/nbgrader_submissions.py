"""Submissions of an nbgrader assignment with softmax and cross_entropy: right, wrong, broken, hostile.

Each says what it deserves: ALL points of both exercises, SOFTMAX or ENTROPY alone, NOTHING, SOME of
softmax and all of the other; LOST if it cannot be graded.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

ALL, NOTHING, SOFTMAX, ENTROPY, SOME, LOST = "all", "nothing", "softmax", "entropy", "some", "lost"
ANSWERS = {
    "softmax": """import torch

def softmax(X):
    E = torch.exp(X - X.max(1, keepdim=True).values)
    return E / E.sum(1, keepdim=True)""",
    "cross_entropy": """import torch

def cross_entropy(P, y):
    return -torch.log(P[torch.arange(len(y)), y])""",
}
ZEROS = {
    "softmax": "import torch\n\ndef softmax(X):\n    return torch.zeros_like(X)",
    "cross_entropy": "import torch\n\ndef cross_entropy(P, y):\n    return torch.zeros(len(y))",
}
RELEASED_STUB = 'import torch\n\ndef softmax(X):\n    """Text."""\n    raise NotImplementedError("write me")'
CANARY = "canary-7141"  # a script that must not reach a browser
Change = Callable[[NotebookNode], object]
SUBMISSIONS: dict[str, tuple[str, Change]] = {}


def submission(deserves: str) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        SUBMISSIONS[change.__name__] = deserves, change
        return change

    return add


def grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def cell(notebook: NotebookNode, exercise: str, part: str = "answer") -> NotebookNode:
    """A cell of an exercise: its answer or, with part "", its test."""
    wanted = f"dlex-ch03-{exercise}" + (f"-{part}" if part else "")
    return next(one for one in notebook.cells if grade_id(one) == wanted)


def answer(notebook: NotebookNode, softmax: str | None = None, entropy: str | None = None) -> None:
    """Fill in both answers, the right ones unless others are given."""
    cell(notebook, "softmax").source = softmax or ANSWERS["softmax"]
    cell(notebook, "cross_entropy").source = entropy or ANSWERS["cross_entropy"]


def wrong(notebook: NotebookNode) -> None:
    """What every cheat starts from: nothing right."""
    cell(notebook, "softmax").source = ZEROS["softmax"]


def first(notebook: NotebookNode, code: str) -> None:
    """Put a code cell of the learner's own at the beginning."""
    notebook.cells.insert(1, v4.new_code_cell(code))


def last(notebook: NotebookNode, code: str) -> None:
    notebook.cells.append(v4.new_code_cell(code))


def softmax(body: str, head: str = "import torch") -> str:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return f"{head}\n\ndef softmax(X):\n{lines}"


RIGHT_BODY = "E = torch.exp(X - X.max(1, keepdim=True).values)\nreturn E / E.sum(1, keepdim=True)"


# Right, and odd in ways that cost nothing -------------------------------------------------------


@submission(ALL)
def right(nb):
    answer(nb)


@submission(ALL)
def prints(nb):
    answer(nb, softmax(f"print('debug', X.shape)\n{RIGHT_BODY}"))


@submission(ALL)
def floods(nb):
    answer(nb, softmax(f"for _ in range(20): print('x' * 100)\n{RIGHT_BODY}"))


@submission(ALL)
def warns(nb):
    answer(nb, softmax(f"warnings.warn('careful')\n{RIGHT_BODY}", "import warnings, torch"))


@submission(ALL)
def magics(nb):
    answer(nb)
    first(nb, "%matplotlib inline\n!pip list\nimport torch")
    last(nb, "%%timeit\nsoftmax(torch.zeros(2, 2))")


@submission(ALL)
def trials(nb):
    """Trials that raise, loop and need what is not installed belong to nobody's answer."""
    answer(nb)
    first(nb, "import torch, matplotlib.pyplot as plt\nX = torch.load('data.pt')\nplt.plot(X)")
    last(nb, "print(softmax(torch.ones(2)))")
    last(nb, "while True:\n    y = softmax(torch.ones(2, 2))")


@submission(ALL)
def helpers(nb):
    """An answer that needs another cell, a constant and an import from elsewhere."""
    first(nb, "import torch as th\nfrom math import inf\nLOWEST = {'a': -inf}")
    last(nb, "def rows(X):\n    return X.max(1, keepdim=True).values.clamp(min=LOWEST['a'])")
    answer(nb, "def softmax(X):\n    E = th.exp(X - rows(X))\n    return E / E.sum(1, keepdim=True)")


@submission(ALL)
def answers_elsewhere(nb):
    """Both answers stand in a cell that lost its mark."""
    code = "\n\n".join(ANSWERS.values())
    nb.cells = [v4.new_code_cell(code)]


@submission(ALL)
def renamed(nb):
    answer(nb)


@submission(ALL)
def double_ids(nb):
    """What Jupyter's copy and paste make: the same grade id twice, the last cell right."""
    answer(nb)
    place = nb.cells.index(cell(nb, "softmax"))
    old = copy.deepcopy(nb.cells[place])
    old.source = ZEROS["softmax"]
    nb.cells.insert(place, old)
    test = copy.deepcopy(cell(nb, "softmax", ""))
    test.source = "pass"
    nb.cells.append(test)


@submission(ALL)
def format_3(nb):
    answer(nb)


def remade(nb: NotebookNode, code: dict, text: dict | None = None) -> None:
    """What an editor makes of a notebook: metadata of its own, no ids, an older format."""
    nb.nbformat_minor = 2
    for one in nb.cells:
        one.pop("id", None)
        one.metadata.update(code if one.cell_type == "code" else text or {})


@submission(ALL)
def from_colab(nb):
    """Colab's metadata, its shell lines, forms, drive and imports."""
    answer(nb, '#@title Softmax { display-mode: "form" }\n' + ANSWERS["softmax"] + "\n\n#@markdown text")
    first(
        nb, "!pip install -q d2l\nfrom google.colab import drive\ndrive.mount('/content/drive')\n%cd /content"
    )
    remade(
        nb,
        {"id": "mF2x9", "colab": {"base_uri": "https://localhost:8080/"}, "executionInfo": {"status": "ok"}},
    )
    nb.metadata = {"colab": {"provenance": [], "toc_visible": True}, "accelerator": "GPU",
                   "kernelspec": {"name": "python3", "display_name": "Python 3"}}  # fmt: skip


@submission(ALL)
def from_colab_without_marks(nb):
    """All metadata lost; a GPU asked for."""
    answer(nb)
    first(nb, "device = 'cuda' if torch.cuda.is_available() else 'cpu'")
    for one in nb.cells:
        one.metadata = {"id": "x"}


@submission(ALL)
def from_vs_code(nb):
    answer(nb)
    remade(nb, {"vscode": {"languageId": "python"}, "tags": []}, {"slideshow": {"slide_type": "-"}})
    nb.metadata = {
        "language_info": {"name": "python", "version": "3.12.1"},
        "vscode": {"interpreter": {"hash": "a"}},
    }
    for one in nb.cells:
        one.source = one.source.replace("\n", "\r\n") + "\r\n"


@submission(ALL)
def with_a_byte_order_mark(nb):
    answer(nb)


@submission(ALL)
def asks_and_plots(nb):
    """What runs in Jupyter only, before, between and behind the answers."""
    answer(nb, f'%matplotlib inline\n{ANSWERS["softmax"]}\n\nif __name__ == "__main__":\n    check(softmax)')
    first(nb, "n = int(input('How many? '))\nname = input()\nX = torch.rand(n, 3)")
    last(nb, "from google.colab import files\nfiles.upload()")
    last(nb, "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot(softmax(X))\nplt.show()")
    last(nb, "%load_ext dlex\n%dlex check softmax\nsoftmax?")


@submission(ALL)
def answers_above_the_stub(nb):
    """An answer pasted from another notebook, before the cell that was meant for it."""
    answer(nb)
    pasted = cell(nb, "softmax").source
    cell(nb, "softmax").source = RELEASED_STUB
    nb.cells.insert(
        1, v4.new_code_cell(pasted, metadata={"nbgrader": {"grade_id": "dlex-ch06-corr2d-answer"}})
    )


@submission(ALL)
def copies_the_wrong_cell(nb):
    """The answer cell of one exercise, copied to hold that of another."""
    answer(nb)
    copied = copy.deepcopy(cell(nb, "softmax"))
    copied.source = ANSWERS["cross_entropy"]
    place = nb.cells.index(cell(nb, "cross_entropy"))
    nb.cells[place] = copied


@submission(ALL)
def defines_it_again_for_another(nb):
    """A helper of a later answer that has the name of an earlier one."""
    helper = "\n\ndef softmax(z):\n    return z / z.sum()"
    answer(nb, entropy=ANSWERS["cross_entropy"] + helper)


@submission(ALL)
def annotates_from_the_future(nb):
    answer(nb, "from __future__ import annotations\n" + ANSWERS["softmax"])


# Wrong, in several ways -----------------------------------------------------------------------


@submission(NOTHING)
def untouched(nb):
    pass


@submission(NOTHING)
def zeros(nb):
    answer(nb, ZEROS["softmax"], ZEROS["cross_entropy"])


@submission(SOME)
def overflows(nb):
    answer(nb, softmax("E = torch.exp(X)\nreturn E / E.sum(1, keepdim=True)"))


@submission(ENTROPY)
def calls_the_library(nb):
    answer(nb, softmax("return torch.softmax(X, 1)"))


@submission(ENTROPY)
def wrong_axis(nb):
    answer(nb, softmax("return torch.exp(X) / torch.exp(X).sum(0)"))


@submission(ENTROPY)
def does_not_compile(nb):
    answer(nb, "def softmax(X:\n    return X")


@submission(ENTROPY)
def loops(nb):
    answer(nb, softmax("while True:\n    pass"))


@submission(ENTROPY)
def loops_for_ever(nb):
    """Neither an exception nor SIGINT ends it."""
    answer(
        nb,
        softmax(
            "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
            "import signal",
        ),
    )


@submission(ENTROPY)
def ends_the_process(nb):
    answer(nb, softmax("os._exit(0)", "import os"))


@submission(ENTROPY)
def leaves(nb):
    answer(nb, softmax("sys.exit(0)", "import sys"))


@submission(ENTROPY)
def exits(nb):
    answer(nb, softmax("exit()"))


@submission(ENTROPY)
def eats_memory(nb):
    answer(nb, softmax("many = []\nwhile True: many.append(torch.ones(1 << 26))"))


@submission(NOTHING)
def empty(nb):
    nb.cells = []


@submission(ENTROPY)
def deleted_answer(nb):
    answer(nb)
    nb.cells = [one for one in nb.cells if "softmax" not in grade_id(one)]


# What cannot be graded ------------------------------------------------------------------------


@submission(LOST)
def damaged(nb):
    pass


@submission(LOST)
def two_files(nb):
    answer(nb)


@submission(NOTHING)
def no_notebook(nb):
    pass


# Cheats: none gets more than its code deserves --------------------------------------------------


@submission(NOTHING)
def deletes_tests(nb):
    wrong(nb)
    nb.cells = [one for one in nb.cells if not one.metadata.get("nbgrader", {}).get("grade")]


@submission(NOTHING)
def edits_tests(nb):
    wrong(nb)
    cell(nb, "softmax", "").source = "pass"
    cell(nb, "cross_entropy", "").source = "1000.0"


@submission(NOTHING)
def unmarks_tests(nb):
    wrong(nb)
    for exercise in ANSWERS:
        test = cell(nb, exercise, "")
        test.source, test.metadata = "14.0", {}


@submission(NOTHING)
def says_not_to_grade(nb):
    wrong(nb)
    for exercise in ANSWERS:
        cell(nb, exercise, "").metadata["nbgrader"].update(grade=False, points=0, locked=False)


@submission(NOTHING)
def raises_its_points(nb):
    wrong(nb)
    for exercise in ANSWERS:
        cell(nb, exercise, "").metadata["nbgrader"].update(points=1e9, solution=True, schema_version=99)


@submission(NOTHING)
def breaks_metadata(nb):
    wrong(nb)
    nb.cells[0].metadata["nbgrader"] = "no dictionary"
    nb.cells[1].metadata["nbgrader"] = {"grade_id": ["a list"], "schema_version": None}
    nb.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "?"}


@submission(NOTHING)
def patches_torch(nb):
    wrong(nb)
    first(nb, "import torch\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
              "torch.isfinite = lambda *a, **k: torch.ones(1, dtype=torch.bool)")  # fmt: skip


@submission(NOTHING)
def strips_asserts(nb):
    wrong(nb)
    first(nb, "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, n):\n"
              "        return ast.copy_location(ast.Pass(), n)\n"
              "get_ipython().ast_transformers.append(T())")  # fmt: skip


@submission(NOTHING)
def transforms_input(nb):
    wrong(nb)
    first(nb, "get_ipython().input_transformers_cleanup.append(lambda lines: ['None\\n'])")


@submission(NOTHING)
def displays_a_score(nb):
    head = "import torch\nfrom IPython import get_ipython"
    body = "get_ipython().displayhook({})\nreturn torch.zeros_like(X)"
    cell(nb, "softmax").source = softmax(body.format("14.0"), head)


@submission(NOTHING)
def displays_nan(nb):
    wrong(nb)
    last(nb, "get_ipython().displayhook(float('nan'))\nget_ipython().displayhook(1e9)\nfloat('inf')")
    for one in nb.cells:
        if one.cell_type == "code":
            one.outputs = [v4.new_output("execute_result", {"text/plain": "nan"})]


@submission(NOTHING)
def lies_with_a_subclass(nb):
    head = (
        "import torch\n\nclass Yes(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
        "        if func in (torch.allclose, torch.equal): return True\n"
        "        return super().__torch_function__(func, types, args, kwargs or {})"
    )
    entropy = "\n\ndef cross_entropy(P, y):\n    return torch.zeros(len(y)).as_subclass(Yes)"
    answer(nb, softmax("return torch.zeros_like(X).as_subclass(Yes)", head), head + entropy)


@submission(NOTHING)
def looks_at_its_caller(nb):
    body = (
        "frame = sys._getframe()\nwhile frame:\n    for name in ('reference', 'expected'):\n"
        "        if name in frame.f_globals: return frame.f_globals[name].softmax(X)\n"
        "        if name in frame.f_locals: return frame.f_locals[name]\n"
        "    frame = frame.f_back\nreturn torch.zeros_like(X)"
    )
    cell(nb, "softmax").source = softmax(body, "import sys, torch")


@submission(NOTHING)
def ships_a_torch(nb):
    wrong(nb)


@submission(NOTHING)
def reads_the_source(nb):
    code = (
        "import glob, json\nfor path in ('../../../source/ch3/ch3.ipynb', {root!r}):\n    try:\n"
        "        for c in json.load(open(path))['cells']:\n"
        "            if 'def ' in ''.join(c['source']): exec(''.join(c['source']))\n"
        "    except Exception: pass"
    )
    answer(nb, "softmax = softmax", "cross_entropy = cross_entropy")
    first(nb, code)


@submission(NOTHING)
def writes_the_gradebook(nb):
    wrong(nb)
    last(nb, "import sqlite3\nfor path in ('../../../gradebook.db', {gradebook!r}):\n"
             "    db = sqlite3.connect(path)\n    db.execute('update grade set manual_score = 14')\n"
             "    db.commit()\nexec('')")  # fmt: skip


@submission(NOTHING)
def starts_a_process(nb):
    wrong(nb)
    first(nb, "import subprocess, sys\nCODE = 'open(%r, \"w\")' % {mark!r}\n"
              "exec('subprocess.Popen([sys.executable, \"-c\", CODE], start_new_session=True)')")  # fmt: skip


@submission(NOTHING)
def scripts(nb):
    """A script in text, in outputs, in what is raised and in what is printed."""
    script = f"<script>document.title = '{CANARY}'</script><img src=x onerror=\"alert('{CANARY}')\">"
    wrong(nb)
    cell(nb, "softmax").source = softmax(f"print({script!r})\nraise ValueError({script!r})")
    nb.cells[0].source = f"{script} [link](javascript:alert('{CANARY}')) **text**"
    nb.cells.append(v4.new_markdown_cell(script))
    nb.cells.append(
        v4.new_markdown_cell(f"[link](JavaScript:alert('{CANARY}')) ![](javascript:alert(1)) <{script}>")
    )
    nb.cells.append(v4.new_raw_cell(f"</pre>{script}", metadata={"raw_mimetype": "text/html"}))
    nb.cells.append(v4.new_code_cell("x", outputs=[v4.new_output("display_data", {"text/html": script})]))
    nb.cells[-1].metadata["tags"] = [f'"><script>{CANARY}</script>']
    nb.metadata["title"] = script


# What is beside the notebook --------------------------------------------------------------------


def hand_in(root: Path, released: NotebookNode) -> None:
    """Write every submission below `root/submitted`."""
    places = {"root": str(root / "source/ch3/ch3.ipynb"), "gradebook": str(root / "gradebook.db"),
              "mark": str(root / "mark")}  # fmt: skip
    for name, (_deserves, change) in SUBMISSIONS.items():
        notebook = copy.deepcopy(released)
        change(notebook)
        for one in notebook.cells:
            for word, place in places.items():
                one.source = one.source.replace(f"{{{word}!r}}", repr(place))
        folder = root / "submitted" / name / "ch3"
        folder.mkdir(parents=True)
        text = json.dumps(notebook) if name != "format_3" else _format_3(notebook)
        coding = "utf-8-sig" if name == "with_a_byte_order_mark" else "utf-8"
        (folder / "ch3.ipynb").write_text(text, encoding=coding, newline="\r\n")
    _beside(root / "submitted")


def _format_3(notebook: NotebookNode) -> str:
    return nbformat.writes(nbformat.convert(notebook, 3), version=3)


def _beside(submitted: Path) -> None:
    notebook = submitted / "renamed" / "ch3" / "ch3.ipynb"
    notebook.rename(notebook.with_name("my answers (2).ipynb"))
    notebook = submitted / "two_files" / "ch3" / "ch3.ipynb"
    notebook.with_name("ch3-Copy1.ipynb").write_bytes(notebook.read_bytes())
    notebook.rename(notebook.with_name("ch3 (1).ipynb"))
    notebook = submitted / "no_notebook" / "ch3" / "ch3.ipynb"
    notebook.rename(notebook.with_name("softmax.txt"))
    (submitted / "damaged" / "ch3" / "ch3.ipynb").write_text('{"nbformat": 4, "cells": [')
    (submitted / "ships_a_torch" / "ch3" / "torch.py").write_text(
        "import sys, importlib\nopen('/tmp/loaded', 'w')\nraise SystemExit(0)\n"
    )
