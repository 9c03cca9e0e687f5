"""Sealed secrets and verifiers under an attacker's hands."""

import base64
import json
from dataclasses import replace
from time import thread_time
from uuid import UUID, uuid4

import pytest

from domain.log import Secret
from domain.values import Family, NetworkRef
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.persons import open_personal, seal_personal
from infrastructure.keys.provider import read_master_key
from infrastructure.keys.signing_keys import SEED, StoredSigningKeys
from infrastructure.passwords import PhcPasswords
from tests.memory_log import MemoryLog

KEYS = read_master_key("11" * 32)
PASSWORD = "correct horse battery staple"


def flips(sealed: bytes) -> list[bytes]:
    """Return the bytes with each bit turned once."""
    whole = int.from_bytes(sealed, "big")
    turned = (whole ^ (1 << bit) for bit in range(len(sealed) * 8))
    return [one.to_bytes(len(sealed), "big") for one in turned]


def test_no_bit_of_a_sealed_secret_can_change() -> None:
    envelope = Envelope(LocalKey(KEYS))
    secret = envelope.seal(uuid4(), "arc76-seed", b"\7" * 32)
    for changed in flips(secret.sealed):
        with pytest.raises(NotOpened):
            envelope.open(replace(secret, sealed=changed))


def test_no_bit_of_personal_data_can_change() -> None:
    key = b"k" * 32
    sealed = seal_personal(uuid4(), "registration", key, {"email": "a@b.cd"})
    wrongs = [replace(sealed, ciphertext=changed) for changed in flips(sealed.ciphertext)]
    wrongs += [replace(sealed, nonce=changed) for changed in flips(sealed.nonce)]
    wrongs += [replace(sealed, person=UUID(bytes=one)) for one in flips(sealed.person.bytes)]
    for wrong in wrongs:
        with pytest.raises(NotOpened):
            open_personal(wrong, "registration", key)


@pytest.mark.parametrize(
    "sealed",
    [b"", b"null", b"[]", b"7", b"{", b"\xff", b'{"format":1}', b'{"wrapNonce":7}', b"[" * 9_999],
)
def test_what_is_no_sealed_secret_does_not_open(sealed: bytes) -> None:
    with pytest.raises(NotOpened):
        Envelope(LocalKey(KEYS)).open(Secret(owner=uuid4(), purpose="p", version=1, sealed=sealed))


def test_a_later_format_and_another_spelling_do_not_open_as_this_one() -> None:
    envelope = Envelope(LocalKey(KEYS))
    secret = envelope.seal(uuid4(), "p", b"plain")
    body = json.loads(secret.sealed)
    compact = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert compact == secret.sealed
    wrongs = [
        body | {"format": 1},
        body | {"format": 3},
        body | {"format": 2.0},
        body | {"format": True},
        body | {"format": [2]},
        body | {"key": "0" * 16},
        body | {"key": [body["key"]]},
        body | {"key": None},
        body | {"more": 1},
        body | {"nonce": body["nonce"].upper()},
        body | {"nonce": ""},
        body | {"wrapped": ""},
        body | {"sealed": ""},
    ]
    spelled = [json.dumps(one, sort_keys=True, separators=(",", ":")).encode() for one in wrongs]
    for changed in [*spelled, json.dumps(body).encode(), secret.sealed + b" "]:
        with pytest.raises(NotOpened):
            envelope.open(replace(secret, sealed=changed))


FIRST_FORMAT = Secret(
    owner=UUID("0b9ff2ee-6f2d-4b0c-9d53-7b7f5c1d0001"),
    purpose="arc76-seed",
    version=1,
    sealed=(
        b'{"format":1,"key":"69e72d4032b1434b","nonce":"a66c8a5a8be4bb9d4457439b","sealed":"8d'
        b'a3ac1a52b50aa7a6082e253e463efd3498e5ff5f67b363fc3b2f4939a153ffacc3646d8639","wrapNon'
        b'ce":"70dd1495147954d68c86d7f2","wrapped":"65381cd9f5fb76f1ab37417284ca6934c4f2d04af1'
        b'ca77d1298ff3669be6168bb872a274b077ac0a9fd610b849faec2c"}'
    ),
)
"""As release 0.1 wrote it, under the key of this module."""


def test_the_first_format_stays_readable_and_no_bit_of_it_can_change() -> None:
    envelope = Envelope(LocalKey(KEYS))
    assert envelope.open(FIRST_FORMAT) == b"written by release 0.1"
    assert envelope.wrapped_by(FIRST_FORMAT) == envelope.key_id
    for changed in flips(FIRST_FORMAT.sealed):
        with pytest.raises(NotOpened):
            envelope.open(replace(FIRST_FORMAT, sealed=changed))


def test_one_secret_sealed_twice_looks_like_two() -> None:
    envelope, owner = Envelope(LocalKey(KEYS)), uuid4()
    assert envelope.seal(owner, "p", b"plain").sealed != envelope.seal(owner, "p", b"plain").sealed


def test_a_seed_that_was_never_stored_cannot_sign() -> None:
    keys = StoredSigningKeys(MemoryLog(), Envelope(LocalKey(KEYS)), {"one": b"\1" * 32})
    with pytest.raises(NotOpened, match="no seed"):
        keys.seed_of(uuid4())
    network = NetworkRef(id="one", family=Family.EVM, chain_id=1, genesis_hash=bytes(32))
    assert keys.treasury(network) == b"\1" * 32
    assert keys.treasury(replace(network, id="two")) is None
    assert "\\x01" not in repr(keys)


def test_a_stored_seed_signs_for_its_signer_alone() -> None:
    envelope, mine, other = Envelope(LocalKey(KEYS)), uuid4(), uuid4()
    sealed = envelope.seal(mine, SEED, b"\7" * 32)

    class Secrets:
        def secret(self, owner: UUID, purpose: str) -> Secret | None:
            return replace(sealed, owner=owner, purpose=purpose)

    keys = StoredSigningKeys(Secrets(), envelope, {})
    assert keys.seed_of(mine) == b"\7" * 32
    with pytest.raises(NotOpened):
        keys.seed_of(other)


def test_a_verifier_is_argon2id_and_says_so() -> None:
    passwords = PhcPasswords()
    verifier = passwords.hash(PASSWORD)
    assert verifier.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.hash(PASSWORD) != verifier
    assert passwords.verify(PASSWORD, verifier)
    assert not passwords.verify(PASSWORD + " ", verifier)
    assert not passwords.needs_update(verifier)


def test_a_verifier_of_other_parameters_is_still_right_and_is_due() -> None:
    older = (
        "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
        "5Tx9YkNNWfq1gl0Huxrt8T0TE4IsPYoxCIG6y6JJZ6I"
    )
    passwords = PhcPasswords()
    assert passwords.needs_update(older)
    assert passwords.verify(PASSWORD, older)
    assert not passwords.verify(PASSWORD + "x", older)


def test_nobody_has_no_password() -> None:
    passwords = PhcPasswords()
    for password in (PASSWORD, "", "nobody has this password"):
        assert not passwords.verify(password, None)


def test_nobody_costs_the_work_of_somebody() -> None:
    passwords = PhcPasswords()
    verifier = passwords.hash(PASSWORD)

    def work(given: str | None) -> float:
        began = thread_time()
        passwords.verify(PASSWORD, given)
        return thread_time() - began

    work(None)
    somebody = min(work(verifier) for _ in range(5))
    nobody = min(work(None) for _ in range(5))
    assert somebody / 2 < nobody < somebody * 2


def unsigned(header: bytes, claims: bytes = b"{}") -> str:
    parts = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims, b"x" * 32))
    return b".".join(parts).decode()
