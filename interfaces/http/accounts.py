"""Handlers of accounts: sign-up, sign-in, who one is."""

from application.accounts import Profile, Signer
from infrastructure.addresses import algorand_address_text, evm_address_text
from interfaces.http import messages
from interfaces.http.call import Call, Reply
from interfaces.http.problems import FieldProblem, field_problems


def register(call: Call) -> Reply:
    body: messages.RegisterRequest = call.body
    if body.confirm_password is not None and body.confirm_password != body.password:
        different = FieldProblem(
            pointer="/confirmPassword", code="INVALID_REQUEST", detail="is not the password"
        )
        raise field_problems([different])
    profile = call.service.accounts.register(body.email, body.password, call.origin)
    session = _session(call, profile)
    registered = messages.RegisteredResponse(
        account_id=session.account_id,
        tenant_id=session.tenant_id,
        access_token=session.access_token,
        token_type=session.token_type,
        expires_at=session.expires_at,
        email=profile.email or "",
        algorand_address=algorand_address_text(profile.signers[0].algorand),
        evm_address=evm_address_text(profile.signers[0].evm),
    )
    return Reply(body=registered)


def login(call: Call) -> Reply:
    body: messages.LoginRequest = call.body
    account, tenant = call.service.accounts.login(body.email, body.password)
    return Reply(
        body=_session(call, Profile(account=account, tenant=tenant, email=None, signers=()))
    )


def profile(call: Call) -> Reply:
    found = call.service.accounts.profile(call.who.account)
    body = messages.ProfileResponse(
        account_id=str(found.account),
        tenant_id=str(found.tenant),
        email=found.email,
        signers=[_addresses(signer) for signer in found.signers],
    )
    return Reply(body=body)


def addresses(call: Call) -> Reply:
    return Reply(body=_addresses(call.service.accounts.signers(call.who.tenant)[0]))


def _addresses(signer: Signer) -> messages.AddressesResponse:
    return messages.AddressesResponse(
        signer_id=str(signer.id),
        derivation=signer.derivation,
        algorand_address=algorand_address_text(signer.algorand),
        evm_address=evm_address_text(signer.evm),
    )


def _session(call: Call, profile: Profile) -> messages.SessionResponse:
    now = call.service.clock.now()
    issued = call.service.tokens.issue(profile.account, profile.tenant, now)
    return messages.SessionResponse(
        account_id=str(profile.account),
        tenant_id=str(profile.tenant),
        access_token=issued.text,
        token_type="Bearer",  # noqa: S106 - the scheme's name
        expires_at=issued.expires_at,
    )
