"""What is wrong with a replica, as a value that the rig hands to its process."""

from dataclasses import asdict, dataclass
from json import dumps, loads
from typing import Final

#: the variable in the environment of a replica of the rig
VARIABLE: Final = "FAULTS_WOUNDS"
#: what a replica's log says of a claim, before its seconds
CLAIMED: Final = "claimed within"


@dataclass(frozen=True, slots=True)
class Wounds:
    """Nothing happens before the replica has been sent SIGUSR1: it must come up first."""

    seed: int = 0
    crash: str = ""  #: the crash point at which it kills itself,
    direction: str = ""  #: of words in this direction ("": in any),
    passes: int = 1  #: at the so-manieth time it comes there
    statements: float = 0.0  #: share of database statements that are executed and then end as if they had not
    exchanges: float = 0.0  #: share of HTTP requests that are performed and then time out
    skew: float = 0.0  #: by how many seconds its clock on the wall is wrong, from the start
    jump: float = 0.0  #: and by how many more it is at every other second
    poison: str = ""  #: words whose delivery ends the process
    times_claims: bool = False  #: it says how long each claim took

    def to_json(self) -> str:
        return dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Wounds":
        return cls(**loads(text))
