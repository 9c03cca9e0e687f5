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
from infrastructure.keys.envelope import NONCE, NotOpened


def seal_personal(person: UUID, key: bytes, fields: Mapping[str, str]) -> SealedPersonal:
    """Encrypt a person's fields; whose they are is bound in."""
    nonce = os.urandom(NONCE)
    plain = orjson.dumps(dict(fields), option=orjson.OPT_SORT_KEYS)
    ciphertext = AESGCM(key).encrypt(nonce, plain, person.bytes)
    return SealedPersonal(person=person, nonce=nonce, ciphertext=ciphertext)


def open_personal(sealed: SealedPersonal, key: bytes) -> dict[str, str]:
    """Return a person's fields.

    Raises:
        NotOpened: it was changed, or the key is another person's.
    """
    try:
        plain = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, sealed.person.bytes)
    except InvalidTag as error:
        raise NotOpened(f"personal data of {sealed.person} does not open") from error
    fields: dict[str, str] = orjson.loads(plain)
    return fields
