"""Keys, settings and the catalogue: what holds, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import arc76.algorand
import arc76.ethereum
import pytest

from infrastructure.addresses import (
    algorand_address,
    algorand_address_text,
    evm_address,
    evm_address_text,
)
from infrastructure.devnet.entries import anvil_entry
from infrastructure.keys.derivation import derive_account
from infrastructure.keys.envelope import Envelope
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.local_key import LocalKey
from infrastructure.keys.persons import open_personal, seal_personal
from infrastructure.keys.provider import (
    BadKey,
    make_development_key,
    read_key_file,
    read_master_key,
)
from infrastructure.networks import (
    BadCatalogue,
    read_catalogue,
    write_catalogue,
)
from infrastructure.settings import BadSetting, Settings

KEYS, OTHERS = read_master_key("11" * 32), read_master_key("22" * 32)
VECTORS = json.loads((Path(__file__).parents[1] / "golden" / "arc76.json").read_text("utf-8"))
BY_EMAIL = [vector for vector in VECTORS if vector["email"] is not None]
CHECKSUMMED = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("vector", BY_EMAIL, ids=lambda vector: f"slot {vector['slot']}")
def test_one_derivation_gives_both_published_addresses(vector: dict[str, Any]) -> None:
    derived = derive_account(vector["email"], vector["password"], vector["slot"])
    assert derived.seed.hex() == vector["seed"]
    assert algorand_address_text(derived.algorand) == vector["algorand"]
    assert evm_address_text(derived.evm) == vector["evm"]


def test_the_other_packages_derive_the_same_account() -> None:
    email, password = "issuer@example.com", "correct horse battery staple"
    derived = derive_account(email, password)
    algorand = arc76.algorand.get_email_account(email, password, 0)
    assert algorand_address_text(derived.algorand) == algorand.address
    ethereum = arc76.ethereum.get_email_account(email, password, 0)
    assert evm_address_text(derived.evm) == ethereum.address


@pytest.mark.parametrize("text", CHECKSUMMED)
def test_addresses_keep_their_checksum(text: str) -> None:
    assert evm_address_text(evm_address(text)) == text
    assert evm_address(text.lower()) == evm_address("0x" + text[2:].upper()) == evm_address(text)
    with pytest.raises(ValueError, match="checksum"):
        evm_address("0x" + text[2:].swapcase())


@pytest.mark.parametrize(
    "text",
    ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x" + "g" * 40, "0x" + "\uff11" * 40],
)
def test_what_is_no_evm_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="40 hexadecimal"):
        evm_address(text)


def test_a_changed_algorand_address_is_refused() -> None:
    text = VECTORS[0]["algorand"]
    assert algorand_address_text(algorand_address(text)) == text
    for wrong in (text[:-1] + "A", text[1:], text.lower(), "1" * 58):
        with pytest.raises(ValueError):
            algorand_address(wrong)


def test_a_sealed_secret_opens_only_where_it_belongs() -> None:
    envelope, owner = Envelope(LocalKey(KEYS)), uuid4()
    secret = envelope.seal(owner, "seed", b"plain")
    assert envelope.open(secret) == b"plain"
    assert b"plain" not in secret.sealed
    body = json.loads(secret.sealed)
    flipped = body | {"sealed": body["sealed"][:-1] + ("0" if body["sealed"][-1] != "0" else "1")}
    for wrong in (
        replace(secret, owner=uuid4()),
        replace(secret, purpose="password"),
        replace(secret, version=2),
        replace(secret, sealed=json.dumps(flipped).encode()),
        replace(secret, sealed=b"{}"),
    ):
        with pytest.raises(NotOpened):
            envelope.open(wrong)
    with pytest.raises(NotOpened):
        Envelope(LocalKey(OTHERS)).open(secret)


def test_personal_data_opens_with_its_persons_key_alone() -> None:
    person, key = uuid4(), b"k" * 32
    sealed = seal_personal(person, "registration", key, {"email": "a@b.c"})
    assert open_personal(sealed, "registration", key) == {"email": "a@b.c"}
    for wrong, purpose, other in (
        (sealed, "registration", b"x" * 32),
        (sealed, "profile", key),
        (replace(sealed, person=uuid4()), "registration", key),
        (replace(sealed, nonce=b""), "registration", key),
    ):
        with pytest.raises(NotOpened):
            open_personal(wrong, purpose, other)


def test_settings_come_from_the_environment_and_keep_secrets_to_themselves(tmp_path: Path) -> None:
    make_development_key(tmp_path / "master.key")
    settings = Settings.from_environment(
        {
            "PROOFMINT_DATA": str(tmp_path),
            "PROOFMINT_TREASURY_KEY_BASE_SEPOLIA": "0x" + "ab" * 32,
            "PROOFMINT_DATABASE_URL": "postgresql://u:secret@h/db",
        }
    )
    assert settings.treasuries == {"base-sepolia": b"\xab" * 32}
    assert "ab" * 32 not in repr(settings)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"PROOFMINT_MASTER_KEY": "short"}, "MASTER_KEY"),
        ({"PROOFMINT_MASTER_KEY": "11" * 31}, "31 bytes"),
        ({"PROOFMINT_MODE": "fast"}, "PROOFMINT_MODE"),
        ({"PROOFMINT_DATABASE_URL": "mysql://x"}, "DATABASE_URL"),
        ({"PROOFMINT_THREADS": "0"}, "PROOFMINT_THREADS"),
        ({"PROOFMINT_TREASURY_KEY_X": "12"}, "TREASURY_KEY_X"),
        (
            {"PROOFMINT_MODE": "production", "PROOFMINT_MASTER_KEY": "development:" + "11" * 32},
            "dev",
        ),
    ],
)
def test_bad_settings_are_named_before_anything_starts(changed: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting, match=said) as refusal:
        Settings.from_environment({"PROOFMINT_MASTER_KEY": "11" * 32} | changed)
    assert "1111" not in str(refusal.value)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    make_development_key(path)
    first = read_key_file(path)
    make_development_key(path)
    assert read_key_file(path) == first
    path.chmod(0o644)
    with pytest.raises(BadKey, match="chmod 600"):
        read_key_file(path)


ENTRY = """
[[network]]
id = "one"
name = "One"
family = "evm"
chain-id = 1
genesis-hash = "0x{hash}"
nodes = [
    {{url = "https://one.example", operator = "a"}},
    {{url = "https://two.example", operator = "b"}},
]
{more}
"""


def catalogue(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "networks.toml"
    path.write_text(text, encoding="utf-8")
    return read_catalogue(path)


def test_a_network_is_added_by_configuration_alone(tmp_path: Path) -> None:
    found = catalogue(tmp_path, ENTRY.format(hash="ab" * 32, more="[network.policy]\ndepth = 3"))
    entry = found.by_id("one")
    assert entry is found.by_chain_id(1)
    assert entry is found.by_reference(replace(entry.reference, id="renamed"))
    assert entry.policy.depth == 3
    assert found.by_id("two") is None


@pytest.mark.parametrize(
    ("hash_", "more", "said"),
    [
        ("ab", "", "32 bytes"),
        ("ab" * 32, "colour = 1", "colour"),
        ("ab" * 32, "[network.policy]\nrequired-operators = 3", "operators"),
        ("ab" * 32, "[network.policy]\ndepth = 0", "depth"),
        ("ab" * 32, '[network.policy]\ntip = "1e9"', "decimal"),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_place(
    tmp_path: Path, hash_: str, more: str, said: str
) -> None:
    with pytest.raises(BadCatalogue, match=said):
        catalogue(tmp_path, ENTRY.format(hash=hash_, more=more))


def test_whoever_starts_a_chain_writes_its_entry(tmp_path: Path) -> None:
    entry = anvil_entry("anvil", 31337, b"\7" * 32, "http://127.0.0.1:1", 0.5)
    write_catalogue(tmp_path / "networks.toml", entry)
    assert read_catalogue(tmp_path / "networks.toml").entries == (entry,)
