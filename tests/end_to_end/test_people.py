"""A person's whole life with the real processes: mails, codes, a lock, a reset, an export."""

import email.policy
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pyotp
import pytest
from algosdk import account, encoding, mnemonic, transaction
from algosdk.v2client.algod import AlgodClient

from infrastructure.devnet.algod import Algod
from infrastructure.devnet.anvil import Anvil
from infrastructure.devnet.mailbox import Mailbox
from interfaces.cli.http_client import HttpClient
from tests.end_to_end.test_service import CREATE, completed, token
from tests.service_process import ALGORAND, Process, Service, running, service_on

V1 = "/api/v1"
PASSWORD, NEW = "correct horse battery staple", "seven quiet herons study the harbour at dusk"
PATIENCE = 30.0


@contextmanager
def with_mail(service: Service) -> Iterator[Mailbox]:
    """Run a mail server and the process that sends to it."""
    box = Mailbox(service.folder / "mails")
    box.start()
    service.environment = service.environment | {
        "PROOFMINT_SMTP_URL": box.url,
        "PROOFMINT_MAIL_FROM": "proofmint@example.com",
    }
    process = Process(["mail"], service.environment)
    process.start()
    try:
        yield box
    finally:
        process.stop()
        box.stop()


def mailed(box: Mailbox, kind: str, number: int = 1) -> str:
    """Wait for the mail of that number of a kind, and return its text."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = sorted(box.folder.glob(f"*-{kind}.eml"))
        if len(found) >= number:
            whole = message_from_bytes(found[number - 1].read_bytes(), policy=email.policy.default)
            return str(whole.get_content())
        time.sleep(0.05)
    raise AssertionError(f"no mail {kind}: {box.mails}")


def code_in(text: str) -> str:
    [found] = re.findall(r"^[\w-]{86}(?=\s)", text, re.MULTILINE)
    return str(found)


def at_stake(service: Service) -> None:
    """Make the chain one where mistakes would cost something."""
    catalogue = service.folder / "networks.toml"
    text = catalogue.read_text(encoding="utf-8")
    assert "development = true" in text
    catalogue.write_text(text.replace("development = true", "development = false"), "utf-8")


def test_a_person_from_sign_up_to_erasure(
    any_database_url: str, tmp_path: Path, anvil: Anvil
) -> None:
    service = service_on(any_database_url, tmp_path, anvil)
    at_stake(service)
    with running(service, "worker", "projector"), with_mail(service) as box:
        client = service.registered()
        assert client.post(CREATE, token(), "k").json["code"] == "EMAIL_NOT_VERIFIED"
        text = mailed(box, "verify-email")
        assert (
            service.client().post(f"{V1}/auth/verify-email", {"token": code_in(text)}).status == 200
        )
        assert client.post(CREATE, token(), "k").json["code"] == "SECOND_FACTOR_NOT_SET"
        recovery = second_factor(client)
        accepted = client.post(CREATE, token(), "k")
        assert accepted.status == 202, accepted.body
        completed(client, accepted.headers["location"])
        assert "Gold Bond" in mailed(box, "deployment-completed")
        locked_out_and_reset(service, box, recovery)
        again = signed_in(service, NEW, recovery[1])
        assert client.get(f"{V1}/auth/profile").status == 401, "a reset ends all sessions"
        exported(again, recovery[2])
        assert "key" in mailed(box, "signer-exported")
        waits_for_its_own_coins(again)
        activity = again.get(f"{V1}/security/activity?pageSize=100").json["activity"]
        seen = {one["eventType"] for one in activity}
        assert {"account.password-reset", "sign-in.locked", "tenant.signer-exported"} <= seen
        gone = again.post(f"{V1}/account/erase", {"password": NEW, "secondFactor": recovery[3]})
        assert gone.status == 200, gone.body
        assert again.get(f"{V1}/auth/profile").status == 401


def second_factor(client: HttpClient) -> list[str]:
    """Set one, and return its recovery codes."""
    offered = client.post(f"{V1}/auth/second-factor/offer", {"password": PASSWORD})
    codes = pyotp.TOTP(offered.json["secret"])
    confirmed = client.post(f"{V1}/auth/second-factor/confirm", {"code": codes.now()})
    assert confirmed.status == 200, confirmed.body
    found: list[str] = confirmed.json["recoveryCodes"]
    return found


def locked_out_and_reset(service: Service, box: Mailbox, recovery: list[str]) -> None:
    nobody = service.client()
    wrong = {"email": "issuer@example.com", "password": "wrong wrong wrong wrong"}
    found = [nobody.post(f"{V1}/auth/login", wrong).status for _ in range(6)]
    assert found == [401] * 5 + [423]
    assert "locked out until" in mailed(box, "locked")
    asked = nobody.post(f"{V1}/auth/reset-password/request", {"email": "ISSUER@example.com "})
    unknown = nobody.post(f"{V1}/auth/reset-password/request", {"email": "nobody@example.com"})
    assert (asked.status, asked.body) == (unknown.status, unknown.body)
    reset = {"token": code_in(mailed(box, "reset-password")), "newPassword": NEW}
    assert nobody.post(f"{V1}/auth/reset-password", reset).json["code"] == "SECOND_FACTOR_REQUIRED"
    done = nobody.post(f"{V1}/auth/reset-password", reset | {"secondFactor": recovery[0]})
    assert done.status == 200, done.body


def signed_in(service: Service, password: str, code: str) -> HttpClient:
    body = {"email": "issuer@example.com", "password": password, "secondFactor": code}
    answer = service.client().post(f"{V1}/auth/login", body)
    assert answer.status == 200, answer.body
    return service.client(answer.json["accessToken"])


def exported(client: HttpClient, code: str) -> None:
    addresses = client.get(f"{V1}/account/addresses").json
    body = {
        "signerId": addresses["signerId"],
        "format": "algorand-25-words",
        "password": NEW,
        "secondFactor": code,
    }
    answer = client.post(f"{V1}/account/export", body)
    assert answer.status == 200, answer.body
    key = mnemonic.to_private_key(answer.json["words"])
    assert account.address_from_private_key(key) == addresses["algorandAddress"]


def waits_for_its_own_coins(client: HttpClient) -> None:
    accepted = client.post(CREATE, token(name="Second", symbol="SEC"), "k2")
    deadline = time.monotonic() + PATIENCE
    found: dict[str, Any] = {}
    while time.monotonic() < deadline:
        found = client.get(accepted.headers["location"]).json
        if found["status"] == "completed" or "exported" in (found["waitingFor"] or ""):
            break
        time.sleep(0.05)
    # What the first deployment left over may be enough for the second.
    assert found["status"] == "completed" or found["subStatus"] == "awaiting-funds", found
    if found["status"] == "completed":
        assert found["signerExported"] is not None


@pytest.mark.filterwarnings("ignore:Use sign_transaction_with_signer:DeprecationWarning")
def test_a_wallets_holder_signs_in_and_joins(sqlite_url: str, tmp_path: Path, anvil: Anvil) -> None:
    with Algod(tmp_path / "algod", round_seconds=0.2) as ledger:
        service = service_on(sqlite_url, tmp_path, anvil, ledger)
        with running(service, "projector"), with_mail(service) as box:
            key, address = account.generate_account()
            wallet = with_wallet(service, ledger, key, address)
            profile = wallet.get(f"{V1}/auth/profile").json
            assert (profile["walletAddress"], profile["signers"]) == (address, [])
            asset = {"network": ALGORAND, "name": "S", "unitName": "S", "totalSupply": "1"}
            refused = wallet.post("/api/v1/token/asa-ft/create", asset, "k")
            assert refused.json["code"] == "NO_SIGNER"
            owner = service.registered()
            invited = {"email": "holder@example.com", "role": "operator"}
            confirmed = invited | {"password": PASSWORD}
            unverified = owner.post(f"{V1}/tenant/invitations", confirmed)
            assert unverified.json["code"] == "EMAIL_NOT_VERIFIED"
            verification = {"token": code_in(mailed(box, "verify-email"))}
            assert owner.post(f"{V1}/auth/verify-email", verification).status == 200
            unconfirmed = owner.post(f"{V1}/tenant/invitations", invited)
            assert unconfirmed.json["code"] == "PASSWORD_REQUIRED"
            accepted = owner.post(f"{V1}/tenant/invitations", confirmed)
            assert accepted.status == 201, accepted.body
            joined = wallet.post(
                f"{V1}/tenant/invitations/accept", {"token": code_in(mailed(box, "invitation"))}
            )
            assert joined.status == 200, joined.body
            member = with_wallet(service, ledger, key, address, joined.json["tenantId"])
            assert member.post("/api/v1/token/asa-ft/create", asset, "k").status == 202


def with_wallet(
    service: Service, ledger: Algod, key: str, address: str, tenant: str | None = None
) -> HttpClient:
    challenge = service.client().post(f"{V1}/auth/wallet/challenge", {}).json
    params = AlgodClient(ledger.token, ledger.url).suggested_params()
    params.flat_fee, params.fee, params.last = True, 0, params.first + 100
    note = challenge["note"].encode()
    payment = transaction.PaymentTxn(address, params, address, 0, note=note)
    body = {
        "network": ALGORAND,
        "nonce": challenge["nonce"],
        "signedTransaction": encoding.msgpack_encode(payment.sign(key)),
        "tenantId": tenant,
    }
    answer = service.client().post(f"{V1}/auth/wallet/login", body)
    assert answer.status == 200, answer.body
    again = service.client().post(f"{V1}/auth/wallet/login", body)
    assert again.json["code"] == "INVALID_WALLET_PROOF"
    return service.client(answer.json["accessToken"])
