"""What the growth of a cost looks like: as a table, and as a picture with a panel a curve.

How it was measured is not known here. matplotlib is loaded only to draw.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median

GROWTH_MAX = 1.3
"""An order may cost so many times what it costs at the smallest size."""

LEGEND = (
    "ratio: to the smallest size in the same round, median (least-most)",
    "new + cancel: one order and its cancel, behind what rests at its price",
    "cross: a buy that rests behind the best bids, then a sell that trades with the first of them",
    "bytes/order: growth of resident memory while the book was filled, by orders in it",
)
"""What the columns of a table mean."""

_PANEL_INCHES = (5.0, 4.2)
_DOTS_PER_INCH = 110
_HEADROOM = 1.25
"""Share of the highest value that an axis reaches to."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One measured run: CPU microseconds of the server an order, and orders a second."""

    micros: float
    rate: float


@dataclass(slots=True)
class Row:
    """What was found at one size: runs by workload, one a round, and the memory, if it tells."""

    size: int
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    bytes_per_order: float | None = None

    def micros(self, workload: str) -> float:
        """The median cost of an order."""
        return median(cost.micros for cost in self.costs[workload])

    def rate(self, workload: str) -> float:
        """The median of orders a second."""
        return median(cost.rate for cost in self.costs[workload])

    def ratios(self, smallest: Row, workload: str) -> list[float]:
        """Times the cost at the smallest size in the same round, sorted."""
        pairs = zip(self.costs[workload], smallest.costs[workload], strict=True)
        return sorted(cost.micros / base.micros for cost, base in pairs)

    def growth(self, smallest: Row) -> float:
        """The ratio that counts: the median over the rounds, of the worst workload."""
        return max(median(self.ratios(smallest, workload)) for workload in self.costs)


@dataclass(frozen=True, slots=True)
class Curve:
    """What was found at sizes of one kind, in ascending order."""

    title: str
    unit: str
    rows: Sequence[Row]


# As a table.


def table(curve: Curve) -> str:
    """The rows of a curve in plain text, and whether the cost stays within its bound."""
    smallest = curve.rows[0]
    names = [*smallest.costs]
    header = [curve.unit]
    for name in names:
        header += [f"{name}, us", "ratio", "orders/s"]
    cells = [[*header, "bytes/order", f"within {GROWTH_MAX:g}"]]
    cells += [_cells(row, smallest) for row in curve.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  " + "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in cells
    ]
    worst = max(row.growth(smallest) for row in curve.rows)
    verdict = "within" if worst <= GROWTH_MAX else "beyond"
    sizes = f"{smallest.size:,} to {curve.rows[-1].size:,}"
    lines.append(f"  {sizes} {curve.unit}: at most {worst:.2f} times, {verdict} {GROWTH_MAX:g}")
    lines.append(f"  the dearest size costs {_dearest(curve):.2f} times the cheapest")
    return "\n".join([curve.title, *lines])


def _dearest(curve: Curve) -> float:
    """Also where the smallest size is not the cheapest; of the workload where it is most."""
    found = []
    for name in curve.rows[0].costs:
        micros = [row.micros(name) for row in curve.rows]
        found.append(max(micros) / min(micros))
    return max(found)


def _cells(row: Row, smallest: Row) -> list[str]:
    cells = [f"{row.size:,}"]
    for name in row.costs:
        ratios = row.ratios(smallest, name)
        spread = f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        cells += [f"{row.micros(name):.1f}", spread, f"{row.rate(name):,.0f}"]
    cells.append("-" if row.bytes_per_order is None else f"{row.bytes_per_order:,.0f}")
    return [*cells, "yes" if row.growth(smallest) <= GROWTH_MAX else "NO"]


# As a picture.


@dataclass(frozen=True, slots=True)
class Line:
    """A named run of (size, value)."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over one axis of sizes; `bound` is drawn as what they should stay below."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    bound: float | None = None

    @property
    def top(self) -> float:
        """Where the axis of values ends: above all that is shown."""
        values = [value for line in self.lines for _, value in line.points]
        return _HEADROOM * max([*values, self.bound or 0])


def panels(found: Sequence[Curve]) -> list[Panel]:
    """A panel a curve, and one for the memory of those that show it."""
    made, memory = [], []
    for curve in found:
        smallest = curve.rows[0]
        lines = [
            Line(
                f"{name} ({smallest.micros(name):.0f} us at {smallest.size:,})",
                [(row.size, median(row.ratios(smallest, name))) for row in curve.rows],
            )
            for name in smallest.costs
        ]
        text = f"times the cost at {smallest.size:,}"
        made.append(Panel(curve.title, curve.unit, text, lines, GROWTH_MAX))
        told = [(row.size, row.bytes_per_order) for row in curve.rows]
        memory.append(Line(curve.title, [(size, value) for size, value in told if value]))
    shown = [line for line in memory if line.points]
    if shown:
        made.append(Panel("Memory", "resting orders", "bytes a resting order", shown))
    return made


def drawable(text: str) -> Path:
    """The file to draw to, as an option: what is missing is told before minutes of measuring."""
    if find_spec("matplotlib") is None:
        raise ArgumentTypeError("needs matplotlib, which is not installed")
    return Path(text)


def draw(panels: Sequence[Panel], file: Path) -> None:
    """Writes the panels as a PNG."""
    from matplotlib.figure import Figure  # half a second, and not needed by whoever wants numbers

    width, height = _PANEL_INCHES
    columns = 2 if len(panels) > 1 else 1
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    for number, panel in enumerate(panels, 1):
        axes = figure.add_subplot(rows, columns, number)
        for line in panel.lines:
            axes.plot(*zip(*line.points, strict=True), marker="o", label=line.label)
        if panel.bound is not None:
            axes.axhline(panel.bound, linestyle="--", color="grey", label=f"{panel.bound:g}")
        axes.set_xscale("log")
        axes.set_ylim(0, panel.top)
        axes.set_title(panel.title)
        axes.set_xlabel(panel.x_label)
        axes.set_ylabel(panel.y_label)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(loc="lower right")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=_DOTS_PER_INCH, format="png")
