"""The deliveries of one conversation that are claimed together, in one order."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.conversation import Conversation
from models.peer import Peer


class Lane(Model):
    id = fields.BigIntField(primary_key=True)
    conversation: fields.ForeignKeyRelation[Conversation] = fields.ForeignKeyField(
        "models.Conversation", related_name="lanes", on_delete=fields.RESTRICT
    )
    kind = fields.CharField(max_length=20)
    #: to whom it leads; null until it is first looked at
    peer: fields.ForeignKeyNullableRelation[Peer] = fields.ForeignKeyField(
        "models.Peer", related_name="lanes", on_delete=fields.RESTRICT, null=True
    )
    #: which of the peer's limited routes its head takes (`channel.core.limiter`), "" for none
    route = fields.CharField(max_length=20, db_default="")
    #: when its head may go; null when nothing waits
    head_due = fields.DatetimeField(null=True)
    #: when it last had its turn at a peer that takes only so many: since then it waits anew
    turn_at = fields.DatetimeField(null=True)
    #: whose it is: not indexed, so that a claim stays a heap-only update
    lease_until = fields.DatetimeField(null=True)
    lease_token = fields.BigIntField(db_default=0)
    next_seq = fields.BigIntField(db_default=0)

    class Meta:
        table = "lane"
        unique_together = (("conversation", "kind"),)
        constraints = (
            CheckConstraint(check="kind IN ('to_agent', 'to_contact', 'to_author', 'status')", name="lane_kind"),
        )
