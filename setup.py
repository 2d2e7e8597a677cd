"""What of the venue is compiled, and how; what is built at all stands in pyproject.toml.

`gateway/fix/codec.pyx` is Cython: byte loops, each beside its counterpart in Python. The modules of
`TYPED` are compiled by mypyc as they are; a module belongs there if it is on the way of an order,
does no input or output, and none of its classes has a base from elsewhere.

Without a C compiler the package is built all the same, and runs as source. FIXPIT_BUILD=pure asks
for that; FIXPIT_BUILD=compiled makes it an error.
"""

import os
import shutil
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))
from fixpit.build import LISTED, check_sum  # noqa: E402

CODEC = "gateway/fix/codec.pyx"
TYPED = [
    "engine/book/line.py",
    "engine/book/matching.py",
    "engine/book/order_book.py",
    "engine/exchange.py",
    "engine/floor.py",
    "engine/instrument.py",
    "engine/market.py",
    "engine/oms/cl_ord_ids.py",
    "engine/oms/order_desk.py",
    "engine/oms/order_registry.py",
    "engine/refusals.py",
    "engine/tick_table.py",
    "gateway/clock.py",
    "gateway/decimals.py",
    "gateway/fix/decoder.py",
    "gateway/fix/encoder.py",
    "gateway/fix/execution_reports.py",
    "gateway/fix/gap.py",
    "gateway/fix/header_checks.py",
    "gateway/fix/heartbeats.py",
    "gateway/fix/order_entry.py",
    "gateway/fix/order_fields.py",
    "gateway/fix/order_reports.py",
    "gateway/fix/outgoing.py",
    "gateway/fix/report_batch.py",
    "gateway/fix/report_style.py",
    "gateway/fix/resend.py",
    "gateway/fix/session.py",
    "gateway/fix/session_life.py",
    "gateway/fix/times.py",
    "gateway/publisher.py",
    "gateway/sequencer.py",
]
GROUP = "fixpit.venue"
"""The typed modules are one library, `fixpit/venue__mypyc`, and call each other directly."""

BUILD = os.environ.get("FIXPIT_BUILD", "auto")
C_FLAGS = ["-O3", "-g0"] if os.name == "posix" else []


def extensions() -> list[Extension]:
    """The compiled modules as C; raises SystemExit where the sources do not allow it."""
    from Cython.Build import cythonize
    from mypyc.build import mypycify

    codec = Extension("gateway.fix.codec", [CODEC], extra_compile_args=C_FLAGS)
    unchecked = {"boundscheck": False, "wraparound": False, "cdivision": True}
    options = ["--config-file=", "--explicit-package-bases", "--ignore-missing-imports"]
    return [
        *cythonize([codec], build_dir="build", compiler_directives=unchecked, quiet=True),
        *mypycify(
            [*options, *TYPED], group_name=GROUP, opt_level="2", debug_level="0", target_dir="build"
        ),
    ]


def without(why: object) -> list[Extension]:
    """Nothing to compile, for this reason; raises SystemExit where that is not wanted."""
    if BUILD == "compiled":
        raise SystemExit(f"fixpit: FIXPIT_BUILD=compiled, but {why}")
    print(f"fixpit: built without compiled modules: {why}", file=sys.stderr)
    return []


def wanted() -> list[Extension]:
    """What stands for the compiled modules until they are translated; empty where none can be."""
    if BUILD == "pure":
        return without("FIXPIT_BUILD=pure")
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC")
    if compiler and shutil.which(compiler.split()[0]) is None:
        return without(f"there is no C compiler {compiler.split()[0]}")
    return [Extension("gateway.fix.codec", [CODEC])]


def translated() -> list[Extension]:
    """The modules as C, or nothing where that fails."""
    try:
        return extensions()
    except (Exception, SystemExit) as error:
        return without(error)


def forget() -> None:
    """Take away what was compiled in this checkout: a module may not be listed any more."""
    LISTED.unlink(missing_ok=True)
    for package in ("engine", "fixpit", "gateway"):
        for module in (ROOT / package).rglob(f"*{EXTENSION_SUFFIXES[0]}"):
            module.unlink()


class Compile(build_ext):
    """Compiles all or nothing, and writes the list by which `fixpit.build` knows what it is."""

    def finalize_options(self) -> None:
        """Only now are the modules translated to C: setuptools runs this file several times."""
        if self.distribution.ext_modules:
            self.distribution.ext_modules = translated()
        super().finalize_options()

    def run(self) -> None:
        """As build_ext, but that what cannot be compiled is left away."""
        if not self.extensions:
            return
        here = self.inplace or getattr(self, "editable_mode", False)
        if here:
            forget()
        try:
            super().run()
        except Exception as error:
            self.extensions = without(error)
            return
        listed = LISTED if here else Path(self.build_lib, "fixpit", LISTED.name)
        lines = [f"{check_sum((ROOT / name).read_bytes())} {name}\n" for name in [CODEC, *TYPED]]
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(lines), encoding="ascii")


setup(ext_modules=wanted(), cmdclass={"build_ext": Compile})
