"""The signals that end a command in an orderly way."""

import signal


def end_signals() -> list[signal.Signals]:
    """Return SIGINT, SIGTERM and, where it exists, SIGHUP of a closed terminal.

    A signal that is ignored, such as SIGHUP under ``nohup``, stays ignored.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [signal.Signals[name] for name in names if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
