"""A Rocket.Chat server, with its one webhook."""

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from models.channel import Channel


class Workspace(Model):
    id = fields.UUIDField(primary_key=True)
    name = fields.TextField()
    #: without a trailing slash, so that one server is one workspace
    base_url = fields.CharField(max_length=1024, unique=True)
    #: sealed: Rocket.Chat's administrator must be shown it again
    webhook_secret = fields.BinaryField()
    #: SHA-256 of the secret, and of the one before while both are valid
    webhook_secret_hash = fields.CharField(max_length=64)
    previous_secret_hash = fields.CharField(max_length=64, null=True)
    #: the Rocket.Chat account that closes what a visitor may not close; its token is sealed
    bot_user_id = fields.TextField(db_default="")
    bot_token = fields.BinaryField(null=True)
    #: sealed: what stood in its settings before we changed them
    provisioned = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    #: open rooms that were last read before this are to be read again
    seek_from = fields.DatetimeField(null=True)

    channels: fields.ReverseRelation["Channel"]

    class Meta:
        table = "workspace"
