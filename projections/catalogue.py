"""Every projection that this release keeps."""

from typing import Any

from projections.deployment_history import DEPLOYMENT_HISTORY
from projections.deployment_status import DEPLOYMENT_STATUS
from projections.mail_outbox import MAIL_OUTBOX
from projections.projection import Projection

ALL: tuple[Projection[Any], ...] = (DEPLOYMENT_STATUS, DEPLOYMENT_HISTORY, MAIL_OUTBOX)
