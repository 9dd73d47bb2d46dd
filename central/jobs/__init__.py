"""Work that the server does by itself, now and then; `JOBS` names it."""

from central.jobs.runner import Job
from central.services.housekeeping import tidy

JOBS: list[Job] = [
    Job("tidy", 3600.0, lambda context: tidy(context.database, context.clock.now())),
]
