"""Makes the road network of the sample from the extract of `make_helsinki`.

Run it by hand:

    python -m geodata.samples.make_roads Helsinki.osm.pbf
"""

import argparse
from pathlib import Path

from geodata.roads.build import build
from geodata.samples import HELSINKI_ROADS


def main() -> None:
    """Write the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("extract", type=Path)
    build(parser.parse_args().extract, HELSINKI_ROADS)


if __name__ == "__main__":
    main()
