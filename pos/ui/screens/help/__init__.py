"""Help: what each screen does and its keys, the keyboard map, the kinds of refusal."""
