"""The database, and what waits in it."""

from channel.core.checks import database as judge
from channel.core.checks.finding import Finding
from channel.doctor.premises import Premises
from channel.state import secret_keys
from channel.store import examining
from channel.store.migrations import NEWEST
from channel.store.vitals import backlog, vitals


async def database(premises: Premises) -> list[Finding]:
    """StoreError if it does not answer."""
    pool = premises.pool
    facts, alive, waits = await examining.facts(pool), await vitals(pool), await backlog(pool)
    sealed = await examining.sealed(pool, premises.database.vault, len(secret_keys(premises.settings)))
    return [
        judge.version(facts.version),
        judge.size(facts.size),
        judge.snapshots(alive.snapshot_age),
        judge.schema(facts.schema, NEWEST),
        judge.keys(sealed),
        judge.deliveries(alive.head_age, sum(each.deliveries for each in waits.waiting), ", ".join(facts.away)),
        judge.dead_letters(alive.dead_letters),
    ]
