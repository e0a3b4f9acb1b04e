from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

# Lanes get their peer when they are next looked at: this changes no row, and the version that runs beside goes on.
LANES = [
    "CREATE INDEX lane_due ON lane (peer_id, route, head_due) WHERE head_due IS NOT NULL",
    "DROP INDEX lane_head_due",
]
NO_LANES = [
    "CREATE INDEX lane_head_due ON lane (head_due) WHERE head_due IS NOT NULL",
    "DROP INDEX lane_due",
]
CHECKS = [
    "ALTER TABLE peer ADD CONSTRAINT peer_dest CHECK (dest IN ('rocketchat', 'rapidpro')), "
    "ADD CONSTRAINT peer_state CHECK (state IN ('closed', 'half_open', 'open'))",
]
NO_CHECKS = ["ALTER TABLE peer DROP CONSTRAINT peer_dest, DROP CONSTRAINT peer_state"]


class Migration(migrations.Migration):
    dependencies = [("models", "0004_repair")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Peer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("dest", fields.CharField(max_length=20)),
                ("address", fields.CharField(description="its base URL, without a trailing slash", max_length=1024)),
                (
                    "paced",
                    fields.BooleanField(
                        description="does each claim of its lanes have to be accounted for here?", db_default=True
                    ),
                ),
                ("state", fields.CharField(db_default="closed", max_length=20)),
                (
                    "breaker",
                    fields.JSONField(
                        description="the rest of the breaker (`channel.core.breaker`), and the limiter's windows by route (`channel.core.limiter`)",
                        db_default={},
                        encoder=functools.partial(dumps, separators=(",", ":")),
                        decoder=loads,
                    ),
                ),
                (
                    "windows",
                    fields.JSONField(
                        db_default={}, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                (
                    "next_at",
                    fields.DatetimeField(
                        null=True,
                        description="when the next request may go, where an operator has set a rate",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
            ],
            options={
                "table": "peer",
                "app": "models",
                "unique_together": (("dest", "address"),),
                "constraints": [
                    CheckConstraint(check="dest IN ('rocketchat', 'rapidpro')", name="peer_dest"),
                    CheckConstraint(check="state IN ('closed', 'half_open', 'open')", name="peer_state"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Lane",
            name="peer",
            field=fields.ForeignKeyField(
                "models.Peer",
                source_field="peer_id",
                null=True,
                description="to whom it leads; null until it is first looked at",
                db_constraint=True,
                to_field="id",
                related_name="lanes",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Lane",
            name="route",
            field=fields.CharField(
                description='which of the peer\'s limited routes its head takes (`channel.core.limiter`), "" for none',
                db_default="",
                max_length=20,
            ),
        ),
        ops.AddField(
            model_name="Lane",
            name="turn_at",
            field=fields.DatetimeField(
                null=True,
                description="when it last had its turn at a peer that takes only so many: since then it waits anew",
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.RunSQL(LANES, reverse_sql=NO_LANES),
        ops.RunSQL(CHECKS, reverse_sql=NO_CHECKS),
    ]
