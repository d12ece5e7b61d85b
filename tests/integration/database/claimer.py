"""A worker process whose jobs are no work: claims until no job is left, and prints what it did as JSON.

Arguments: the database's URL, this worker's name, the limit over all workers (0: none), seconds that each job takes, a folder in
which running jobs leave a mark. It says when it is ready, and begins when it is told to.
"""

import json
import sys
import time
from pathlib import Path

from videoannotator.database import crud
from videoannotator.database.queue import AttemptResult, JobQueue, WorkerIdentity
from videoannotator.database.session import Database

LOOK_S = 0.002


def main(url: str, name: str, limit: int, hold_s: float, marks: Path) -> None:
    database = Database(url)
    queue, worker = JobQueue(database), WorkerIdentity(name, "host", "boot", 1, 1.0)
    ran: list[str] = []
    most_at_once = 0
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        claim = queue.claim(worker, total_limit=limit or None)
        if claim is None:
            with database.reading() as session:
                if crud.count_waiting(session) == 0:
                    break
            time.sleep(LOOK_S)
            continue
        mark = marks / claim.job_id
        mark.touch(exist_ok=False)  # fails when somebody else runs that job, too
        time.sleep(hold_s)
        most_at_once = max(most_at_once, len(list(marks.iterdir())))
        mark.unlink()
        ran.append(claim.job_id)
        assert queue.finish(claim, AttemptResult())
    database.dispose()
    print(json.dumps({"ran": ran, "most_at_once": most_at_once}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5]))
