"""What tests hold in their hands: sandboxes, played scenarios, and what to say of them."""

from mockserver.testing.handle import Kustom
from mockserver.testing.server import KustomServer

__all__ = ["Kustom", "KustomServer"]
