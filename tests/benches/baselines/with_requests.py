"""Reads all employees as people write it with requests, and keeps a dict of each."""

import json
import resource
import sys

import requests

base, expected = sys.argv[1], int(sys.argv[2])
session = requests.Session()
login = session.post(f"{base}/v1/auth", json={"client_id": "papi-client", "client_secret": "papi-secret"}, timeout=30)
login.raise_for_status()
session.headers["Authorization"] = f"Bearer {login.json()['data']['token']}"

people, offset = {}, 0
while True:
    page = session.get(f"{base}/v1/company/employees", params={"limit": 100, "offset": offset}, timeout=30)
    page.raise_for_status()
    body = page.json()
    for record in body["data"]:
        attributes = record["attributes"]
        people[attributes["id"]["value"]] = {name: attribute["value"] for name, attribute in attributes.items()}
    offset += len(body["data"])
    if not body["data"] or offset >= body["metadata"]["total_elements"]:
        break

assert len(people) == expected, len(people)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"processor_seconds": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}))
