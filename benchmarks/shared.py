"""Run replicas on one store: what a request costs, and whether anything is lost when they die.

Starts Valkey or Redis, and replicas of kustom-mock, on loopback.

    python benchmarks/shared.py cost       processor time of a request, by where sandboxes live
    python benchmarks/shared.py replicas   the same on 1, 2 and 3 replicas
    python benchmarks/shared.py hot        three replicas that share one sandbox
    python benchmarks/shared.py looks      a request to one replica, in the journal of another
    python benchmarks/shared.py kill       kill servers and store while merchants refund
"""

import argparse
import asyncio

from shared_costs import run_costs, run_hot, run_looks, run_replicas
from shared_kills import Settings, run_kills


def main() -> None:
    """Parse the command line and run a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = parser.add_subparsers(dest="part", required=True)
    for name in ("cost", "replicas"):
        counted = parts.add_parser(name)
        counted.add_argument("--requests", type=int, default=4000, help="of each measurement")
    parts.add_parser("hot")
    parts.add_parser("looks")
    kill = parts.add_parser("kill")
    defaults = Settings()
    kill.add_argument("--store", choices=("valkey", "file"), default=defaults.store)
    kill.add_argument("--replicas", type=int, default=defaults.replicas)
    kill.add_argument("--seconds", type=float, default=defaults.seconds)
    kill.add_argument("--fsync", choices=("always", "everysec"), default=defaults.fsync)
    kill.add_argument(
        "--victims", choices=("all", "replicas", "store"), default=defaults.victims
    )
    kill.add_argument("--refunds", type=int, default=defaults.refunds, help="end after so many")
    kill.add_argument("--kills", type=int, default=defaults.kills, help="end after so many")
    kill.add_argument("--seed", type=int, default=defaults.seed, help="of the kills")
    options = vars(parser.parse_args())
    match options.pop("part"):
        case "cost":
            run_costs(options["requests"])
        case "replicas":
            run_replicas(options["requests"])
        case "hot":
            run_hot()
        case "looks":
            run_looks()
        case _:
            asyncio.run(run_kills(Settings(**options)))


if __name__ == "__main__":
    main()
