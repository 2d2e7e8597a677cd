"""docs/connecting.md shows the configuration files of the run, and names what the run installs."""

from __future__ import annotations

import importlib.metadata
import json
import re

import pytest

from tests.interop.certificates import PASSWORD
from tests.interop.config import CONFIGS
from tests.interop.makers import MAKERS
from tests.interop.toolchain import HERE, ROOT

PAGE = (ROOT / "docs" / "connecting.md").read_text()
SHOWN = dict(re.findall(r"^`configs/(\S+)`\n\n```\w+\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL))
PIECES = sorted(str(path.relative_to(CONFIGS)) for path in CONFIGS.glob("*/*"))


def test_every_piece_is_shown() -> None:
    """The page leaves no file out and shows none that is not there; each library has pieces."""
    assert sorted(SHOWN) == PIECES
    libraries = {name.removesuffix("_789") for name in MAKERS}
    assert {name.partition("/")[0] for name in PIECES} == libraries


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_is_shown_as_it_is(piece: str) -> None:
    """Letter by letter: what the reader copies is what the run has used."""
    assert SHOWN[piece] == (CONFIGS / piece).read_text()


def test_versions_on_the_page_are_those_that_are_installed() -> None:
    """QuickFIX C++ is Debian's, whatever that is; the others are fixed in files of ours."""
    pom = (HERE / "quickfix_j" / "pom.xml").read_text()
    go_mod = (HERE / "quickfix_go" / "go.mod").read_text()
    package = json.loads((HERE / "jspurefix" / "package.json").read_text())
    java = set(re.findall(r"<version>(\d+\.\d+\.\d+)</version>", pom))
    go = re.findall(r"quickfixgo/quickfix v(\S+)", go_mod)
    assert len(java) == len(go) == 1
    assert f"QuickFIX/J {java.pop()} " in PAGE
    assert f"QuickFIX/Go {go[0]}," in PAGE
    assert f"jspurefix {package['dependencies']['jspurefix']} " in PAGE
    assert f"fixcore-engine {importlib.metadata.version('fixcore-engine')} " in PAGE


def test_the_password_of_the_java_stores_is_that_of_the_page() -> None:
    """The commands on the page and those of the run make stores that the configuration opens."""
    assert f"-storepass {PASSWORD}" in PAGE
    assert f"SocketKeyStorePassword={PASSWORD}" in PAGE


def test_links_lead_to_files() -> None:
    """Every relative link of the page has something at its other end."""
    targets = re.findall(r"\]\((\.\./[^)#]+|[\w.]+\.md)\)", PAGE)
    assert targets
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []
