"""Everything that people can do with their accounts, assembled."""

from dataclasses import dataclass

from application.accounts.api_keys import ApiKeys, ApiKeyTexts
from application.accounts.code_tries import CodeTries
from application.accounts.codes import Codes
from application.accounts.confirming import Confirming
from application.accounts.directory import Directory
from application.accounts.erasure import Erasure
from application.accounts.links import Links
from application.accounts.members import Members
from application.accounts.new_passwords import NewPasswords
from application.accounts.open_sessions import OpenSessions, SessionRows
from application.accounts.organisations import Organisations
from application.accounts.ports import (
    Derivation,
    Devices,
    LinkTexts,
    OneTimePasswords,
    Passwords,
    RefreshTexts,
    Vault,
)
from application.accounts.principals import Principals
from application.accounts.profiles import Profiles
from application.accounts.proving import Proving
from application.accounts.registration import Registration
from application.accounts.resets import Resets
from application.accounts.second_factor import SecondFactors
from application.accounts.sessions import Sessions
from application.accounts.sign_in import SignIn
from application.accounts.signers import KeyWords, Signers
from application.accounts.unlocking import Unlocking
from application.accounts.verifiers import Verifiers
from application.accounts.wallets import Challenges, Wallets
from application.clock import Clock
from application.credentials import PasswordJudge
from application.wallet_proofs import WalletProofs
from domain.log import EventLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What infrastructure brings."""

    vault: Vault
    passwords: Passwords
    derivation: Derivation
    judge: PasswordJudge
    refresh: RefreshTexts
    links: LinkTexts
    devices: Devices
    one_time: OneTimePasswords
    api_keys: ApiKeyTexts
    words: KeyWords
    challenges: Challenges
    wallet_proofs: WalletProofs
    session_rows: SessionRows
    clock: Clock


class Identity:
    def __init__(self, log: EventLog, tools: Tools) -> None:
        vault, clock = tools.vault, tools.clock
        passwords, devices = tools.passwords, tools.devices
        self.directory = directory = Directory(log, vault)
        self.profiles = Profiles(directory)
        self.sessions = sessions = Sessions(log, directory, tools.refresh, clock)
        self.open_sessions = OpenSessions(log, directory, vault, tools.session_rows, clock)
        self.principals = Principals(directory, sessions, clock)
        self.links = links = Links(log, directory, tools.links, clock)
        codes = Codes(vault, tools.one_time)
        tries = CodeTries(log, directory, clock)
        verifiers = Verifiers(vault, passwords, tools.judge)
        proving = Proving(log, directory, vault, passwords, codes, devices, clock)
        self.registration = Registration(
            log,
            vault,
            passwords,
            tools.derivation,
            tools.judge,
            sessions,
            links,
            devices,
        )
        self.sign_in = SignIn(proving, sessions, directory, verifiers, passwords, devices)
        self.passwords = NewPasswords(directory, verifiers, proving, devices)
        self.resets = Resets(log, directory, verifiers, codes, tries, links, devices, clock)
        self.unlocking = Unlocking(log, directory, vault)
        self.second_factors = SecondFactors(
            log, directory, vault, tools.one_time, proving, tries, clock
        )
        organisations = Organisations(log, directory)
        confirming = Confirming(log, directory, proving, sessions, clock)
        self.members = Members(directory, vault, tools.links, organisations, confirming, clock)
        self.api_keys = ApiKeys(directory, vault, tools.api_keys, organisations, confirming, clock)
        self.signers = Signers(directory, vault, tools.derivation, tools.words, proving)
        self.erasure = Erasure(log, directory, proving)
        self.wallets = Wallets(
            log,
            directory,
            vault,
            sessions,
            tools.challenges,
            tools.wallet_proofs,
            self.erasure,
            clock,
        )
