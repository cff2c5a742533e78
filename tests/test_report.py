"""Reports in HTML: the numbers, what learners may see, no text that is more than text, no network."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result
from report_samples import CHECKS, CONDITIONS, IDS, Element, Page, classroom
from store_samples import check, digest, exercise, lost, result
from test_formats import HOSTILE, WITHHELD, hostile, secret

from dlex.cli import main
from dlex.course import LEVELS, Course
from dlex.errors import UsageError
from dlex.pictures import can_draw
from dlex.report.class_page import class_page
from dlex.report.html import write
from dlex.report.learner_page import learner_page
from dlex.results.records import ExerciseResult, SubmissionResult
from dlex.results.store import Store, Stored
from dlex.workspace.history import Best, History

LEARNERS = 300
WORKED_ON = ("graded", "load_error")
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def stored(*results: SubmissionResult) -> list[Stored]:
    return [Stored(n, 1, one.submission, digest(str(n)), one) for n, one in enumerate(results, 1)]


def page_of(*results: SubmissionResult, **options: object) -> Element:
    return Page("".join(class_page(stored(*results), source="Run 1", **options))).root


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture(scope="module")
def records() -> list[SubmissionResult]:
    return classroom(LEARNERS)


@pytest.fixture(scope="module")
def database(records: list[SubmissionResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of 300 learners and 23 exercises."""
    path = tmp_path_factory.mktemp("class") / "dlex.db"
    with Store(path) as store:
        number = store.begin_run(CONDITIONS, course="Course", isolation=2)
        for one in records:
            store.add(number, one.submission, digest(one.submission), one)
        store.finish_run(number)
    return path


@pytest.fixture(scope="module")
def file(database: Path) -> Path:
    """The report on it, as the command writes it."""
    out = database.parent / "class.html"
    done = run("report", "--db", database, "--out", out)
    assert done.exit_code == 0, done.output
    assert "keep it among staff" in done.output
    return out


@pytest.fixture(scope="module")
def page(file: Path) -> Element:
    return Page(file.read_text(encoding="utf-8")).root


@pytest.fixture(scope="module")
def begun(records: list[SubmissionResult]) -> dict[str, list[tuple[SubmissionResult, ExerciseResult]]]:
    """For each exercise who worked on it, and how that came out."""
    pairs = defaultdict(list)
    for one in records:
        for each in one.exercises:
            if each.status in WORKED_ON:
                pairs[each.id].append((one, each))
    return pairs


def rows(page: Element, section: str) -> list[list[Element]]:
    return page.one(id=section).all("table")[0].rows()


def value(cell: Element) -> float | None:
    text = cell.attributes.get("data-v", cell.text)
    return float(text) if text else None


def shares(pairs: list[tuple[SubmissionResult, ExerciseResult]]) -> np.ndarray:
    return np.array([each.score / each.max_score for _one, each in pairs])


class TestNumbers:
    """The same numbers, computed in another way from the records."""

    def test_overview(self, page: Element, records: list[SubmissionResult]) -> None:
        graded = [one for one in records if one.status == "graded"]
        started = [one for one in graded if any(each.status in WORKED_ON for each in one.exercises)]
        parts = np.array([one.score / one.max_score for one in started])
        assert len(started) < len(graded) < LEARNERS
        cards = page.one(id="overview").all("div")
        assert {card.all("dt")[0].text: card.all("dd")[0].text for card in cards} == {
            "learners": str(LEARNERS),
            "have started": str(len(started)),
            "have not": str(len(graded) - len(started)),
            "not graded": str(LEARNERS - len(graded)),
            "mean": f"{100 * parts.mean():.0f}%",
            "median": f"{100 * np.median(parts):.0f}%",
            "all points": str((parts == 1).sum()),
        }

    def test_exercises(self, page: Element, records: list[SubmissionResult], begun: dict) -> None:
        status = {id: Counter() for id in IDS}
        for each in (each for one in records for each in one.exercises):
            status[each.id][each.status] += 1
        found = rows(page, "exercises")
        assert [row[0].all("code")[0].text for row in found] == IDS
        for id, row in zip(IDS, found, strict=True):
            of, counts = shares(begun[id]), status[id]
            nothing = counts["missing"] + counts["not_attempted"]
            told = [len(of), nothing, counts["load_error"], counts["not_graded"]]
            assert [value(cell) for cell in row[1:5]] == told
            told = [of.mean(), *np.percentile(of, [25, 50, 75]), (of == 1).sum()]
            assert [value(cell) for cell in row[5:10]] == pytest.approx(told)

    def test_distributions(self, page: Element, begun: dict) -> None:
        for id, row in zip(IDS, rows(page, "exercises"), strict=True):
            of = shares(begun[id])
            counts, _edges = np.histogram(of[of < 1], bins=10, range=(0, 1))
            expected = [f"{n} with {10 * k} to {10 * k + 10}%" for k, n in enumerate(counts) if n]
            expected += [f"{(of == 1).sum()} with all points"]
            (picture,) = row[-1].all("svg")
            assert picture.attributes["aria-label"].split("; ") == expected
            assert len(picture.all("rect")) == len(expected)

    def test_checks(self, page: Element, begun: dict) -> None:
        found = rows(page, "checks")
        names = [(row[0].text, row[1].text.removesuffix(" (hidden)")) for row in found]
        assert names == [(id, name) for id in IDS for name in CHECKS]
        for (id, name), row in zip(names, found, strict=True):
            loaded = [(one, each) for one, each in begun[id] if each.status == "graded"]
            passed = [
                any(c.name == name and c.outcome == "passed" for c in each.checks) for _one, each in loaded
            ]
            rest = [(one.score - each.score) / (one.max_score - each.max_score) for one, each in loaded]
            assert value(row[3]) == len(loaded)
            assert value(row[4]) == pytest.approx(np.mean(passed))
            assert value(row[5]) == pytest.approx(np.corrcoef(passed, rest)[0, 1])

    def test_mistakes(self, page: Element, begun: dict) -> None:
        made, cost = defaultdict(set), Counter()
        for one, each in (pair for pairs in begun.values() for pair in pairs):
            for failed in (c for c in each.checks if c.mistake):
                made[each.id, failed.mistake.name].add(one.submission)
                cost[each.id, failed.mistake.name] += failed.max_points
        found = rows(page, "mistakes")
        counts = [value(row[2]) for row in found]
        assert counts == sorted(counts, reverse=True)
        for row in found:
            key = row[1].text, row[0].all("code")[0].text
            who = made.pop(key)
            assert {link.text for link in row[5].all("a")} == who
            assert value(row[2]) == len(who)
            assert value(row[3]) == pytest.approx(len(who) / len(begun[key[0]]))
            assert row[4].text == f"{cost[key] / len(who):.1f}"
        assert not made

    def test_identical_failures(self, page: Element, begun: dict) -> None:
        """Checks that a learner failed for one reason count once, under the one that says most."""
        groups = defaultdict(set)
        for one, each in (pair for pairs in begun.values() for pair in pairs):
            failed = [c for c in each.checks if c.outcome != "passed"]
            failed.sort(key=lambda c: (c.hidden, "[" in c.name, -c.points))
            first = {}
            for c in failed:
                reason = c.mistake.name if c.mistake else id(c) if c.hidden else c.message
                first.setdefault(reason, c)
            for c in first.values():
                name = c.name if each.status == "graded" else ""
                groups[each.id, name, c.message, c.mistake and c.mistake.name].add(one.submission)
        expected = Counter(frozenset(who) for who in groups.values() if len(who) > 1)
        shown = page.one(id="failures").all("details")
        assert Counter(frozenset(link.text for link in each.all("a")) for each in shown) == expected
        sizes = [int(each.all("summary")[0].text.split()[0]) for each in shown]
        assert sizes == sorted(sizes, reverse=True)

    def test_grades(self, page: Element, records: list[SubmissionResult]) -> None:
        found = {row[0].text: row for row in rows(page, "grades")}
        for one in records:
            row = found.pop(one.submission)
            if one.status == "not_graded":
                assert [cell.text for cell in row[1:4]] == ["?", "?", "?"]
                continue
            assert row[2].text == f"{one.score:g}/{one.max_score:g}"
            marks = {"missing": "–", "not_attempted": "·"}
            told = [
                marks.get(e.status, f"{'!' * (e.status == 'load_error')}{e.score:g}") for e in one.exercises
            ]
            assert [cell.text for cell in row[3:]] == told
        assert not found

    def test_slowest(self, page: Element, records: list[SubmissionResult]) -> None:
        longest = sorted((one.duration_s for one in records), reverse=True)[:10]
        assert [row[1].text for row in rows(page, "time")] == [f"{seconds:.2f}" for seconds in longest]


def few(*outcomes: str) -> list[SubmissionResult]:
    """Learners who came out so in the one check of the first of two exercises."""
    return [
        result(f"l{n}", exercise("ch03/a", check("test_a", outcome)), exercise("ch03/b", check("test_b")))
        for n, outcome in enumerate(outcomes)
    ]


class TestWithoutVariance:
    def item(self, results: list[SubmissionResult]) -> list[str]:
        return [cell.text for cell in rows(page_of(*results), "checks")[0]][3:]

    def test_everybody_passes(self) -> None:
        assert self.item(few(*["passed"] * 12)) == ["12", "100%", "–", "everybody passes"]

    def test_nobody_passes(self) -> None:
        assert self.item(few(*["failed"] * 12)) == ["12", "0%", "–", "nobody passes"]

    def test_everybody_is_alike_elsewhere(self) -> None:
        assert self.item(few(*["failed", "passed"] * 6)) == ["12", "50%", "–", ""]

    def test_too_few_learners(self) -> None:
        some = few(*["failed", "passed"] * 4)
        better = msgspec.structs.replace(some[0].exercises[1], score=0.0, checks=[check("test_b", "failed")])
        some[0] = msgspec.structs.replace(some[0], exercises=[some[0].exercises[0], better])
        assert self.item(some) == ["8", "50%", "–", ""]

    def test_no_other_exercise(self) -> None:
        alone = [
            result(f"l{n}", exercise("ch03/a", check("test_a", o)))
            for n, o in enumerate(["failed", "passed"] * 6)
        ]
        assert self.item(alone) == ["12", "50%", "–", ""]

    def test_nobody_tried(self) -> None:
        stub = exercise("ch03/a", check("test_a", "not_attempted"), status="not_attempted")
        assert self.item([result("ada", stub)]) == ["0", "–", "–", ""]

    def test_a_check_that_the_able_fail_is_pointed_out(self) -> None:
        outcomes = ["passed", "failed"] * 6
        results = [
            result(
                f"l{n}",
                exercise("ch03/a", check("test_a", outcome)),
                exercise("ch03/b", check("test_b", "failed" if outcome == "passed" else "passed")),
            )
            for n, outcome in enumerate(outcomes)
        ]
        assert self.item(results) == ["12", "50%", "−1.00", "those who fail it do better elsewhere"]

    def test_what_chance_makes_is_not_pointed_out(self) -> None:
        outcomes = ["passed", "failed"] * 6
        elsewhere = ["failed"] * 4 + ["passed", "passed", "failed"] + ["passed"] * 5
        results = [
            result(
                f"l{n}",
                exercise("ch03/a", check("test_a", here)),
                exercise("ch03/b", check("test_b", there)),
            )
            for n, (here, there) in enumerate(zip(outcomes, elsewhere, strict=True))
        ]
        assert self.item(results)[2].startswith("−0.") and self.item(results)[3] == ""

    def test_timeouts_are_pointed_out(self) -> None:
        assert "2 ran out of time" in self.item(few("timeout", "timeout", "passed"))[-1]

    def test_an_empty_class(self) -> None:
        assert "No results" in page_of().text


class TestWho:
    def test_not_graded_is_listed_with_the_reason(self) -> None:
        (row,) = page_of(lost("eve"), result("ada")).one(id="absent").all("table")[0].rows()
        assert [cell.text for cell in row] == ["eve", "the sandbox failed"]

    def test_not_started_and_absent(self) -> None:
        stub = exercise("ch03/a", check("test_a", "not_attempted"), status="not_attempted")
        page = page_of(result("bob", stub), result("ada"), members=["ada", "bob", "<b>cy"])
        stubs, nothing = page.one(id="absent").all("ul")
        assert [each.text for each in stubs.all("a")] == ["bob"]
        assert [each.text for each in nothing.all("li")] == ["<b>cy"]

    def test_every_link_leads_somewhere_in_the_page(self, page: Element) -> None:
        ids = Counter(each.attributes["id"] for each in page.all() if "id" in each.attributes)
        links = {each.attributes["href"] for each in page.all("a")}
        assert max(ids.values()) == 1 and len(links) > LEARNERS
        assert {link.removeprefix("#") for link in links} <= set(ids)

    def test_a_learners_section_tells_what_is_not_shared(self, page: Element, records: list) -> None:
        for one, section in zip(records, page.one(id="learners").all("h3"), strict=True):
            assert section.text == one.submission
        alone = [each for each in page.one(id="learners").all("details") if "class" not in each.attributes]
        assert alone and all("expected" in each.text or "problem" in each.text for each in alone)


class TestPage:
    def test_can_be_read_without_seeing_it(self, page: Element) -> None:
        assert page.all("html")[0].attributes["lang"] == "en"
        assert page.all("title")[0].text == "Course: class report"
        levels = [int(each.tag[1]) for each in page.all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1 and all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert all(
            head.attributes.get("scope") == "col" for table in page.all("thead") for head in table.all("th")
        )
        assert all(
            head.attributes.get("scope") == "row" for body in page.all("tbody") for head in body.all("th")
        )
        assert all({"aria-label", "aria-hidden"} & each.attributes.keys() for each in page.all("svg"))

    def test_says_that_it_is_for_staff(self, page: Element) -> None:
        assert "For staff only" in page.all("header")[0].text

    def test_allows_its_own_style_and_script_alone(self, page: Element) -> None:
        policy = page.one(**{"http-equiv": "Content-Security-Policy"}).attributes["content"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules.pop("default-src") == rules.pop("base-uri") == rules.pop("form-action") == "'none'"
        for tag in ("style", "script"):
            (element,) = page.all(tag)
            (text,) = element.inside
            code = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert rules.pop(f"{tag}-src") == f"'sha256-{code}'"
        assert not rules
        assert not any({"style", "src", "onclick", "onload"} & each.attributes.keys() for each in page.all())


def tags(page: Element) -> list[str]:
    """The elements of a page, without the marks in texts and what a text may leave out."""
    return [each.tag for each in page.all() if each.tag != "mark"]


def colours(style: str) -> Iterator[dict[str, str]]:
    """The named colours of a style sheet: those of light pages, then those of dark ones."""
    light, dark = (
        dict(re.findall(r"--([\w]+(?:-[\w]+)?): (#\w+)", block))
        for block in re.findall(r":root {(.*?)}", style, re.S)[:2]
    )
    yield from (light, light | dark)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as the W3C defines it, from 1 to 21."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = np.array([int(digits[at : at + 2], 16) for at in (0, 2, 4)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_all_text_can_be_read_in_light_and_dark(page: Element) -> None:
    for named in colours(page.all("style")[0].text):
        pairs = [("ink", f"t{n}") for n in range(11)] + [("warn-ink", "warn"), ("ink", "mark")]
        pairs += [(text, "paper") for text in ("ink", "light", "link", "good", "bad")]
        pairs += [("ink", "shade"), ("light", "shade")]
        assert {pair: contrast(*(named[name] for name in pair)) for pair in pairs if
                contrast(*(named[name] for name in pair)) < 4.5} == {}  # fmt: skip


class TestHostileTexts:
    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    @pytest.mark.parametrize("reader", ["class", "learner"])
    def test_stay_text(self, reader: str, text: str, course: Course) -> None:
        def pages(text: str) -> str:
            lost, graded = hostile(text), msgspec.structs.replace(hostile(text), status="graded")
            if reader == "class":
                return "".join(class_page(stored(lost, graded), source="Run 1", members=[text]))
            ours = [
                msgspec.structs.replace(each, id=known.id)
                for each, known in zip(lost.exercises, course.exercises, strict=False)
            ]
            return "".join(learner_page(msgspec.structs.replace(lost, exercises=ours), course))

        page = pages(text)
        assert not INVISIBLE.search(page)
        found, ours = Page(page).root, Page(pages("harmless")).root
        assert tags(found) == tags(ours) or not text.strip()
        assert len(found.all("script")) == (reader == "class") and len(found.all("img")) == 0
        for each in found.all():
            assert not any(name.startswith("on") for name in each.attributes)
            assert each.attributes.get("href", "#").startswith("#")

    def test_long_names_are_cut(self) -> None:
        name = "n" * 10_000
        page = page_of(msgspec.structs.replace(result("ada"), submission=name))
        assert max(len(each.text) for each in page.all("a")) <= 60
        assert max(len(each.text) for each in page.all("h3")) <= 512

    def test_names_do_not_turn_the_line_around(self) -> None:
        names = ["\u202egpj.exe", "محمد"]
        page = page_of(*(msgspec.structs.replace(result("a"), submission=name) for name in names))
        assert [each.text for each in page.all("h3")[-2:]] == ["gpj.exe", "محمد"]
        assert all(each.all("bdi") for each in page.all("h3")[-2:])


class TestLearners:
    @pytest.mark.parametrize("level", LEVELS)
    def test_see_of_hidden_checks_what_they_may(self, level: str, course: Course) -> None:
        text = "".join(learner_page(secret(level), course))
        shown = Page(text).root.all("main")[0].text
        for word in WITHHELD[level]:
            assert word not in text
        for word in {"EXPLANATION", "MISTAKE", "HINT", "TITLE"} - set(WITHHELD[level]):
            assert word in shown

    def test_see_progress_and_what_is_next(self, course: Course) -> None:
        ids = [each.id for each in course.exercises[:2]] + ["ch11/adam"]
        done, wrong = exercise(ids[0], check("test_a")), exercise(ids[1], check("test_a", "failed", 3.0))
        page = Page(
            "".join(learner_page(result("you", done, wrong, exercise(ids[2], check("test_a"))), course))
        ).root
        progress = page.one(id="progress")
        assert [[cell.text for cell in row[1:3]] for row in progress.all("table")[0].rows()] == [
            ["1/2", "1/4"],
            ["1/1", "1/1"],
        ]
        assert f"Next: {ids[1]} {ids[1]}" in progress.text and "2 / 3" in progress.text

    def test_see_what_waits_to_be_begun(self, course: Course) -> None:
        done, *waiting = course.exercises[:3]
        checked = result("you", exercise(done.id, check("test_a")))
        page = Page("".join(learner_page(checked, course, waiting=waiting))).root
        assert "1 / 3" in page.one(id="progress").text and f"Next: {waiting[0].title}" in page.text
        assert all("not attempted" in page.one(id=each.id).text for each in waiting)
        links = [link.attributes["href"] for link in page.one(id="progress").all("a")]
        assert f"#{waiting[0].id}" in links

    def test_see_their_attempts(self, course: Course) -> None:
        best = {"ch03/softmax": Best(1.5, 3.0, 2), "ch03/accuracy": Best(1.0, 1.0, 1)}
        page = Page("".join(learner_page(secret("full"), course, best))).root
        assert "2 attempts, the best with 1.5 of 3 points" in page.one(id="ch03/softmax").text

    def test_see_pictures_where_there_are_any(self, course: Course) -> None:
        one = secret("full")
        text = "".join(learner_page(one, course, pictures={"ch03/softmax": '<svg role="img"></svg>'}))
        assert len(Page(text).root.one(**{"class": "picture"}).all("svg")) == 1
        assert "img-src data:;" in text and "style-src-attr" in text
        plain = "".join(learner_page(one, course))
        assert not any(word in plain for word in ("<figure", "<script", "img-src", "style-src-attr"))

    def test_that_the_machine_failed(self, course: Course) -> None:
        gone = exercise("ch03/softmax", check("test_a", "not_graded"), status="not_graded")
        text = Page("".join(learner_page(result("you", gone), course))).root.text
        assert "This is not your fault" in text and "–/1" in text


class TestWriting:
    def test_replaces_reports_only(self, tmp_path: Path) -> None:
        report, other = tmp_path / "a" / "report.html", tmp_path / "notes.html"
        write(report, iter(class_page(stored(result("ada")), source="Run 1")))
        write(report, iter(class_page(stored(result("bob")), source="Run 1")))
        assert "bob" in report.read_text() and "ada" not in report.read_text()
        other.write_text("mine")
        with pytest.raises(UsageError, match="is no report"):
            write(other, iter(["new"]))
        assert other.read_text() == "mine"
        assert write(other, iter(["new"]), force=True).read_text() == "new"

    def test_is_whole_or_not_at_all(self, tmp_path: Path) -> None:
        def broken() -> Iterator[str]:
            yield "half"
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write(tmp_path / "report.html", broken())
        assert not list(tmp_path.iterdir())

    def test_needs_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="is a folder") as told:
            write(tmp_path, iter(["x"]), force=True)
        assert "report.html" in told.value.next_step
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="cannot be written"):
            write(tmp_path / "file" / "report.html", iter(["x"]))

    def test_for_staff_is_for_nobody_else(self, file: Path) -> None:
        assert file.stat().st_mode & 0o777 == 0o600


class TestCommand:
    @pytest.fixture(autouse=True)
    def elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.fixture
    def small(self, tmp_path: Path) -> Callable[..., Element]:
        """Report on a class of two runs; gives the page."""
        with Store("dlex.db") as store:
            for name in ("ada", "bob"):
                number = store.begin_run(CONDITIONS, course="Course", isolation=2)
                made = result(
                    name,
                    exercise(IDS[0], check("test_a")),
                    exercise(IDS[9], check("test_a")),
                    conditions=CONDITIONS,
                )
                store.add(number, name, digest(name), made)

        def report(*arguments: str) -> Element:
            done = run("report", *arguments)
            assert done.exit_code == 0, done.output
            return Page((tmp_path / "report.html").read_text(encoding="utf-8")).root

        return report

    def test_takes_the_latest_of_each_learner(self, small) -> None:
        assert [row[0].text for row in rows(small(), "grades")] == ["ada", "bob"]

    def test_takes_a_run(self, small) -> None:
        page = small("--run", "2")
        assert [row[0].text for row in rows(page, "grades")] == ["bob"] and "Run 2" in page.text

    def test_takes_exercises(self, small) -> None:
        page = small("--exercise", "ch4")
        assert [row[0].all("code")[0].text for row in rows(page, "exercises")] == [IDS[9]]

    def test_takes_a_list_of_the_class(self, small, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_text("id\nada\nbob\ncy\n")
        assert "cy" in small("--ids", "list.csv").one(id="absent").text

    def test_in_a_workspace_with_a_database_is_about_the_class(self, small, tmp_path: Path) -> None:
        (tmp_path / ".dlex").mkdir()
        assert "For staff only" in small("--db", "dlex.db").text

    def test_without_grades_and_workspace_says_what_to_do(self, tmp_path: Path) -> None:
        done = run("report")
        assert done.exit_code == 2 and "workspace" in done.output and "--db" in done.output
        assert not list(tmp_path.iterdir())

    def test_looks_where_it_writes_before_it_works(self, tmp_path: Path) -> None:
        (tmp_path / "report.html").write_text("mine")
        done = run("report", "--db", "none.db")
        assert done.exit_code == 2 and "is no report" in done.output

    def test_brings_no_torch(self, small, tmp_path: Path) -> None:
        code = "import sys; from dlex.cli import main; main(['report'], standalone_mode=False)"
        command = [sys.executable, "-c", f"{code}; sys.exit('torch' in sys.modules)"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_learner_reports_on_a_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, course: Course
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLEX_COURSE", str(course.root))
    assert run("init", "--chapter", "3").exit_code == 0
    (tmp_path / "ch03" / "softmax.py").write_text("def softmax(X):\n    return X.softmax(0)\n")
    History(tmp_path).record(result("you", exercise("ch03/softmax", check("test_a", "failed"))), {})
    done = run("report", "--exercise", "softmax")
    assert done.exit_code == 0, done.output
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8")).root
    part = page.one(id="ch03/softmax")
    assert "softmax(X)" in part.text and "one attempt" in part.text
    assert bool(part.all("figure")) == can_draw()
    assert "ch03/accuracy" not in page.text


# In a browser ----------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = """
const seen = { violations: 0, errors: [] };
addEventListener("securitypolicyviolation", () => { seen.violations += 1; });
addEventListener("error", (event) => { seen.errors.push(String(event.message)); });
addEventListener("load", async () => {
  const table = document.querySelector("#checks table");
  const column = () => Array.from(table.tBodies[0].rows, (row) => row.cells[5].dataset.v);
  const button = table.tHead.rows[0].cells[5].querySelector("button");
  if (button) {
    button.click(); seen.up = column(); seen.upwards = button.parentNode.ariaSort;
    button.click(); seen.down = column(); seen.downwards = button.parentNode.ariaSort;
    document.querySelector("#grades thead button").click();
    document.querySelector("#grades thead button").click();
    seen.first = document.querySelector("#grades tbody th").textContent;
  }
  location.hash = "#l2";
  await fetch("http://127.0.0.1:PORT/fetched").catch(() => {});
  await new Promise((done) => {
    const image = new Image();
    image.onload = image.onerror = done;
    image.src = "http://127.0.0.1:PORT/image.png";
  });
  seen.open = document.getElementById("l2").open;
  seen.background = getComputedStyle(document.querySelector(".staff")).backgroundColor;
  const told = document.createElement("pre");
  told.id = "seen";
  told.textContent = JSON.stringify(seen);
  document.body.append(told);
});
"""


@pytest.fixture(scope="module")
def requests() -> Iterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], asked
    server.shutdown()
    thread.join()
    server.server_close()


def browse(path: Path, home: Path) -> tuple[dict, str]:
    """What the driver saw in headless Chromium, and what the console said."""
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
    ]
    options += [
        "--enable-logging=stderr",
        "--dump-dom",
        f"--user-data-dir={home}",
        "--virtual-time-budget=20000",
    ]
    done = subprocess.run(
        [CHROMIUM, *options, path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        env={"HOME": str(home)},
    )
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout)
    assert found, done.stderr
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")), console


@pytest.fixture(scope="module")
def driven(requests: tuple[int, list[str]], tmp_path_factory: pytest.TempPathFactory):
    """Open a small class's page, with our hands in it: a script that clicks, and tries to load things.
    With the page's policy, which then allows that one script more, or without."""
    folder = tmp_path_factory.mktemp("browser")
    text = "".join(class_page(stored(*classroom(30), hostile(HOSTILE[0])), source="Run 1"))
    script = DRIVER.replace("PORT", str(requests[0]))
    code = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = text.replace("<style>", f"<script>{script}</script><style>", 1)
    pages = {
        "guarded": text.replace("script-src ", f"script-src &#39;sha256-{code}&#39; ", 1),
        "open": re.sub(r"<meta http-equiv[^>]*>", "", text),
    }

    def drive(which: str) -> tuple[dict, str, list[str]]:
        path = folder / f"{which}.html"
        path.write_text(pages[which], encoding="utf-8")
        requests[1].clear()
        return *browse(path, folder / "home"), list(requests[1])

    return drive


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: apt-get install chromium")
class TestBrowser:
    def test_sorts_opens_and_loads_nothing(self, driven) -> None:
        seen, console, asked = driven("guarded")
        numbers = [float(text) for text in seen["up"] if text]
        assert numbers == sorted(numbers) and len(set(numbers)) > 10
        assert [float(text) for text in seen["down"] if text] == numbers[::-1]
        assert (seen["upwards"], seen["downwards"]) == ("ascending", "descending")
        assert seen["first"] == "learner 029"
        assert seen["open"] and seen["background"] != "rgba(0, 0, 0, 0)"
        assert seen["errors"] == [] and asked == []
        assert seen["violations"] == 2  # what the driver tried, and nothing else
        assert all("127.0.0.1" in line for line in console.splitlines()), console

    def test_the_driver_would_have_been_seen(self, driven) -> None:
        seen, _console, asked = driven("open")
        assert {"/fetched", "/image.png"} <= set(asked) and seen["violations"] == 0
