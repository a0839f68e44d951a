"""Generate shoppers with addresses, using Faker in the order's locale.

Faker is imported when the first shopper is needed: importing it takes 100 ms, which a
scenario with addresses need not pay.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from threading import Lock
from typing import Any

from msgspec import Struct

from mockserver.domain.order import Address

_faker_lock = Lock()  # an instance of Faker has one random state, and threads share it
BIRTH_DATE_RANGE = date(1940, 1, 1), date(2000, 12, 31)


class Shopper(Struct, frozen=True):
    """A shopper: address and date of birth (ISO 8601)."""

    address: Address
    date_of_birth: str


def generate_shopper(country: str, seed: str) -> Shopper:
    """Generate a shopper; equal seeds give equal shoppers."""
    with _faker_lock:
        return _draw_shopper(_faker(COUNTRIES[country].faker_locale), country, seed)


def _draw_shopper(source: Any, country: str, seed: str) -> Shopper:  # noqa: ANN401
    source.seed_instance(seed)
    address = {
        "given_name": source.first_name(),
        "family_name": source.last_name(),
        "street_address": source.street_address(),
        "postal_code": source.postcode(),
        "city": source.city(),
        "country": country,
        "email": source.safe_email(),
        "phone": source.phone_number(),
    }
    if country == "US":
        address["region"] = source.state_abbr()
    born = source.date_between_dates(*BIRTH_DATE_RANGE)
    return Shopper({key: _one_line(text) for key, text in address.items()}, f"{born}")


def _one_line(text: str) -> str:
    return " ".join(text.split())


@cache
def _faker(locale: str) -> Any:  # noqa: ANN401
    from faker import Faker  # noqa: PLC0415  # see above

    return Faker(locale)


class Country(Struct, frozen=True):
    """Currency (ISO 4217), locale (RFC 5646) and Faker locale of a country."""

    currency: str
    locale: str
    faker_locale: str


COUNTRIES: Mapping[str, Country] = {
    "AT": Country("EUR", "de-AT", "de_AT"),
    "AU": Country("AUD", "en-AU", "en_AU"),
    "BE": Country("EUR", "nl-BE", "nl_BE"),
    "CA": Country("CAD", "en-CA", "en_CA"),
    "CH": Country("CHF", "de-CH", "de_CH"),
    "CZ": Country("CZK", "cs-CZ", "cs_CZ"),
    "DE": Country("EUR", "de-DE", "de_DE"),
    "DK": Country("DKK", "da-DK", "da_DK"),
    "ES": Country("EUR", "es-ES", "es_ES"),
    "FI": Country("EUR", "fi-FI", "fi_FI"),
    "FR": Country("EUR", "fr-FR", "fr_FR"),
    "GB": Country("GBP", "en-GB", "en_GB"),
    "GR": Country("EUR", "el-GR", "el_GR"),
    "IE": Country("EUR", "en-IE", "en_IE"),
    "IT": Country("EUR", "it-IT", "it_IT"),
    "NL": Country("EUR", "nl-NL", "nl_NL"),
    "NO": Country("NOK", "nb-NO", "no_NO"),
    "NZ": Country("NZD", "en-NZ", "en_NZ"),
    "PL": Country("PLN", "pl-PL", "pl_PL"),
    "PT": Country("EUR", "pt-PT", "pt_PT"),
    "SE": Country("SEK", "sv-SE", "sv_SE"),
    "US": Country("USD", "en-US", "en_US"),
}
DEFAULT_COUNTRY = "SE"
