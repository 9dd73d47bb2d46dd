"""Builds the till: the only module that constructs services and gateways."""
