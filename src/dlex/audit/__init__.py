"""Graders are graded too: what `dlex audit` finds out about a course.

    files      the four files of an exercise are there, fresh, and none too many
    seed       one exercise at one seed: stub, solution, variants, mistakes, mutants
    operators  small changes to a syntax tree
    mutants    a solution's text with one small change
    bench      runs an answer against a set of checks, in a worker where it is not trusted
    certify    whether a mutant that passed is really wrong
    run        spreads all this over processes
    table      the result on a terminal

`audit` is the function behind the command; `Audit` its result.
"""

from dlex.audit.records import Audit, ExerciseAudit, Mutant, Problem, to_json
from dlex.audit.run import audit
from dlex.audit.seed import Depth

__all__ = ["Audit", "Depth", "ExerciseAudit", "Mutant", "Problem", "audit", "to_json"]
