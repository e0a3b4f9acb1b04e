"""A running process of ours, as it says of itself now and then. One that has said nothing for a minute is gone."""

from tortoise import fields
from tortoise.models import Model


class Replica(Model):
    id = fields.UUIDField(primary_key=True)
    role = fields.CharField(max_length=20)
    #: fingerprint of the key that it seals with
    seals_with = fields.CharField(max_length=16)
    seen_at = fields.DatetimeField()

    class Meta:
        table = "replica"
