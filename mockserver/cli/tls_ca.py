"""Load the certificates for ``serve``; print the CA certificate for ``tls ca``."""

import sys
from collections.abc import Sequence

from mockserver.cli.exit_codes import EXIT_FINDINGS, EXIT_OK
from mockserver.cli.probe import ProbeError, fetch
from mockserver.http.certificate_authority import TlsError
from mockserver.http.tls import (
    TlsConfig,
    ca_certificate_in,
    create_tls,
    load_tls_files,
)
from mockserver.settings import SettingError, Settings


def load_tls(settings: Settings) -> TlsConfig | None:
    """Load or create the certificates that the settings ask for, if any.

    Raises:
        SettingError: the certificates cannot be loaded or created.
    """
    certificate, key = settings.tls_cert, settings.tls_key
    _check_effect(settings)
    if bool(certificate) != bool(key):
        set_option, missing_option = (
            ("tls_cert", "tls_key") if certificate else ("tls_key", "tls_cert")
        )
        expected = f"needs {settings.flag_or_variable(missing_option)} as well"
        raise SettingError(f"{settings.flag_or_variable(set_option)}: {expected}")
    try:
        if certificate and key:
            return load_tls_files(certificate, key)
        if settings.tls:
            return create_tls(settings.tls_folder, settings.allowed_host)
    except TlsError as error:
        option_name = settings.flag_or_variable("tls_cert" if certificate else "tls")
        raise SettingError(f"{option_name}: {error}") from None
    return None


def _check_effect(settings: Settings) -> None:
    """Refuse settings that would have no effect beside the others."""
    option = settings.flag_or_variable
    if settings.tls_cert and settings.tls:
        raise SettingError(f"{option('tls')}: has no effect with {option('tls_cert')}")
    if settings.tls_folder and not settings.tls:
        raise SettingError(f"{option('tls_folder')}: has no effect without {option('tls')}")


def print_ca_certificate(settings: Settings, urls: Sequence[str]) -> int:
    """Print the CA certificate of the folder in the settings, or of a running server.

    Returns:
        0 if it was printed, 1 if no server answers.

    Raises:
        SettingError: the folder cannot be read.
    """
    if settings.tls_folder:
        try:
            certificate = ca_certificate_in(settings.tls_folder, settings.allowed_host)
        except TlsError as error:
            raise SettingError(f"{settings.flag_or_variable('tls_folder')}: {error}") from None
        print(certificate.decode(), end="")
        return EXIT_OK
    for url in urls:
        try:
            print(fetch(url, "/__admin/tls/ca.pem").decode(), end="")
        except ProbeError as error:
            print(
                f"kustom-mock: {url} did not return a CA certificate: {error}", file=sys.stderr
            )
        else:
            return EXIT_OK
    return EXIT_FINDINGS
