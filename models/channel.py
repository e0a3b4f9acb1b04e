"""A RapidPro External API channel, and the Rocket.Chat it leads to."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.workspace import Workspace


class Channel(Model):
    id = fields.UUIDField(primary_key=True)
    workspace: fields.ForeignKeyRelation[Workspace] = fields.ForeignKeyField(
        "models.Workspace", related_name="channels", on_delete=fields.RESTRICT
    )
    name = fields.TextField()
    rapidpro_url = fields.TextField()
    #: the External channel's UUID; null until an authenticated send names it
    rapidpro_channel = fields.TextField(null=True)
    #: URN scheme of the External channel
    scheme = fields.TextField()
    set_up = fields.TextField()
    department = fields.TextField(db_default="")
    reply_via = fields.TextField()
    #: courier's part size in bytes, as pasted into RapidPro
    max_length = fields.IntField()
    #: what an attempt without an answer leads to
    when_ambiguous = fields.TextField(db_default="resend")
    #: SHA-256 of the tokens RapidPro shows us, and of those before while both are valid
    send_token_hash = fields.CharField(max_length=64)
    previous_send_token_hash = fields.CharField(max_length=64, null=True)
    live_agents_token_hash = fields.CharField(max_length=64, unique=True)
    previous_live_agents_token_hash = fields.CharField(max_length=64, null=True)
    #: sealed: the token we show RapidPro's API
    rapidpro_token = fields.BinaryField(null=True)
    #: what an operator has chosen (`channel.core.options`), and when somebody is there (`channel.core.hours`)
    options = fields.JSONField[dict[str, object]](db_default={})
    hours = fields.JSONField[dict[str, object]](null=True)
    created_at = fields.DatetimeField()
    #: when RapidPro was last asked which of agents' words it has failed
    followed_at = fields.DatetimeField(null=True)
    #: a removed channel refuses its callers and keeps its record
    removed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "channel"
        constraints = (
            CheckConstraint(check="set_up IN ('a', 'b')", name="channel_set_up"),
            CheckConstraint(check="reply_via IN ('receive', 'api')", name="channel_reply_via"),
            CheckConstraint(check="when_ambiguous IN ('resend', 'hold')", name="channel_when_ambiguous"),
        )
