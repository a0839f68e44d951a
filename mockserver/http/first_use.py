"""Build the sandbox of a large template in a worker, before the turn that first uses it.

Otherwise that turn would build it in the event loop, and others would wait.
"""

from collections.abc import Callable
from functools import partial

from mockserver.homes.home import Home
from mockserver.http.workers import SMALL_SANDBOX, Workers
from mockserver.sandbox.registry_entry import SandboxTemplate


def is_large(template: SandboxTemplate) -> bool:
    """Return whether it takes long to build a sandbox from a template."""
    return template.total_bytes > SMALL_SANDBOX


async def build_if_large(
    home: Home, workers: Workers, name: str, is_accepted: Callable[[], bool] = lambda: True
) -> None:
    """Build a sandbox that is not in use yet, if the server's scenario is large.

    Args:
        home: where it will live.
        workers: threads for long work.
        name: its name.
        is_accepted: whether its caller may use it; a wrong secret builds nothing.

    Raises:
        Refusal: The server is full.
    """
    registry, template = home.registry, home.registry.template
    if not is_large(template) or registry.get(name) is not None:
        return

    def is_needed() -> bool:
        if registry.get(name) is not None or not is_accepted():
            return False
        registry.check_vacancy(name)
        return True

    async with workers.lock_of(name):  # others wait instead of building it too
        if await home.take_turn(name, is_needed):
            build = partial(template.build, name)
            sandbox = await workers.run_if(build, is_long=True)
            await home.take_turn(name, registry.add, sandbox, template)
