"""Drawing, replay, shrinking, diagnosis, feedback: through graded submissions."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch
from hypothesis import strategies as st

from dlex.grading import Contract, assert_close, away_from_zero, check
from dlex.grading.attempt import MissingFunction
from dlex.grading.calls import Functions
from dlex.grading.checks import ATTRIBUTE, CheckInfo
from dlex.grading.diagnose import diagnose
from dlex.grading.failures import CheckFailed, Raised
from dlex.grading.messages import check_result, describe
from dlex.grading.mistakes import Reference, load_reference
from dlex.grading.oracle import Local
from dlex.grading.plugin import Plugin, run_pytest
from dlex.grading.replay import Failure, FrozenCheck, Replay, Seen, freeze
from dlex.grading.same import same
from dlex.grading.session import grade
from dlex.grading.suspects import suspects
from dlex.results.feedback import for_learner, redact
from dlex.results.records import CheckResult, Counterexample, ExerciseResult, NamedMistake, SubmissionResult
from dlex.results.text import plain
from dlex.submission import Source, Submission
from dlex.worker import wire

SOFTMAX = b"""
import torch
def softmax(X):
    E = torch.exp(X - X.max(dim=1, keepdim=True).values)
    return E / E.sum(dim=1, keepdim=True)
"""

WRONG = {
    "columns": SOFTMAX.replace(b"sum(dim=1", b"sum(dim=0"),
    "overflow": SOFTMAX.replace(b" - X.max(dim=1, keepdim=True).values", b""),
    "two mistakes": b"def softmax(X):\n    X.exp_()\n    X /= X.sum(1, keepdim=True)\n    return X\n",
    "in no list": SOFTMAX.replace(b"return E /", b"return 0.9 * E /"),
    "not implemented in torch": SOFTMAX.replace(b"torch.exp(X -", b"torch.nn.Module()(X -"),
    "clamped": SOFTMAX.replace(b"X - X.max(dim=1, keepdim=True).values", b"X.clamp(-80, 80)"),
    "a pair": SOFTMAX.replace(b".values", b""),
    "half precision": SOFTMAX.replace(b"X - X.max", b"X.half().to(X.dtype) - X.max"),
    "right, with noise": b"# \xe4\xb8\xad\xe6\x96\x87\nimport warnings\n"
    + SOFTMAX.replace(b"    return", b"    print(E); warnings.warn('careful')\n    return"),
}


@pytest.fixture(scope="module")
def results(grade_sources) -> dict[str, ExerciseResult]:
    return grade_sources("softmax", WRONG)


def outcomes(result: ExerciseResult) -> dict[str, str]:
    return {check.name: check.outcome for check in result.checks}


def named(result: ExerciseResult) -> set[str]:
    return {check.mistake.name for check in result.checks if check.mistake}


def test_a_mistake_is_named_on_every_check_that_it_loses(results) -> None:
    failed = [check for check in results["columns"].checks if check.outcome != "passed"]
    assert failed and all(check.mistake and check.mistake.name == "wrong_axis" for check in failed)


def test_a_counterexample_is_as_small_as_can_be(results) -> None:
    (check,) = [check for check in results["columns"].checks if check.name == "any_scores"]
    assert check.counterexample.arguments == {"X": "[[0, 0]]  float32 (1, 2)"}
    assert check.counterexample.got == "[[>1<, >1<]]  float32 (1, 2)"
    assert check.counterexample.expected == "[[>0.5<, >0.5<]]  float32 (1, 2)"


def test_arguments_are_told_in_the_order_of_the_function(course) -> None:
    (exercise,) = course.find("softmax")
    reference = Reference({"f": lambda a, b, c: None}, [])
    frozen = FrozenCheck("f", CheckInfo(1, False, "", None, "f"), None, None, reference, 0)
    failure = Failure(MissingFunction("f"), {}, wire.Call("f", [1], {"c": 3, "b": 2}))
    told = check_result(frozen, Replay(failure), None, exercise, reference).counterexample
    assert told.call == "f(a, b, c)" and list(told.arguments.items()) == [("a", "1"), ("b", "2"), ("c", "3")]


def test_a_narrow_mistake_keeps_its_other_points(results) -> None:
    lost = {name for name, outcome in outcomes(results["overflow"]).items() if outcome != "passed"}
    assert lost == {"large_scores", "rows_far_apart"}
    assert named(results["overflow"]) == {"no_max_shift"}


def test_a_bug_in_no_list_gets_no_name(results) -> None:
    assert results["in no list"].score == 0
    assert named(results["in no list"]) == set()


def test_what_torch_has_not_implemented_is_an_error_of_the_answer(results) -> None:
    result = results["not implemented in torch"]
    assert result.status == "graded" and set(outcomes(result).values()) == {"error"}


def test_what_came_back_in_a_hidden_check_says_what_it_is(results) -> None:
    (check,) = [check for check in results["clamped"].checks if check.name == "minus_infinity"]
    shown = redact(check)
    assert shown.counterexample.got == "`softmax(X) == 0` where X is -inf: [>False<]  bool (1,)"
    assert not shown.counterexample.expected and shown.message == "the answer is wrong"


def test_errors_that_beginners_meet_get_a_remark(results) -> None:
    assert all(
        ".values is the first" in check.message for check in results["a pair"].checks if check.max_points
    )


def test_a_lower_precision_is_rejected(results) -> None:
    assert outcomes(results["half precision"])["any_scores"] == "failed"
    assert named(results["half precision"]) == set()


def test_prints_and_warnings_are_kept_and_cost_nothing(results) -> None:
    result = results["right, with noise"]
    assert result.score == result.max_score
    assert "tensor(" in result.output and "careful" in result.output


def test_two_mistakes_are_both_named(results) -> None:
    assert named(results["two mistakes"]) == {"in_place", "no_max_shift"}


@pytest.mark.slow
def test_the_stub_earns_nothing_and_the_solution_everything(course, few_examples) -> None:
    """Of every exercise, at a seed that is not the public one; `dlex audit` looks at many."""
    submissions = [
        Submission(
            folder, {e.id: Source(f"{e.name}.py", e.path(folder).read_bytes()) for e in course.exercises}
        )
        for folder in ("exercises", "solutions")
    ]
    stubs, solutions = grade(course, course.exercises, submissions, seed=1)
    assert {(e.id, e.status, e.score) for e in stubs.exercises} == {
        (e.id, "not_attempted", 0) for e in course.exercises
    }
    assert [e.id for e in solutions.exercises if e.score < e.max_score] == []


def test_operations_are_counted_at_two_sizes(grade_sources) -> None:
    loop = b"""
import torch
def softmax(X):
    return torch.stack([torch.exp(r - r.max()) / torch.exp(r - r.max()).sum() for r in X])
"""
    result = grade_sources("softmax", {"loop": loop, "vectorised": SOFTMAX})
    counts = {
        name: list(next(c.operations for c in r.checks if c.operations).values())
        for name, r in result.items()
    }
    assert counts["vectorised"][0] == counts["vectorised"][1]
    assert counts["loop"][1] > 3 * counts["loop"][0]


AFTERWARDS = {  # what a function does to a list of pairs and a list of tensors, and the clause that it loses
    "nothing": (lambda pairs, tensors: None, None),
    "a tensor changes": (lambda pairs, tensors: pairs[0][0].zero_(), "arguments"),
    "a list grows": (lambda pairs, tensors: tensors.append(tensors[0]), "arguments"),
    "a list shrinks": (lambda pairs, tensors: pairs.pop(), "arguments"),
    "a flag changes": (lambda pairs, tensors: pairs.append((pairs.pop()[0], False)), "arguments"),
    "it needs contiguous tensors": (lambda pairs, tensors: tensors[0].view(-1), "views"),
    "it needs contiguous tensors in pairs": (lambda pairs, tensors: pairs[0][0].view(-1), "views"),
}


def sums(pairs, tensors):
    return [pair[0] + tensor for pair, tensor in zip(pairs, tensors, strict=True)]


@pytest.mark.parametrize("name", AFTERWARDS)
def test_tensors_in_lists_are_viewed_and_watched(name: str) -> None:
    afterwards, expected = AFTERWARDS[name]

    def answer(pairs, tensors):
        result = sums(pairs, tensors)
        afterwards(pairs, tensors)
        return result

    clauses = dict(Contract("f", lambda dtype=None: st.none()).checks())
    functions = Functions(Local({"f": answer})), Functions(Local({"f": sums}))
    lost = None
    for clause in ("arguments", "views"):
        arguments = {"pairs": [(torch.ones(2, 3), True)], "tensors": [torch.ones(2, 3)]}
        drawn = {"each": [arguments]} if clause == "arguments" else {"arguments": arguments}
        try:
            clauses[clause].hypothesis.inner_test(*functions, **drawn)
        except (CheckFailed, Raised):
            lost = clause
    assert lost == expected


def test_a_contract_may_say_which_of_its_clauses_apply() -> None:
    contract = Contract("f", lambda dtype=torch.float32: st.just({}), clauses=("dtype", "views"))
    assert [name for name, _clause in contract.checks()] == ["dtype", "views"]
    with pytest.raises(ValueError, match="f has no clauses vews"):
        list(Contract("f", contract.inputs, clauses=("vews",)).checks())


def test_sums_move_away_from_a_kink() -> None:
    generator = torch.Generator().manual_seed(0)
    for n in range(1, 30):
        Z = torch.randn(n, 50, generator=generator)
        moved = Z + away_from_zero(Z)
        assert (moved.abs() >= 0.099).all()
        assert (moved - Z).abs().max() <= 0.25 * (n + 1) / 2
    assert not away_from_zero(torch.tensor([[0.2, -3.0]])).any()  # nothing near 0, nothing moved


WEIGHTS = """
import torch
def xavier_uniform(fan_in, fan_out, generator=None):
    rand = lambda: torch.rand(fan_in, fan_out, generator=generator)
    return (6 / (fan_in + fan_out)) ** 0.5 * ({numbers})
"""


def test_random_answers_are_named_by_all_that_they_drew(grade_sources) -> None:
    """Single draws are too few to tell: those of all examples are taken together."""
    numbers = {"positive": "rand()", "in no list": "rand() + rand() - 1"}
    sources = {name: WEIGHTS.format(numbers=each).encode() for name, each in numbers.items()}
    results = grade_sources("xavier_uniform", sources)
    assert named(results["positive"]) == {"positive_only"}
    assert results["in no list"].score < results["in no list"].max_score
    assert named(results["in no list"]) == set()


def test_a_run_that_stops_at_the_first_failure_names_what_it_can(grade_sources) -> None:
    """The checks that a mistake is known to lose may not have been run."""
    sources = {
        "in no list": WEIGHTS.format(numbers="rand() + rand() - 1").encode(),
        "positive": WEIGHTS.format(numbers="rand()").encode(),
    }
    results = grade_sources("xavier_uniform", sources, stop_at_failure=True)
    assert [named(result) for result in results.values()] == [set(), {"positive_only"}]
    assert all("it was not run" in {check.message for check in r.checks} for r in results.values())


ACCURACY = b"""
def accuracy(y_hat, y):
    if len(y) == 0:
        raise ValueError("y holds no examples")
    predicted = y_hat.argmax(dim=1) if y_hat.dim() == 2 else y_hat
    return (predicted == y).double().mean().item()
"""


def test_numbers_that_are_equal_in_python_are_told_apart(grade_sources) -> None:
    """1 == 1.0 == True, but only one of them is what was asked for, also after the right one passed."""
    answer = b"(predicted == y).double().mean().item()"
    some = {
        "int": b"int(all(predicted == y)) or " + answer,
        "bool": b"bool(all(predicted == y)) or " + answer,
    }
    sources = {"right": ACCURACY, **{name: ACCURACY.replace(answer, each) for name, each in some.items()}}
    results = grade_sources("accuracy", sources)
    assert results["right"].score == results["right"].max_score
    for name in some:
        assert outcomes(results[name])["any_scores"] == "failed"
        assert named(results[name]) == set()


def draw(course, seed: int) -> list[FrozenCheck]:
    found: list[FrozenCheck] = []

    def work(plugin: Plugin) -> None:
        for grader in plugin.graders.values():
            found.extend(grader.checks)

    run_pytest(course, course.find("softmax"), seed, work)
    return found


def test_the_same_seed_draws_the_same_examples(course) -> None:
    first, again, other = draw(course, 1), draw(course, 1), draw(course, 2)
    requests = [[e.requests for check in checks for e in check.examples] for checks in (first, again, other)]
    assert requests[0] == requests[1] != requests[2]
    assert sum(len(check.examples) for check in first) > 300


def test_examples_do_not_outlive_their_session(course) -> None:
    """An audit draws hundreds of times in one process."""
    checks: list[weakref.ref] = []

    def work(plugin: Plugin) -> None:
        checks.extend(weakref.ref(check) for grader in plugin.graders.values() for check in grader.checks)

    run_pytest(course, course.find("softmax"), 0, work)
    gc.collect()
    assert checks and all(check() is None for check in checks)


def test_a_check_that_depends_on_an_answer_is_simply_asked(course) -> None:
    """The second call's argument is the first call's result: it cannot be foreseen."""

    @check()
    def test_twice(submission, reference):
        once = submission.softmax(torch.zeros(1, 2))
        assert torch.allclose(submission.softmax(once), torch.full((1, 2), 0.5))

    reference = load_reference(course.find("softmax")[0])
    frozen = freeze("twice", getattr(test_twice, ATTRIBUTE), test_twice, reference, 0)
    assert len(frozen.examples[0].requests) == 2  # foreseen from the reference's answer


def test_a_function_that_is_not_there_resembles_no_mistake(course) -> None:
    @check()
    def test_once(submission, reference):
        submission.softmax(torch.zeros(1, 2))

    reference = load_reference(course.find("softmax")[0])
    frozen = freeze("once", getattr(test_once, ATTRIBUTE), test_once, reference, 0)
    missing = Replay(Failure(MissingFunction("softmax"), {}, None), seen=[Seen([], True, True, 0)])
    assert diagnose(suspects(reference), [(frozen, missing)]) == {}


HIDDEN = CheckResult(
    name="secret",
    title="a secret",
    outcome="failed",
    points=0,
    max_points=1,
    hidden=True,
    feedback="full",
    message="0.1 instead of 0.2",
    hint="think",
    counterexample=Counterexample("f(x)", {"x": "1"}, "0.1", "0.2"),
    mistake=NamedMistake("sign", "the sign is wrong"),
)


def at(level: str) -> CheckResult:
    import msgspec

    return redact(msgspec.structs.replace(HIDDEN, feedback=level))


@pytest.mark.parametrize(("source", "alike"), [("assert k <= h, 'no'", True), ("X.reshape(3)", False)])
def test_words_that_a_learner_chose_do_not_matter(source: str, alike: bool) -> None:
    """Those of torch tell mistakes apart."""

    def reply(message: str, source: str) -> wire.Reply:
        return wire.Reply(1, None, error=wire.Error("E", ["E"], message, [wire.Frame(3, "f", source)]))

    assert same(reply("no", source), reply("", "assert ok"), wire.Attribute(1, "x")) is alike


def test_feedback_levels_tell_less_and_less() -> None:
    assert at("full").message == "0.1 instead of 0.2"
    assert at("counterexample").counterexample == Counterexample("f(x)", {"x": "1"}, "0.1")
    assert at("counterexample").message == "the answer is wrong"
    assert at("diagnosis").counterexample is None and at("diagnosis").mistake.name == "sign"
    assert at("name").mistake is None and at("name").name == "secret"
    assert at("none").name == "hidden" and at("none").title == "a hidden check"
    for level in ("counterexample", "diagnosis", "name", "none"):
        assert "0.2" not in repr(at(level))


def test_visible_checks_stay_whole() -> None:
    import msgspec

    visible = msgspec.structs.replace(HIDDEN, hidden=False, feedback="none")
    exercise = ExerciseResult("ch03/f", "F", "graded", 0, 1, "", "", [visible])
    result = SubmissionResult("you", "c", "h", 0, "cpu", 2, "2026-01-01", 0.1, "graded", "", 0, 1, [exercise])
    assert for_learner(result) == result


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("left\u202eright \u2066x", "leftright x"),
        ("zero\u200bwidth", "zerowidth"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("中文 é ✓", "中文 é ✓"),
    ],
)
def test_hostile_text_is_made_harmless(text: str, harmless: str) -> None:
    assert plain(text) == harmless


@pytest.mark.parametrize(("expected", "advised"), [(torch.float64, True), (torch.int64, False)])
def test_advice_on_dtypes_is_for_floats(course, expected, advised) -> None:
    with pytest.raises(CheckFailed) as failure:
        assert_close(torch.zeros(2), torch.zeros(2, dtype=expected))
    message = describe(failure.value, course.exercises[0])
    assert message.startswith("the result has dtype float32, expected")
    assert ("`dtype=` of an argument" in message) == advised


def test_long_text_is_cut() -> None:
    assert len(plain("x" * 10_000)) < 4_100


LYING_REPLY = """
import os, sys
from dlex.worker import values, wire
def lie(value, keep, **options):
    return {message}
values.encode = lie
def softmax(X):
    return X
"""
LIES = {
    "size": "wire.Tensor('float32', [2, 3], b'')",
    "dtype": "wire.Tensor('object', [1], b'abcd')",
    "overflowing size": "wire.Tensor('float32', [0] + [1 << 31] * 15, b'')",
    "a bool of 7": "wire.Tensor('bool', [1], bytes([7]))",
    "a function of the grader": "wire.Callback(0)",
    "a generator": "wire.Generator(1 << 62)",
    "deep nesting": "[v := None, [v := wire.List([v]) for _ in range(300)]][0] or v",
}


def test_answers_that_lie_fail_their_check_and_nothing_else(grade_sources) -> None:
    sources = {name: LYING_REPLY.format(message=message).encode() for name, message in LIES.items()}
    for name, result in grade_sources("softmax", sources).items():
        assert result.status == "graded", name
        assert result.score == 0, name
        assert {check.outcome for check in result.checks} <= {"crashed", "failed", "error"}, name
        assert not any("was not run" in check.message for check in result.checks), name


def test_a_zygote_that_dies_in_a_check_is_not_the_submissions_fault(course, solution, monkeypatch) -> None:
    """Killed from outside in the middle of the first check, it is started again: full marks."""
    import os
    import signal

    from dlex.grading.attempt import Attempt

    kills = iter([True])
    prefetch = Attempt.prefetch

    def kill_once(attempt: Attempt, requests: list[bytes]) -> None:
        if next(kills, False):
            os.killpg(attempt._zygote._process.pid, signal.SIGKILL)
            attempt._zygote._process.wait()
        prefetch(attempt, requests)

    monkeypatch.setattr(Attempt, "prefetch", kill_once)
    (exercise,) = course.find("softmax")
    source = Source("softmax.py", solution("softmax"))
    (result,) = grade(course, [exercise], [Submission("you", {exercise.id: source})])
    assert next(kills, None) is None
    assert result.status == "graded" and result.perfect


DIES_LATER = b"""
import os
calls = []
def softmax(X):
    calls.append(X)
    if len(calls) > 2:
        END
    return X
"""


def test_a_death_after_wrong_answers_costs_one_check(grade_sources) -> None:
    """The smallest failure is an answer, the last one a death: no more is asked of a dead worker."""
    ends = {"exits": b"os._exit(0)", "answers nonsense": b"os.write(3, bytes(9))"}
    sources = {name: DIES_LATER.replace(b"END", end) for name, end in ends.items()}
    for name, result in grade_sources("softmax", sources).items():
        assert (result.status, result.score) == ("graded", 0), name
        outcomes_seen = set(outcomes(result).values())
        assert "failed" in outcomes_seen and outcomes_seen <= {"failed", "crashed"}, name
