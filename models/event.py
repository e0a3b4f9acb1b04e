"""Something a peer told us that goes no further, with the reason; and the keys of what was told before."""

from tortoise import fields
from tortoise.models import Model

from models.conversation import Conversation
from models.workspace import Workspace


class Event(Model):
    id = fields.BigIntField(primary_key=True)
    workspace: fields.ForeignKeyRelation[Workspace] = fields.ForeignKeyField(
        "models.Workspace", related_name="events", on_delete=fields.RESTRICT
    )
    conversation: fields.ForeignKeyNullableRelation[Conversation] = fields.ForeignKeyField(
        "models.Conversation", related_name="events", on_delete=fields.RESTRICT, null=True
    )
    room = fields.TextField(null=True)
    kind = fields.TextField()
    reason = fields.TextField()
    key = fields.CharField(max_length=255)
    #: what came in, sealed; null where it is not to be kept
    original = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "event"
        unique_together = (("workspace", "key"),)
