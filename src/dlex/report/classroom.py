"""A class, boiled down from its records: who earned what, and who failed in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dlex.report.measures import share
from dlex.results.formats.words import causes, facts, heading, line
from dlex.results.records import CheckResult, ExerciseResult, NamedMistake, SubmissionResult
from dlex.results.store import Stored

LONGEST_FACT = 4_000  # characters


@dataclass(eq=False)
class Failure:
    """One way to fail, and everybody who failed so: the same check, outcome, mistake and message.

    `facts` are labels and texts, as the first of `learners` met them. `check` is "" where the file
    did not load, which is what `message` then says.
    """

    number: int
    exercise: str
    check: str
    outcome: str
    mistake: NamedMistake | None
    message: str
    facts: list[tuple[str, str]]
    learners: list[Learner] = field(default_factory=list)


@dataclass(frozen=True)
class Cause:
    """Why a learner lost points in an exercise: a failure, and how many checks and points it cost."""

    failure: Failure
    checks: int
    points: float


@dataclass(frozen=True)
class Standing:
    """How a learner stands in an exercise. `outcomes` are those of its checks, by name; `growing` are
    the checks that were passed, but with operations that grow with the input."""

    exercise: str
    status: str
    score: float
    most: float
    file: str
    reason: str
    outcomes: dict[str, str]
    growing: frozenset[str]
    causes: list[Cause]

    @property
    def begun(self) -> bool:
        """Whether there is an answer that was graded, be it one that does not load."""
        return self.status in ("graded", "load_error")

    @property
    def share(self) -> float:
        return share(self.score, self.most)


@dataclass(frozen=True, eq=False)
class Learner:
    """A learner's grade; `reason` says why there is none."""

    number: int
    name: str
    run: int
    started: str
    seconds: float
    graded: bool
    reason: str
    score: float
    most: float
    standings: dict[str, Standing]

    @property
    def begun(self) -> bool:
        return any(standing.begun for standing in self.standings.values())

    @property
    def idle(self) -> bool:
        """Whether nothing was handed in but stubs."""
        return self.graded and not self.begun

    @property
    def share(self) -> float:
        return share(self.score, self.most)


@dataclass(frozen=True)
class Check:
    """What is known of a check without anybody's answer; `title` tells that it is hidden."""

    exercise: str
    name: str
    title: str
    points: float
    hidden: bool


@dataclass
class Classroom:
    """Everything that a class report is made of, in course order."""

    courses: dict[str, str] = field(default_factory=dict)  # by their hashes
    seeds: set[int] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    learners: list[Learner] = field(default_factory=list)
    exercises: dict[str, str] = field(default_factory=dict)  # titles, by id
    checks: dict[tuple[str, str], Check] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def standings(self, exercise: str) -> Iterable[tuple[Learner, Standing]]:
        """Everybody who was to answer an exercise, and how they stand."""
        for learner in self.learners:
            if exercise in learner.standings:
                yield learner, learner.standings[exercise]


def read_classroom(records: Iterable[Stored]) -> Classroom:
    """Boil records down, one at a time; what many have in common is kept once."""
    reader = _Reader()
    for stored in records:
        reader.read(stored)
    return reader.finished()


class _Reader:
    def __init__(self) -> None:
        self._room = Classroom()
        self._failures: dict[object, Failure] = {}

    def read(self, stored: Stored) -> None:
        result = stored.result
        self._room.courses[result.course_hash] = result.course
        self._room.seeds.add(result.seed)
        self._room.devices.add(result.device)
        learner = _learner(len(self._room.learners) + 1, stored)
        self._room.learners.append(learner)
        for exercise in result.exercises:
            learner.standings[exercise.id] = self._standing(learner, exercise)

    def finished(self) -> Classroom:
        """Exercises as the records order them, by chapter where they differ."""
        room = self._room
        room.exercises = dict(sorted(room.exercises.items(), key=lambda item: item[0].partition("/")[0]))
        places = {id: place for place, id in enumerate(room.exercises)}
        room.checks = dict(sorted(room.checks.items(), key=lambda item: places[item[0][0]]))
        room.failures = list(self._failures.values())
        return room

    def _standing(self, learner: Learner, exercise: ExerciseResult) -> Standing:
        self._room.exercises[exercise.id] = line(exercise.title)
        for check in exercise.checks:
            known = Check(exercise.id, check.name, heading(check), check.max_points, check.hidden)
            self._room.checks[exercise.id, check.name] = known
        return Standing(
            exercise.id,
            exercise.status,
            exercise.score,
            exercise.max_score,
            exercise.file,
            exercise.message if exercise.status == "not_graded" else "",
            {check.name: check.outcome for check in exercise.checks},
            frozenset(check.name for check in exercise.checks if check.efficiency and check.efficiency.grows),
            list(self._causes(learner, exercise)),
        )

    def _causes(self, learner: Learner, exercise: ExerciseResult) -> Iterable[Cause]:
        if exercise.status not in ("graded", "load_error"):
            return
        for first, *others in causes(exercise):
            failure = self._failure(exercise, first)
            failure.learners.append(learner)
            lost = sum(check.max_points - check.points for check in (first, *others))
            yield Cause(failure, 1 + len(others), lost)

    def _failure(self, exercise: ExerciseResult, check: CheckResult) -> Failure:
        loaded = exercise.status == "graded"
        name = check.name if loaded else ""
        mistake = check.mistake.name if check.mistake else ""
        key = exercise.id, name, check.outcome, mistake, check.message
        if key not in self._failures:
            self._failures[key] = Failure(
                len(self._failures) + 1,
                exercise.id,
                heading(check) if loaded else "",
                check.outcome,
                check.mistake,
                _shortened(check.message),
                [(label, _shortened(text)) for label, text in facts(check)],
            )
        return self._failures[key]


def _learner(number: int, stored: Stored) -> Learner:
    result: SubmissionResult = stored.result
    return Learner(
        number,
        stored.name,
        stored.run,
        result.started,
        result.duration_s,
        result.status == "graded",
        result.reason,
        result.score,
        result.max_score,
        {},
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_FACT else f"{text[:LONGEST_FACT]}\n… (cut here)"
