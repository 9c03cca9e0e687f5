"""What can be wrong before a process starts, and is said in one line instead of a trace."""

from domain.log import LogUnavailable
from infrastructure.devnet.algod import AlgodFailed
from infrastructure.devnet.anvil import AnvilFailed
from infrastructure.devnet.indexer import IndexerFailed
from infrastructure.event_log.codec import UnknownEvent
from infrastructure.migrate import WrongSchema
from infrastructure.networks import BadCatalogue
from infrastructure.settings import BadSetting

FORESEEN = (
    AlgodFailed,
    AnvilFailed,
    BadCatalogue,
    BadSetting,
    IndexerFailed,
    LogUnavailable,
    UnknownEvent,
    WrongSchema,
)
