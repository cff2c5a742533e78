"""What a failing submission costs beyond a passing one: replay, diagnosis, shrinking."""

from __future__ import annotations

from common import course, ms

from dlex.grading.session import grade
from dlex.submission import Source, Submission

RUNS = 7


def measure() -> dict[str, str]:
    found = course()
    (exercise,) = found.find("softmax")
    right = exercise.path("solutions").read_bytes()
    sources = {
        "passing": right,
        "failing, mistake named": right.replace(b"X_exp.sum(dim=1", b"X_exp.sum(dim=0"),
        "failing, in no list": right.replace(b"return X_exp /", b"return 0.9 * X_exp /"),
    }
    assert len(set(sources.values())) == 3
    submissions = [
        Submission(name, {exercise.id: Source("softmax.py", source)})
        for _run in range(RUNS + 1)
        for name, source in sources.items()
    ]
    seconds: dict[str, list[float]] = {name: [] for name in sources}
    for result in grade(found, [exercise], submissions):
        seconds[result.submission].append(result.duration_s)
    medians = {name: sorted(times[1:])[RUNS // 2] for name, times in seconds.items()}
    figures = {f"one warm submission, {name}": ms(time) for name, time in medians.items()}
    figures["ratio, named to passing"] = f"{medians['failing, mistake named'] / medians['passing']:.1f}"
    figures["ratio, unnamed to passing"] = f"{medians['failing, in no list'] / medians['passing']:.1f}"
    return figures
