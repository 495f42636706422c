"""What resources cost in a month, at the prices of catalogue/prices.yaml. As a program, it reads them again from AWS.

Source of the files: docs.aws.amazon.com/awsaccountbilling/latest/aboutv2, "Reading the service price list file for an
AWS service". As CSV, because that of EC2 is too large to be read at once.
"""

import csv
import re
import sys
import urllib.request
from collections.abc import Iterable
from datetime import date
from typing import Any

import yaml

from operations import ROOT
from operations.plans.risks import at

FILE = ROOT / "catalogue" / "prices.yaml"
TABLE = yaml.safe_load(FILE.read_text(encoding="utf-8"))
PRICES = {usage: price for offer in TABLE["offers"].values() for usage, price in offer.items()}
OFFERS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws"
SECONDS = 60  # the offers of EC2 are hundreds of megabytes, of which the first byte comes late
# Products with the same usage type: other systems and engines, and places outside of the region itself.
OTHERS = {
    "operation": "RunInstances:.+",
    "Database Engine": "(?!PostgreSQL|Any).+",
    "Location Type": "AWS (Local Zone|Wavelength Zone|Outposts)",
}


def of(kind: str, attributes: dict[str, Any] | None) -> float | None:
    """Dollars a month of one resource, with these attributes of a plan, of a state, or as written. None: not known."""
    total = 0.0
    for row in TABLE["resources"].get(kind, []) if attributes else []:
        if all((at(attributes, name) or False) == value for name, value in row.get("when", {}).items()):
            usage = re.sub(r"{([\w.]+)}", lambda match: str(_first(at(attributes, match[1]))), row["usage"])
            times = at(attributes, row["times"]) if "times" in row else 1
            number = len(times) if isinstance(times, list) else times
            if usage not in PRICES or not isinstance(number, int | float):
                return None
            total += PRICES[usage] * number * (TABLE["hours"] if row.get("hourly") else 1)
    return total


def read(lines: Iterable[str], wanted: Iterable[str], region: str) -> dict[str, float]:
    """The prices of these usage types in an offer file. Raises ValueError where there is not just one of each."""
    rows = iter(lines)
    for _ in range(5):  # what the file says of itself
        next(rows)
    pattern = re.compile(rf"(?:[A-Z]+\d*-|{region}-)?({'|'.join(map(re.escape, wanted))})")
    found: dict[str, set[float]] = {usage: set() for usage in wanted}
    for row in csv.DictReader(rows):
        match = pattern.fullmatch(row["usageType"])
        other = any(re.fullmatch(those, row.get(name) or "") for name, those in OTHERS.items())
        if match and not other and row["TermType"] == "OnDemand" and row["StartingRange"] == "0":
            found[match[1]].add(float(row["PricePerUnit"]))
    if wrong := {usage: prices for usage, prices in found.items() if len(prices) != 1}:
        raise ValueError(f"not one price each: {wrong}")
    return {usage: prices.pop() for usage, prices in found.items()}


def written(text: str, prices: dict[str, float], day: date) -> str:
    """The table with other prices."""
    for usage, price in prices.items():
        text = re.sub(rf'("?{re.escape(usage)}"?: )[\d.]+', rf"\g<1>{price:g}", text)
    return re.sub(r"(?m)^dated: .*", f"dated: {day}", text)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


if __name__ == "__main__":
    found: dict[str, float] = {}
    for offer, usages in TABLE["offers"].items():
        where = "" if offer == "AmazonRoute53" else f"/{TABLE['region']}"  # it has one file for all regions
        try:
            with urllib.request.urlopen(f"{OFFERS}/{offer}/current{where}/index.csv", timeout=SECONDS) as answer:
                found |= read((line.decode() for line in answer), usages, TABLE["region"])
        except (OSError, ValueError) as error:
            sys.exit(f"{FILE.name} stays as it is, because the prices of {offer} cannot be read: {error}")
    FILE.write_text(written(FILE.read_text(encoding="utf-8"), found, date.today()), encoding="utf-8")
