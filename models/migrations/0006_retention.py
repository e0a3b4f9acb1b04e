"""Since when words are gone, and where those are that are not."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

# Old rows are found by these, and what is erased is in none of them. A claim reads neither, and changes no column of them.
# `old_deliveries` names the same kinds.
UNERASED = [
    "CREATE INDEX message_unerased ON message (channel_id, created_at, id) WHERE erased_at IS NULL",
    "CREATE INDEX delivery_unerased ON delivery (created_at, id) WHERE erased_at IS NULL "
    "AND kind IN ('RegisterVisitor', 'PostContext', 'CloseRoom', 'TellAuthor')",
    "CREATE INDEX event_unerased ON event (created_at, id) WHERE original IS NOT NULL",
]
NOTHING_OLD = ["DROP INDEX message_unerased, delivery_unerased, event_unerased"]


class Migration(migrations.Migration):
    dependencies = [("models", "0005_peers")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Message",
            name="erased_at",
            field=fields.DatetimeField(
                description="since when its words are gone", null=True, auto_now=False, auto_now_add=False
            ),
        ),
        ops.AddField(
            model_name="Delivery",
            name="erased_at",
            field=fields.DatetimeField(
                description="since when its words are gone", null=True, auto_now=False, auto_now_add=False
            ),
        ),
        ops.RunSQL(UNERASED, reverse_sql=NOTHING_OLD),
    ]
