"""Every projection that this release keeps."""

from typing import Any

from projections.deployment_history import DEPLOYMENT_HISTORY
from projections.deployment_status import DEPLOYMENT_STATUS
from projections.projection import Projection

ALL: tuple[Projection[Any], ...] = (DEPLOYMENT_STATUS, DEPLOYMENT_HISTORY)
