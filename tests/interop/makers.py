"""The client libraries of the run: how each is made ready, configured and started.

A library that is here plays; one whose language the machine lacks raises NotHere and is named as
left out. Which versions a library plays is a matter of the dictionaries it carries.
"""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.interop.certificates import make_java_stores, make_rsa_pair
from tests.interop.config import FixVersion, Session, ini_text, json_text
from tests.interop.toolchain import (
    HERE,
    ROOT,
    CannotInstall,
    copy_project,
    install_debian,
    is_made,
    mark_made,
    require,
    run_command,
    say,
    stamp_of,
)

ALL_VERSIONS: Final = tuple(FixVersion)

# Marks of scenario.fix for libraries that treat a gap as the QuickFIX family does.
QUICKFIX_KIND: Final = frozenset({"in-order", "resends", "asks"})

# Debian's packages leave the dictionaries out. The other libraries bring stock ones of their own.
VENUE_DICTIONARIES: Final = ROOT / "fix_specs"


@dataclass(frozen=True)
class Client:
    """A client library that is ready to run."""

    name: str
    run: str  # prefix of its ClOrdIDs: all of them trade in one venue, on one day
    version: str
    marks: frozenset[str]  # the lines of the script that are for libraries of its kind
    fix_versions: tuple[FixVersion, ...]
    config: Callable[[FixVersion, Session], str]  # text of the configuration file
    command: Callable[[Path], list[str]]  # how it is started with that file
    # what a comp id needs besides ca.pem and its own pair, from the folder with these
    certificates: Callable[[Path, str], None] = lambda folder, comp_id: None


def quickfix_cpp() -> Client:
    """Debian's QuickFIX with our client.cpp compiled against it."""
    install_debian("g++", "libquickfix-dev")
    folder, sources = copy_project(HERE / "quickfix_cpp", "quickfix_cpp")
    version = run_command(["dpkg-query", "-W", "-f", "${Version}", "libquickfix-dev"])
    stamp = stamp_of(version.encode(), sources.encode())
    if not is_made(folder, stamp):
        say("compiling the QuickFIX C++ client")
        # c++14: the library's headers still use exception specifications
        compiler = ["g++", "-std=c++14", "-O1", "-DHAVE_SSL=1", "-Wno-deprecated", "-pthread"]
        run_command([*compiler, "-o", "client", "client.cpp", "-lquickfix"], folder)
        mark_made(folder, stamp)
    return Client(
        "QuickFIX C++",
        "qf",
        version,
        marks=QUICKFIX_KIND | {"tls"},
        fix_versions=ALL_VERSIONS,
        config=lambda version, session: ini_text(
            "quickfix_cpp", version, session, VENUE_DICTIONARIES
        ),
        command=lambda config: [str(folder / "client"), str(config)],
        certificates=make_rsa_pair,
    )


def quickfix_j() -> Client:
    """QuickFIX/J from Maven Central; its jar has the dictionaries in it."""
    java, maven, *_ = require("a JDK 11+ and Maven", "java", "mvn", "javac", "keytool")
    folder, stamp = copy_project(HERE / "quickfix_j", "quickfix_j")
    if not is_made(folder, stamp):
        say("mvn compile: QuickFIX/J")
        shutil.rmtree(folder / "target", ignore_errors=True)
        goals = ["compile", "dependency:copy-dependencies", "-DincludeScope=runtime"]
        run_command([maven, "-q", "-B", *goals, "-DoutputDirectory=target/lib"], folder)
        mark_made(folder, stamp)
    jar = next((folder / "target" / "lib").glob("quickfixj-core-*.jar"))
    quick_start = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    classes = f"{folder}/target/classes:{folder}/target/lib/*"
    return Client(
        "QuickFIX/J",
        "qj",
        jar.stem.removeprefix("quickfixj-core-"),
        marks=QUICKFIX_KIND | {"tls"},
        fix_versions=ALL_VERSIONS,
        config=lambda version, session: ini_text("quickfix_j", version, session),
        command=lambda config: [java, *quick_start, "-cp", classes, "Client", str(config)],
        certificates=make_java_stores,
    )


def quickfix_j_789() -> Client:
    """QuickFIX/J that tells what it expects next instead of asking for it, in FIX 4.4 and later."""
    usual = quickfix_j()
    return replace(
        usual,
        name="QuickFIX/J, 789",
        run="qe",
        marks=usual.marks - {"asks"} | {"expects"},
        fix_versions=(FixVersion.FIX44, FixVersion.FIX50SP2),
        config=lambda version, session: ini_text(
            "quickfix_j", version, session, pieces=["next_expected"]
        ),
    )


def quickfix_go() -> Client:
    """QuickFIX/Go from the Go module proxy; its module has the dictionaries in it."""
    (go,) = require("Go 1.23+", "go")
    folder, stamp = copy_project(HERE / "quickfix_go", "quickfix_go")
    if not is_made(folder, stamp):
        say("go build: QuickFIX/Go")
        run_command([go, "build", "-o", "client", "."], folder)
        mark_made(folder, stamp)
    module = json.loads(
        run_command([go, "list", "-m", "-json", "github.com/quickfixgo/quickfix"], folder)
    )
    return Client(
        "QuickFIX/Go",
        "go",
        module["Version"].removeprefix("v"),
        marks=QUICKFIX_KIND | {"tls"},
        fix_versions=ALL_VERSIONS,
        config=lambda version, session: ini_text(
            "quickfix_go", version, session, Path(module["Dir"]) / "spec"
        ),
        command=lambda config: [str(folder / "client"), str(config)],
    )


def fixcore_engine() -> Client:
    """fixcore-engine, which the development environment has from PyPI; it knows no TLS."""
    program = HERE / "fixcore_client.py"
    return Client(
        "fixcore-engine",
        "fc",
        importlib.metadata.version("fixcore-engine"),
        marks=QUICKFIX_KIND,
        fix_versions=ALL_VERSIONS,
        config=lambda version, session: ini_text("fixcore_engine", version, session),
        command=lambda config: [sys.executable, str(program), str(config)],
    )


def jspurefix() -> Client:
    """jspurefix from npm, at the versions its lock file names."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotInstall("node and npm must be on this machine, were not: install Node.js 20+")
    folder, stamp = copy_project(HERE / "jspurefix", "jspurefix")
    if not is_made(folder, stamp):
        say("npm ci: jspurefix")
        # its install script only unpacks dictionaries this run does not use
        run_command([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        mark_made(folder, stamp)
    package = folder / "node_modules" / "jspurefix"
    return Client(
        "jspurefix",
        "js",
        json.loads((package / "package.json").read_text())["version"],
        marks=frozenset({"at-once", "gap-fills", "asks", "tls"}),
        fix_versions=ALL_VERSIONS,
        config=lambda version, session: json_text("jspurefix", version, session, package),
        command=lambda config: [node, str(folder / "client.js"), str(config)],
    )


MAKERS: Final[dict[str, Callable[[], Client]]] = {
    "quickfix_cpp": quickfix_cpp,
    "quickfix_j": quickfix_j,
    "quickfix_j_789": quickfix_j_789,
    "quickfix_go": quickfix_go,
    "fixcore_engine": fixcore_engine,
    "jspurefix": jspurefix,
}
