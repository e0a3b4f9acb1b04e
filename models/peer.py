"""A RapidPro or a Rocket.Chat, as all replicas know it: is it there, and how fast may it be asked?"""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class Peer(Model):
    id = fields.BigIntField(primary_key=True)
    dest = fields.CharField(max_length=20)
    #: its base URL, without a trailing slash
    address = fields.CharField(max_length=1024)
    #: does each claim of its lanes have to be accounted for here?
    paced = fields.BooleanField(db_default=True)
    state = fields.CharField(max_length=20, db_default="closed")
    #: the rest of the breaker (`channel.core.breaker`), and the limiter's windows by route (`channel.core.limiter`)
    breaker = fields.JSONField[dict[str, object]](db_default={})
    windows = fields.JSONField[dict[str, object]](db_default={})
    #: when the next request may go, where an operator has set a rate
    next_at = fields.DatetimeField(null=True)

    class Meta:
        table = "peer"
        unique_together = (("dest", "address"),)
        constraints = (
            CheckConstraint(check="dest IN ('rocketchat', 'rapidpro')", name="peer_dest"),
            CheckConstraint(check="state IN ('closed', 'half_open', 'open')", name="peer_state"),
        )
