"""The certificates of ``serve``, and ``kustom-mock tls ca``: whom clients have to trust."""

import sys
from collections.abc import Sequence

from mockserver.api.tls import Tls, TlsError, authority_in, tls_from_files, tls_made_here
from mockserver.cli.ask import AskError, ask
from mockserver.cli.exit_codes import FINDINGS, OK
from mockserver.settings import SettingError, Settings


def load_tls(settings: Settings) -> Tls | None:
    """Read or make the certificates that the settings ask for, if any.

    Raises:
        SettingError: they cannot be read or made.
    """
    certificate, key = settings.tls_cert, settings.tls_key
    if bool(certificate) != bool(key):
        given, missing = ("tls_cert", "tls_key") if certificate else ("tls_key", "tls_cert")
        wanted = f"expected {settings.place(missing)} beside it"
        raise SettingError(f"{settings.place(given)}: {wanted}")
    try:
        if certificate and key:
            return tls_from_files(certificate, key)
        if settings.tls:
            return tls_made_here(settings.tls_folder, settings.allowed_host)
    except TlsError as error:
        place = settings.place("tls_cert" if certificate else "tls")
        raise SettingError(f"{place}: {error}") from None
    return None


def print_authority(settings: Settings, urls: Sequence[str]) -> int:
    """Print the authority of the folder that the settings name, or of a server.

    Returns:
        0 if there is one, 1 if no server answers.

    Raises:
        SettingError: the folder cannot be used.
    """
    if settings.tls_folder:
        try:
            print(authority_in(settings.tls_folder).decode(), end="")
        except TlsError as error:
            raise SettingError(f"{settings.place('tls_folder')}: {error}") from None
        return OK
    for url in urls:
        try:
            print(ask(url, "/__admin/tls/ca.pem").decode(), end="")
        except AskError as error:
            print(f"kustom-mock: {url} gives no authority: {error}", file=sys.stderr)
        else:
            return OK
    return FINDINGS
