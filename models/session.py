"""An operator at the console, from sign-in to sign-out. Ends with the account, and with its password."""

from tortoise import fields
from tortoise.models import Model

from models.operator import Operator


class Session(Model):
    id = fields.BigIntField(primary_key=True)
    operator: fields.ForeignKeyRelation[Operator] = fields.ForeignKeyField(
        "models.Operator", related_name="sessions", on_delete=fields.CASCADE
    )
    #: SHA-256 of what the browser shows
    token_hash = fields.CharField(max_length=64, unique=True)
    created_at = fields.DatetimeField()
    #: when it last asked for a page, to the minute
    seen_at = fields.DatetimeField()

    class Meta:
        table = "session"
