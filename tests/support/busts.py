"""What each order has lost by canceled and corrected trades, kept as its owner would keep it.

A fill that is taken back may be given to the order to work on, or not; which of the two, only the
quantities of the report say. Once that is known it must stay so in all later reports.
"""

from __future__ import annotations

from tests.support.fix import pairs_of


class BustedQty:
    """Told every message of every client once, in order."""

    def __init__(self) -> None:
        self._fills: dict[tuple[str, str], int] = {}
        self._lost: dict[tuple[str, str], int] = {}

    def after(self, data: bytes) -> int:
        """Quantity of the message's order that can neither trade any more nor was filled."""
        report = dict(reversed(pairs_of(data)))
        if report["35"] != "8":
            return 0
        owner = report["56"]
        order = owner, report["37"]
        if "19" in report:
            fill = owner, report["19"]
            canceled = report["150"] == "H" or report.get("20") == "1"
            left = 0 if canceled else int(report["32"])
            gone = self._fills[fill] - left
            self._fills[fill] = left
            if not self._works_again(report, self._lost.get(order, 0)):
                self._lost[order] = self._lost.get(order, 0) + gone
        elif "32" in report:
            self._fills[owner, report["17"]] = int(report["32"])
        return self._lost.get(order, 0)

    def _works_again(self, report: dict[str, str], lost: int) -> bool:
        """Whether the order has as much as if nothing had been lost this time."""
        return int(report["151"]) + int(report["14"]) + lost == int(report["38"])
