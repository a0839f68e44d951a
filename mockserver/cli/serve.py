"""``kustom-mock serve``: load scenarios, listen, stop on SIGTERM or SIGINT."""

import asyncio
import gc
import logging
import os
import signal
import sys

from mockserver import __version__
from mockserver.cli.end_signals import end_signals
from mockserver.cli.exit_codes import EXIT_OK, EXIT_USAGE
from mockserver.cli.logs import configure_logging
from mockserver.cli.startup import (
    create_registry,
    describe_listen_error,
    is_open_to_others,
)
from mockserver.cli.stores import create_home, store_setting_error
from mockserver.cli.tls_ca import load_tls
from mockserver.cli.watch import watch
from mockserver.homes.home import Home
from mockserver.homes.store import StoreError
from mockserver.http.checkout_page.page_address import parse_public_url
from mockserver.http.deliveries.targets import TargetPolicy, parse_hosts, parse_rewrites
from mockserver.http.server import Server, new_event_loop
from mockserver.scenario.diagnostics import ScenarioError
from mockserver.scenario.loader import UnknownScenarioError
from mockserver.settings import SettingError, Settings

STANDARD_ERROR = 2
OPEN_HINT = "set KUSTOM_MOCK_ADMIN_TOKEN, or listen on 127.0.0.1"
GC_THRESHOLD = 50_000  # new objects between two collections
DEMO_SANDBOX = "demo"  # the first requests of the README read it

log = logging.getLogger("kustom_mock")


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT.

    Returns:
        The exit code: 0 after a signal, 2 if a scenario is invalid.

    Raises:
        SettingError: A setting is invalid.
    """
    gc.disable()  # a collection during the start takes a tenth of it, and frees nothing
    _open_standard_descriptors()
    configure_logging(settings.log_format, settings.log_level)
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(_serve(settings))
    finally:
        gc.enable()


def _open_standard_descriptors() -> None:
    """Open closed standard descriptors, so that no socket gets one of their numbers.

    libuv aborts when a socket with such a number is closed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(descriptor)


def _print_ready_line(url: str) -> None:
    """Print the ready line; continue if stdout is closed."""
    try:
        print(f"kustom-mock {__version__} listening on {url}", flush=True)
    except OSError:  # the interpreter flushes stdout at exit, which must not fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tune_garbage_collection() -> None:
    """Begin to collect garbage, not among what was loaded for the start, and less often.

    Orders are values without cycles, so that collections free almost nothing but cost
    a tenth of a request. Only the process of ``serve`` does this: in a test run the
    collector belongs to the tests.
    """
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    gc.enable()


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Set an event on each signal that ends it, also if the loop has no signal handlers."""
    loop = asyncio.get_running_loop()
    for number in end_signals():
        try:
            loop.add_signal_handler(number, stopping.set)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopping.set))


def _target_policy(settings: Settings) -> TargetPolicy:
    name = "deliver"
    try:
        rewrites = parse_rewrites(settings.deliver)
        name = "deliver_to"
        hosts = parse_hosts(settings.deliver_to)
    except ValueError as error:
        raise SettingError(f"{settings.flag_or_variable(name)}: {error}") from None
    return TargetPolicy(hosts, rewrites)


def _public_url(settings: Settings) -> str | None:
    if settings.public_url is None:
        return None
    try:
        return parse_public_url(settings.public_url)
    except ValueError as error:
        raise SettingError(f"{settings.flag_or_variable('public_url')}: {error}") from None


def _create_server(settings: Settings, home: Home) -> Server:
    return Server(
        home.registry,
        host=settings.host,
        port=settings.port,
        mock_headers=settings.mock_headers,
        allowed_hosts=frozenset(settings.allowed_host),
        admin_token=settings.admin_token,
        tls=load_tls(settings),
        target_policy=_target_policy(settings),
        public_url=_public_url(settings),
        home=home,
    )


async def _create_demo_sandbox(settings: Settings, home: Home) -> None:
    """Create the sandbox ``demo``; without it, the server serves the others.

    Raises:
        StoreError: no sandbox can be stored.
    """
    if settings.require_known:
        return
    try:
        await home.take_turn(DEMO_SANDBOX, home.registry.get_or_create, DEMO_SANDBOX)
    except StoreError as error:
        if error.reason in {"store_unavailable", "store_refused"}:
            raise
        log.warning("serving without the sandbox %r: %s", DEMO_SANDBOX, error)


async def _serve(settings: Settings) -> int:
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    try:
        sandboxes = create_registry(settings)
        home = create_home(settings, sandboxes)
        server = _create_server(settings, home)
        url = await server.start()
        await _create_demo_sandbox(settings, home)
    except UnknownScenarioError as error:
        raise SettingError(f"{settings.flag_or_variable('scenario')}: {error}") from None
    except ScenarioError as error:
        print(f"kustom-mock: {error}", file=sys.stderr)
        return EXIT_USAGE
    except StoreError as error:
        detail = ": ".join(filter(None, [error.detail, error.cause]))
        raise store_setting_error(settings, detail) from None
    except OSError as error:
        raise SettingError(describe_listen_error(error, settings)) from None
    if is_open_to_others(settings):
        log.warning("anybody who can reach %s can use the control API; %s", url, OPEN_HINT)
    _tune_garbage_collection()
    _print_ready_line(url)
    watch_task = asyncio.create_task(watch(settings, sandboxes)) if settings.watch else None
    await stopping.wait()
    if watch_task is not None:
        watch_task.cancel()
    await server.stop()
    return EXIT_OK
