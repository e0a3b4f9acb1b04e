"""What is known of a room's history, so that it is read again only as far as that does not reach."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise import fields

# Only rooms that can still be spoken in are looked at now and then.
OPEN_ROOMS = ["CREATE INDEX room_open ON room (sought_at) WHERE closed_at IS NULL"]
NO_OPEN_ROOMS = ["DROP INDEX room_open"]

# What was said before the upgrade is left alone: some rooms had a past before they were known here.
PAST = ["UPDATE room SET since = coalesce((SELECT max(at) FROM unnest(heard) AS at), '')"]
NOTHING = ["SELECT 1"]


class Migration(migrations.Migration):
    dependencies = [("models", "0003_hand_offs")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Room",
            name="since",
            field=fields.TextField(
                description='Rocket.Chat\'s time after which what is said there is ours; "" for all of it',
                db_default="",
                unique=False,
            ),
        ),
        ops.AddField(
            model_name="Room",
            name="read_until",
            field=fields.TextField(
                description='Rocket.Chat\'s time up to which its history has been read; "" if never',
                db_default="",
                unique=False,
            ),
        ),
        ops.AddField(
            model_name="Room",
            name="sought_at",
            field=fields.DatetimeField(
                description="when a read of its history was last owed", null=True, auto_now=False, auto_now_add=False
            ),
        ),
        ops.AddField(
            model_name="Workspace",
            name="seek_from",
            field=fields.DatetimeField(
                description="open rooms that were last read before this are to be read again",
                null=True,
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.AddIndex(
            model_name="Delivery",
            index=PostgreSQLIndex(
                fields=["lane_id"], name="delivery_reading", condition={"kind": "ReadHistory", "state": "waiting"}
            ),
        ),
        ops.RunSQL(OPEN_ROOMS, reverse_sql=NO_OPEN_ROOMS),
        ops.RunSQL(PAST, reverse_sql=NOTHING),
    ]
