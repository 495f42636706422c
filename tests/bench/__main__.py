"""make bench: one table of ratios, with FULL=1 into docs/benchmark.md. Fails where a row is beyond its limits."""

import sys
from datetime import date

from tests.bench import bindings, deploy, growth
from tests.bench.measure import ROOT, BenchError
from tests.bench.rows import FULL, Row, publish

PARTS = {
    "Synthesizing with the bindings as shipped, and lazy": bindings.rows,
    "Synthesizing more and more resources and environments": growth.rows,
}
IF_FULL = {"Deploying everything into an empty simulated AWS, again, and planning": deploy.rows}


def main() -> int:
    rows: list[Row] = []
    try:
        for said, part in (PARTS | (IF_FULL if FULL else {})).items():
            print(f"{said} ...", flush=True)
            for row in part():
                rows.append(row)
                print(f"  {row.ratio:6.2f}  {row.what}: {row.measured}{'  RED' if row.red else ''}", flush=True)
    except BenchError as error:
        print(error)
        return 1
    if FULL:
        publish(rows, ROOT / "docs" / "benchmark.md", date.today())
    red = [f"{row.what}: {row.ratio:.2f}, red {row.limit}" for row in rows if row.red]
    print("\n".join(["Beyond its limits:", *red]) if red else "All rows are within their limits.")
    return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
