"""A worker that only claims: from the word until nothing is due."""

import json
import sys
import time

from flowtui.engine.client.current import current_client

owner, batch = sys.argv[1], int(sys.argv[2])
client = current_client()
client.run_counts()  # the first use pays for connections and statements
print("ready", flush=True)
sys.stdin.readline()
claimed: list[str] = []
end, cpu = time.monotonic(), time.process_time()
while claims := client.claim_flow_runs("local", owner, limit=batch, lease_seconds=60):
    claimed += [claim.run.id for claim in claims]
    end = time.monotonic()
print(json.dumps({"claimed": claimed, "end": end, "cpu": time.process_time() - cpu}), flush=True)
