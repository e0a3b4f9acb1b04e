"""What RapidPro calls agents' words that went through its API, and when it was last asked what became of them."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

# Of such words alone, of which there are none yet: it is empty when it is made, and where no channel replies through the
# API it stays so. While it is made nobody writes to the table, for as long as reading it once takes.
BY_API = [
    "CREATE INDEX delivery_by_api ON delivery (ended_at) WHERE kind = 'ReplyToContact' AND length(external_id) > 0",
]
NOTHING_BY_API = ["DROP INDEX delivery_by_api"]


class Migration(migrations.Migration):
    dependencies = [("models", "0011_numbers")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Channel",
            name="followed_at",
            field=fields.DatetimeField(
                description="when RapidPro was last asked which of agents' words it has failed",
                null=True,
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.AlterField(
            model_name="Delivery",
            name="external_id",
            field=fields.TextField(
                description="the `_id` that a post has in Rocket.Chat; what RapidPro calls an agent's words that went "
                "through its API",
                null=True,
                unique=False,
            ),
        ),
        ops.RunSQL(BY_API, reverse_sql=NOTHING_BY_API),
    ]
