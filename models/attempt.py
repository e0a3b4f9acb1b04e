"""One try at a delivery: what was asked and answered, without secrets and without anybody's words."""

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.models import Model

from models.delivery import Delivery


class Attempt(Model):
    id = fields.BigIntField(primary_key=True)
    delivery: fields.ForeignKeyRelation[Delivery] = fields.ForeignKeyField(
        "models.Delivery", related_name="attempts_made", on_delete=fields.RESTRICT
    )
    number = fields.IntField()
    #: done, or what went wrong
    outcome = fields.TextField()
    asked = fields.TextField()
    answered = fields.TextField()
    seconds = fields.FloatField()
    ended_at = fields.DatetimeField()

    class Meta:
        table = "attempt"
        indexes = (PostgreSQLIndex(fields=("delivery_id",), name="attempt_delivery"),)
