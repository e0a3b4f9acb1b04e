"""Where the first words of an agent in a room are found, for the numbers that a coordinator asks for."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Of agents' messages alone; neither a claim nor an outcome changes any column of it. A contact who comes back has many
# messages, and without it all of them are read for each of their rooms.
SPOKEN = ["CREATE INDEX message_spoken ON message (conversation_id, room, created_at) WHERE author = 'agent'"]
NOTHING_SPOKEN = ["DROP INDEX message_spoken"]


class Migration(migrations.Migration):
    dependencies = [("models", "0010_provisioned")]

    initial = False

    operations = [ops.RunSQL(SPOKEN, reverse_sql=NOTHING_SPOKEN)]
