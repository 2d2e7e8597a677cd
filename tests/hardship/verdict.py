"""How a hardship says what it found: rows with a verdict, printed, and an exit code.

No processes and no sockets live here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.flood.report import Row, table


def tell(title: str, rows: Sequence[Row]) -> int:
    """Print the rows under their title; 1 when one was not kept."""
    sys.stdout.write(f"{title}\n{table(rows)}\n")
    return 0 if all(row.kept for row in rows) else 1
