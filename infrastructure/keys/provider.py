"""The master key: kept outside the database, and read from the environment or a file.

Whoever has both can sign; whoever has the database alone can read no seed, verifier or
e-mail address. Also the one formula by which keys are derived, from it and from the root.
"""

import base64
import binascii
import hmac
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LENGTH = 32
"""Bytes of every key."""
LONGEST_FILE = 1_024
"""Characters of a key file that are read."""
DEVELOPMENT = "development:"
"""Marks a key that was made by the devnet. Production refuses it."""


class BadKey(Exception):
    """A key cannot be used; the message says why, and never what it is."""


class DerivedKeys(Protocol):
    """Keys for each purpose out of one secret."""

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose."""
        ...

    def key_id(self, purpose: str) -> str:
        """Return a name of a purpose's key that tells nothing about it."""
        ...

    def claim_of(self, email: str) -> str:
        """Return the keyed hash under which an e-mail address is claimed once."""
        ...


@dataclass(frozen=True, slots=True)
class KeyProvider:
    """Implements DerivedKeys."""

    _master: bytes = field(repr=False)
    is_development: bool = False

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose (HKDF-SHA256, RFC 5869)."""
        info = b"proofmint/v1/" + purpose.encode()
        return HKDF(algorithm=SHA256(), length=LENGTH, salt=None, info=info).derive(self._master)

    def key_id(self, purpose: str) -> str:
        """Return a name of a purpose's key that tells nothing about it."""
        return sha256(b"key-id" + self.derive(purpose)).hexdigest()[:16]

    def claim_of(self, email: str) -> str:
        """Return the keyed hash under which an e-mail address is claimed once."""
        return hmac.new(self.derive("email-claim"), email.encode(), sha256).hexdigest()

    def as_root(self) -> bytes:
        """Return the key itself, to be the root of a database from before there were roots."""
        return self._master


def read_master_key(text: str) -> KeyProvider:
    """Read a master key: 32 bytes in hexadecimal or base64, marked if it is a development key.

    Raises:
        BadKey: it is neither, or has another length.
    """
    spelled = text.strip().removeprefix(DEVELOPMENT)
    try:
        raw = bytes.fromhex(spelled)
    except ValueError:
        try:
            raw = base64.b64decode(spelled, validate=True)
        except (binascii.Error, ValueError):
            raise BadKey("the master key is neither hexadecimal nor base64") from None
    if len(raw) != LENGTH:
        raise BadKey(f"the master key has {len(raw)} bytes, not {LENGTH}")
    return KeyProvider(raw, text.strip().startswith(DEVELOPMENT))


def read_key_file(path: Path) -> str:
    """Return what a key file holds.

    Raises:
        BadKey: it cannot be read, or others than its owner can.
    """
    try:
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(LONGEST_FILE)
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(f"{path} cannot be read: {type(error).__name__}") from None
    if mode & 0o077:
        raise BadKey(f"{path} can be read by others: chmod 600 {path}")
    return text


def make_development_key(path: Path) -> None:
    """Write a random master key for development, unless there is one already.

    Whoever looks finds a whole key or none, and all who start at once find the same one.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name, encoding="ascii") as file:
        file.write(DEVELOPMENT + os.urandom(LENGTH).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)
