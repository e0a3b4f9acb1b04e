"""The person served, as one channel of RapidPro knows them."""

from tortoise import fields
from tortoise.models import Model

from models.channel import Channel


class Contact(Model):
    id = fields.BigIntField(primary_key=True)
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="contacts", on_delete=fields.RESTRICT
    )
    # one who has neither UUID nor URN was forgotten
    #: RapidPro's UUID, where known
    uuid = fields.CharField(max_length=255, null=True)
    #: identity of the URN within the channel's scheme, where known
    urn = fields.CharField(max_length=255, null=True)
    #: the path last received in `to`, byte for byte: what `from` says at `receive`
    path = fields.TextField(db_default="")
    name = fields.TextField(db_default="")
    #: ISO 639-3, as RapidPro says it; "" where it is not known
    language = fields.TextField(db_default="")
    #: those of RapidPro's fields that an agent is to see
    shown_fields = fields.JSONField[dict[str, object]](db_default={})
    #: sealed; found by a keyed hash
    visitor_token = fields.BinaryField()
    visitor_token_hash = fields.CharField(max_length=64, unique=True)
    #: what Rocket.Chat was last told of the visitor; null before the first registration
    registered = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    #: since when nobody knows any more whose this is, and the keyed hash of the UUID they had: for repeats alone
    forgotten_at = fields.DatetimeField(null=True)
    forgotten_hash = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "contact"
        unique_together = (("channel", "urn"), ("channel", "uuid"))
