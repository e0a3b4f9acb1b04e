"""A time at which something becomes of a conversation by itself. A row, so that no crash forgets it."""

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.models import Model

from models.conversation import Conversation


class Timer(Model):
    id = fields.BigIntField(primary_key=True)
    conversation: fields.ForeignKeyRelation[Conversation] = fields.ForeignKeyField(
        "models.Conversation", related_name="timers", on_delete=fields.RESTRICT
    )
    #: what for (`channel.core.events.Timer`)
    why = fields.CharField(max_length=20)
    due_at = fields.DatetimeField()

    class Meta:
        table = "timer"
        unique_together = (("conversation", "why"),)
        indexes = (PostgreSQLIndex(fields=("due_at",), name="timer_due"),)
