"""One row: how far the time of `live_agents_now()` is from the database's own. Zero, but in tests."""

from tortoise import fields
from tortoise.models import Model


class Clock(Model):
    id = fields.IntField(primary_key=True)
    shift_seconds = fields.FloatField(db_default=0)

    class Meta:
        table = "clock"
