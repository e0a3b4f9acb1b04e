"""One contact through all their rooms, of which one may be open. The row is what everything of a contact locks."""

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.contact import Contact


class Conversation(Model):
    #: the contact's id too: Tortoise's migrations cannot refer to a primary key that is itself a reference
    id = fields.BigIntField(primary_key=True, generated=False)
    contact: fields.OneToOneRelation[Contact] = fields.OneToOneField(
        "models.Contact", related_name="conversation", on_delete=fields.RESTRICT
    )
    state = fields.TextField(db_default="closed")
    #: Rocket.Chat's id of the open room
    room = fields.TextField(null=True)
    #: Rocket.Chat's id of the agent who serves it
    agent = fields.TextField(null=True)
    #: the latest hand-off (`channel.core.conversation.Handoff`)
    handoff = fields.JSONField[dict[str, object]](db_default={})
    #: courier's last answer for this URN: its uuid, the text it took, and when
    received_uuid = fields.TextField(db_default="")
    received_text_hash = fields.CharField(max_length=64, null=True)
    received_at = fields.DatetimeField(null=True)

    class Meta:
        table = "conversation"
        indexes = (PostgreSQLIndex(fields=("id",), name="conversation_queued", condition={"state": "queued"}),)
        constraints = (CheckConstraint(check="state IN ('closed', 'queued', 'served')", name="conversation_state"),)
