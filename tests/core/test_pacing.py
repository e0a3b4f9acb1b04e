"""How many lanes of which peer may be taken: its slots, its breaker, its limiter and its rate, put together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channel.core import limits, pacing
from channel.core.breaker import Breaker, State
from channel.core.limiter import Allowance, Window, told
from channel.core.pacing import ROUTES, Dest, Gate, Pass, Peer

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
FREE = dict.fromkeys(ROUTES.values(), Window(known=True))
CHAT = Peer(1, Dest.ROCKETCHAT, "http://chat.test", windows=FREE)
FLOWS = Peer(2, Dest.RAPIDPRO, "http://flows.test")
OPEN = Breaker(State.OPEN, 5, NOON, NOON)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def most(gates: list[Gate]) -> set[int]:
    return {gate.most for gate in gates}


def test_a_peer_has_a_fifth_of_the_slots_less_what_is_under_way() -> None:
    assert limits.PEER_SLOTS * 5 <= limits.SLOTS
    assert limits.SLOTS >= 10
    assert most(pacing.free(CHAT, 3)) == most(pacing.gates(CHAT, 3, 0, NOON)) == {limits.PEER_SLOTS - 3}
    assert pacing.free(CHAT, limits.PEER_SLOTS) == pacing.gates(CHAT, limits.PEER_SLOTS, 0, NOON) == []


def test_of_rocketchat_each_limited_route_is_a_gate_and_of_rapidpro_there_is_one() -> None:
    assert [gate.route for gate in pacing.free(CHAT, 0)] == list(ROUTES)
    assert [gate.route for gate in pacing.free(FLOWS, 0)] == [""]


def test_what_has_to_be_accounted_for() -> None:
    assert not pacing.is_paced(CHAT, 20, NOON)
    assert not pacing.is_paced(FLOWS, 0, NOON)
    assert pacing.is_paced(FLOWS, 20, NOON)
    assert pacing.is_paced(replace(FLOWS, breaker=OPEN), 0, NOON)
    assert pacing.is_paced(replace(CHAT, windows={}), 0, NOON)  # nobody knows yet


def test_a_route_without_calls_left_is_shut_and_the_others_are_not() -> None:
    spent = told(Window(), Allowance(5, 0, 60), NOON)
    peer = replace(CHAT, windows={**FREE, "GET livechat/room": spent})
    assert [gate.route for gate in pacing.gates(peer, 0, 0, NOON)] == ["author", "bot", "visitor", "message", ""]
    assert len(pacing.gates(peer, 0, 0, at(60))) == len(ROUTES)


def test_an_open_breaker_lets_one_through_and_then_none_until_the_next_probe() -> None:
    peer = replace(CHAT, breaker=OPEN)
    assert pacing.gates(peer, 0, 0, at(15.9)) == []
    assert most(pacing.gates(peer, 0, 0, at(16))) == {1}
    after, passes = pacing.passed(peer, ["message"], 0, at(16))
    assert passes == [Pass(paced=True, granted=True, window="POST livechat/message")]
    assert pacing.gates(after, 0, 0, at(17)) == []


def test_who_asks_before_it_sends_is_given_the_time_of_two_requests() -> None:
    after, passes = pacing.passed(FLOWS, [""] * 4, 10, at(0), {1, 2})
    assert [each.wait for each in passes] == pytest.approx([0.0, 0.1, 0.3, 0.5])
    assert after.next_at == at(0.6)


def test_what_has_waited_three_days_for_a_peer_is_taken_to_be_given_up() -> None:
    peer = replace(CHAT, breaker=OPEN)
    late = at(limits.RETRY_HORIZON + 1)
    probed, _ = pacing.passed(peer, ["room"], 0, late)
    gates = pacing.gates(probed, 0, 0, late)
    assert {gate.overdue for gate in gates} == {limits.RETRY_HORIZON}
    assert most(gates) == {limits.PEER_SLOTS}
    assert pacing.passed(probed, ["message"] * 2, 0, late) == (probed, [Pass(paced=True, given_up=True)] * 2)


def test_a_rate_spaces_requests_out_over_all_replicas() -> None:
    peer, sent, now = FLOWS, [], 0.0
    while now < 10:
        for _replica in range(3):
            for gate in pacing.gates(peer, 0, 20, at(now)):
                taken = min(gate.most, 7)
                peer, passes = pacing.passed(peer, [""] * taken, 20, at(now))
                sent += [now + each.wait for each in passes]
        now += 0.11
    in_any_second = max(sum(begin <= other < begin + 1 for other in sent) for begin in sent)
    assert in_any_second <= 21
    assert len(sent) >= 195
    assert max(wait for wait in (each.wait for each in passes)) <= limits.RATE_AHEAD


def test_requests_that_no_lane_was_taken_for_are_paid_back() -> None:
    peer = pacing.delayed(FLOWS, 40, 20, NOON)
    assert pacing.gates(peer, 0, 20, at(1.4)) == []
    assert most(pacing.gates(peer, 0, 20, at(1.5))) == {1}
    assert pacing.delayed(FLOWS, 40, 0, NOON) is FLOWS
