"""Something one person wrote to another, once."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.channel import Channel
from models.conversation import Conversation


class Message(Model):
    id = fields.UUIDField(primary_key=True)
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="messages", on_delete=fields.RESTRICT
    )
    conversation: fields.ForeignKeyRelation[Conversation] = fields.ForeignKeyField(
        "models.Conversation", related_name="messages", on_delete=fields.RESTRICT
    )
    author = fields.TextField()
    #: what makes a second one a repeat; stays when the words are erased
    key = fields.CharField(max_length=255)
    #: the peer's identifier: RapidPro's id, or Rocket.Chat's `_id`
    external_id = fields.TextField()
    #: when Rocket.Chat says it was written anew, as it says it
    edited_at = fields.TextField(null=True)
    #: its parts, in order
    texts = ArrayField(element_type="text")
    #: where the next part is expected, and when we last answered for this id
    position = fields.IntField(db_default=0)
    answered_at = fields.DatetimeField()
    #: what RapidPro was told, or is about to be
    status = fields.TextField(null=True)
    #: why nothing, or not all, of it goes
    reason = fields.TextField(null=True)
    #: the room it was posted in, or written in
    room = fields.TextField(null=True)
    #: what came in, sealed; goes with the texts
    original = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    #: since when its words are gone
    erased_at = fields.DatetimeField(null=True)

    class Meta:
        table = "message"
        unique_together = (("conversation", "key"),)
        indexes = (
            PostgreSQLIndex(fields=("external_id",), name="message_external_id"),
            PostgreSQLIndex(fields=("conversation_id",), name="message_unserved", condition={"status": "sent"}),
            PostgreSQLIndex(fields=("conversation_id",), name="message_kept", condition={"reason": "kept"}),
        )
        constraints = (
            CheckConstraint(check="author IN ('contact', 'agent', 'bridge')", name="message_author"),
            CheckConstraint(check="status IN ('sent', 'delivered', 'failed')", name="message_status"),
        )
