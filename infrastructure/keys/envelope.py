"""Envelope encryption: a data key for each secret, wrapped by a key-encryption key.

AES-256-GCM twice; the associated data binds owner, purpose and version, so that
one secret cannot be put in another's place.
"""

import os
from dataclasses import replace
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.log import Secret
from infrastructure.keys.key_encryption import NONCE, Bound, KeyEncryption, NotOpened
from infrastructure.keys.provider import LENGTH
from infrastructure.keys.sealed_form import CURRENT, SealedForm


class Envelope:
    def __init__(self, keys: KeyEncryption) -> None:
        self._keys = keys

    @property
    def key_id(self) -> str:
        """The key-encryption key that wraps now."""
        return self._keys.key_id

    def seal(self, owner: UUID, purpose: str, plain: bytes, version: int = 1) -> Secret:
        """Wrap a secret for the secrets table.

        Raises:
            KeysUnavailable: whoever holds the key-encryption key cannot be reached, or refuses.
        """
        bound = Bound(owner=owner, purpose=purpose, version=version)
        data_key, nonce = AESGCM.generate_key(LENGTH * 8), os.urandom(NONCE)
        form = SealedForm(
            key_id=self._keys.key_id,
            wrapped=self._keys.wrap(data_key, bound),
            nonce=nonce,
            sealed=AESGCM(data_key).encrypt(nonce, plain, bound.spelled),
        )
        return Secret(owner=owner, purpose=purpose, version=version, sealed=form.spelled())

    def open(self, secret: Secret) -> bytes:
        """Return the plain secret.

        Raises:
            NotOpened: it was tampered with, is not of this owner, purpose and version, or was
                wrapped under a key that is not given.
            KeysUnavailable: as for `seal`.
        """
        form, bound = _form_of(secret), Bound.to(secret)
        data_key = self._data_key(form, secret)
        try:
            return AESGCM(data_key).decrypt(form.nonce, form.sealed, bound.spelled)
        except (InvalidTag, ValueError) as error:
            raise _not_opened(secret, "it was changed, or belongs elsewhere") from error

    def wrapped_by(self, secret: Secret) -> str:
        """Return the id of the key that a secret lies under.

        Raises:
            NotOpened: what is there is no sealed secret.
        """
        return _form_of(secret).key_id

    def rewrapped(self, secret: Secret) -> Secret:
        """Return a secret with its data key under the key that wraps now, and nothing else changed.

        Raises:
            NotOpened: its data key does not open.
            KeysUnavailable: as for `seal`.
        """
        form, bound = _form_of(secret), Bound.to(secret)
        data_key = self._data_key(form, secret)
        anew = replace(
            form,
            format=CURRENT,
            key_id=self._keys.key_id,
            wrapped=self._keys.wrap(data_key, bound),
        )
        # It takes the place of the only copy: what does not open must not go there.
        if self._data_key(anew, secret) != data_key:
            raise _not_opened(secret, "another data key came back from its new wrapping")
        return replace(secret, sealed=anew.spelled())

    def _data_key(self, form: SealedForm, secret: Secret) -> bytes:
        try:
            return self._keys.unwrap(form.key_id, form.wrapped, Bound.to(secret))
        except NotOpened as error:
            raise _not_opened(secret, str(error)) from error


def _form_of(secret: Secret) -> SealedForm:
    try:
        return SealedForm.read(secret.sealed)
    except ValueError as error:
        raise _not_opened(secret, str(error)) from error


def _not_opened(secret: Secret, reason: str) -> NotOpened:
    return NotOpened(f"{secret.purpose} of {secret.owner} does not open: {reason}")
