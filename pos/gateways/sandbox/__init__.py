"""A local server that imitates the four providers, with every failure their networks can have."""

from pos.gateways.sandbox.server import Sandbox

__all__ = ["Sandbox"]
