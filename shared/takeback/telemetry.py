"""What is counted and traced: numbers, names, codes and ids, never a value from a file and no message of an exception.

Counts are printed in CloudWatch's embedded metric format, under the namespace and service that the environment names. The
dashboard in template.yaml shows them by these names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from aws_lambda_powertools import Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


def publish(measured: Mapping[str, float]) -> None:
    """Publish numbers. A name that ends in Milliseconds is a duration, every other one a count."""
    metrics = EphemeralMetrics()
    for name, number in measured.items():
        metrics.add_metric(name, MetricUnit.Milliseconds if name.endswith("Milliseconds") else MetricUnit.Count, number)
    metrics.flush_metrics()


def refused(code: str) -> None:
    """Count a refusal under its stable code."""
    metrics = EphemeralMetrics()
    metrics.add_dimension("code", code)
    metrics.add_metric("Refusals", MetricUnit.Count, 1)
    metrics.flush_metrics()


@contextmanager
def step(name: str, batch_id: UUID) -> Iterator[Clock]:
    """A step of the trace, and the clock of it. What goes wrong in it is noted by type alone: a message may quote a cell."""
    failure: BaseException | None = None
    with _tracer().provider.in_subsegment(name):
        _tracer().put_annotation("batch_id", str(batch_id))
        try:
            yield Clock()
        except BaseException as error:  # noqa: BLE001 - raised below, where the tracer does not see it
            failure = error
            _tracer().put_annotation("failed", type(error).__name__)
    if failure is not None:
        raise failure


class Clock:
    """Runs from the moment it is made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        """How long it has been running."""
        return round((time.perf_counter() - self._started) * 1000, 1)


@cache
def _tracer() -> Tracer:
    """Made with the first step, since the X-Ray library takes long to import. It watches no calls by itself: keys hold file names."""
    return Tracer(auto_patch=False)
