"""Every projection that this release keeps."""

from typing import Any

from projections.account_sessions import ACCOUNT_SESSIONS
from projections.deployment_history import DEPLOYMENT_HISTORY
from projections.deployment_status import DEPLOYMENT_STATUS
from projections.mail_outbox import MAIL_OUTBOX
from projections.projection import Projection
from projections.security_activity import SECURITY_ACTIVITY

ALL: tuple[Projection[Any], ...] = (
    DEPLOYMENT_STATUS,
    DEPLOYMENT_HISTORY,
    SECURITY_ACTIVITY,
    ACCOUNT_SESSIONS,
    MAIL_OUTBOX,
)
