"""Personal data in the log, encrypted under one key per person that lies outside of it.

Destroying the key makes the data noise; the log's bytes stay as they are.
"""

import os
from collections.abc import Mapping
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.log import SealedPersonal
from infrastructure.keys.key_encryption import NONCE, NotOpened


def seal_personal(
    person: UUID, purpose: str, key: bytes, fields: Mapping[str, str]
) -> SealedPersonal:
    """Encrypt a person's fields; whose they are and what they are for is bound in."""
    nonce = os.urandom(NONCE)
    plain = orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS)
    ciphertext = AESGCM(key).encrypt(nonce, plain, _bound(person, purpose))
    return SealedPersonal(person=person, nonce=nonce, ciphertext=ciphertext)


def open_personal(sealed: SealedPersonal, purpose: str, key: bytes) -> dict[str, str]:
    """Return a person's fields.

    Raises:
        NotOpened: it was changed, serves another purpose, or the key is another person's.
    """
    try:
        bound = _bound(sealed.person, purpose)
        plain = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, bound)
    except (InvalidTag, ValueError) as error:
        raise NotOpened(f"personal data of {sealed.person} does not open") from error
    fields: dict[str, str] = orjson.loads(plain)
    return fields


def _bound(person: UUID, purpose: str) -> bytes:
    # The id has a fixed length, so no two pairs spell the same bytes.
    return person.bytes + purpose.encode()
