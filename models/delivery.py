"""One thing owed to a peer. What waits here is what a crash leaves, and what the next claim takes."""

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.lane import Lane
from models.message import Message


class Delivery(Model):
    id = fields.BigIntField(primary_key=True)
    lane: fields.ForeignKeyRelation[Lane] = fields.ForeignKeyField(
        "models.Lane", related_name="deliveries", on_delete=fields.RESTRICT
    )
    message: fields.ForeignKeyNullableRelation[Message] = fields.ForeignKeyField(
        "models.Message", related_name="deliveries", on_delete=fields.RESTRICT, null=True
    )
    #: place in the lane, kept by dead letters too
    seq = fields.BigIntField()
    state = fields.TextField(db_default="waiting")
    #: what is owed (`channel.core.owed`), and the values of it
    kind = fields.TextField()
    body = fields.JSONField[dict[str, object]]()
    part = fields.IntField(db_default=0)
    #: the `_id` that a post has in Rocket.Chat; what RapidPro calls an agent's words that went through its API
    external_id = fields.TextField(null=True)
    due_at = fields.DatetimeField()
    #: counted before each call; `attempt_open` until its outcome is saved
    attempts = fields.IntField(db_default=0)
    attempt_open = fields.BooleanField(db_default=False)
    #: attempts of which nobody knows whether they arrived, and the room the first one was for
    ambiguous = fields.IntField(db_default=0)
    tried_room = fields.TextField(null=True)
    #: attempts that were said no to
    rejections = fields.IntField(db_default=0)
    #: rooms and visitors lost under it
    rehomings = fields.IntField(db_default=0)
    #: attempts that ended the process before their outcome was saved
    crashes = fields.IntField(db_default=0)
    first_failed_at = fields.DatetimeField(null=True)
    #: why it waits, is dead or was discarded
    reason = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    #: since when its words are gone
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery"
        indexes = (
            PostgreSQLIndex(fields=("lane_id", "seq"), name="delivery_waiting", condition={"state": "waiting"}),
            PostgreSQLIndex(fields=("id",), name="delivery_dead", condition={"state": "dead"}),
            PostgreSQLIndex(fields=("message_id",), name="delivery_message"),
            PostgreSQLIndex(fields=("external_id",), name="delivery_external_id"),
            PostgreSQLIndex(
                fields=("lane_id",), name="delivery_reading", condition={"kind": "ReadHistory", "state": "waiting"}
            ),
        )
        constraints = (
            CheckConstraint(check="state IN ('waiting', 'done', 'dead', 'discarded')", name="delivery_state"),
        )
