"""Who was forgotten and when, where their rest is found, which key a process seals with, which rooms to look at soon."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields

# What is left of somebody is found by these, and by nothing that a claim reads or changes. `old_profiles` says the same.
LEFT = [
    "CREATE INDEX event_of_conversation ON event (conversation_id) WHERE original IS NOT NULL",
    "CREATE INDEX delivery_unerased_of_lane ON delivery (lane_id) WHERE erased_at IS NULL "
    "AND kind IN ('RegisterVisitor', 'PostContext', 'CloseRoom', 'TellAuthor')",
    "CREATE INDEX contact_named ON contact (channel_id, created_at, id) "
    "WHERE name <> '' OR language <> '' OR shown_fields <> '{}' OR registered IS NOT NULL",
]
NOTHING_LEFT = ["DROP INDEX event_of_conversation, delivery_unerased_of_lane, contact_named"]

# Only rooms that are to be looked at soon are in it.
UNSURE = ["CREATE INDEX room_unsure ON room (unsure_since) WHERE closed_at IS NULL AND unsure_since IS NOT NULL"]
NOTHING_UNSURE = ["DROP INDEX room_unsure"]


class Migration(migrations.Migration):
    dependencies = [("models", "0008_sessions")]

    initial = False

    # The indexes first: whoever reads a contact or a room waits from its new column on until all of this is done.
    operations = [
        ops.RunSQL(LEFT, reverse_sql=NOTHING_LEFT),
        ops.AddField(
            model_name="Contact",
            name="forgotten_at",
            field=fields.DatetimeField(
                description="since when nobody knows any more whose this is, and the keyed hash of the UUID they had: for repeats alone",
                null=True,
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.AddField(model_name="Contact", name="forgotten_hash", field=fields.CharField(null=True, max_length=64)),
        ops.CreateModel(
            name="Replica",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("role", fields.CharField(max_length=20)),
                (
                    "seals_with",
                    fields.CharField(description="fingerprint of the key that it seals with", max_length=16),
                ),
                ("seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "replica", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Room",
            name="unsure_since",
            field=fields.DatetimeField(
                description="since when a post of ours has stood before whatever an event could name: what was lost before it, none will say",
                null=True,
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.RunSQL(UNSURE, reverse_sql=NOTHING_UNSURE),
    ]
