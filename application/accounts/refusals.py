"""Reasons to refuse somebody. Each has its code in the error catalogue."""

from domain.errors import DomainError


class SecondFactorRequired(DomainError):
    """The password is right; a code is asked for, too."""

    code = "SECOND_FACTOR_REQUIRED"

    def __init__(self) -> None:
        super().__init__("a one-time password or a recovery code is asked for: `secondFactor`")


class InvalidSecondFactor(DomainError):
    code = "INVALID_SECOND_FACTOR"

    def __init__(self) -> None:
        super().__init__("the code is wrong, too old, or was used before")


class SecondFactorMissing(DomainError):
    """What is asked for needs an account with a second factor, and it has none."""

    code = "SECOND_FACTOR_NOT_SET"

    def __init__(self) -> None:
        super().__init__("set a second factor first: POST /api/v1/auth/second-factor/offer")


class EmailNotVerified(DomainError):
    code = "EMAIL_NOT_VERIFIED"

    def __init__(self) -> None:
        super().__init__("open the link in the mail that was sent to your address first")


class NoPassword(DomainError):
    code = "NO_PASSWORD"

    def __init__(self) -> None:
        super().__init__("this account signs in with a wallet: it has no password")


class PasswordRequired(DomainError):
    """What changes who may act is confirmed by the password."""

    code = "PASSWORD_REQUIRED"

    def __init__(self) -> None:
        super().__init__("confirm it with your `password`, and `secondFactor` where one is set")


class SignInAgain(DomainError):
    code = "SIGN_IN_AGAIN"

    def __init__(self) -> None:
        super().__init__("sign in with the wallet anew, and ask within five minutes")


class PasswordUsedBefore(DomainError):
    """The same e-mail address and password made a chain account that belongs elsewhere."""

    code = "WEAK_PASSWORD"

    def __init__(self) -> None:
        super().__init__(
            "this address and password made a chain account before: choose another password"
        )


class NoSigner(DomainError):
    code = "NO_SIGNER"

    def __init__(self) -> None:
        super().__init__("the tenant has no chain account to sign with")


class InvalidRefreshToken(DomainError):
    code = "INVALID_REFRESH_TOKEN"

    def __init__(self) -> None:
        super().__init__("that is no refresh token of ours")


class RefreshTokenExpired(DomainError):
    code = "REFRESH_TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("the session ended by its time")


class RefreshTokenRevoked(DomainError):
    """The session was ended: by its person, by a new password, or because a token came twice."""

    code = "REFRESH_TOKEN_REVOKED"

    def __init__(self) -> None:
        super().__init__("the session was ended")


class Forbidden(DomainError):
    code = "FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("your role does not allow that")
