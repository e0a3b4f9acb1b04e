"""Counters, for Prometheus. No label carries a phone number, a contact or a token."""

import math
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types here
REGISTRY: Final = CollectorRegistry()
_PREFIX: Final = "live_agents"

accepted: Final = Counter("accept", "answers at the edge", ["route", "code"], namespace=_PREFIX, registry=REGISTRY)
accept_seconds: Final = Histogram(
    "accept_seconds",
    "time to our answer",
    ["route"],
    namespace=_PREFIX,
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 3, 4, 5, 7.5, 10, 15),
)
e2e_seconds: Final = Histogram(
    "e2e_seconds",
    "from our answer to the peer's",
    ["direction"],
    namespace=_PREFIX,
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
)
attempts: Final = Counter("attempts", "attempts", ["dest", "outcome"], namespace=_PREFIX, registry=REGISTRY)
duplicates: Final = Counter("duplicates", "repeats", namespace=_PREFIX, registry=REGISTRY)
conflict: Final = Counter("conflict", "same id, other text; the first won", namespace=_PREFIX, registry=REGISTRY)
ambiguous: Final = Counter("ambiguous", "attempts of unknown end, given up", namespace=_PREFIX, registry=REGISTRY)
swallowed: Final = Counter("swallowed", "texts courier took for doubles", namespace=_PREFIX, registry=REGISTRY)
unserved: Final = Counter("unserved", "rooms closed with no agent", namespace=_PREFIX, registry=REGISTRY)
ignored: Final = Counter("ignored", "for nobody here", ["reason"], namespace=_PREFIX, registry=REGISTRY)
repaired: Final = Counter("repaired", "words found that no webhook brought", namespace=_PREFIX, registry=REGISTRY)
late: Final = Counter("late", "words that went behind later ones", namespace=_PREFIX, registry=REGISTRY)
lease_lost: Final = Counter("lease_lost", "settles that were fenced out", namespace=_PREFIX, registry=REGISTRY)
auth_failures: Final = Counter("auth_failures", "refused callers", ["reason"], namespace=_PREFIX, registry=REGISTRY)
ssrf_blocked: Final = Counter("ssrf_blocked", "denied addresses", namespace=_PREFIX, registry=REGISTRY)
cut: Final = Counter("cut", "slow callers, cut off", ["waited_for"], namespace=_PREFIX, registry=REGISTRY)
dead_letters_made: Final = Counter("dead_letters_made", "dead letters made", namespace=_PREFIX, registry=REGISTRY)
limited: Final = Counter(
    "limited", "requests held back for a rate limiter", ["dest"], namespace=_PREFIX, registry=REGISTRY
)
erased: Final = Counter("erased", "old rows without words now", namespace=_PREFIX, registry=REGISTRY)
db_up: Final = Gauge("db_up", "does the database answer?", namespace=_PREFIX, registry=REGISTRY)

#: What `delivery.watching` measures; nothing before that.
breaker_state: Final = Gauge(
    "breaker_state", "0 closed, 1 half open, 2 open", ["dest"], namespace=_PREFIX, registry=REGISTRY
)
backlog: Final = Gauge("backlog", "deliveries waiting", ["direction", "channel"], namespace=_PREFIX, registry=REGISTRY)
lane_head_age_seconds: Final = Gauge(
    "lane_head_age_seconds", "since the oldest head was due", namespace=_PREFIX, registry=REGISTRY
)
dead_letters: Final = Gauge("dead_letters", "neither replayed nor discarded", namespace=_PREFIX, registry=REGISTRY)
xmin_age_seconds: Final = Gauge(
    "xmin_age_seconds", "since the database's oldest snapshot", namespace=_PREFIX, registry=REGISTRY
)
# Nothing is said before it is known: after a restart a 0 would look as if the dead letters had gone, and come again.
for each in (lane_head_age_seconds, dead_letters, xmin_age_seconds, db_up):
    each.set(math.nan)
# A counter that begins at 1 has never increased, for Prometheus.
for reason in ("missing", "wrong", "unknown"):
    auth_failures.labels(reason)

_COUNTED: Final = {
    "duplicates": duplicates,
    "conflict": conflict,
    "ambiguous": ambiguous,
    "swallowed": swallowed,
    "unserved": unserved,
    "repaired": repaired,
    "late": late,
    "dead_letters": dead_letters_made,
}


def count(name: str) -> None:
    """Count what a decision says is to be counted: `name`, or `ignored:<reason>`."""
    kind, _, reason = name.partition(":")
    if kind == "ignored":
        ignored.labels(reason).inc()
    else:
        _COUNTED[kind].inc()


def exposition(accepted: str = "") -> tuple[bytes, str]:
    """The text for Prometheus, and its content type: with exemplars for who accepts them."""
    encode, content_type = choose_encoder(accepted)
    return encode(REGISTRY), content_type
