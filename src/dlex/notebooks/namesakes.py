"""Functions of one name that two exercises ask for: in a notebook, the one that was defined last hides the
other."""

from __future__ import annotations

import ast
from types import FunctionType

from dlex.course import Exercise
from dlex.language import _


def note(exercise: Exercise, names: dict[str, object]) -> str:
    """What to say if a function in `names` may be the answer to another exercise; "" if none may."""
    expected = _parameters_of_stub(exercise)
    for name in exercise.functions:
        function = names.get(name)
        if not isinstance(function, FunctionType) or _parameters(function) == expected.get(name):
            continue
        for other in exercise.course.exercises:
            if name in other.functions and other.id != exercise.id:
                told = _(
                    "{other} asks for a function {name} too. This is about the one that was defined last, "
                    "{name}({parameters}); if that is not your answer to {exercise}, run the cell of the "
                    "answer again."
                )
                parameters = ", ".join(_parameters(function))
                return told.format(other=other.id, name=name, parameters=parameters, exercise=exercise.id)
    return ""


def _parameters(function: FunctionType) -> list[str]:
    code = function.__code__
    return list(code.co_varnames[: code.co_argcount])


def _parameters_of_stub(exercise: Exercise) -> dict[str, list[str]]:
    """The names of the parameters of each function of a stub."""
    tree = ast.parse(exercise.path("exercises").read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
