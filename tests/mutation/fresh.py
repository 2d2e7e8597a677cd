"""A process of its own for a mutant of what runs at import: `python -m tests.mutation.fresh TASK`.

Started by `children.fresh` only. Whatever goes wrong before the first test, the mutant did.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.mutation import place
from tests.mutation.children import KILLED, LOST, SURVIVED, tell
from tests.mutation.operators import mutants
from tests.mutation.parts import ROOT
from tests.mutation.suite import Suite, settle_child


def main(task_file: str) -> None:
    """Run the tests of the task with its mutant."""
    task: dict[str, Any] = json.loads(Path(task_file).read_text(encoding="utf-8"))
    settle_child(str(Path(task_file).parent))
    pipe: int = task["pipe"]
    source = (ROOT / task["file"]).read_text(encoding="utf-8")
    by_name = {one.name: one for one in mutants(source, task["file"])}
    mutant = by_name.get(task["name"])
    if mutant is None:
        tell(pipe, LOST)
        return
    place.on_import(source, mutant)
    names = {name: number for number, name in task["tests"]}

    def job(suite: Suite) -> None:
        here = {name: at for at, name in enumerate(suite.ids)}
        if suite.broken or not names.keys() <= here.keys():
            tell(pipe, KILLED)
            return
        order = [here[name] for name in names]
        failed = suite.first_failure(order, lambda at: tell(pipe, "begin", names[suite.ids[at]]))
        tell(pipe, SURVIVED if failed is None else KILLED)

    Suite(job).collect(list(dict.fromkeys(name.partition("::")[0] for name in names)))


if __name__ == "__main__":
    main(sys.argv[1])
