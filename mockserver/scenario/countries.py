"""Currency, locale and Faker locale of each country."""

from collections.abc import Mapping

from msgspec import Struct


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
