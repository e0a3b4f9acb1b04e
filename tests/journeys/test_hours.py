"""Outside hours: the contact is told when somebody will be there, and the room opens then."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.journeys.talk import GAVE_UP, JOAO, TAKEN, Talk, talking

ZONE = "America/Sao_Paulo"
HOURS = f'zone = "{ZONE}"\nmonday-sunday = "08:00-17:00"\n[departments.Nurses]\nmonday-sunday = "00:00-24:00"\n'
QUIET = {"notices": {"queued": False, "still_waiting": False}}


async def until_clock(talk: Talk, shown: str) -> datetime:
    """Let it be this late on the channel's clock, today or tomorrow."""
    (row,) = await talk.bridge.query("SELECT live_agents_now() AS now")
    now: datetime = row["now"].astimezone(ZoneInfo(ZONE))
    hour, minute = map(int, shown.split(":"))
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    then += timedelta(days=then <= now)
    await talk.later((then - now).total_seconds())
    return then


def closed_until_tomorrow(evening: datetime) -> str:
    return f"We are closed right now. We open again: {evening + timedelta(days=1):%A} 08:00."


async def test_words_outside_hours_are_kept_for_the_opening_and_the_contact_is_told_when_that_is(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, options=QUIET) as talk:
        await talk.bridge.set_hours(HOURS)
        notice = closed_until_tomorrow(await until_clock(talk, "20:00"))
        await talk.say("Is anybody there?")
        await talk.say("Please answer")
        await talk.reads(notice)
        await until_clock(talk, "07:59")
        assert not talk.bridge.rocketchat.rooms
        await talk.reads(notice)
        await until_clock(talk, "08:00")
        room = await talk.room_with("Please answer")
        assert talk.seen(room) == ["Is anybody there?", "Please answer"]
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(notice, TAKEN)
        async with talk.bridge.hurrying("status"):
            await talk.bridge.rapidpro.until(lambda rp: len(talk.bridge.received("delivered")) == 2 or None)


async def test_the_longest_wait_begins_at_the_opening(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options={"max_wait_minutes": 30, **QUIET}) as talk:
        await talk.bridge.set_hours(HOURS)
        notice = closed_until_tomorrow(await until_clock(talk, "20:00"))
        await talk.say("Is anybody there?")
        await until_clock(talk, "08:29")
        await talk.reads(notice)
        await until_clock(talk, "08:31")
        await talk.reads(notice, GAVE_UP)


async def test_a_chat_that_is_open_at_the_closing_goes_on(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as talk:
        await talk.bridge.set_hours(HOURS)
        await until_clock(talk, "16:59")
        room = await talk.served()
        await until_clock(talk, "18:00")
        await talk.say("One more question")
        assert (await talk.room_with("One more question")).id == room.id
        await talk.bridge.rocketchat.write(room.id, JOAO, "Ask")
        await talk.reads(TAKEN, "Ask")


async def test_a_flow_learns_when_it_opens_and_hands_nobody_over(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, "a") as talk:
        await talk.bridge.set_hours(HOURS)
        evening = await until_clock(talk, "20:00")
        await talk.say("agent")
        await talk.reads(closed_until_tomorrow(evening))
        answer = (await talk.call("POST", "registerClient", {"contact": {"uuid": talk.person.uuid}})).json()
        opens = datetime.fromisoformat(answer["next_open"])
        assert (answer["outcome"], opens) == ("closed_hours", evening + timedelta(hours=12))
        await until_clock(talk, "09:00")
        assert not talk.bridge.rocketchat.rooms
        assert await talk.standing() == "closed"


async def test_a_department_has_hours_of_its_own(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, "a", options=QUIET) as talk:
        await talk.bridge.set_hours(HOURS)
        talk.bridge.rocketchat.add_department("Nurses", JOAO)
        await until_clock(talk, "20:00")
        body = {"contact": {"uuid": talk.person.uuid, "name": "Ana"}, "department": "nurses"}
        assert await talk.outcome("POST", "registerClient", {**body, "department": "Nurses"}) == "queued"
        await talk.bridge.rocketchat.until(lambda rc: rc.rooms or None)
        await talk.reads()


async def test_passed_on_without_a_hand_off_words_outside_hours_wait_for_the_opening_too(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, "a", options=QUIET) as talk:
        await talk.bridge.set_hours(HOURS)
        notice = closed_until_tomorrow(await until_clock(talk, "20:00"))
        body = {"contact": {"uuid": talk.person.uuid}, "results": {"clientmessage": {"value": "Hello"}}}
        assert await talk.outcome("POST", "sendMessageToAgent", body) == "accepted"
        await talk.reads(notice)
        await until_clock(talk, "08:00")
        assert talk.seen(await talk.room_with("Hello")) == ["Hello"]
