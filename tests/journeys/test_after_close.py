"""After a close: RapidPro's group, its flow, and the rating that a flow asks for."""

from pathlib import Path
from typing import Any

import pytest

from channel.core.limits import RETRY_HORIZON
from channel.sandbox.rapidpro import Contact, RapidPro
from channel.sandbox.rapidpro.faults import FOR_EVER, Fault, answer, drop_before, throttled
from channel.sandbox.rapidpro.flows import Run
from channel.store import listings
from tests.journeys.talk import CLOSED, GAVE_UP, JOAO, TAKEN, Talk, talking

SET_UPS = pytest.mark.parametrize("set_up", ["a", "b"])
GROUP = "Live chat"
GROUPS, FLOWS = "POST contact_actions", "POST flow_starts"
QUIET = {"queued": False, "still_waiting": False}


class Survey:
    """A RapidPro with a flow that only remembers with what it was started."""

    def __init__(self) -> None:
        self.started: list[dict[str, str]] = []
        self.rapidpro = RapidPro()
        self.options = {
            "leave_group": GROUP,
            "start_flow": self.rapidpro.add_flow(self._flow),
            "notices": QUIET,
            "max_wait_minutes": 20,
            "idle_close_minutes": 20,
            "leave_word": "stop",
        }

    async def _flow(self, run: Run) -> None:
        self.started.append(dict(run.params))

    async def starts(self, number: int = 1) -> dict[str, str]:
        """With what the flow was started, once it has been so often."""
        await self.rapidpro.until(lambda rp: len(self.started) >= number or None)
        assert len(self.started) == number
        return self.started[-1]


@pytest.fixture
def survey() -> Survey:
    return Survey()


async def end(talk: Talk, who: Contact, room: str, reason: str) -> None:
    """Let a chat end for this reason."""
    chat = talk.bridge.rocketchat
    match reason:
        case "agent":
            await chat.close(room, JOAO)
        case "rocketchat":
            await chat.close_automatically(room, "Closed for inactivity")
        case "flow":
            assert await talk.outcome("DELETE", f"session/user/{who.uuid}") == "closing"
        case "contact":
            await talk.say("stop", who)
        case _:  # idle, or max_wait
            await talk.later(20 * 60)


#: what the contact is told at the end, and the seconds after which it ends
ENDS = {
    "agent": ([TAKEN, CLOSED], 140),
    "rocketchat": ([TAKEN, CLOSED], 140),
    "idle": ([TAKEN, CLOSED], 1340),
    "flow": ([TAKEN], 140),
    "contact": ([], 40),
    "max_wait": ([GAVE_UP], 1240),
}


async def test_the_contact_leaves_the_group_and_the_flow_is_started_with_what_has_been(
    survey: Survey, database_url: str, tmp_path: Path
) -> None:
    more: Any = {"options": survey.options, "rapidpro": survey.rapidpro, "api_token": True, "department": "Support"}
    async with talking(database_url, tmp_path, "b", **more) as talk:
        for number, (reason, (told, seconds)) in enumerate(ENDS.items(), 1):
            who = talk.add_person(reason, f"55119888830{number}")
            who.groups.add(GROUP)
            served = TAKEN in told
            room = await talk.open(f"For {reason}", who)
            await talk.later(40)
            if served:
                await talk.bridge.rocketchat.take(room.id, JOAO)
                await talk.later(100)
            await end(talk, who, room.id, reason)
            params = await survey.starts(number)
            await talk.reads(*told, who=who)
            assert GROUP not in who.groups
            waited, duration = int(params.pop("waited")), int(params.pop("duration"))
            assert params == {"reason": reason, "agent": "Joao Lima" if served else "", "department": "Support"}
            assert 0 <= waited - (40 if served else seconds) <= 10
            assert 0 <= duration - seconds <= 10


async def test_group_and_flow_come_behind_the_last_words_and_the_notice(
    survey: Survey, database_url: str, tmp_path: Path
) -> None:
    more: Any = {"options": survey.options, "rapidpro": survey.rapidpro, "api_token": True}
    async with talking(database_url, tmp_path, "a", **more) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.write(room.id, JOAO, "Goodbye")
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, "Goodbye", CLOSED)
        await survey.starts()
        asked = [r.action for r in survey.rapidpro.requests if r.method == "POST"]
        assert asked == ["messages"] * 3 + ["contact_actions", "flow_starts"]


@pytest.mark.parametrize(
    ("broken", "trouble"),
    [(GROUPS, answer(500)), (FLOWS, drop_before()), (FLOWS, throttled(60))],
    ids=["the group, 500", "the flow, no answer", "the flow, 429"],
)
async def test_one_that_fails_holds_up_neither_the_other_nor_the_next_chat(
    broken: str, trouble: Fault, survey: Survey, database_url: str, tmp_path: Path
) -> None:
    more: Any = {"options": survey.options, "rapidpro": survey.rapidpro, "api_token": True}
    async with talking(database_url, tmp_path, "a", **more) as talk:
        survey.rapidpro.faults.add(broken, trouble, FOR_EVER)
        room = await talk.served()
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, CLOSED)
        if broken == GROUPS:
            await survey.starts()
        else:
            await survey.rapidpro.until(lambda rp: GROUP not in talk.person.groups or None)

        await talk.later(130)
        body = {"contact": {"uuid": talk.person.uuid}, "results": {"clientmessage": {"value": "Hello again"}}}
        await talk.call("POST", "registerClient", body)
        second = await talk.room_with("Hello again")
        await talk.bridge.rocketchat.take(second.id, JOAO)
        await talk.bridge.rocketchat.write(second.id, JOAO, "Hello to you")
        await talk.reads(TAKEN, CLOSED, TAKEN, "Hello to you")

        survey.rapidpro.faults.clear()
        await talk.later(90)
        await talk.later(90)
        await survey.starts()
        await survey.rapidpro.until(lambda rp: GROUP not in talk.person.groups or None)
        assert not await talk.bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


@pytest.mark.parametrize("after", [FLOWS, GROUPS])
async def test_what_fails_for_three_days_is_one_dead_letter_each_and_can_be_replayed(
    after: str, survey: Survey, database_url: str, tmp_path: Path
) -> None:
    more: Any = {"options": survey.options, "rapidpro": survey.rapidpro, "api_token": True}
    async with talking(database_url, tmp_path, **more) as talk:
        talk.person.groups.add(GROUP)
        survey.rapidpro.faults.add(after, answer(500), FOR_EVER)
        room = await talk.served()
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, CLOSED)
        await talk.later(30)  # a start of unknown end is looked for so long before it is tried again
        await talk.later(RETRY_HORIZON)
        (dead,) = await talk.bridge.query("SELECT message_id, kind FROM delivery WHERE state = 'dead'")
        assert dead["kind"] == ("StartFlow" if after == FLOWS else "LeaveGroup")
        assert len(survey.started) == (after == GROUPS)
        assert (GROUP in talk.person.groups) == (after == GROUPS)

        survey.rapidpro.faults.clear()
        assert await listings.replay(database_url, str(dead["message_id"])) == 1
        talk.bridge.runtime.worker.wake()
        params = await survey.starts()
        assert params["reason"] == "agent"
        await survey.rapidpro.until(lambda rp: GROUP not in talk.person.groups or None)
        await talk.calm()
        assert not await talk.bridge.query("SELECT 1 FROM delivery WHERE state = 'dead'")


async def test_a_flow_that_is_not_there_is_a_dead_letter_with_its_reason_at_once(
    database_url: str, tmp_path: Path
) -> None:
    options = {"start_flow": "0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3", "notices": QUIET}
    async with talking(database_url, tmp_path, options=options, api_token=True) as talk:
        room = await talk.served()
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(TAKEN, CLOSED)
        await talk.later(30)
        await talk.later(30)
        (dead,) = await talk.bridge.query("SELECT kind, reason FROM delivery WHERE state = 'dead'")
        assert dead["kind"] == "StartFlow"
        assert dead["reason"]


@SET_UPS
async def test_a_rating_that_the_flow_asks_for_is_in_rocket_chats_survey(
    set_up: str, database_url: str, tmp_path: Path
) -> None:
    rapidpro = RapidPro()
    talks: list[Talk] = []

    async def ask(run: Run) -> None:
        run.send_msg(f"How was it with {run.params['agent']}, from 1 to 5?")
        rating = await run.wait_for_response()
        connected = talks[0].bridge.connected["live_agents"]
        answered = await run.call_webhook(
            f"{connected['url']}/session/user/{run.contact.uuid}/survey",
            {"results": {"satisfaction": {"value": rating}, "additionalFeedback": {"value": "All well"}}},
            headers={"Authorization": connected["authorization"]},
        )
        run.send_msg(answered.json["message"])

    options = {"start_flow": rapidpro.add_flow(ask), "notices": QUIET}
    async with talking(database_url, tmp_path, set_up, options=options, rapidpro=rapidpro, api_token=True) as talk:
        talks.append(talk)
        room = await talk.served()
        await talk.bridge.rocketchat.close(room.id, JOAO)
        question = "How was it with Joao Lima, from 1 to 5?"
        await talk.reads(TAKEN, CLOSED, question)
        await talk.say("5")
        await talk.reads(TAKEN, CLOSED, question, "Thank you for your rating.")
        assert room.survey == {"satisfaction": "5", "additionalFeedback": "All well"}
        assert len(talk.bridge.rocketchat.rooms) == 1, "the answer was the flow's, not a new question"
