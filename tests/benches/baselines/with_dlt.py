"""Reads all employees with dlt's REST source, page by page, without loading them anywhere."""

import json
import resource
import sys

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.rest_api import rest_api_resources

base, expected = sys.argv[1], int(sys.argv[2])
credentials = {"client_id": "papi-client", "client_secret": "papi-secret"}
login = RESTClient(base_url=base).post("/v1/auth", json=credentials)
login.raise_for_status()

[employees] = rest_api_resources(
    {
        "client": {
            "base_url": f"{base}/v1/",
            "auth": {"type": "bearer", "token": login.json()["data"]["token"]},
            "paginator": {"type": "offset", "limit": 100, "total_path": "metadata.total_elements"},
        },
        "resources": [
            {"name": "employees", "endpoint": {"path": "company/employees", "data_selector": "data"}},
        ],
    }
)
people = {record["attributes"]["id"]["value"] for record in employees}

assert len(people) == expected, len(people)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"processor_seconds": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}))
