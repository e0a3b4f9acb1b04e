"""Who is signed in at the console, and whence sign-ins have failed; indexes for what is looked at there."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0007_operators")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "operator",
                    fields.ForeignKeyField(
                        "models.Operator",
                        source_field="operator_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="sessions",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "token_hash",
                    fields.CharField(unique=True, description="SHA-256 of what the browser shows", max_length=64),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "seen_at",
                    fields.DatetimeField(
                        description="when it last asked for a page, to the minute", auto_now=False, auto_now_add=False
                    ),
                ),
            ],
            options={"table": "session", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignInSource",
            fields=[
                (
                    "source",
                    fields.CharField(
                        primary_key=True,
                        unique=True,
                        db_index=True,
                        description="an address; of IPv6, its network",
                        max_length=100,
                    ),
                ),
                (
                    "failures",
                    fields.IntField(
                        description="sign-ins with a wrong name or password, and since when they are counted together"
                    ),
                ),
                ("failing_since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "sign_in_source", "app": "models", "pk_attr": "source"},
            bases=["Model"],
        ),
        # what one conversation's page reads
        ops.AddIndex(model_name="Attempt", index=PostgreSQLIndex(fields=["delivery_id"], name="attempt_delivery")),
        ops.AddIndex(model_name="Room", index=PostgreSQLIndex(fields=["conversation_id"], name="room_conversation")),
        ops.RunSQL(
            ["CREATE INDEX event_conversation ON event (conversation_id) WHERE conversation_id IS NOT NULL"],
            reverse_sql=["DROP INDEX event_conversation"],
        ),
    ]
