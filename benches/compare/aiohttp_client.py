"""What a competent script on aiohttp does: a pool of connections, a bound on calls in flight, CSV in, CSV out.

    python3 aiohttp_client.py URL INPUT OUTPUT CONCURRENCY
"""

import asyncio
import csv
import json
import sys
from typing import Any, Iterator, TextIO

import aiohttp

FIELDS = ["id", "name", "industry", "size", "founded_year", "hq_location", "linkedin_url"]
HEADERS = {"Authorization": "Bearer wbk_sandbox", "Content-Type": "application/json"}


async def work(rows: Iterator[dict[str, str]], session: aiohttp.ClientSession, url: str, writer: Any) -> None:
    """Asks for one row after the other until none is left, as many others do beside it."""
    for row in rows:
        async with session.post(url, data=json.dumps({"domain": row["website"]})) as response:
            response.raise_for_status()
            company = json.loads(await response.read())["data"]["company"]
        writer.writerow([*row.values(), *(company.get(field) for field in FIELDS)])


async def run(url: str, source: TextIO, target: TextIO, concurrency: int) -> None:
    reader = csv.DictReader(source)
    writer = csv.writer(target)
    writer.writerow([*(reader.fieldnames or []), *FIELDS])
    rows = iter(reader)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector, headers=HEADERS) as session:
        await asyncio.gather(*(work(rows, session, url, writer) for _ in range(concurrency)))


if __name__ == "__main__":
    _, url, source, target, concurrency = sys.argv
    with open(source, newline="") as reads, open(target, "w", newline="") as writes:
        asyncio.run(run(url, reads, writes, int(concurrency)))
