"""Streets of checkout addresses: in one line, or in parts as shops in DE, AT and NL have them.

Order management has no parts, and OXID reads ``street_address`` in every country. So an
address in parts also gets the line, unless the assumption ``street_parts`` says otherwise.
"""

from mockserver.domain.assumptions import Assumptions
from mockserver.domain.order import Address

STREET_PARTS = ("street_name", "street_number", "house_extension")
"""Fields of a street in parts, in the order in which they are joined."""


def replace_address_fields(address: Address, entered: Address) -> Address:
    """Replace fields of an address; another street replaces the old one in either form."""
    obsolete: tuple[str, ...] = ()
    if entered.get("street_address") or entered.get("street_name"):
        obsolete = ("street_address", *STREET_PARTS)
    elif any(entered.get(part) for part in STREET_PARTS):
        obsolete = ("street_address",)
    kept = {name: text for name, text in address.items() if name not in obsolete}
    return {**kept, **entered}


def join_street(address: Address) -> Address:
    """Return an address with ``street_address``, joined from the parts if it has none."""
    parts = [address[name] for name in STREET_PARTS if address.get(name)]
    if not parts or address.get("street_address"):
        return address
    return {**address, "street_address": " ".join(parts)}


def completed_address(address: Address, assumptions: Assumptions) -> Address:
    """Return an address as the provider shows it once the shopper has entered it."""
    return join_street(address) if assumptions.street_parts == "joined" else address
