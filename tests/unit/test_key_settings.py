"""Which keys a process is told of: what wraps, what opens, and what production refuses."""

from pathlib import Path

import pytest

from infrastructure.custody import open_ring
from infrastructure.keys.local_key import PURPOSE
from infrastructure.keys.provider import DEVELOPMENT, make_development_key, read_master_key
from infrastructure.settings import BadSetting, Settings

ONE, TWO, THREE = "5e" * 32, "5f" * 32, "60" * 32
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1"
KMS = {"PROOFMINT_KMS_KEY_ID": ARN}


def read(folder: Path, **told: str) -> Settings:
    named = {f"PROOFMINT_{name}": value for name, value in told.items()}
    return Settings.from_environment({"PROOFMINT_DATA": str(folder)} | named)


def key_id(text: str) -> str:
    return read_master_key(text).key_id(PURPOSE)


def file_of(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return str(path)


def test_the_master_key_wraps_and_those_before_it_open(tmp_path: Path) -> None:
    settings = read(tmp_path, MASTER_KEY=ONE, MASTER_KEY_PREVIOUS=f"{TWO}, {THREE},")
    ring = open_ring(settings.keys)
    assert ring.key_id == key_id(ONE)
    assert all(ring.knows(key_id(text)) for text in (ONE, TWO, THREE))
    assert not ring.knows(key_id("61" * 32))


def test_those_before_it_may_lie_in_a_file_one_a_line(tmp_path: Path) -> None:
    path = file_of(tmp_path / "old.keys", f"{TWO}\n\n{THREE}\n")
    ring = open_ring(read(tmp_path, MASTER_KEY=ONE, MASTER_KEY_PREVIOUS_FILE=path).keys)
    assert all(ring.knows(key_id(text)) for text in (TWO, THREE))


@pytest.mark.parametrize("empty", ["", " ", ","])
def test_nothing_before_it_may_be_said_by_saying_nothing(tmp_path: Path, empty: str) -> None:
    assert read(tmp_path, MASTER_KEY=ONE, MASTER_KEY_PREVIOUS=empty).keys.previous == ()
    assert read(tmp_path, MASTER_KEY=ONE, KMS_KEY_ID="", KMS_ENDPOINT="").keys.kms is None


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"MASTER_KEY_PREVIOUS": "short"}, "PROOFMINT_MASTER_KEY_PREVIOUS"),
        ({"MASTER_KEY_PREVIOUS": f"{TWO},{TWO[2:]}"}, "31 bytes"),
        ({"MASTER_KEY_PREVIOUS_FILE": "/nowhere"}, "PROOFMINT_MASTER_KEY_PREVIOUS_FILE"),
        ({"KMS_KEY_ID": "alias/with a blank"}, "PROOFMINT_KMS_KEY_ID"),
        ({"KMS_KEY_ID_PREVIOUS": "alias/\n"}, "PROOFMINT_KMS_KEY_ID_PREVIOUS"),
        ({"KMS_ENDPOINT": "https://kms.example"}, "PROOFMINT_KMS_ENDPOINT"),
        ({"KMS_KEY_ID": ARN, "KMS_ENDPOINT": "kms.example"}, "PROOFMINT_KMS_ENDPOINT"),
        ({"KMS_KEY_ID": ARN, "KMS_ENDPOINT": "https://"}, "PROOFMINT_KMS_ENDPOINT"),
        ({"KMS_KEY_ID": ARN, "KMS_ENDPOINT": "https://[::1"}, "PROOFMINT_KMS_ENDPOINT"),
        ({"KMS_KEY_ID": ARN, "KMS_ENDPOINT": "https://u:p@kms"}, "PROOFMINT_KMS_ENDPOINT"),
    ],
)
def test_what_is_no_key_is_refused_by_name(
    tmp_path: Path, told: dict[str, str], named: str
) -> None:
    with pytest.raises(BadSetting, match=named) as refusal:
        read(tmp_path, MASTER_KEY=ONE, **told)
    for text in (ONE, TWO, TWO[2:]):
        assert text not in str(refusal.value)


def test_a_file_of_earlier_keys_is_its_owners_alone(tmp_path: Path) -> None:
    path = file_of(tmp_path / "old.keys", TWO, 0o640)
    with pytest.raises(BadSetting, match=r"MASTER_KEY_PREVIOUS_FILE.*chmod 600"):
        read(tmp_path, MASTER_KEY=ONE, MASTER_KEY_PREVIOUS_FILE=path)


def test_with_a_key_in_kms_there_need_be_no_master_key(tmp_path: Path) -> None:
    keys = read(tmp_path, KMS_KEY_ID=ARN).keys
    assert keys.masters == ()
    assert keys.kms is not None
    assert (keys.kms.key, keys.kms.region, keys.kms.endpoint) == (ARN, "eu-central-1", "")
    make_development_key(tmp_path / "master.key")
    assert len(read(tmp_path, KMS_KEY_ID=ARN).keys.masters) == 1
    with pytest.raises(BadSetting, match="MASTER_KEY_FILE"):
        read(tmp_path, KMS_KEY_ID=ARN, MASTER_KEY_FILE="/nowhere")


def test_a_key_in_kms_that_only_opens_does_not_replace_the_master_key(tmp_path: Path) -> None:
    assert read(tmp_path, MASTER_KEY=ONE, KMS_KEY_ID_PREVIOUS=ARN).keys.previous_kms is not None
    with pytest.raises(BadSetting, match="MASTER_KEY"):
        read(tmp_path, KMS_KEY_ID_PREVIOUS=ARN)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"MASTER_KEY": DEVELOPMENT + ONE}, "MASTER_KEY is a development key"),
        (
            {"MASTER_KEY": ONE, "MASTER_KEY_PREVIOUS": f"{TWO},{DEVELOPMENT}{THREE}"},
            "MASTER_KEY_PREVIOUS is a development key",
        ),
        ({"MASTER_KEY": DEVELOPMENT + ONE, "KMS_KEY_ID": ARN}, "development key"),
        ({"KMS_KEY_ID": ARN, "KMS_ENDPOINT": "http://127.0.0.1:1"}, "KMS_ENDPOINT has no TLS"),
        (
            {"MASTER_KEY": ONE, "KMS_KEY_ID_PREVIOUS": ARN, "KMS_ENDPOINT": "HTTP://kms"},
            "KMS_ENDPOINT has no TLS",
        ),
    ],
)
def test_production_refuses_keys_of_development_in_every_role(
    tmp_path: Path, told: dict[str, str], named: str
) -> None:
    assert read(tmp_path, **told).keys.is_development
    with pytest.raises(BadSetting, match=named) as refusal:
        read(tmp_path, MODE="production", **told)
    assert ONE not in str(refusal.value)
    assert THREE not in str(refusal.value)


def test_production_takes_other_keys(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        MODE="production",
        MASTER_KEY=ONE,
        MASTER_KEY_PREVIOUS=TWO,
        KMS_KEY_ID=ARN,
        KMS_ENDPOINT="https://kms.example",
    )
    assert not settings.keys.is_development
    for text in (ONE, TWO, repr(bytes.fromhex(ONE)), repr(bytes.fromhex(TWO))):
        assert text not in repr(settings)
        assert text not in repr(settings.keys)
