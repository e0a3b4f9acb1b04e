"""What people would read: the notices in each language, and what a channel's text policies make of a sample."""

from typing import Final

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit
from channel.console.finding import hours_of, options_of, the_channel
from channel.console.forms import Takes
from channel.console.wrong import Wrong
from channel.core import limits
from channel.core.languages import language_of
from channel.core.notices import TEXTS
from channel.core.operators import Role
from channel.core.previews import languages, previews
from channel.core.trying import tried
from channel.store.timing import now

#: of the languages that have texts of ours: what a browser calls them, and what people do
TAGS: Final = {"eng": "en", "spa": "es", "fra": "fr", "por": "pt", "ara": "ar"}
NAMES: Final = {"eng": "English", "spa": "Spanish", "fra": "French", "por": "Portuguese", "ara": "Arabic"}
WHO: Final = {
    "contact": "Contacts are told",
    "flow": "Flows are answered, and may send it on",
    "agent": "Agents are told",
}
_SAMPLE: Final = ("text", "file", "edit")


def routes(access: Access) -> list[ConsoleRoute]:
    async def notices(visit: Visit) -> Response:
        channel, moment = await the_channel(visit), await now(visit.premises.pool)
        options = options_of(channel)
        known = languages(options)
        asked = visit.asked("language")
        shown = language_of(asked) if asked else known[0]
        if not shown:
            raise Wrong(
                400, f"{asked[:20]} is no code of a language: write its three letters of ISO 639-3, such as eng."
            )
        return visit.page(
            "notices.html",
            channel=channel,
            language=shown,
            tag=TAGS.get(shown, ""),
            known=[(each, NAMES.get(each, each)) for each in dict.fromkeys((*known, shown))],
            texts={WHO[group]: found for group, found in previews(options, shown, moment, hours_of(channel)).items()},
            is_ours=shown in TEXTS,
        )

    async def policies(visit: Visit) -> Response:
        return visit.page(
            "policies.html", channel=await the_channel(visit), sample=dict.fromkeys(_SAMPLE, ""), found=None
        )

    async def policies_tried(visit: Visit) -> Response:
        channel = await the_channel(visit)
        sample = {name: visit.form[name] for name in _SAMPLE}
        text = sample["text"].replace("\r\n", "\n")
        if len(text) > limits.SAMPLE_LENGTH:
            raise Wrong(400, f"The sample has {len(text)} characters; {limits.SAMPLE_LENGTH} can be tried.")
        file = sample["file"].strip()
        found = tried(text, options_of(channel), file=file or None, is_edit=bool(sample["edit"]))
        return visit.page("policies.html", channel=channel, sample=sample, found=found)

    return [
        access.page("/channels/{channel}/notices", notices),
        access.page("/channels/{channel}/policies", policies, role=Role.OPERATE),
        access.trial("/channels/{channel}/policies", policies_tried, role=Role.OPERATE, takes=Takes(once=_SAMPLE)),
    ]
