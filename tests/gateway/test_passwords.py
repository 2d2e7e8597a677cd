"""Password hashes: made, recognised, checked; and what a new password must be."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from base64 import b64encode

import pytest
from argon2 import PasswordHasher

from gateway import passwords
from gateway.passwords import Kind

SALT, DIGEST = b64encode(b"s" * 16).decode(), b64encode(b"d" * 32).decode()
RAW_SALT, RAW_DIGEST = SALT.rstrip("="), DIGEST.rstrip("=")


@pytest.fixture
def no_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the package is not installed."""
    monkeypatch.setitem(sys.modules, "argon2", None)


@pytest.mark.parametrize("kind", ["scrypt", "argon2"])
def test_a_password_matches_its_own_hash_only(kind: Kind) -> None:
    """Any characters, the empty password included; hashes of one password differ by their salt."""
    words = ["secret", "", "lösenord £ 密码", "secret "]
    hashes = [passwords.hash_password(word, kind) for word in words]
    found = [[passwords.matches(word, text) for word in words] for text in hashes]
    assert found == [[i == j for j in range(4)] for i in range(4)]
    assert [passwords.problem(text) for text in hashes] == [None] * 4
    assert passwords.hash_password("secret", kind) != hashes[0]


def test_a_made_hash_has_the_form_that_is_checked() -> None:
    """Parameters in the text, so that later versions may raise them."""
    text = passwords.hash_password("secret")
    assert (text.split("$")[:4], passwords.is_hash(text)) == (["scrypt", "16384", "8", "1"], True)
    text = passwords.hash_password("secret", "argon2")
    parameters = ["", "argon2id", "v=19", "m=19456,t=2,p=1"]
    assert (text.split("$")[:4], passwords.is_hash(text)) == (parameters, True)


def test_other_parameters_are_taken_from_the_text() -> None:
    """A hash made elsewhere, with less work and a longer digest."""
    digest = hashlib.scrypt(b"secret", salt=b"12345678", n=2**10, r=4, p=2, dklen=64)
    text = f"scrypt$1024$4$2${b64encode(b'12345678').decode()}${b64encode(digest).decode()}"
    found = passwords.matches("secret", text), passwords.matches("Secret", text)
    assert found == (True, False)


def test_the_most_expensive_hash_that_is_let_through_can_be_checked() -> None:
    """256 MiB of memory: what `is_hash` accepts, `matches` must not choke on."""
    text = f"scrypt$131072$16$1${SALT}${DIGEST}"
    assert (passwords.is_hash(text), passwords.matches("secret", text)) == (True, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        f"scrypt$16384$8$1${SALT}",
        f"scrypt$16384$8$1${SALT}${DIGEST}$",
        f"bcrypt$16384$8$1${SALT}${DIGEST}",
        f"scrypt$16384$8$one${SALT}${DIGEST}",
        f"scrypt$16384$8$1$no base64${DIGEST}",
        f"scrypt$16384$8$1${SALT}$abc",
        f"scrypt$512$8$1${SALT}${DIGEST}",
        f"scrypt$262144$8$1${SALT}${DIGEST}",
        f"scrypt$16383$8$1${SALT}${DIGEST}",
        f"scrypt$16384$0$1${SALT}${DIGEST}",
        f"scrypt$16384$17$1${SALT}${DIGEST}",
        f"scrypt$16384$8$0${SALT}${DIGEST}",
        f"scrypt$16384$8$5${SALT}${DIGEST}",
        f"scrypt$16384$8$1$c2hvcnQ=${DIGEST}",
        f"scrypt$16384$8$1${SALT}$c2hvcnQ=",
        "$argon2id$",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}$",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}\n",
        f"argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2i$v=19$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=16$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$t=2,m=19456,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=019456,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=1023,t=2,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=262145,t=1,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=4294967295,t=1,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=262144,t=5,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=1024,t=1025,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=1024,t=4294967295,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=0,p=1${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=0${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=5${RAW_SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}$c2hvcnQ",
        f"$argon2id$v=19$m=19456,t=2,p=1$c2hvcnQ${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${RAW_DIGEST}",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${'A' * 25}",
        f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${'A' * 87}",
        f"$argon2id$v=19$m=19456,t=2,p=1${'A' * 87}${RAW_DIGEST}",
    ],
)
def test_what_is_no_hash_matches_nothing(text: str) -> None:
    """Another form, another method, parameters out of bounds, salt or digest of no right length."""
    assert (passwords.is_hash(text), passwords.matches("secret", text)) == (False, False)
    assert passwords.problem(text) == "must be what `fixpit hash-password` prints, was a secret"


# argon2


def test_hashes_made_by_the_package_are_checked() -> None:
    """Its own form, with its own defaults and with the least that is let through."""
    least = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1, hash_len=16, salt_len=8)
    for text in (PasswordHasher().hash("secret"), least.hash("secret")):
        found = passwords.matches("secret", text), passwords.matches("Secret", text)
        assert found == (True, False)


def test_the_package_checks_hashes_made_here() -> None:
    """The text is argon2's own, so that any other tool can read it."""
    assert PasswordHasher().verify(passwords.hash_password("secret", "argon2"), "secret")


@pytest.mark.parametrize("parameters", ["m=262144,t=4,p=4", "m=1024,t=1024,p=1"])
def test_the_most_expensive_argon2_hash_can_be_checked(parameters: str) -> None:
    """256 MiB four times, or 1 MiB a thousand times: under a second here, and no error."""
    text = f"$argon2id$v=19${parameters}${RAW_SALT}${RAW_DIGEST}"
    assert (passwords.is_hash(text), passwords.matches("secret", text)) == (True, False)


@pytest.mark.usefixtures("no_argon2")
def test_without_the_package_argon2_hashes_have_a_problem() -> None:
    """They are hashes, match nothing and stop nobody; scrypt is not touched by that."""
    needs = "needs the package argon2-cffi (pip install 'fixpit[argon2]')"
    text = f"$argon2id$v=19$m=19456,t=2,p=1${RAW_SALT}${RAW_DIGEST}"
    assert (passwords.is_hash(text), passwords.matches("secret", text)) == (True, False)
    assert passwords.problem(text) == needs
    with pytest.raises(ImportError) as error:
        passwords.hash_password("secret", "argon2")
    assert str(error.value) == needs
    assert passwords.problem(f"scrypt$16384$8$1${SALT}${DIGEST}") is None


def test_argon2_is_imported_only_for_a_hash_of_its_kind() -> None:
    """A venue without one starts without it."""
    text = f"scrypt$1024$1$1${SALT}${DIGEST}"
    code = (
        "import sys; from gateway import passwords;"
        f"passwords.matches('x', {text!r}); passwords.problem({text!r});"
        "passwords.hash_password('x'); print('argon2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# New passwords


@pytest.mark.parametrize(
    "new", ["12345678", "a" * 64, "with spaces, ~ | = and $", " !\"#$%&'", "old secreT"]
)
def test_new_passwords_that_are_accepted(new: str) -> None:
    """8 to 64 characters from space to tilde."""
    assert passwords.password_problem(new, "old secret") is None


@pytest.mark.parametrize(
    "new",
    [
        "",
        "1234567",
        "a" * 65,
        "1234567\x01",
        "1234567\n",
        "12345678\n",
        "1234567\x7f",
        "lösenord",
        "1234567\u0668",
        "1234567\ud800",
    ],
)
def test_new_passwords_that_are_refused(new: str) -> None:
    """Too short, too long, a control character, beyond ASCII; the password itself is not shown."""
    rule = "must be 8 to 64 printable ASCII characters"
    assert passwords.password_problem(new, "old secret") == rule


@pytest.mark.parametrize("old", ["old secret", "", "lösenord", "\ud800"])
def test_a_new_password_is_not_the_old_one(old: str) -> None:
    """The old one may be anything, and is compared as a whole."""
    rule = "must differ from the old one"
    expected = rule if old == "old secret" else None
    assert passwords.password_problem("old secret", old) == expected
