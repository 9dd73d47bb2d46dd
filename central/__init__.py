"""The head-office server that tills send their journals to."""
