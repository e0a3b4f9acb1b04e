"""One livechat conversation in Rocket.Chat, open until closed."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.db_defaults import SqlDefault
from tortoise.models import Model

from models.conversation import Conversation
from models.workspace import Workspace


class Room(Model):
    id = fields.BigIntField(primary_key=True)
    workspace: fields.ForeignKeyRelation[Workspace] = fields.ForeignKeyField(
        "models.Workspace", related_name="rooms", on_delete=fields.RESTRICT
    )
    #: Rocket.Chat's id
    rid = fields.CharField(max_length=255)
    conversation: fields.ForeignKeyRelation[Conversation] = fields.ForeignKeyField(
        "models.Conversation", related_name="rooms", on_delete=fields.RESTRICT
    )
    first_seen_at = fields.DatetimeField()
    #: for which it waited, and when an agent first took it
    department = fields.TextField(db_default="")
    taken_at = fields.DatetimeField(null=True)
    #: times of its latest messages that are known, in the form that orders
    heard = ArrayField(element_type="text", db_default=SqlDefault("'{}'"))
    closed_at = fields.DatetimeField(null=True)
    #: Rocket.Chat's time after which what is said there is ours; "" for all of it
    since = fields.TextField(db_default="")
    #: Rocket.Chat's time up to which its history has been read; "" if never
    read_until = fields.TextField(db_default="")
    #: when a read of its history was last owed
    sought_at = fields.DatetimeField(null=True)
    #: since when a post of ours has stood before whatever an event could name: what was lost before it, none will say
    unsure_since = fields.DatetimeField(null=True)

    class Meta:
        table = "room"
        unique_together = (("workspace", "rid"),)
        indexes = (
            PostgreSQLIndex(fields=("workspace_id", "department", "taken_at"), name="room_taken"),
            PostgreSQLIndex(fields=("conversation_id",), name="room_conversation"),
        )
