"""AWS KMS over its wire protocol, in trouble: it is said by name, soon, and holds no key."""

import base64
import json
import logging
import sys
import time
from collections.abc import Iterator
from traceback import format_exception
from uuid import UUID

import pytest

from domain.log import KeysUnavailable
from infrastructure.custody import open_ring
from infrastructure.key_settings import KeySettings
from infrastructure.keys.key_encryption import Bound, NotOpened
from infrastructure.keys.kms_key import MOST_TRIES, PATIENCE, KmsAddress, KmsKey, open_kms_key
from infrastructure.settings import BadSetting
from tests.kms_double import ENVIRONMENT, SECRET, KmsDouble, kms_double

DATA_KEY = b"canary of thirty-two bytes here!"
BOUND = Bound(owner=UUID(int=7), purpose="arc76-seed", version=2)
CANARIES = [DATA_KEY, base64.b64encode(DATA_KEY), DATA_KEY.hex().encode(), SECRET.encode()]
PASSING = ["ThrottlingException", "KMSInternalException", "cut"]
"""Troubles that a second try gets over."""
LASTING = [
    "DisabledException",
    "KMSInvalidStateException",
    "NotFoundException",
    "AccessDeniedException",
    "nonsense",
]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsDouble]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with kms_double() as double:
        yield double


def opened(kms: KmsDouble, name: str = "") -> KmsKey:
    return open_kms_key(KmsAddress(key=name or kms.make_key(), endpoint=kms.url))


def test_owner_purpose_and_version_are_bound_each_under_its_name(kms: KmsDouble) -> None:
    key = opened(kms)
    key.unwrap(key.key_id, key.wrap(DATA_KEY, BOUND), BOUND)
    context = {
        "proofmint:owner": str(BOUND.owner),
        "proofmint:purpose": "arc76-seed",
        "proofmint:version": "2",
    }
    calls = [(name.partition(".")[2], body.get("EncryptionContext")) for name, body in kms.asked]
    assert calls == [("DescribeKey", None), ("Encrypt", context), ("Decrypt", context)]


def test_an_arn_an_id_and_an_alias_are_one_key(kms: KmsDouble) -> None:
    arn = kms.make_key("alias/proofmint")
    names = (arn, arn.rpartition("/")[2], "alias/proofmint")
    assert len({opened(kms, name).key_id for name in names}) == 1
    wrapped = opened(kms, names[2]).wrap(DATA_KEY, BOUND)
    kms.aliases["alias/proofmint"] = kms.make_key()
    moved = opened(kms, names[2])
    assert moved.key_id != opened(kms, arn).key_id
    with pytest.raises(NotOpened):
        moved.unwrap(moved.key_id, wrapped, BOUND)


def test_the_region_of_an_arn_counts_and_without_one_it_is_asked_for(
    kms: KmsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = kms.make_key("alias/proofmint")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    assert opened(kms, arn).wrap(DATA_KEY, BOUND)
    with pytest.raises(BadSetting, match=r"PROOFMINT_KMS_KEY_ID.*Region"):
        open_ring(KeySettings(kms=KmsAddress(key="alias/proofmint", endpoint=kms.url)))


def test_no_setting_but_ours_says_where_kms_is(
    kms: KmsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    opened(kms)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", kms.url)
    # Where AWS has its KMS, behind a proxy that is not there: nothing leaves this machine.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    kms.bodies.clear()
    with pytest.raises(KeysUnavailable, match="ProxyConnection"):
        open_kms_key(KmsAddress(key=kms.make_key()))
    assert kms.bodies == []


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_tried_again(kms: KmsDouble, trouble: str) -> None:
    key = opened(kms)
    kms.troubles.append(trouble)
    wrapped = key.wrap(DATA_KEY, BOUND)
    kms.troubles.append(trouble)
    assert key.unwrap(key.key_id, wrapped, BOUND) == DATA_KEY
    assert kms.troubles == []


@pytest.mark.parametrize("trouble", [*PASSING, *LASTING])
def test_what_lasts_is_unavailable_and_no_tampering(kms: KmsDouble, trouble: str) -> None:
    key = opened(kms)
    wrapped = key.wrap(DATA_KEY, BOUND)
    kms.bodies.clear()
    kms.troubles[:] = [trouble] * 20
    for call in (
        lambda: key.wrap(DATA_KEY, BOUND),
        lambda: key.unwrap(key.key_id, wrapped, BOUND),
        lambda: opened(kms),
    ):
        with pytest.raises(KeysUnavailable, match="KMS"):
            call()
    assert len(kms.bodies) <= 3 * MOST_TRIES


def test_whoever_waits_for_a_kms_that_hangs_waits_not_long(kms: KmsDouble) -> None:
    key = opened(kms)
    kms.troubles[:] = ["hang"] * 20
    began = time.monotonic()
    with pytest.raises(KeysUnavailable, match="Timeout"):
        key.wrap(DATA_KEY, BOUND)
    assert time.monotonic() - began < MOST_TRIES * PATIENCE + 5


def test_nobody_there_is_unavailable(kms: KmsDouble) -> None:
    with pytest.raises(KeysUnavailable, match="DescribeKey"):
        open_kms_key(KmsAddress(key=kms.make_key(), endpoint="http://127.0.0.1:9"))


def test_a_key_that_is_disabled_opens_again_when_it_is_enabled(kms: KmsDouble) -> None:
    arn = kms.make_key()
    key = opened(kms, arn)
    wrapped = key.wrap(DATA_KEY, BOUND)
    kms.disabled.add(arn)
    with pytest.raises(KeysUnavailable, match="DisabledException"):
        key.unwrap(key.key_id, wrapped, BOUND)
    kms.disabled.clear()
    assert key.unwrap(key.key_id, wrapped, BOUND) == DATA_KEY


def test_wrong_credentials_are_refused_by_the_double_as_by_kms(
    kms: KmsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(KeysUnavailable, match="InvalidSignatureException"):
        opened(kms)


def test_without_credentials_it_is_unavailable(
    kms: KmsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(KeysUnavailable, match="NoCredentials"):
        opened(kms)


def test_a_data_key_of_another_length_is_none(kms: KmsDouble) -> None:
    key = opened(kms)
    with pytest.raises(NotOpened, match="31 bytes"):
        key.unwrap(key.key_id, key.wrap(DATA_KEY[:31], BOUND), BOUND)


def test_without_boto3_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(BadSetting, match="PROOFMINT_KMS_KEY_ID: boto3 is not installed"):
        open_ring(KeySettings(kms=KmsAddress(key="alias/x")))


def test_no_key_is_in_an_error_a_repr_or_a_log_line_not_even_at_debug(
    kms: KmsDouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = opened(kms)
    wrapped = key.wrap(DATA_KEY, BOUND)
    key.unwrap(key.key_id, wrapped, BOUND)
    said = [repr(key), repr(key.__dict__)]
    for trouble in [*PASSING, *LASTING, "InvalidCiphertextException"]:
        for call in (
            lambda: key.wrap(DATA_KEY, BOUND),
            lambda: key.unwrap(key.key_id, wrapped, BOUND),
        ):
            kms.troubles[:] = [trouble] * MOST_TRIES
            with pytest.raises((KeysUnavailable, NotOpened)) as refusal:
                call()
            said += ["".join(format_exception(refusal.value)), repr(refusal.value)]
    kms.troubles.clear()
    with pytest.raises(KeysUnavailable, match="ParamValidation") as refusal:
        key.wrap([DATA_KEY], BOUND)  # type: ignore[arg-type]
    said.append("".join(format_exception(refusal.value)))
    everything = "\0".join([*said, caplog.text]).encode()
    for canary in CANARIES:
        assert canary not in everything
    assert b"canary of thirty" not in everything
    sent = b"\0".join(kms.bodies)
    assert base64.b64encode(DATA_KEY) in sent, "the canary is what would have been logged"
    assert json.loads(kms.bodies[0]).keys() == {"KeyId"}
