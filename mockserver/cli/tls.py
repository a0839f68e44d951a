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
        raise SettingError("--tls-cert and --tls-key: expected both or neither")
    try:
        if certificate and key:
            return tls_from_files(certificate, key)
        if settings.tls:
            return tls_made_here(settings.tls_folder, settings.allowed_host)
    except TlsError as error:
        raise SettingError(f"{'--tls-cert' if certificate else '--tls'}: {error}") from None
    return None


def print_authority(folder: str | None, urls: Sequence[str]) -> int:
    """Print the authority of a folder, or of the first server that answers; 1 if none does.

    Raises:
        SettingError: the folder cannot be used.
    """
    if folder:
        try:
            print(authority_in(folder).decode(), end="")
        except TlsError as error:
            raise SettingError(f"--tls-folder: {error}") from None
        return OK
    for url in urls:
        try:
            print(ask(url, "/__admin/tls/ca.pem").decode(), end="")
        except AskError as error:
            print(f"kustom-mock: {url} gives no authority: {error}", file=sys.stderr)
        else:
            return OK
    return FINDINGS
