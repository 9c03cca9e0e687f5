"""Handlers of accounts: sign-up, sign-in, who one is, and the chain accounts one signs with."""

from uuid import UUID

from application.accounts.attempts import Attempt
from application.accounts.confirming import Confirmation
from application.accounts.profiles import Signer
from application.accounts.sessions import Granted
from application.accounts.signers import Signers
from domain.values import SignerId, TenantId
from infrastructure.addresses import algorand_address_text, evm_address_text
from interfaces.http import account_messages as messages
from interfaces.http.call import Call, Reply
from interfaces.http.problems import FieldProblem, Problem, field_problems

CUSTODY = (
    "We derive the key of your chain accounts from your e-mail address and password, keep it "
    "encrypted, and sign with it: this is custody. GET /api/v1/account/custody-statement tells all."
)
EXPORTED = (
    "Whoever has these words can sign. From now on this account pays for itself, and every "
    "certificate says that its key was shown. Keep them off line, and do not send them to anybody."
)
ERASED = (
    "Your key is destroyed: what was personal in the log is noise. Chain accounts stay with their "
    "tenants, and what is on a chain stays there."
)


def register(call: Call) -> Reply:
    body: messages.RegisterRequest = call.body
    if body.confirm_password is not None and body.confirm_password != body.password:
        different = FieldProblem(
            pointer="/confirmPassword", code="INVALID_REQUEST", detail="is not the password"
        )
        raise field_problems([different])
    identity = call.service.identity
    registered = identity.registration.register(
        body.email, body.password, call.visitor(), call.origin
    )
    profile = registered.profile
    session = session_of(call, registered.granted, registered.device)
    return Reply(
        body=messages.RegisteredResponse(
            **{name: getattr(session, name) for name in session.__struct_fields__},
            email=profile.email or "",
            algorand_address=algorand_address_text(profile.signers[0].algorand),
            evm_address=evm_address_text(profile.signers[0].evm),
            custody=CUSTODY,
        )
    )


def login(call: Call) -> Reply:
    body: messages.LoginRequest = call.body
    attempt = Attempt(
        password=body.password,
        code=body.second_factor,
        visitor=call.visitor(body.device_token),
        origin=call.origin,
    )
    tenant = tenant_in(body.tenant_id)
    signed_in = call.service.identity.sign_in.sign_in(body.email, tenant, attempt)
    return Reply(body=session_of(call, signed_in.granted, signed_in.device))


def refresh(call: Call) -> Reply:
    body: messages.RefreshRequest = call.body
    granted = call.service.identity.sessions.refresh(body.refresh_token, call.origin)
    return Reply(body=session_of(call, granted, None))


def profile(call: Call) -> Reply:
    who = call.who
    found = call.service.identity.profiles.profile(who.account, who.tenant)
    body = messages.ProfileResponse(
        account_id=str(found.account),
        tenant_id=str(found.tenant),
        role=who.role or "",
        email=found.email,
        email_verified=found.email_verified,
        second_factor=found.second_factor,
        wallet_address=None if found.wallet is None else algorand_address_text(found.wallet),
        tenants=[str(tenant) for tenant in found.tenants],
        signers=[_addresses(signer) for signer in found.signers],
    )
    return Reply(body=body)


def addresses(call: Call) -> Reply:
    profiles = call.service.identity.profiles
    first = _addresses(profiles.signer(call.who.tenant, None))
    body = messages.SignersResponse(
        **{name: getattr(first, name) for name in first.__struct_fields__},
        signers=[_addresses(signer) for signer in profiles.signers(call.who.tenant)],
    )
    return Reply(body=body)


def add_signer(call: Call) -> Reply:
    signer = _signers(call).add(call.who.tenant, call.who.account, attempt_of(call))
    return Reply(body=_addresses(signer))


def export_key(call: Call) -> Reply:
    body: messages.ExportRequest = call.body
    signer = SignerId(known_id(body.signer_id))
    words = _signers(call).export(
        call.who.tenant, call.who.account, signer, body.format, attempt_of(call)
    )
    return Reply(
        body=messages.ExportedResponse(
            signer_id=str(signer), format=body.format, words=words, note=EXPORTED
        )
    )


def erase(call: Call) -> Reply:
    call.service.identity.erasure.erase(call.who.account, attempt_of(call))
    return Reply(body=messages.DoneResponse(note=ERASED))


def attempt_of(call: Call) -> Attempt:
    """Return what somebody who is signed in gives as proof again."""
    body: messages.ProofRequest | messages.ExportRequest = call.body
    return Attempt(
        password=body.password,
        code=body.second_factor,
        visitor=call.visitor(),
        origin=call.origin,
    )


def confirmation_of(call: Call) -> Confirmation:
    """Return what somebody who is signed in confirms with; a password may be left out."""
    body: messages.ConfirmRequest = call.body
    attempt = Attempt(
        password=body.password or "",
        code=body.second_factor,
        visitor=call.visitor(),
        origin=call.origin,
    )
    return Confirmation(account=call.who.account, session=call.session, attempt=attempt)


def session_of(call: Call, granted: Granted, device: str | None) -> messages.SessionResponse:
    """Spell a session, with an access token for it."""
    issued = call.service.tokens.issue(
        granted.account, granted.tenant, granted.session, call.service.clock.now()
    )
    return messages.SessionResponse(
        account_id=str(granted.account),
        tenant_id=str(granted.tenant),
        session_id=str(granted.session),
        access_token=issued.text,
        token_type="Bearer",  # noqa: S106 - the scheme's name
        expires_at=issued.expires_at,
        refresh_token=granted.refresh,
        session_expires_at=granted.expires_at,
        device_token=device,
    )


def known_id(text: str) -> UUID:
    """Read an id in its one spelling; what is none names nothing.

    Raises:
        Problem: NOT_FOUND.
    """
    try:
        known = UUID(text)
    except ValueError:
        raise Problem("NOT_FOUND") from None
    if str(known) != text:
        raise Problem("NOT_FOUND")
    return known


def tenant_in(text: str | None) -> TenantId | None:
    return None if text is None else TenantId(known_id(text))


def _signers(call: Call) -> Signers:
    return call.service.identity.signers


def _addresses(signer: Signer) -> messages.AddressesResponse:
    return messages.AddressesResponse(
        signer_id=str(signer.id),
        derivation=signer.derivation,
        slot=signer.slot,
        exported=signer.exported,
        algorand_address=algorand_address_text(signer.algorand),
        evm_address=evm_address_text(signer.evm),
    )
