"""Settings: the shop, the machine, keys, people, rules, back-up, and what the program is."""
