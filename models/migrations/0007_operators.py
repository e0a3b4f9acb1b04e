"""Who may look after the bridge, and what was changed by whom."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

# Tortoise knows the models' constraints, and makes none of them with the tables.
CHECKS = [
    "ALTER TABLE operator ADD CONSTRAINT operator_role CHECK (role IN ('look', 'operate', 'administer'))",
    "ALTER TABLE audit ADD CONSTRAINT audit_outcome CHECK (outcome IN ('done', 'failed'))",
]
NO_CHECKS = [
    "ALTER TABLE operator DROP CONSTRAINT operator_role",
    "ALTER TABLE audit DROP CONSTRAINT audit_outcome",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0006_retention")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Audit",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "who",
                    fields.TextField(
                        description="`os:` and a user of the machine, or `operator:` and a name", unique=False
                    ),
                ),
                ("what", fields.TextField(unique=False)),
                (
                    "about",
                    fields.TextField(
                        description="ids, and never anybody's words, names or addresses", db_default="", unique=False
                    ),
                ),
                (
                    "outcome",
                    fields.CharField(
                        null=True,
                        description="null while it is being done, and for good if the process was ended in the middle",
                        max_length=20,
                    ),
                ),
            ],
            options={
                "table": "audit",
                "app": "models",
                "constraints": [CheckConstraint(check="outcome IN ('done', 'failed')", name="audit_outcome")],
                "indexes": [PostgreSQLIndex(fields=["at"], name="audit_at")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Operator",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "name",
                    fields.CharField(unique=True, description="by which they sign in, in lower case", max_length=100),
                ),
                ("role", fields.CharField(max_length=20)),
                ("password_hash", fields.TextField(description="Argon2id, with its salt and costs", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "failures",
                    fields.IntField(
                        description="sign-ins with a wrong password, and since when they are counted together",
                        db_default=0,
                    ),
                ),
                ("failing_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "operator",
                "app": "models",
                "constraints": [
                    CheckConstraint(check="role IN ('look', 'operate', 'administer')", name="operator_role")
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.RunSQL(CHECKS, reverse_sql=NO_CHECKS),
    ]
