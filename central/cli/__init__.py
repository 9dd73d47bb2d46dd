"""The server's command line: arguments into calls, answers into text."""
