"""Keys that the service makes for itself, sealed with the operator's."""

from tortoise import fields
from tortoise.models import Model


class Keyring(Model):
    name = fields.CharField(max_length=60, primary_key=True)
    value = fields.BinaryField()

    class Meta:
        table = "keyring"
