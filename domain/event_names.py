"""What events are called in the log and wherever they are shown: a public contract.

A published name is never reused. The engine's facts are named by the kind of the
stream that owns the slots, so that later kinds of operations get theirs from here.
"""

from collections.abc import Mapping

from domain import events
from domain.events import Event
from domain.streams import StreamKind

OPERATION_KINDS = (StreamKind.DEPLOYMENT,)
"""Kinds of streams that own slots. Each spells the engine's facts under its own name."""

OPERATION_EVENTS: Mapping[str, type] = {
    "planned": events.StepsPlanned,
    "slot-reserved": events.SlotReserved,
    "attempt-signed": events.AttemptSigned,
    "broadcast-answered": events.BroadcastAnswered,
    "attempt-seen": events.AttemptSeen,
    "attempt-included": events.AttemptIncluded,
    "inclusion-revoked": events.InclusionRevoked,
    "conformity-read": events.ConformityRead,
    "wait-began": events.WaitBegan,
    "wait-ended": events.WaitEnded,
    "slot-decided": events.SlotDecided,
}
OTHER_EVENTS: Mapping[str, type] = {
    "deployment.requested": events.DeploymentRequested,
    "deployment.cancelled": events.DeploymentCancelled,
    "deployment.retry-requested": events.RetryRequested,
    "deployment.confirmed": events.IssueConfirmed,
    "deployment.indexed": events.IssueIndexed,
    "deployment.completed": events.DeploymentCompleted,
    "deployment.failed": events.DeploymentFailed,
    "signer.adopted": events.SignerAdopted,
    "signer.slot-reserved": events.SignerSlotReserved,
    "signer.slot-decided": events.SignerSlotDecided,
    "signer.held": events.SignerHeld,
    "network.finalized-advanced": events.FinalizedAdvanced,
    "network.finality-violated": events.FinalityViolated,
    "account.registered": events.AccountRegistered,
    "account.registered-with-wallet": events.WalletAccountRegistered,
    "account.link-issued": events.LinkIssued,
    "account.email-verified": events.EmailVerified,
    "account.password-changed": events.PasswordChanged,
    "account.password-reset": events.PasswordReset,
    "account.sessions-ended": events.SessionsEnded,
    "account.tenant-joined": events.TenantJoined,
    "account.tenant-left": events.TenantLeft,
    "account.second-factor-offered": events.SecondFactorOffered,
    "account.second-factor-set": events.SecondFactorSet,
    "account.second-factor-used": events.SecondFactorUsed,
    "account.second-factor-removed": events.SecondFactorRemoved,
    "account.erased": events.AccountErased,
    "tenant.created": events.TenantCreated,
    "tenant.member-invited": events.MemberInvited,
    "tenant.invitation-withdrawn": events.InvitationWithdrawn,
    "tenant.member-joined": events.MemberJoined,
    "tenant.member-removed": events.MemberRemoved,
    "tenant.role-granted": events.RoleGranted,
    "tenant.api-key-made": events.ApiKeyMade,
    "tenant.api-key-revoked": events.ApiKeyRevoked,
    "tenant.signer-added": events.SignerAdded,
    "tenant.signer-exported": events.SignerExported,
    "tenant.signer-exposed": events.SignerExposed,
    "email-claim.claimed": events.EmailClaimed,
    "email-claim.released": events.EmailReleased,
    "signer-claim.claimed": events.SignerClaimed,
    "wallet-claim.claimed": events.WalletClaimed,
    "wallet-claim.released": events.WalletReleased,
    "challenge.used": events.ChallengeUsed,
    "sign-in.failed": events.SignInFailed,
    "sign-in.locked": events.SignInLocked,
    "sign-in.succeeded": events.SignInSucceeded,
    "sign-in.unlocked": events.SignInUnlocked,
    "sign-in.code-asked": events.CodeAsked,
    "sign-in.reset-asked": events.ResetAsked,
    "session.opened": events.SessionOpened,
    "session.rotated": events.SessionRotated,
    "session.revoked": events.SessionRevoked,
    "custody.root-made": events.RootMade,
    "custody.secrets-rewrapped": events.SecretsRewrapped,
    "mail.sent": events.MailSent,
    "mail.given-up": events.MailGivenUp,
}
EVENT_TYPES: Mapping[str, type] = dict(OTHER_EVENTS) | {
    f"{kind}.{suffix}": event_type
    for kind in OPERATION_KINDS
    for suffix, event_type in OPERATION_EVENTS.items()
}
_NAMES: Mapping[tuple[str, type], str] = {
    (name.partition(".")[0], event_type): name for name, event_type in EVENT_TYPES.items()
}


def name_of(kind: StreamKind, event: Event) -> str:
    """Return the stored name of an event in a stream of this kind.

    Raises:
        ValueError: such streams hold no such event.
    """
    name = _NAMES.get((kind.value, type(event)))
    if name is None:
        raise ValueError(f"a {kind} stream holds no {type(event).__name__}")
    return name


def names_of(event_types: frozenset[type]) -> tuple[str, ...]:
    """Return every stored name of these types, sorted."""
    return tuple(sorted(name for name, known in EVENT_TYPES.items() if known in event_types))
