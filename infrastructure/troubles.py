"""What can be wrong before a process starts, and is said in one line instead of a trace."""

from domain.log import KeysUnavailable, LogUnavailable
from infrastructure.devnet.algod import AlgodFailed
from infrastructure.devnet.anvil import AnvilFailed
from infrastructure.devnet.indexer import IndexerFailed
from infrastructure.devnet.mailbox import MailboxFailed
from infrastructure.event_log.codec import UnknownEvent
from infrastructure.keys.key_encryption import NotOpened
from infrastructure.keys.root import NoRoot
from infrastructure.migrate import WrongSchema
from infrastructure.networks import BadCatalogue
from infrastructure.settings import BadSetting

FORESEEN = (
    AlgodFailed,
    AnvilFailed,
    BadCatalogue,
    BadSetting,
    IndexerFailed,
    KeysUnavailable,
    LogUnavailable,
    MailboxFailed,
    NoRoot,
    NotOpened,
    UnknownEvent,
    WrongSchema,
)
