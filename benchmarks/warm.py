"""One submission of softmax with 1,000 property examples, warm, sandboxed; against the bare loop of
calls and comparisons in one process, which is the physical limit."""

from __future__ import annotations

import dataclasses
import itertools

import torch
from common import alternating, course, ms, with_grader

from dlex.grading.replay import replay
from dlex.worker import sandbox

EXAMPLES = 1000


def measure() -> dict[str, str]:
    figures: dict[str, str] = {}
    (exercise,) = course().find("softmax")
    source = exercise.path("solutions").read_bytes()
    namespace: dict = {}
    exec(source, namespace)
    softmax = namespace["softmax"]

    def work(grader, attempt) -> None:
        (check,) = [c for c in grader.checks if c.name == "any_scores"]
        examples = list(itertools.islice(itertools.cycle(check.examples), EXAMPLES))
        large = dataclasses.replace(check, examples=examples)

        def sandboxed() -> None:
            started = attempt(source)
            assert replay(large, started).failure is None
            started.close()

        inputs = [example.drawn["arguments"]["X"] for example in examples]
        expected = [torch.softmax(X.double(), dim=1).to(X.dtype) for X in inputs]

        def bare() -> None:
            for X, want in zip(inputs, expected, strict=True):
                assert torch.allclose(softmax(X.clone()), want, rtol=2e-5, atol=2e-6)

        ours, limit = alternating(9, sandboxed, bare)
        figures[f"sandboxed (level {sandbox.probe().level}): fork, load, {EXAMPLES:,} examples"] = ms(ours)
        figures["bare loop in one process"] = ms(limit)
        figures["ratio"] = f"{ours / limit:.1f}"

    with_grader("softmax", work)
    return figures
