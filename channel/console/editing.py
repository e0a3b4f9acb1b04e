"""A channel's settings, options and hours, changed as the command line changes them, and checked by the same."""

from typing import Final

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, View, Visit, see
from channel.console.finding import hours_of, named, options_of, the_channel
from channel.console.forms import Takes
from channel.console.wrong import Again
from channel.core import hours_file
from channel.core.connecting import REPLY_VIA, SCHEMES, WHEN_AMBIGUOUS, WrongValue, channel_changes
from channel.core.hours_file import read_hours, write_hours
from channel.core.operators import Role
from channel.core.option_file import read_options, to_json
from channel.core.option_text import write_options
from channel.core.toml import WrongFile
from models.channel import Channel

#: what the form calls the fields of a channel
NAMES: Final = {
    "name": "The name",
    "rapidpro_url": "RapidPro's base URL",
    "rapidpro_channel": "The External channel",
    "scheme": "The URN type",
    "set_up": "The set-up",
    "department": "The department",
    "reply_via": "The way of agents' words",
    "when_ambiguous": "What is done without an answer",
    "rapidpro_token": "RapidPro's API token",
}
CHOICES: Final = {
    "scheme": SCHEMES,
    "set_up": tuple(REPLY_VIA),
    "reply_via": tuple(REPLY_VIA.values()),
    "when_ambiguous": WHEN_AMBIGUOUS,
}
#: where nothing is written, nothing is changed
_KEPT: Final = ("rapidpro_channel", "rapidpro_token")


def routes(access: Access) -> list[ConsoleRoute]:
    async def edit(visit: Visit) -> Response:
        return _form(visit, await the_channel(visit), {})

    async def edited(visit: Visit) -> Response:
        channel = await the_channel(visit)
        try:
            changes = channel_changes(_given(visit, channel), NAMES)
        except WrongValue as wrong:
            raise Again(_form(visit, channel, visit.form.once, f"{wrong}.")) from None
        async with visit.premises.administering() as admin:
            if changes:
                await admin.edit_channel(channel.id, changes)
        return see(f"/channels/{channel.id}")

    async def options(visit: Visit) -> Response:
        channel = await the_channel(visit)
        return _file(visit, "options.html", channel, write_options(options_of(channel)))

    async def options_set(visit: Visit) -> Response:
        channel = await the_channel(visit)
        try:
            chosen = read_options(visit.form["text"])
        except WrongFile as wrong:
            raise Again(_file(visit, "options.html", channel, visit.form["text"], wrong)) from None
        async with visit.premises.administering() as admin:
            await admin.set_options(channel.id, to_json(chosen))
        return see(f"/channels/{channel.id}#options")

    async def hours(visit: Visit) -> Response:
        channel = await the_channel(visit)
        kept = hours_of(channel)
        return _file(visit, "hours.html", channel, write_hours(kept) if kept else "")

    async def hours_set(visit: Visit) -> Response:
        channel, text = await the_channel(visit), visit.form["text"]
        try:
            chosen = hours_file.to_json(read_hours(text)) if text.strip() else None
        except WrongFile as wrong:
            raise Again(_file(visit, "hours.html", channel, text, wrong)) from None
        async with visit.premises.administering() as admin:
            await admin.set_hours(channel.id, chosen)
        return see(f"/channels/{channel.id}#hours")

    def change(path: str, view: View, verb: str, *once: str) -> ConsoleRoute:
        return access.change(
            path,
            view,
            role=Role.ADMINISTER,
            verb=verb,
            takes=Takes(once=once),
            about=lambda v: str(named(v, "channel")),
        )

    return [
        access.page("/channels/{channel}/edit", edit, role=Role.ADMINISTER),
        change("/channels/{channel}/edit", edited, "channels edit", *NAMES),
        access.page("/channels/{channel}/options", options, role=Role.ADMINISTER),
        change("/channels/{channel}/options", options_set, "channels options set", "text"),
        access.page("/channels/{channel}/hours", hours, role=Role.ADMINISTER),
        change("/channels/{channel}/hours", hours_set, "channels hours set", "text"),
    ]


def _file(visit: Visit, template: str, channel: Channel, text: str, wrong: WrongFile | None = None) -> Response:
    """What is written in TOML, to be written otherwise; with what is wrong in it, and in which line."""
    sentence = f"Nothing was changed. {str(wrong)[:1].upper()}{str(wrong)[1:]}." if wrong else ""
    return visit.page(template, 400 if wrong else 200, channel=channel, text=text, sentence=sentence)


def _given(visit: Visit, channel: Channel) -> dict[str, str]:
    """What the form says otherwise than what is stored. A field that did not come is none that was emptied."""
    said = {field: text.strip() for field, text in visit.form.once.items()}
    return {
        field: text
        for field, text in said.items()
        if text != _stored(channel, field) and not (field in _KEPT and not text)
    }


def _stored(channel: Channel, field: str) -> str:
    return "" if field == "rapidpro_token" else str(getattr(channel, field) or "")


def _form(visit: Visit, channel: Channel, written: dict[str, str], sentence: str = "") -> Response:
    values = {field: written.get(field, _stored(channel, field)) for field in NAMES if field != "rapidpro_token"}
    return visit.page(
        "edit.html",
        400 if sentence else 200,
        channel=channel,
        values=values,
        names=NAMES,
        choices=CHOICES,
        sentence=f"Nothing was changed. {sentence}" if sentence else "",
    )
