"""Who looks after the bridge, at the console."""

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class Operator(Model):
    id = fields.BigIntField(primary_key=True)
    #: by which they sign in, in lower case
    name = fields.CharField(max_length=100, unique=True)
    role = fields.CharField(max_length=20)
    #: Argon2id, with its salt and costs
    password_hash = fields.TextField()
    created_at = fields.DatetimeField()
    #: sign-ins with a wrong password, and since when they are counted together
    failures = fields.IntField(db_default=0)
    failing_since = fields.DatetimeField(null=True)

    class Meta:
        table = "operator"
        constraints = (CheckConstraint(check="role IN ('look', 'operate', 'administer')", name="operator_role"),)
