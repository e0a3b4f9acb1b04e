"""Live Agents: a human agent in Rocket.Chat on the other end of a RapidPro conversation."""

__version__ = "0.1.0"
