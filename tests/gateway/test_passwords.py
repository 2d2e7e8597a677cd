"""Password hashes: made, recognised, checked."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from gateway import passwords

SALT, DIGEST = b64encode(b"s" * 16).decode(), b64encode(b"d" * 32).decode()


def test_a_password_matches_its_own_hash_only() -> None:
    """Any characters, the empty password included; hashes of one password differ by their salt."""
    words = ["secret", "", "lösenord £ 密码", "secret "]
    hashes = [passwords.hash_password(word) for word in words]
    found = [[passwords.matches(word, text) for word in words] for text in hashes]
    assert found == [[i == j for j in range(4)] for i in range(4)]
    assert passwords.hash_password("secret") != hashes[0]


def test_a_made_hash_has_the_form_that_is_checked() -> None:
    """Parameters in the text, so that later versions may raise them."""
    text = passwords.hash_password("secret")
    assert (text.split("$")[:4], passwords.is_hash(text)) == (["scrypt", "16384", "8", "1"], True)


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
    ],
)
def test_what_is_no_hash_matches_nothing(text: str) -> None:
    """Another form, another method, parameters out of bounds, salt or digest too short."""
    assert (passwords.is_hash(text), passwords.matches("secret", text)) == (False, False)
