"""Challenges for wallets: ours, short-lived, good once, whoever asks how often at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from application.credentials import UnknownAccount
from application.wallet_proofs import InvalidProof
from domain.errors import DomainError
from domain.values import AccountId, NetworkRef
from infrastructure.event_log import open_log
from tests.api_world import ALGORAND
from tests.identity_world import VISITOR, People, origin
from tests.memory_log import MemoryLog

WALLET = b"w" * 32


def sign_in(people: People, nonce: bytes, signed: bytes = WALLET) -> object:
    wallets = people.identity.wallets
    return wallets.sign_in(ALGORAND, nonce, signed, None, VISITOR, origin())


def test_a_challenge_is_good_once() -> None:
    people = People(MemoryLog())
    nonce = people.identity.wallets.challenge().nonce
    sign_in(people, nonce)
    with pytest.raises(InvalidProof, match="used before"):
        sign_in(people, nonce)


def test_a_challenge_ends_after_five_minutes() -> None:
    people = People(MemoryLog())
    made = people.identity.wallets.challenge()
    people.clock.move(seconds=(made.expires_at - people.clock.now()).total_seconds())
    with pytest.raises(InvalidProof, match="has ended"):
        sign_in(people, made.nonce)


def test_a_challenge_that_is_not_ours_reaches_no_node_and_writes_nothing() -> None:
    people = People(MemoryLog())
    nonce = people.identity.wallets.challenge().nonce
    for place in range(len(nonce)):
        turned = nonce[:place] + bytes([nonce[place] ^ 1]) + nonce[place + 1 :]
        with pytest.raises(InvalidProof, match="not ours"):
            sign_in(people, turned)
    for other in (b"", nonce[:-1], nonce + b"\0", bytes(len(nonce))):
        with pytest.raises(InvalidProof, match="not ours"):
            sign_in(people, other)
    assert people.log.position() == 0


def test_what_proves_nothing_uses_no_challenge_up() -> None:
    people = People(MemoryLog())
    nonce = people.identity.wallets.challenge().nonce
    with pytest.raises(InvalidProof):
        sign_in(people, nonce, b"unsigned")
    sign_in(people, nonce)


def test_a_wallets_account_is_erased_by_a_new_signature_of_it() -> None:
    people = People(MemoryLog())
    wallets = people.identity.wallets
    granted = wallets.sign_in(ALGORAND, wallets.challenge().nonce, WALLET, None, VISITOR, origin())
    nonce = wallets.challenge().nonce
    with pytest.raises(InvalidProof, match="another wallet"):
        wallets.erase(granted.account, ALGORAND, nonce, b"v" * 32, origin())
    wallets.erase(granted.account, ALGORAND, nonce, WALLET, origin())
    assert people.vault.unsealed(granted.account, "person-key") is None
    with pytest.raises(UnknownAccount):
        people.identity.directory.person(granted.account)
    again = wallets.sign_in(ALGORAND, wallets.challenge().nonce, WALLET, None, VISITOR, origin())
    assert again.account != granted.account


def test_a_wallet_of_another_network_is_another_wallet() -> None:
    """Who may sign for an address differs from network to network: it may be rekeyed on one."""
    people = People(MemoryLog())
    wallets = people.identity.wallets
    other = replace(ALGORAND, id="other", genesis_hash=b"o" * 32)

    def held_on(network: NetworkRef) -> AccountId:
        nonce = wallets.challenge().nonce
        return wallets.sign_in(network, nonce, WALLET, None, VISITOR, origin()).account

    here = held_on(ALGORAND)
    assert held_on(other) != here
    assert held_on(ALGORAND) == here
    nonce = wallets.challenge().nonce
    with pytest.raises(InvalidProof, match="for another network"):
        wallets.erase(here, other, nonce, WALLET, origin())


def test_one_challenge_opens_one_session_however_many_come_at_once(any_database_url: str) -> None:
    with open_log(any_database_url) as log:
        people = People(log)
        nonce = people.identity.wallets.challenge().nonce

        def attempt(_: int) -> bool:
            try:
                sign_in(people, nonce)
            except DomainError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1
        assert people.names("session") == ["session.opened"]
        assert people.names("account") == ["account.registered-with-wallet"]
