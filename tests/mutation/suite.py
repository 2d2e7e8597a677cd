"""The tests of a part inside this process: collected once by pytest, run one by one in any order.

`Suite` is a pytest plugin that takes the place of its loop: what `job` does with the collected
tests is all that happens. Hypothesis draws the same few examples each time and does not shrink.
"""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest

MEMORY_BYTES_MAX = 6 * 1024**3
"""Of address space: a loop without an end that gathers something must not take the machine."""

Job = Callable[["Suite"], None]


class Suite:
    """Collected tests, by number; `ids` their names."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._failed = False
        self._items: list[pytest.Item] = []
        self.ids: list[str] = []
        self.broken: list[str] = []

    def collect(self, tests: Sequence[str]) -> None:
        """Collect what is below these paths and do the job."""
        quiet = ("-qq", "--no-header", "--no-summary", "--capture=no", "--tb=native")
        pytest.main(["-p", "no:cacheprovider", *quiet, *tests], plugins=[self])

    # pytest's hooks

    def pytest_configure(self) -> None:
        """The same few examples each time; imported here, for pytest wants to be first."""
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile(
            "mutation",
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutation")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep what could not be collected."""
        if report.failed:
            self.broken.append(report.longreprtext)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Do the job instead of running what was collected."""
        self._items = session.items
        self.ids = [item.nodeid for item in self._items]
        self._job(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep whether a step of a test failed."""
        self._failed |= report.failed

    # For the job

    def run(self, number: int, following: int | None) -> bool:
        """Run one test; `following` is the one after it. Returns whether it passed."""
        self._failed = False
        item = self._items[number]
        after = None if following is None else self._items[following]
        item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        return not self._failed

    def first_failure(self, numbers: Sequence[int], begin: Callable[[int], Any]) -> int | None:
        """Run tests in this order until one fails; `begin` hears of each before it is run."""
        for number, following in zip(numbers, [*numbers[1:], None], strict=True):
            begin(number)
            if not self.run(number, following):
                return number
        return None


def settle_child(folder: str) -> None:
    """In a process for one mutant: nothing on the terminal, files in `folder`, limited memory."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = folder
    tempfile.tempdir = None
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, hard))
