"""Handlers of what somebody proves themselves with: passwords, links, second factors, sessions."""

import base64
import binascii
import time

from application.accounts.attempts import Attempt
from domain.events import SessionEnd
from domain.values import NetworkRef, SessionId
from infrastructure.keys.spelling import spelled
from interfaces.http import account_messages as messages
from interfaces.http.accounts import ERASED, attempt_of, known_id, session_of, tenant_in
from interfaces.http.call import Call, Reply
from interfaces.http.problems import FieldProblem, Problem, field_problems

CHANGED = (
    "The password is changed and all other sessions are ended. Your chain accounts stay what they "
    "were: they were derived from an earlier password, and do not follow this one."
)
ANSWERED_AFTER = 0.05
"""Seconds, when a reset is asked for. More than the work takes, so that a stopwatch does not tell
whether there was a mail to order."""
RESET = (
    "The password is set, all sessions and the API keys that you made are ended. Your chain "
    "accounts stay what they were: they were derived from an earlier password, and do not follow "
    "this one."
)
EXPOSED = (
    "Nobody had verified this address before. If it was not you who signed up, somebody else knows "
    "the key of its chain accounts: add a new one with POST /api/v1/account/signers and use that. "
    "They are not sponsored any more, and a second factor that was set is removed."
)
ASKED = "If there is an account with this address, a mail with a link is on its way."
VERIFIED = "The address is verified."
LOGGED_OUT = "The session is ended; its access token is good no longer."
ENDED = "All other sessions are ended."
OFFERED = "Give a code of it to POST /api/v1/auth/second-factor/confirm: then it is in force."
RECOVERY = "Each opens the account once, in place of a code. They are shown this once."
REMOVED = "Codes are not asked for any more."


def change_password(call: Call) -> Reply:
    body: messages.ChangePasswordRequest = call.body
    attempt = Attempt(
        password=body.current_password,
        code=body.second_factor,
        visitor=call.visitor(),
        origin=call.origin,
    )
    passwords = call.service.identity.passwords
    device = passwords.change(call.who.account, call.session, body.new_password, attempt)
    return Reply(body=messages.NewPasswordResponse(note=CHANGED, device_token=device))


def ask_reset(call: Call) -> Reply:
    body: messages.AskResetRequest = call.body
    began = time.monotonic()
    call.service.identity.resets.ask(body.email, call.visitor(), call.origin)
    time.sleep(max(0.0, began + ANSWERED_AFTER - time.monotonic()))
    return Reply(body=messages.DoneResponse(note=ASKED))


def reset_password(call: Call) -> Reply:
    body: messages.ResetPasswordRequest = call.body
    done = call.service.identity.resets.reset(
        body.token, body.new_password, body.second_factor, call.visitor(), call.origin
    )
    note = f"{RESET} {EXPOSED}" if done.exposed else RESET
    return Reply(body=messages.NewPasswordResponse(note=note, device_token=done.device))


def verify_email(call: Call) -> Reply:
    body: messages.LinkRequest = call.body
    call.service.identity.links.verify_email(body.token, call.origin)
    return Reply(body=messages.DoneResponse(note=VERIFIED))


def ask_verification(call: Call) -> Reply:
    call.service.identity.links.ask_verification(call.who.account, call.origin)
    return Reply(body=messages.DoneResponse(note=ASKED))


def logout(call: Call) -> Reply:
    sessions = call.service.identity.sessions
    sessions.end(call.who.account, call.session, SessionEnd.LOGOUT, call.origin)
    return Reply(body=messages.DoneResponse(note=LOGGED_OUT))


def open_sessions(call: Call) -> Reply:
    listed = call.service.identity.open_sessions.of(call.who.account, call.session)
    body = messages.SessionsResponse(
        sessions=[
            messages.OpenSession(
                session_id=str(one.session),
                current=one.session == call.session,
                proof=one.proof.value,
                second_factor=one.second_factor,
                opened_at=one.opened_at,
                last_used_at=one.last_used_at,
                expires_at=one.expires_at,
                source_ip=one.address,
                user_agent=one.user_agent,
            )
            for one in listed
        ]
    )
    return Reply(body=body)


def end_session(call: Call) -> Reply:
    session = SessionId(known_id(call.path["session_id"]))
    sessions = call.service.identity.sessions
    sessions.end(call.who.account, session, SessionEnd.REVOKED, call.origin)
    return Reply(body=messages.DoneResponse(note=LOGGED_OUT))


def end_other_sessions(call: Call) -> Reply:
    call.service.identity.sessions.end_all(call.who.account, call.session, call.origin)
    return Reply(body=messages.DoneResponse(note=ENDED))


def offer_second_factor(call: Call) -> Reply:
    factors = call.service.identity.second_factors
    offered = factors.offer(call.who.account, attempt_of(call))
    body = messages.OfferedResponse(secret=offered.key, uri=offered.uri, note=OFFERED)
    return Reply(body=body)


def confirm_second_factor(call: Call) -> Reply:
    body: messages.ConfirmSecondFactorRequest = call.body
    factors = call.service.identity.second_factors
    codes = factors.confirm(call.who.account, call.session, body.code, call.visitor(), call.origin)
    return Reply(body=messages.RecoveryCodesResponse(recovery_codes=codes, note=RECOVERY))


def remove_second_factor(call: Call) -> Reply:
    call.service.identity.second_factors.remove(call.who.account, call.session, attempt_of(call))
    return Reply(body=messages.DoneResponse(note=REMOVED))


def wallet_challenge(call: Call) -> Reply:
    made = call.service.identity.wallets.challenge()
    body = messages.ChallengeResponse(
        nonce=spelled(made.nonce),
        note=made.note.decode(),
        note_base64=base64.b64encode(made.note).decode(),
        expires_at=made.expires_at,
    )
    return Reply(body=body)


def wallet_login(call: Call) -> Reply:
    body: messages.WalletLoginRequest = call.body
    granted = call.service.identity.wallets.sign_in(
        _network(call),
        _bytes("nonce", body.nonce),
        _bytes("signedTransaction", body.signed_transaction),
        tenant_in(body.tenant_id),
        call.visitor(),
        call.origin,
    )
    return Reply(body=session_of(call, granted, None))


def erase_wallet_account(call: Call) -> Reply:
    body: messages.WalletProofRequest = call.body
    call.service.identity.wallets.erase(
        call.who.account,
        _network(call),
        _bytes("nonce", body.nonce),
        _bytes("signedTransaction", body.signed_transaction),
        call.origin,
    )
    return Reply(body=messages.DoneResponse(note=ERASED))


def _network(call: Call) -> NetworkRef:
    network = call.service.networks.by_id(call.body.network)
    if network is None:
        raise Problem("INVALID_NETWORK")
    return network.reference


def _bytes(member: str, text: str) -> bytes:
    """Read base64 in either alphabet, padded or not."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        problem = FieldProblem(pointer=f"/{member}", code="INVALID_REQUEST", detail="is not base64")
        raise field_problems([problem]) from None
