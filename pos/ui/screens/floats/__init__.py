"""The float: money with suppliers, statements, and the offline limit."""
