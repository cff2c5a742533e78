"""The output formats: what they say, to whom, and that no learner's text is more than text."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt

from dlex.course import LEVELS
from dlex.errors import UsageError
from dlex.files import atomic
from dlex.results.formats import FORMATS, write
from dlex.results.formats.github import SUMMARY_BYTES, publish
from dlex.results.formats.names import STEM_BYTES, file_names
from dlex.results.records import (
    CheckResult,
    Counterexample,
    ExerciseResult,
    NamedMistake,
    SubmissionResult,
    from_json,
)

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(1)><a href='//e.vil'>x</a>",
    "![i](https://e.vil/i.png) [a](https://e.vil) <https://e.vil> https://e.vil @admin",
    "``` \n```\n````\n~~~\n<img src=x>\n# heading\n| a | b |\n|---|---|\n| <img> |",
    "`<img src=x>`` ``<script>` \\`<img>\\`",
    "a | <img src=x> | b \\| <img src=y> \\\\| <script>",
    "bell\x07 nul\x00 esc\x1b[31mred\x1b[0m \x1b]8;;http://e.vil\x1b\\link \x85 \x9b31m",
    "=HYPERLINK(\"http://e.vil\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1", '","=1+1',
    "ok\n::set-output name=a::b\r\n::error::gone\n##[error]old ##[set-env name=a]b",
    "::stop-commands::x%0A::set-env name=a::b%25",
    "]]> </failure><testcase/> &lt; &#0; &x; <!-- --> <?xml ?> <!DOCTYPE x [<!ENTITY x 'y'>]>",
    "left\u202eright \u2066iso\u2069 zero\u200b \u2028 \u2029 \ufeff \ufffe \uffff",
    "../../../etc/passwd", "/etc/passwd", "..", "con", "-rf", ".hidden", "a\0b", "",
    "x" * 100_000, "`" * 5_000, "surrogate \ud800 \udfff",
]  # fmt: skip


def check(name: str = "test_a", outcome: str = "passed", **fields: object) -> CheckResult:
    earned = 1.0 if outcome == "passed" else 0.0
    defaults = {"title": f"title of {name}", "points": earned, "max_points": 1.0, "hidden": False}
    return CheckResult(name=name, outcome=outcome, feedback="counterexample", **(defaults | fields))


def exercise(*checks: CheckResult, **fields: object) -> ExerciseResult:
    score, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    defaults = {"id": "ch03/softmax", "title": "Softmax", "status": "graded", "message": "", "output": ""}
    return ExerciseResult(score=score, max_score=most, checks=list(checks), **(defaults | fields))


def submission(*exercises: ExerciseResult, **fields: object) -> SubmissionResult:
    defaults = {
        "submission": "ann", "course": "Course", "course_hash": "c0ffee", "seed": 1234567, "device": "cpu",
        "isolation": 2, "started": "2026-03-01T12:00:00+01:00", "duration_s": 1.5, "status": "graded",
        "reason": "", "score": sum(e.score for e in exercises), "exercises": list(exercises),
        "max_score": sum(e.max_score for e in exercises),
    }  # fmt: skip
    return SubmissionResult(**(defaults | fields))


WRONG = check(
    "test_b",
    "failed",
    message="1 of 2 entries is wrong",
    line=3,
    counterexample=Counterexample("softmax(X)", {"X": "[[0, 0]]"}, "[[0, >1<]]", "[[0.5, 0.5]]"),
    mistake=NamedMistake("wrong_axis", "normalises columns"),
)
ANN = submission(exercise(check(), WRONG, file="ch03/softmax.py", output="hello\n"))
LOST = submission(
    exercise(check(outcome="not_graded"), status="not_graded", message="the sandbox failed"),
    exercise(check(), id="ch03/relu"),
    submission="lost",
    status="not_graded",
    reason="the sandbox failed",
)
NOTHING = submission(submission="nothing", status="not_graded", reason="the machine is full", max_score=7.0)


def hostile(text: str) -> SubmissionResult:
    """A submission that says `text` wherever a learner has a say."""
    seen = Counterexample(text, {"X": text, text: text}, text, text)
    failures = [
        check("test_a", "failed", message=text, counterexample=seen, line=2),
        check("test_b", "error", message=f"it raised ValueError: {text}", counterexample=seen, hidden=True),
    ]
    return submission(
        exercise(*failures, file=text, output=text),
        exercise(check(outcome="error", message=text), id="ch03/relu", status="load_error", message=text),
        exercise(check(outcome="not_graded"), id="ch03/gelu", status="not_graded", message=text),
        submission=text,
        status="not_graded",
        reason=text,
    )


def secret(level: str, outcome: str = "failed") -> SubmissionResult:
    """A submission that fails a hidden check, every field of which is telling."""
    hidden = check(
        "test_NAME",
        outcome,
        title="TITLE",
        hidden=True,
        message="MESSAGE",
        hint="HINT",
        counterexample=Counterexample("CALL", {"X": "ARGUMENT"}, "GOT", "EXPECTED"),
        operations={"n = 4711": 4712},
        line=4713,
    )
    mistake = msgspec.structs.replace(
        hidden, name="test_NAME2", hint="", mistake=NamedMistake("MISTAKE", "EXPLANATION")
    )
    checks = [msgspec.structs.replace(c, feedback=level) for c in (hidden, mistake)]
    return submission(exercise(check(), *checks, file="softmax.py"))


ALL_WORDS = "NAME TITLE MESSAGE HINT CALL ARGUMENT GOT EXPECTED 4711 4712 4713 MISTAKE EXPLANATION".split()
WITHHELD = {  # by feedback level: what no learner may read
    "full": [],
    "counterexample": ["MESSAGE", "EXPECTED"],
    "diagnosis": ["MESSAGE", "EXPECTED", "CALL", "ARGUMENT", "GOT"],
    "name": ["MESSAGE", "EXPECTED", "CALL", "ARGUMENT", "GOT", "HINT", "MISTAKE", "EXPLANATION"],
    "none": ALL_WORDS,
}


@pytest.fixture
def written(tmp_path: Path):
    """Write results in one format; gives the text of each file by its name."""

    def run(name: str, *results: SubmissionResult, **options: object) -> dict[str, str]:
        out = tmp_path / f"out-{len(list(tmp_path.iterdir()))}"
        paths = write([name], lambda: iter(results), out, **options)
        assert sorted(paths) == sorted(out.iterdir())  # nothing else, no temporary file
        return {path.name: path.read_bytes().decode() for path in paths}

    return run


class TestWrite:
    def test_all_formats_at_once(self, tmp_path: Path) -> None:
        paths = write(FORMATS, lambda: [ANN], tmp_path / "new" / "out")
        names = "results.jsonl scores.csv junit.xml results.json annotations.txt summary.md ann.report.md"
        assert [path.name for path in paths] == names.split()
        assert {path.parent for path in paths} == {tmp_path / "new" / "out"}

    def test_an_unknown_format_writes_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no format is called 'xls'") as error:
            write(["csv", "xls"], lambda: [ANN], tmp_path / "out")
        assert "jsonl, csv, junit" in error.value.next_step
        assert not (tmp_path / "out").exists()

    def test_a_file_is_no_folder(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("mine")
        with pytest.raises(UsageError, match="cannot be a folder"):
            write(["csv"], lambda: [ANN], tmp_path / "out")

    @pytest.mark.parametrize("name", FORMATS)
    def test_no_submission_at_all(self, written, name: str) -> None:
        assert all("ann" not in text.split() for text in written(name).values())

    @pytest.mark.parametrize("name", FORMATS)
    def test_an_interruption_leaves_the_old_files(self, tmp_path: Path, name: str) -> None:
        write([name], lambda: [ANN], tmp_path)
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}

        def breaks() -> Iterable[SubmissionResult]:
            yield msgspec.structs.replace(ANN, reason="newer")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write([name], breaks, tmp_path)
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before

    @pytest.mark.parametrize("name", ["jsonl", "csv", "junit", "gradescope", "markdown", "github"])
    def test_one_submission_at_a_time_is_held(self, tmp_path: Path, name: str) -> None:
        alive = most = 0

        class Watched(SubmissionResult, frozen=True, weakref=True):
            pass

        def results() -> Iterable[SubmissionResult]:
            import weakref

            nonlocal alive, most

            def died() -> None:
                nonlocal alive
                alive -= 1

            for number in range(20):
                result = Watched(**{**msgspec.structs.asdict(ANN), "submission": f"s{number}"})
                alive += 1
                most = max(most, alive)
                weakref.finalize(result, died)
                yield result
                del result

        write([name], results, tmp_path)
        assert most <= 3

    def test_imports_no_torch(self, tmp_path: Path) -> None:
        code = """
import sys
from pathlib import Path
from dlex.results.formats import FORMATS, write
write(FORMATS, lambda: [], Path(sys.argv[1]))
sys.exit("torch" in sys.modules or "pytest" in sys.modules)
"""
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class TestAudience:
    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("name", ["junit", "gradescope", "github", "markdown"])
    def test_learners_read_no_more_than_the_level_tells(self, written, name: str, level: str) -> None:
        text = "".join(written(name, secret(level)).values())
        assert [word for word in WITHHELD[level] if word in text] == []

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("name", ["jsonl", "csv"])
    def test_any_format_can_be_made_for_learners(self, written, name: str, level: str) -> None:
        text = "".join(written(name, secret(level), audience="learner").values())
        assert [word for word in WITHHELD[level] if word in text] == []

    @pytest.mark.parametrize("name", ["junit", "gradescope", "markdown"])
    def test_learners_do_read_what_the_level_tells(self, written, name: str) -> None:
        def text(level: str) -> str:
            return "".join(written(name, secret(level)).values())

        assert "TITLE" in text("name") and "MISTAKE" in text("diagnosis") and "HINT" in text("diagnosis")
        assert "GOT" in text("counterexample") and "EXPECTED" in text("full")

    @pytest.mark.parametrize("name", ["junit", "gradescope", "github", "markdown"])
    def test_instructors_read_everything(self, written, name: str) -> None:
        text = "".join(written(name, secret("none"), audience="instructor").values())
        assert all(word in text for word in ("TITLE", "MESSAGE", "EXPECTED", "MISTAKE"))

    @pytest.mark.parametrize("name", ["junit", "gradescope", "github", "markdown"])
    def test_the_seed_is_for_instructors(self, written, name: str) -> None:
        assert "1234567" not in "".join(written(name, ANN).values())

    def test_withheld_failures_are_not_said_to_be_the_same(self, written) -> None:
        two = [check(f"test_{k}", "failed", hidden=True, message=f"other {k}") for k in range(2)]
        (text,) = written("markdown", submission(exercise(*two))).values()
        assert "same reason" not in text and text.count("### title of") == 2


class TestJsonLines:
    def test_reads_back(self, written) -> None:
        text = written("jsonl", ANN, LOST, NOTHING)["results.jsonl"]
        assert [from_json(line) for line in text.splitlines()] == [ANN, LOST, NOTHING]

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_stay_one_line(self, written, text: str) -> None:
        (line, rest) = written("jsonl", hostile(text))["results.jsonl"].split("\n")
        assert rest == ""
        record = from_json(line)
        assert record.submission.isprintable() or "\n" in text or "\t" in text or "\ufffe" in text
        assert "\x1b" not in line and "\\u001b" not in line and "\u202e" not in line


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(text[1:].splitlines(keepends=True)))


class TestCsv:
    def test_a_row_per_submission(self, written) -> None:
        bob = submission(exercise(check(), id="ch04/mlp"), submission="bob")
        found = rows(written("csv", ANN, bob)["scores.csv"])
        assert found[0] == {
            "submission": "ann", "status": "graded", "reason": "", "score": "1", "max_score": "2",
            "ch03/softmax": "1", "ch04/mlp": "",
        }  # fmt: skip
        assert found[1]["ch03/softmax"] == "" and found[1]["ch04/mlp"] == "1"

    def test_not_graded_is_empty(self, written) -> None:
        lost, nothing = rows(written("csv", LOST, NOTHING)["scores.csv"])
        assert (lost["score"], lost["ch03/softmax"], lost["ch03/relu"]) == ("", "", "1")
        assert lost["reason"] == "the sandbox failed"
        assert (nothing["score"], nothing["max_score"], nothing["ch03/relu"]) == ("", "7", "")

    def test_what_earned_nothing_is_a_zero(self, written) -> None:
        untouched = exercise(check(outcome="not_attempted"), status="not_attempted")
        (row,) = rows(written("csv", submission(untouched))["scores.csv"])
        assert row["score"] == row["ch03/softmax"] == "0"

    def test_numbers_are_numbers_and_texts_are_quoted(self, written) -> None:
        scored = submission(exercise(check(points=-0.5)), score=0.1 + 0.2)
        text = written("csv", scored)["scores.csv"]
        assert text.splitlines()[1] == '"ann","graded","",0.3,1,-0.5'

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_no_cell_is_a_formula(self, written, text: str) -> None:
        content = written("csv", hostile(text))["scores.csv"]
        (row,) = rows(content)
        assert len(content.splitlines()) == 2
        assert None not in row and len(row) == 8
        for cell in row.values():
            assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
            assert len(cell) < 32_767


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parent / "data" / "junit.xsd")


class TestJunit:
    def test_suites_and_cases(self, written, schema) -> None:
        outcomes = ["passed", "failed", "forbidden", "error", "timeout", "crashed", "not_attempted"]
        checks = [check(f"test_{outcome}", outcome, message=f"why {outcome}") for outcome in outcomes]
        result = submission(exercise(*checks, output="printed"), exercise(check(), id="ch03/relu"))
        text = written("junit", result)["junit.xml"]
        schema.validate(text)
        first, second = JUnitXml.fromstring(text.encode())
        assert (first.name, first.tests, first.failures, first.errors, first.skipped) == (
            "ann ch03/softmax", 7, 2, 3, 1,
        )  # fmt: skip
        kinds = {case.name: [type(result) for result in case.result] for case in first}
        assert kinds == {
            "test_passed": [], "test_failed": [Failure], "test_forbidden": [Failure], "test_error": [Error],
            "test_timeout": [Error], "test_crashed": [Error], "test_not_attempted": [Skipped],
        }  # fmt: skip
        assert {case.classname for case in first} == {"ch03/softmax"}
        assert ElementTree.fromstring(text)[0].findtext("system-out") == "printed"
        assert first.time + second.time == result.duration_s
        assert first.timestamp == "2026-03-01T11:00:00"
        assert {p.name: p.value for p in first.properties()}["score"] == "1"

    def test_a_failure_says_everything(self, written) -> None:
        (suite,) = JUnitXml.fromstring(written("junit", ANN)["junit.xml"].encode())
        (failure,) = list(suite)[1].result
        assert failure.message == "1 of 2 entries is wrong" and failure.type == "failed"
        for part in ("softmax(X)", "[[0, 0]]", "[[0, >1<]]", "[[0.5, 0.5]]", "wrong_axis: normalises"):
            assert part in failure.text

    def test_not_graded_is_an_error_without_a_score(self, written, schema) -> None:
        text = written("junit", LOST, NOTHING)["junit.xml"]
        schema.validate(text)
        softmax, relu, nothing = JUnitXml.fromstring(text.encode())
        assert (softmax.errors, relu.errors, nothing.errors) == (1, 0, 1)
        assert "score" not in {p.name for p in [*softmax.properties(), *nothing.properties()]}
        assert next(iter(nothing)).result[0].message == "the machine is full"

    def test_unnamed_checks_have_names_of_their_own(self, written) -> None:
        (suite,) = JUnitXml.fromstring(written("junit", secret("none"))["junit.xml"].encode())
        assert [case.name for case in suite] == ["test_a", "hidden", "hidden 2"]

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_are_text(self, written, schema, text: str) -> None:
        content = written("junit", hostile(text))["junit.xml"]
        schema.validate(content)
        root = ElementTree.fromstring(content)
        assert len(root) == 3 and len(root.findall(".//testcase")) == 4
        assert not set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufffe\uffff]", content))
        assert len(content) < 300_000


class TestGradescope:
    def document(self, written, *results: SubmissionResult, **options: object) -> dict:
        (text,) = written("gradescope", *results, **options).values()
        return json.loads(text)

    def test_fields(self, written) -> None:
        document = self.document(written, ANN)
        assert document["score"] == 1 and document["output_format"] == "text"
        assert document["visibility"] == "visible" and document["stdout_visibility"] == "hidden"
        assert "1 of 2 points" in document["output"] and "hello" in document["output"]
        passed, failed = document["tests"]
        assert (passed["status"], passed["score"], passed["max_score"]) == ("passed", 1, 1)
        assert (failed["status"], failed["score"], failed["number"]) == ("failed", 0, "1.2")
        assert failed["name"] == "ch03/softmax: title of test_b" and failed["output_format"] == "text"
        assert "wrong_axis: normalises columns" in failed["output"]
        known = "score max_score status name number output output_format visibility tags extra_data"
        assert set(failed) == set(known.split())

    def test_one_submission_is_what_an_autograder_writes(self, written) -> None:
        assert list(written("gradescope", ANN)) == ["results.json"]
        assert list(written("gradescope", ANN, LOST)) == ["ann.gradescope.json", "lost.gradescope.json"]

    @pytest.mark.parametrize("level", LEVELS)
    @pytest.mark.parametrize("outcome", ["passed", "failed"])
    def test_hidden_checks_show_as_much_as_their_level(self, written, level: str, outcome: str) -> None:
        document = self.document(written, secret(level, outcome))
        expected = "hidden" if level == "none" else "visible"
        assert [test["visibility"] for test in document["tests"]] == ["visible", expected, expected]
        assert document["score"] == 1 + sum(test["score"] for test in document["tests"][1:])

    @pytest.mark.parametrize("level", LEVELS)
    def test_whole_records_hide_what_learners_may_not_read(self, written, level: str) -> None:
        document = self.document(written, secret(level), audience="instructor")
        shown = "".join(json.dumps(test) for test in document["tests"] if test["visibility"] == "visible")
        assert [word for word in WITHHELD[level] if word in shown] == []

    @pytest.mark.parametrize("result", [LOST, NOTHING], ids=["part", "all"])
    def test_not_graded_has_no_score_at_all(self, written, result: SubmissionResult) -> None:
        document = self.document(written, result)
        assert "score" not in document and "tests" not in document
        assert document["output"].startswith(f"Not graded: {result.reason}. This is not your fault.")

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_are_text(self, written, text: str) -> None:
        result = msgspec.structs.replace(hostile(text), status="graded")
        document = self.document(written, result)
        assert (
            {test["output_format"] for test in document["tests"]} == {document["output_format"]} == {"text"}
        )
        assert all(
            len(test["output"]) < 30_000 and "\x1b" not in test["output"] for test in document["tests"]
        )


COMMAND = re.compile(r"::(error|warning|notice) ([^:,=]+=[^:,]*)(,[^:,=]+=[^:,]*)*::.*")


class TestGithub:
    def annotations(self, written, *results: SubmissionResult) -> list[str]:
        return written("github", *results)["annotations.txt"].splitlines()

    def test_an_annotation_on_the_learners_line(self, written) -> None:
        (command,) = self.annotations(written, ANN)
        place = "::error file=ch03/softmax.py,line=3,title=ch03/softmax%3A title of test_b::"
        assert command.startswith(f"{place}problem: 1 of 2 entries is wrong%0Acalled: softmax(X)%0A")

    def test_a_file_that_does_not_load_is_one_annotation(self, written) -> None:
        failed = [check(name, "error", message="why", line=7, hidden=True) for name in "ab"]
        broken = exercise(*failed, status="load_error", message="a%\nb", file="s.py")
        assert self.annotations(written, submission(broken)) == [
            "::error file=s.py,line=7,title=ch03/softmax::a%25%0Ab"
        ]

    def test_what_was_not_attempted_is_a_warning(self, written) -> None:
        missing = exercise(check(outcome="not_attempted"), status="missing", message="there is no ch03/s.py")
        assert self.annotations(written, submission(missing)) == [
            "::warning title=ch03/softmax::there is no ch03/s.py"
        ]

    def test_not_graded_is_an_error_of_its_own(self, written) -> None:
        (command,) = self.annotations(written, NOTHING)
        expected = "::error title=not graded::Not graded: the machine is full. This is not your fault."
        assert command == expected

    def test_one_cause_is_one_annotation(self, written) -> None:
        again = msgspec.structs.replace(WRONG, name="test_c", title="the same again")
        (command,) = self.annotations(written, submission(exercise(WRONG, again)))
        assert command.endswith("For the same reason, 1 more point: the same again")

    def test_ten_of_a_kind_and_how_many_more(self, written) -> None:
        many = [msgspec.structs.replace(ANN, submission=f"s{number}") for number in range(13)]
        lines = self.annotations(written, *many)
        assert sum(line.startswith("::error") for line in lines) == 10
        assert lines[-1] == "::notice title=dlex::3 more errors: the summary of the job tells them"
        assert "title=s0%3A ch03/softmax%3A title of test_b" in lines[0]

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_no_text_becomes_a_command(self, written, text: str) -> None:
        lines = self.annotations(
            written, hostile(text), msgspec.structs.replace(hostile(text), status="graded")
        )
        assert len(lines) == 7  # twice a file that does not load and two causes, and once not graded
        for line in lines:
            assert COMMAND.fullmatch(line), line[:300]
            assert "##[" not in line and "\x1b" not in line and len(line) < 20_000
            assert line.count("::") == 2 or COMMAND.fullmatch(line)[1] == "error"

    def test_the_summary_lists_everyone_and_explains_failures(self, written) -> None:
        perfect = submission(exercise(check()), submission="bob")
        summary = written("github", ANN, perfect, LOST)["summary.md"]
        assert "| `ann` | graded | 1/2 |\n| `bob` | graded | 1/1 |" in summary
        assert "| `lost` | not graded | –/2 |" in summary
        assert "# `ann`" in summary and "# `bob`" not in summary

    def test_the_summary_is_no_longer_than_github_allows(self, written) -> None:
        long = submission(exercise(msgspec.structs.replace(WRONG, message="é" * 9_000)))
        summary = written("github", *[long] * 80)["summary.md"]
        assert SUMMARY_BYTES * 0.9 < len(summary.encode()) <= SUMMARY_BYTES
        assert "There is more than GitHub shows here" in summary[-100:]
        assert summary.count("```text") * 2 == summary.count("```")  # cut between reports, not in one

    def test_publish(self, tmp_path: Path) -> None:
        write(["github"], lambda: [ANN], tmp_path)
        job, printed = tmp_path / "job.md", []
        job.write_text("before\n")
        publish(tmp_path, printed.append, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(job)})
        assert printed == (tmp_path / "annotations.txt").read_text().splitlines()
        assert job.read_text() == "before\n" + (tmp_path / "summary.md").read_text()

    def test_publish_does_nothing_elsewhere(self, tmp_path: Path) -> None:
        write(["github"], lambda: [ANN], tmp_path)
        printed = []
        publish(tmp_path, printed.append, {})
        assert printed == []

    def test_a_summary_without_room_is_left_out(self, tmp_path: Path) -> None:
        write(["github"], lambda: [ANN], tmp_path)
        job = tmp_path / "job.md"
        job.write_bytes(b"x" * (SUMMARY_BYTES - 10))
        publish(tmp_path, [].append, {"GITHUB_STEP_SUMMARY": str(job)})
        assert job.stat().st_size == SUMMARY_BYTES - 10


class Tags(HTMLParser):
    """The tags of a page, and the text outside of code."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.prose = ""
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "code" not in self._open:
            self.prose += data


def rendered(text: str) -> Tags:
    return Tags(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


OURS = set("h1 h2 h3 p table thead tbody tr th td pre code strong".split())


class TestMarkdown:
    def test_a_report(self, written) -> None:
        text = written("markdown", ANN)["ann.report.md"]
        for part in (
            "# `ann`", "**1 of 2 points**", "## ch03/softmax: Softmax", "File: `ch03/softmax.py`",
            "| title of test\\_b | failed | 0/1 |", "### title of test\\_b: failed, line 3",
            "mistake: wrong_axis: normalises columns", "never changes the grade:\n\n```text\nhello\n```",
        ):  # fmt: skip
            assert part in text
        assert set(rendered(text).tags) == OURS

    def test_not_graded_is_no_zero(self, written) -> None:
        text = written("markdown", LOST)["lost.report.md"]
        assert "**Not graded.** This is not your fault." in text
        assert "| ch03/softmax Softmax | not graded | –/1 |" in text
        assert "0/" not in text

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    @pytest.mark.parametrize("name", ["markdown", "github"])
    def test_no_markup_comes_from_a_learner(self, written, name: str, text: str) -> None:
        graded = msgspec.structs.replace(hostile(text), status="graded")
        files = written(name, hostile(text), graded)
        plain = written(
            name, hostile("harmless"), msgspec.structs.replace(hostile("harmless"), status="graded")
        )
        for (file, content), ours in zip(files.items(), plain.values(), strict=True):
            if not file.endswith(".md"):
                continue
            page, expected = rendered(content), rendered(ours)
            assert page.tags == expected.tags or (not text and set(page.tags) <= OURS)
            assert "e.vil" not in page.prose and "@admin" not in page.prose and "\x1b" not in content

    def test_an_authors_text_is_no_markup_either(self, written) -> None:
        wrong = msgspec.structs.replace(WRONG, title="<b> |x| ≤ 1 [a](b) *c* `d` $e$")
        (text,) = written("markdown", submission(exercise(wrong, title="<i> & `x`"))).values()
        assert set(rendered(text).tags) == OURS - {"code", "pre"} | {"code", "pre"}
        assert "<b> ¦x¦ ≤ 1 [a](b) *c* `d` $e$" in rendered(text).prose


class TestFileNames:
    def test_ordinary_names_stay(self) -> None:
        names = ["ann", "Bob Lee", "c.d@school.edu", "张伟", "über", "a+b", "a_b-c"]
        assert file_names(names) == names

    def test_hostile_names_stay_in_the_folder(self, written) -> None:
        stems = file_names(HOSTILE)
        assert len({stem.casefold() for stem in stems}) == len(HOSTILE)
        for stem in stems:
            assert re.fullmatch(r"[\w@+][\w@+. ~-]*", stem) and len(stem.encode()) <= STEM_BYTES + 20
            assert not re.fullmatch(r"(con|nul|aux)(\..*)?", stem)

    def test_alike_names_get_names_of_their_own_in_any_order(self) -> None:
        names = ["ann", "Ann", "a/b", "a:b", "x" * 200, "x" * 201]
        forth, back = file_names(names), file_names(names[::-1])[::-1]
        assert forth == back
        assert len({stem.casefold() for stem in forth}) == len(names)

    def test_nobody_can_take_the_name_of_another(self) -> None:
        (stem,) = file_names(["a/b"])
        assert file_names(["a/b", stem])[0] == stem != file_names(["a/b", stem])[1]

    def test_equal_names_are_numbered(self) -> None:
        first, second = file_names(["ann", "ann"])
        assert second == f"{first}~2"

    def test_equal_names_keep_all_results(self, written) -> None:
        other = msgspec.structs.replace(ANN, score=0.0)
        texts = written("gradescope", ANN, other).values()
        assert sorted(json.loads(text)["score"] for text in texts) == [0, 1]


def test_atomic_writes_are_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with atomic(path) as file:
        file.write("new")
    assert path.read_text() == "new" and path.stat().st_mode & 0o777 == 0o644
