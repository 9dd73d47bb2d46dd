"""Kilotill's till: a desktop program that sells prepaid electricity."""
