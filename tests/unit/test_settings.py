"""Settings and development keys: nonsense is refused by name, and no message holds a secret."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infrastructure.keys.provider import (
    DEVELOPMENT,
    BadKey,
    make_development_key,
    read_key_file,
    read_master_key,
)
from infrastructure.settings import SECP256K1_ORDER, BadSetting, Mode, Settings, database_url

KEY = "5e" * 32
GIVEN = {"PROOFMINT_MASTER_KEY": KEY}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROOFMINT_LOG_LEVEL", "LOUD"),
        ("PROOFMINT_LOG_LEVEL", "getLogger"),
        ("PROOFMINT_BIND", "8400"),
        ("PROOFMINT_BIND", "localhost"),
        ("PROOFMINT_BIND", ":8400"),
        ("PROOFMINT_BIND", "localhost:99999"),
        ("PROOFMINT_BIND", "http://localhost:8400"),
        ("PROOFMINT_BIND", "localhost:8400/path"),
        ("PROOFMINT_BIND", "[::1"),
        ("PROOFMINT_THREADS", ""),
        ("PROOFMINT_THREADS", "1.5"),
        ("PROOFMINT_THREADS", "1001"),
        ("PROOFMINT_THREADS", "9" * 5_000),
        ("PROOFMINT_DATABASE_URL", ""),
        ("PROOFMINT_DATABASE_URL", "sqlite:proofmint.db"),
        ("PROOFMINT_DATABASE_URL", "sqlite:///"),
        ("PROOFMINT_TREASURY_KEY_", "11" * 32),
        ("PROOFMINT_TREASURY_KEY_BASE", "00" * 32),
        ("PROOFMINT_TREASURY_KEY_BASE", f"{SECP256K1_ORDER:x}"),
        ("PROOFMINT_TREASURY_KEY_BASE", "11" * 33),
        ("PROOFMINT_MASTER_KEY", ""),
        ("PROOFMINT_MASTER_KEY", "A" * 43),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_environment(GIVEN | {name: value})


@pytest.mark.parametrize("bind", ["127.0.0.1:8400", "localhost:1", "[::1]:8400", "0.0.0.0:65535"])
def test_a_host_and_a_port_can_be_listened_on(bind: str) -> None:
    assert Settings.from_environment(GIVEN | {"PROOFMINT_BIND": bind}).bind == bind


def test_the_defaults_lie_in_the_data_folder(tmp_path: Path) -> None:
    make_development_key(tmp_path / "master.key")
    settings = Settings.from_environment({"PROOFMINT_DATA": str(tmp_path)})
    assert settings.mode is Mode.DEVELOPMENT
    assert settings.keys.is_development
    assert settings.networks == tmp_path / "networks.toml"
    assert settings.database_url == f"sqlite:///{tmp_path}/proofmint.db"
    assert database_url({"PROOFMINT_DATA": str(tmp_path)}) == settings.database_url
    assert settings.is_sqlite


def test_production_refuses_the_key_file_of_a_development_chain(tmp_path: Path) -> None:
    make_development_key(tmp_path / "master.key")
    environment = {"PROOFMINT_DATA": str(tmp_path), "PROOFMINT_MODE": "production"}
    with pytest.raises(BadSetting, match="development key"):
        Settings.from_environment(environment)


def test_one_key_in_three_spellings_is_one_key(tmp_path: Path) -> None:
    in_base64 = base64.b64encode(bytes.fromhex(KEY)).decode()
    path = tmp_path / "key"
    path.write_text(f"{KEY.upper()}\n", encoding="ascii")
    path.chmod(0o600)
    ids = {read_master_key(text).key_id("any") for text in (KEY, in_base64, read_key_file(path))}
    assert len(ids) == 1


def test_each_purpose_has_a_key_of_its_own_that_no_name_betrays() -> None:
    provider = read_master_key(KEY)
    purposes = ("access-token", "cursor", "email-claim", "key-encryption")
    keys = {provider.derive(purpose) for purpose in purposes}
    assert len(keys) == len(purposes)
    assert bytes.fromhex(KEY) not in keys
    for purpose in purposes:
        assert provider.key_id(purpose) not in provider.derive(purpose).hex()
    assert KEY not in repr(provider)
    assert repr(bytes.fromhex(KEY)) not in repr(provider)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660, 0o777])
def test_a_key_file_is_its_owners_alone(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(KEY, encoding="ascii")
    path.chmod(mode)
    with pytest.raises(BadSetting, match="chmod 600") as refusal:
        Settings.from_environment({"PROOFMINT_MASTER_KEY_FILE": str(path)})
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no key at all", b"5e" * 31, b"5e" * 999])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadSetting, match="MASTER_KEY_FILE"):
        Settings.from_environment({"PROOFMINT_MASTER_KEY_FILE": str(path)})


def test_a_key_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(BadKey, match="cannot be read"):
            read_key_file(path)


def test_all_who_start_at_once_find_the_same_development_key(tmp_path: Path) -> None:
    path = tmp_path / "data" / "master.key"

    def start(_: int) -> str:
        make_development_key(path)
        return read_key_file(path)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(start, range(32)))
    assert len(found) == 1
    assert found.pop().startswith(DEVELOPMENT)
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
