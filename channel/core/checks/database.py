"""The database, what waits in it, and the keys to the secrets in it."""

from typing import Final

from channel.core.checks.finding import Check, Finding, doubtful, fine, wrong
from channel.core.values import dataclass

OLDEST: Final = 14  #: Postgres's own people look after no older one
LARGE: Final = 50 * 1000**3  #: bytes; a million messages are about 3 GB
#: Ours end after 8 s: an older snapshot is somebody else's.
FOREIGN_SNAPSHOT: Final = 10.0
#: an alert pages at these
LONG_SNAPSHOT: Final = 90.0
LONG_WAIT: Final = 90.0


def version(number: int) -> Finding:
    """`number`: as Postgres counts: 180004 is 18.4."""
    said = f"Postgres {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST:
        advice = f"move to Postgres {OLDEST} or later; Live Agents is tested with 18"
        return wrong(Check.DATABASE, f"{said} is too old", advice)
    return fine(Check.DATABASE, said)


def size(held: int) -> Finding:
    """`held`: bytes of the database."""
    said = f"the database has {_bytes(held)}"
    if held > LARGE:
        advice = "keep words for less time (`keep_days` in `live-agents channels options set`), or see to the disk"
        return doubtful(Check.DATABASE_SIZE, said, advice)
    return fine(Check.DATABASE_SIZE, said)


def snapshots(seconds: float) -> Finding:
    """`seconds`: the age of the oldest snapshot that somebody holds."""
    check = Check.SNAPSHOTS
    if seconds <= FOREIGN_SNAPSHOT:
        return fine(check, "nobody holds an old snapshot of the database")
    said = f"somebody has held a snapshot of the database for {seconds:.0f} s: old rows are not cleared away"
    advice = "find the session in pg_stat_activity (the oldest xact_start) and end it; a backup ends by itself"
    return wrong(check, said, advice) if seconds > LONG_SNAPSHOT else doubtful(check, said, advice)


def schema(applied: str, ours: str) -> Finding:
    check = Check.SCHEMA
    if applied > ours:
        advice = "run the doctor, and every process of the service, from the newest version"
        return doubtful(check, f"the schema is newer ({applied}) than this program ({ours})", advice)
    if applied < ours:
        return wrong(check, f"the schema is older ({applied}) than this program ({ours})", "run `live-agents migrate`")
    return fine(check, f"the schema is {applied}")


@dataclass(frozen=True, slots=True)
class Sealed:
    """`left`: values that are sealed with an older key than the newest; `unreadable`: with none of ours."""

    count: int  #: of keys
    looked_at: int
    left: int = 0
    unreadable: int = 0


def keys(sealed: Sealed) -> Finding:
    check = Check.KEYS
    count = "1 key" if sealed.count == 1 else f"{sealed.count} keys"
    seen = f"of {sealed.looked_at} sealed values looked at"
    if sealed.unreadable:
        advice = "name the key they were sealed with last in LIVE_AGENTS_SECRET_KEYS, and run `live-agents keys rotate`"
        return wrong(check, f"{seen}, none of {count} opens {sealed.unreadable}", advice)
    if sealed.left:
        advice = "see that every process has the newest key first, then run `live-agents keys rotate`"
        return doubtful(check, f"{seen}, {sealed.left} are left on an older key ({count})", advice)
    if sealed.count > 1:
        advice = "run `live-agents keys rotate`; if it ends well, take the older keys out of LIVE_AGENTS_SECRET_KEYS"
        return doubtful(check, f"{count}, and {seen}, all are on the newest", advice)
    return fine(check, f"{count}, and it opens all {sealed.looked_at} sealed values looked at")


def deliveries(head_age: float, waiting: int, away: str) -> Finding:
    """`head_age`: seconds since the oldest was due; `away`: peers that do not answer us, "" if all do."""
    check = Check.DELIVERIES
    if away:
        advice = "see to that server; what waits goes by itself at the latest 30 s after it is back"
        return wrong(check, f"{away} does not answer our deliveries; {waiting} wait", advice)
    if head_age > LONG_WAIT:
        advice = "see that a process delivers (`live-agents serve`, of role all or deliver), and read its log"
        return wrong(check, f"what should have gone {head_age:.0f} s ago waits still; {waiting} wait", advice)
    return fine(check, f"{waiting} deliveries wait, none of them for long")


def dead_letters(count: int) -> Finding:
    check = Check.DEAD_LETTERS
    if count:
        advice = "`live-agents backlog --dead` lists them; then `live-agents replay` or `live-agents discard`"
        return doubtful(
            check, f"{count} dead letter{'s wait' if count > 1 else ' waits'} for somebody to decide", advice
        )
    return fine(check, "there are no dead letters")


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - of which the next unit is made
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
