"""The page of the demo as somebody uses it: both sides, what passes between them, and what is broken by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet
from playwright.async_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from channel.cli.stage import KEYWORD, Stage, set_stage
from channel.sandbox.page.app import page as served
from channel.sandbox.page.desk import SIGN
from channel.settings import Settings
from tests.e2e.browsing import NARROW, Visitor, overflows, violations, visiting
from tests.e2e.conftest import Picture

QUESTION: Final = "Hello, my card is blocked. Can you help?"
ANSWER: Final = "Hello Ana. Which card is it: debit or credit?"


@asynccontextmanager
async def rehearsing(
    database_url: str, directory: Path, set_up: str = "b", *, record: bool = True
) -> AsyncIterator[tuple[Stage, str]]:
    """What the demo sets up, and the address of its page. Without the record, as if the bridge were somewhere else."""
    keys = (SecretStr(Fernet.generate_key().decode()),)
    settings = Settings(database_url=SecretStr(database_url), data_dir=directory, secret_keys=keys)
    async with set_stage(settings, set_up) as stage:
        rehearsal = stage.rehearsal() if record else replace(stage.rehearsal(), ask=None, skip=None)
        async with served(rehearsal) as url:
            yield stage, url


class Hands:
    """Whoever uses the page, on both sides of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.phone = page.get_by_role("region", name="Ana Souza, on the telephone")
        self.desk = page.get_by_role("region", name="The agents’ desk")
        self.between = page.get_by_role("region", name="What passes")

    async def write(self, text: str) -> None:
        """As the contact."""
        await self.phone.get_by_label("Write as Ana Souza").fill(text)
        await self.phone.get_by_role("button", name="Send").click()

    async def answer(self, text: str) -> None:
        """As the agent."""
        await self.desk.get_by_label("Answer", exact=True).fill(text)
        await self.desk.get_by_role("button", name="Send").click()

    async def press(self, name: str) -> None:
        """A button of the desk's."""
        await self.desk.get_by_role("button", name=name).click()

    async def received(self, text: str) -> None:
        """Until it stands on the telephone, as something that came."""
        await expect(self.phone.locator(".other", has_text=text)).to_be_visible()

    async def seen(self, text: str) -> None:
        """Until it stands on the desk."""
        await expect(self.desk.get_by_role("log").get_by_text(text)).to_be_visible()

    def way(self, text: str) -> Locator:
        return self.between.get_by_role("listitem").filter(has_text=text)

    async def stands(self, text: str, standing: str, *, place: int = -1) -> None:
        """Until the message of these words (the only one, or the one at this place from the newest) has come so far."""
        way = self.way(text) if place < 0 else self.way(text).nth(place)
        await expect(way.locator(".standing")).to_have_text(standing)

    async def turn(self, switch: str, to: str) -> None:
        group = self.between.get_by_role("group", name=switch, exact=True)
        await group.get_by_label(to, exact=True).check()


async def test_a_conversation_with_all_that_goes_and_all_that_does_not(
    visitor: Visitor, picture: Picture, database_url: str, tmp_path: Path
) -> None:
    async with rehearsing(database_url, tmp_path) as (_, url):
        hands = Hands(await visitor.opened(url))
        await hands.write(QUESTION)
        await hands.press("Take")
        await hands.received("You are now being attended by: João Lima")
        await hands.answer(ANSWER)
        await hands.received(ANSWER)
        await hands.stands(QUESTION, "arrived")
        await expect(hands.way(QUESTION)).to_contain_text("POST → 200")

        await _what_does_not_go(hands)
        await picture(hands.page, "sandbox")
        await _files_and_length(hands)

        await hands.desk.locator(".bubble", has_text=ANSWER).get_by_role("button", name="Edit").click()
        await hands.desk.get_by_label("Write it anew").fill("Hello Ana. Is it the debit card?")
        await hands.press("Save")
        await hands.received("Correction: Hello Ana. Is it the debit card?")

        await hands.press("Transfer to Maria Reis")
        await hands.received("You are now being attended by: Maria Reis")
        await hands.desk.get_by_label("You are").select_option("Maria Reis")
        await hands.answer("I have unblocked it.")
        await hands.received("I have unblocked it.")
        assert await violations(hands.page) == []
        await _the_end(hands)


async def _what_does_not_go(hands: Hands) -> None:
    await hands.press("Write 700 characters")
    await hands.press("Send")
    await hands.seen("Not sent, because it is too long")
    await hands.stands("a little too much", "refused")
    await expect(hands.way("a little too much")).to_contain_text("longer than 640 characters")

    await hands.desk.get_by_label("Answer", exact=True).fill("Take your time ")
    await hands.press("Add an emoji")
    await hands.press("Send")
    await hands.received("Take your time")
    await expect(hands.way("Take your time")).to_contain_text("It goes without its emoji.")


async def _files_and_length(hands: Hands) -> None:
    file = {"name": "leaflet.pdf", "mimeType": "application/pdf", "buffer": b"never sent anywhere"}
    await hands.desk.get_by_label("Attach a file").set_input_files(file)  # type: ignore[arg-type]  # its TypedDict
    await hands.stands("leaflet.pdf", "refused")
    await hands.phone.get_by_label("Attach a file").set_input_files(file)  # type: ignore[arg-type]
    await hands.seen("https://files.example.org/leaflet.pdf")

    await hands.phone.get_by_role("button", name="Write 700 characters").click()
    await hands.phone.get_by_role("button", name="Send").click()
    await hands.stands("a little too much", "arrived", place=0)
    await expect(hands.way("a little too much").nth(0)).to_contain_text("It goes in 2 parts.")


async def _the_end(hands: Hands) -> None:
    await hands.press("Close")
    await hands.received("The chat has ended.")
    await expect(hands.desk.get_by_label("Answer", exact=True)).to_be_disabled()
    await hands.phone.get_by_role("button", name="Write 700 characters").click()
    await hands.phone.get_by_role("button", name="Send").click()
    await hands.stands("a little too much", "kept for the next chat", place=0)
    await hands.between.get_by_text("Break something").click()
    await hands.between.get_by_role("button", name="Let two minutes pass").click()
    await hands.write("One more thing")
    await hands.stands("One more thing", "arrived")
    await hands.press("Chat 2: ")
    await hands.seen("One more thing")


async def test_what_is_written_while_something_is_broken_arrives_once(
    visitor: Visitor, picture: Picture, database_url: str, tmp_path: Path
) -> None:
    async with rehearsing(database_url, tmp_path) as (stage, url):
        hands = Hands(await visitor.opened(url))
        await hands.write(QUESTION)
        await hands.press("Take")
        await hands.received("You are now being attended by")
        await hands.between.get_by_text("Break something").click()

        await hands.turn("Rocket.Chat", "is down")
        await expect(hands.between.get_by_text("Broken: Rocket.Chat is down")).to_be_visible()
        await hands.write("The debit card")
        await hands.stands("The debit card", "waits")
        await picture(hands.page, "sandbox-broken")
        assert await violations(hands.page) == []
        await hands.turn("Rocket.Chat", "answers")
        await hands.between.get_by_role("button", name="Let two minutes pass").click()
        await hands.stands("The debit card", "arrived")

        await hands.turn("Rocket.Chat’s webhooks", "are lost on the way")
        await hands.answer("It was lost")
        await hands.stands("It was lost", "not told yet")
        await hands.turn("Rocket.Chat’s webhooks", "are sent")
        await hands.answer("It was not")
        await hands.stands("It was lost", "arrived")
        await expect(hands.way("It was lost")).to_contain_text("Found in the history of the chat.")

        await hands.turn("RapidPro", "is down")
        await hands.answer("Which is it?")
        await hands.stands("Which is it?", "waits")
        await hands.turn("RapidPro", "answers")
        await hands.between.get_by_role("button", name="Let two minutes pass").click()
        await hands.stands("Which is it?", "arrived")

        # beside them stands what both were told of the delay
        answers = ["It was lost", "It was not", "Which is it?"]
        assert [text for text in stage.rapidpro.phone(stage.person) if text in answers] == answers
        in_chat = [
            message.text
            for message in stage.rocketchat.messages.values()
            if message.token and not message.kind and not message.text.startswith(SIGN)
        ]
        assert in_chat == [QUESTION, "The debit card"]


async def test_on_a_telephone_and_by_flows_calls(browser: Browser, database_url: str, tmp_path: Path) -> None:
    async with rehearsing(database_url, tmp_path, "a") as (_, url), visiting(browser, NARROW, "dark") as visitor:
        hands = Hands(await visitor.opened(url))
        await expect(hands.phone).to_contain_text("Write “agent” to ask for an agent.")
        await hands.write(KEYWORD)
        await hands.received("We are looking for an agent for you.")
        await hands.press("Take")
        await hands.received("You are now being attended by: João Lima")
        await hands.write(QUESTION)
        await hands.stands(QUESTION, "arrived")
        await expect(hands.way(QUESTION)).to_contain_text("The flow calls sendMessageToAgent: accepted.")
        await _answer_by_keyboard(hands, ANSWER)
        await hands.received(ANSWER)
        await expect(hands.way(ANSWER)).to_contain_text("Answered 201.")
        assert not await overflows(hands.page)
        assert await violations(hands.page) == []


async def _answer_by_keyboard(hands: Hands, text: str) -> None:
    """From the last thing one can do in the middle to the agent's box, and on to sending."""
    keyboard = hands.page.keyboard
    await hands.between.get_by_label("Messages, the newest first").focus()
    box = hands.desk.get_by_label("Answer", exact=True)
    for _ in range(10):
        if await box.evaluate("element => element === document.activeElement"):
            break
        await keyboard.press("Tab")
    await keyboard.type(text)
    await keyboard.press("Enter")


async def test_a_bridge_whose_record_cannot_be_read_is_seen_from_outside(
    visitor: Visitor, database_url: str, tmp_path: Path
) -> None:
    async with rehearsing(database_url, tmp_path, record=False) as (_, url):
        hands = Hands(await visitor.opened(url))
        await hands.write(QUESTION)
        await hands.stands(QUESTION, "arrived")
        await hands.press("Take")
        await hands.press("Write 700 characters")
        await hands.press("Send")
        await hands.stands("a little too much", "refused")
        await expect(hands.way("a little too much")).to_contain_text(
            "Says in the chat: Not sent, because it is too long"
        )
        await hands.answer("Debit 🙂 or credit?")
        await hands.stands("or credit?", "arrived")
        await hands.between.get_by_text("Break something").click()
        await expect(hands.between.get_by_role("button", name="Let two minutes pass")).to_be_hidden()


async def test_what_cannot_be_done_is_said_and_so_is_the_end(
    visitor: Visitor, database_url: str, tmp_path: Path
) -> None:
    async with rehearsing(database_url, tmp_path) as (stage, url):
        hands = Hands(await visitor.opened(url))
        alert = hands.page.get_by_role("alert")
        await hands.write("   ")
        await expect(alert).to_have_text("There is nothing in it yet: write something first.")
        await hands.write(QUESTION)
        await hands.press("Take")
        stage.rocketchat.go_offline("maria.agent")
        await hands.press("Transfer to Maria Reis")
        await expect(alert).to_contain_text("Rocket.Chat says no: ")
        assert all("409" in each for each in visitor.complaints)
    await expect(alert).to_contain_text("It may have ended")
    visitor.complaints.clear()
