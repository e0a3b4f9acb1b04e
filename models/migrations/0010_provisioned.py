"""What stood in Rocket.Chat's settings before they were provisioned."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0009_forgotten")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Workspace",
            name="provisioned",
            field=fields.BinaryField(
                description="sealed: what stood in its settings before we changed them", null=True
            ),
        ),
    ]
