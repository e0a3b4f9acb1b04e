"""Whence sign-ins at the console have failed lately, whatever the account."""

from tortoise import fields
from tortoise.models import Model


class SignInSource(Model):
    #: an address; of IPv6, its network
    source = fields.CharField(max_length=100, primary_key=True)
    #: sign-ins with a wrong name or password, and since when they are counted together
    failures = fields.IntField()
    failing_since = fields.DatetimeField()

    class Meta:
        table = "sign_in_source"
