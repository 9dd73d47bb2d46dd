"""Work that the server does by itself, now and then; `JOBS` names it."""

from central.jobs.runner import Job
from central.services.housekeeping import tidy
from central.services.upkeep import begin_key_changes, finish_booking, summarise

JOBS: list[Job] = [
    Job("tidy", 3600.0, lambda context: tidy(context.database, context.clock.now())),
    Job("book", 30.0, lambda context: finish_booking(context.database, context.clock)),
    Job("summarise", 20.0, lambda context: summarise(context.database)),
    Job("key_changes", 60.0, lambda context: begin_key_changes(context.database, context.clock)),
]
