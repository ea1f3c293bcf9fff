"""Stands in for `aws` in front of a queue that lies in a folder: `python queue_aws.py FOLDER sqs receive-message …`.

What was received and not deleted comes again when all others had their turn. SQS shows a message once more after 30 seconds, which is soon
in a loop over many. `broken.json` lists functions that cannot be called and receipts that are not taken.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

URL = "https://sqs.eu-central-1.amazonaws.com/123456789012/takeback-FailedEvents"


def answer(folder: Path, command: str, given: dict[str, str]) -> dict[str, Any] | str:
    """What `aws` prints, after it is done and noted. Leaves with a sentence where it cannot be."""
    queue, taken, broken = (json.loads((folder / f"{name}.json").read_text()) for name in ("queue", "taken", "broken"))
    said: dict[str, Any] | str = ""
    match command:
        case "describe-stacks":
            said = URL if "'FailedEventsUrl'" in given["--query"] else "None"
        case "receive-message" if given["--queue-url"] == URL:
            queue = [*queue[1:], *queue[:1]]
            said = {"Messages": queue[-1:]} if queue else ""
        case "delete-message" if given["--queue-url"] == URL and given["--receipt-handle"] not in broken:
            queue = [message for message in queue if message["ReceiptHandle"] != given["--receipt-handle"]]
            taken.append(["delete", given["--receipt-handle"]])
        case "invoke" if given["--function-name"] not in broken:
            assert (given["--invocation-type"], given["--cli-binary-format"]) == ("Event", "raw-in-base64-out")
            taken.append(["invoke", given["--function-name"], json.loads(given["--payload"])])
            said = {"StatusCode": 202}
        case _:
            sys.exit(f"An error occurred (AccessDenied) when calling {command}")
    (folder / "queue.json").write_text(json.dumps(queue))
    (folder / "taken.json").write_text(json.dumps(taken))
    return said


if __name__ == "__main__":
    _, where, _, asked, *options = sys.argv
    printed = answer(Path(where), asked, dict(pairwise(options)))
    if printed:
        sys.stdout.write(f"{printed if isinstance(printed, str) else json.dumps(printed, indent=4)}\n")
