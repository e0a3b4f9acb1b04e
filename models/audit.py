"""Something somebody changed here: who, what, about what, and when. Written before it is done."""

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model


class Audit(Model):
    id = fields.BigIntField(primary_key=True)
    at = fields.DatetimeField()
    #: `os:` and a user of the machine, or `operator:` and a name
    who = fields.TextField()
    what = fields.TextField()
    #: ids, and never anybody's words, names or addresses
    about = fields.TextField(db_default="")
    #: null while it is being done, and for good if the process was ended in the middle
    outcome = fields.CharField(max_length=20, null=True)

    class Meta:
        table = "audit"
        indexes = (PostgreSQLIndex(fields=("at",), name="audit_at"),)
        constraints = (CheckConstraint(check="outcome IN ('done', 'failed')", name="audit_outcome"),)
