"""Tells in words what happened to accounts, tenants and sessions. Never a name or an address.

What only serves a decision and tells a reader nothing is left out by name, in LEFT_OUT.
"""

from datetime import UTC, datetime
from typing import assert_never

from domain.events import (
    AccountErased,
    AccountRegistered,
    ApiKeyMade,
    ApiKeyRevoked,
    ChallengeUsed,
    CodeAsked,
    EmailClaimed,
    EmailReleased,
    EmailVerified,
    InvitationWithdrawn,
    LinkIssued,
    LinkPurpose,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    PasswordChanged,
    PasswordReset,
    ResetAsked,
    RoleGranted,
    SecondFactorOffered,
    SecondFactorRemoved,
    SecondFactorSet,
    SecondFactorUsed,
    SessionEnd,
    SessionOpened,
    SessionRevoked,
    SessionRotated,
    SessionsEnded,
    SignerAdded,
    SignerClaimed,
    SignerExported,
    SignerExposed,
    SignInFailed,
    SignInLocked,
    SignInSucceeded,
    SignInUnlocked,
    TenantCreated,
    TenantJoined,
    TenantLeft,
    WalletAccountRegistered,
    WalletClaimed,
    WalletReleased,
)
from projections.story import one_line

AccountFact = (
    AccountRegistered
    | WalletAccountRegistered
    | LinkIssued
    | EmailVerified
    | PasswordChanged
    | PasswordReset
    | SessionsEnded
    | TenantJoined
    | TenantLeft
    | SecondFactorOffered
    | SecondFactorSet
    | SecondFactorUsed
    | SecondFactorRemoved
    | AccountErased
)
TenantFact = (
    TenantCreated
    | MemberInvited
    | InvitationWithdrawn
    | MemberJoined
    | MemberRemoved
    | RoleGranted
    | ApiKeyMade
    | ApiKeyRevoked
    | SignerAdded
    | SignerExported
    | SignerExposed
)
TryFact = SignInFailed | SignInLocked | SignInSucceeded | SignInUnlocked | CodeAsked | ResetAsked
SessionFact = SessionOpened | SessionRevoked
SecurityFact = AccountFact | TenantFact | TryFact | SessionFact

LEFT_OUT = frozenset(
    {
        EmailClaimed,  # said by the registration
        EmailReleased,  # said by the erasure
        SignerClaimed,  # said by the signer that was added
        WalletClaimed,
        WalletReleased,
        ChallengeUsed,  # said by the session that it opened
        SessionRotated,  # every few minutes for as long as somebody works
    }
)
WHY_ENDED = {
    SessionEnd.LOGOUT: "session ended by signing out",
    SessionEnd.REVOKED: "session ended by its person from another session",
    SessionEnd.REUSE: "session ended: a used refresh token came again, somebody has a copy",
}
WHAT_FOR = {
    LinkPurpose.VERIFY_EMAIL: "verify the e-mail address",
    LinkPurpose.RESET_PASSWORD: "reset the password",
}


def tell(event: SecurityFact) -> str:
    """Say what happened in one sentence of one line, whoever it happened to."""
    if isinstance(event, AccountFact):
        return one_line(_of_an_account(event))
    if isinstance(event, TenantFact):
        return one_line(_of_a_tenant(event))
    return one_line(_of_signing_in(event))


def _of_an_account(event: AccountFact) -> str:
    match event:
        case AccountRegistered():
            return "account registered with an e-mail address"
        case WalletAccountRegistered():
            return "account registered with a wallet"
        case LinkIssued(purpose=purpose, expires_at=until):
            return f"link made to {WHAT_FOR[purpose]}, good until {_spell(until)}"
        case EmailVerified():
            return "e-mail address verified"
        case PasswordChanged(number=number):
            return f"password {number} set, all other sessions ended; the chain account stays"
        case PasswordReset(number=number):
            return f"password {number} set by a link, all sessions ended; the chain account stays"
        case SessionsEnded(kept=kept):
            return "all sessions ended" if kept is None else "all other sessions ended"
        case TenantJoined(tenant=tenant):
            return f"became a member of tenant {tenant}"
        case TenantLeft(tenant=tenant):
            return f"is no longer a member of tenant {tenant}"
        case SecondFactorOffered():
            return "second factor shown, not in force yet"
        case SecondFactorSet(recovery_codes=codes):
            return f"second factor in force, with {codes} recovery codes"
        case SecondFactorUsed(recovery=None):
            return "one-time password accepted"
        case SecondFactorUsed(recovery=recovery):
            return f"recovery code {recovery} accepted and used up"
        case SecondFactorRemoved():
            return "second factor removed"
        case AccountErased():
            return "account erased: its personal data cannot be read any more"
        case _:
            assert_never(event)


def _of_a_tenant(event: TenantFact) -> str:
    match event:
        case TenantCreated(owner=owner):
            return f"tenant created, owned by account {owner}"
        case MemberInvited(role=role, invitation=invitation, expires_at=until):
            return f"invitation {invitation} as {role} sent, good until {_spell(until)}"
        case InvitationWithdrawn(invitation=invitation):
            return f"invitation {invitation} withdrawn"
        case MemberJoined(account=account, role=role, invitation=invitation):
            return f"account {account} joined as {role} by invitation {invitation}"
        case MemberRemoved(account=account):
            return f"account {account} is no longer a member, its API keys ended"
        case RoleGranted(account=account, role=role):
            return f"account {account} is {role} now"
        case ApiKeyMade(key=key, scope=scope, expires_at=until):
            end = "without an end" if until is None else f"good until {_spell(until)}"
            return f"API key {key} made, may {scope}, {end}"
        case ApiKeyRevoked(key=key):
            return f"API key {key} revoked"
        case SignerAdded(signer=signer, derivation=derivation, slot=slot):
            return f"signer {signer} added, derived by {derivation} at slot {slot}"
        case SignerExposed(signer=signer):
            return (
                f"signer {signer} was made before its address was verified: others may sign with it"
            )
        case SignerExported(signer=signer, form=form):
            return f"key of signer {signer} shown as {form}: others may sign with it from now on"
        case _:
            assert_never(event)


def _of_signing_in(event: TryFact | SessionFact) -> str:
    match event:
        case SignInFailed(wrong=wrong):
            return f"sign-in refused: wrong {wrong}"
        case SignInLocked(client=None, until=until):
            return f"sign-in closed to unknown devices until {_spell(until)}: too many failures"
        case SignInLocked(until=until):
            return f"one client locked out until {_spell(until)}: too many failures"
        case SignInSucceeded(new_device=True):
            return "password accepted, from a device that was not seen before"
        case SignInSucceeded():
            return "password accepted, from a known device"
        case SignInUnlocked():
            return "failures and locks of signing in forgotten"
        case CodeAsked():
            return "password was right, and no second factor came with it"
        case ResetAsked():
            return "a link to reset the password was asked for"
        case SessionOpened(proof=proof, second_factor=True):
            return f"session opened with {proof} and second factor"
        case SessionOpened(proof=proof):
            return f"session opened with {proof}, without second factor"
        case SessionRevoked(state=state):
            return WHY_ENDED[state.ended] if state.ended else "session ended"
        case _:
            assert_never(event)


def _spell(time: datetime) -> str:
    """Spell a time in UTC, to the second."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
